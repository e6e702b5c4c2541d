"""Replay: past revisions judged by the rules as they are and as they would be, and what would come out differently.

Runs in slices, so that whoever asks can show progress and let others go first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from core.model.request import Judgement, Outcome
from core.model.rule import Effect, Mode
from core.rulebook.binding import sources_of
from core.rulebook.condition import Conditions
from core.rulebook.past import PastRevision
from core.rulebook.rulebook import Look, Looked, Rulebook

SLICE = 100
EXAMPLES = 10
"""Requests named for each kind of change."""


class Change(StrEnum):
    SAME = "same"
    ASKS_MORE = "asks_more"
    ASKS_LESS = "asks_less"
    ASKS_OTHERS = "asks_others"
    BLOCKED = "newly_blocked"
    WAVED_THROUGH = "newly_waved_through"
    ASKED = "newly_asked"


@dataclass(frozen=True, slots=True)
class Replayed:
    """`changes` counts requests, `examples` names some of each by number.

    `pings` are first notices per member, before and after.
    """

    seen: int = 0
    changes: Mapping[Change, int] = field(default_factory=dict)
    examples: Mapping[Change, tuple[int, ...]] = field(default_factory=dict)
    pings: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def replay(
    pasts: Iterable[PastRevision],
    before: Rulebook,
    after: Rulebook,
    conditions: Conditions,
    rosters: Mapping[str, frozenset[str]],
) -> Iterator[Replayed]:
    """What has come out so far, after every slice; the last one is the whole. `rosters` by principal."""
    tally, rest = _Tally(rosters), iter(pasts)
    while some := tuple(islice(rest, SLICE)):
        for past in some:
            tally.add(past, *_both(past, before, after, conditions))
        yield tally.so_far()


def _both(past: PastRevision, before: Rulebook, after: Rulebook, conditions: Conditions) -> tuple[Judgement, Judgement]:
    """Judged once only, where what the rules answer makes no difference."""
    view = past.view(conditions)
    was, would = past.looked_at_by(before, view), past.looked_at_by(after, view)
    judgement = past.judged(was)
    return judgement, judgement if _weighty(was) == _weighty(would) else past.judged(would)


def _weighty(looked: Looked) -> tuple[Look, ...]:
    """Answers that can matter: an allow rule that does not hold may still keep a broader one from deciding."""
    on = (look for look in looked.looks if look.rule.mode is Mode.ON)
    return tuple(look for look in on if look.rule.effect is Effect.ALLOW or look.holds or look.cannot_tell)


class _Tally:
    def __init__(self, rosters: Mapping[str, frozenset[str]]) -> None:
        self._rosters = rosters
        self._changes: Counter[Change] = Counter()
        self._examples: dict[Change, tuple[int, ...]] = {}
        self._before: Counter[str] = Counter()
        self._after: Counter[str] = Counter()

    def add(self, past: PastRevision, before: Judgement, after: Judgement) -> None:
        change = compare(before, after)
        self._changes[change] += 1
        told = self._examples.get(change, ())
        if change is not Change.SAME and len(told) < EXAMPLES:
            self._examples[change] = (*told, past.number)
        self._before.update(self._pinged(before))
        self._after.update(self._pinged(after))

    def _pinged(self, judgement: Judgement) -> frozenset[str]:
        if judgement.outcome is not Outcome.ASK:
            return frozenset()
        principals = (source.principal for source in sources_of(judgement.plan.stages))
        people = (self._rosters.get(principal, frozenset()) for principal in principals)
        return frozenset[str]().union(*people) - judgement.plan.barred

    def so_far(self) -> Replayed:
        people = sorted(self._before.keys() | self._after.keys())
        pings = {member: (self._before[member], self._after[member]) for member in people}
        return Replayed(self._changes.total(), dict(self._changes), dict(self._examples), pings)


def compare(before: Judgement, after: Judgement) -> Change:
    if after.outcome is not before.outcome:
        return {Outcome.DENY: Change.BLOCKED, Outcome.ALLOW: Change.WAVED_THROUGH, Outcome.ASK: Change.ASKED}[
            after.outcome
        ]
    asked, asks = _asks(before), _asks(after)
    if asked == asks:
        return Change.SAME
    if asks >= asked:
        return Change.ASKS_MORE
    return Change.ASKS_LESS if asks <= asked else Change.ASKS_OTHERS


def _asks(judgement: Judgement) -> Counter[object]:
    """What is asked for and how often: each of a requirement's people counts."""
    counted: Counter[object] = Counter()
    for stage in judgement.plan.stages:
        for requirement in stage.requirements:
            counted[requirement.key] += max(1, requirement.slots(None))
    return counted


def say(replayed: Replayed) -> tuple[str, ...]:
    """The outcome in plain words."""
    counts = replayed.changes
    lines = [f"{replayed.seen} past requests, {counts.get(Change.SAME, 0)} of them as before."]
    for change, words in _WORDS.items():
        if counts.get(change):
            numbers = ", ".join(f"#{number}" for number in replayed.examples.get(change, ()))
            lines.append(f"{counts[change]} {words} ({numbers}{', …' if counts[change] > EXAMPLES else ''}).")
    return tuple(lines)


_WORDS: Mapping[Change, str] = {
    Change.BLOCKED: "would newly be rejected",
    Change.WAVED_THROUGH: "would newly pass without a person",
    Change.ASKED: "would newly ask people",
    Change.ASKS_MORE: "would ask for more people",
    Change.ASKS_LESS: "would ask for fewer people",
    Change.ASKS_OTHERS: "would ask other people",
}
