"""Replay: past revisions judged by the rules as they are and as they would be, and what would come out differently.

Each candidate rule is asked once, whichever rulebook it stands in. Revisions whose rules answer alike are judged alike:
once for all of them, since who asked bears on who may decide, never on what is asked for. Runs in slices, so that whoever
asks can show progress and let others go first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import Final

from core.model.request import Judgement, Outcome, Requester
from core.model.rule import Effect, Mode, Rule
from core.phrases import phrase
from core.rulebook.binding import sources_of
from core.rulebook.condition import Conditions
from core.rulebook.past import PastRevision
from core.rulebook.rulebook import Look, Looked, Rulebook

SLICE = 100
EXAMPLES = 10
"""Requests named for each kind of change."""

NOBODY: Final = Requester("agent", "", "")
"""Asks in place of everybody whose revisions are judged alike."""

KEPT: Final = 10_000
"""Judgements kept to be used again."""


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

    `pings` are first notices per member, before and after; known at the end. `total` is how many will be seen at most.
    """

    seen: int = 0
    changes: Mapping[Change, int] = field(default_factory=dict)
    examples: Mapping[Change, tuple[int, ...]] = field(default_factory=dict)
    pings: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    total: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """What a judgement comes to, whoever asked: `asks` counts what is asked for, `people` are principals told first."""

    outcome: Outcome
    asks: Counter[Hashable] = field(hash=False)
    people: tuple[str, ...]
    barred: frozenset[str]


def replay(
    pasts: Iterable[PastRevision],
    before: Rulebook,
    after: Rulebook,
    conditions: Conditions,
    rosters: Mapping[str, frozenset[str]],
) -> Iterator[Replayed]:
    """What has come out so far, after every slice; the last one is the whole. `rosters` by principal."""
    replaying, rest = Replaying(before, after, conditions), iter(pasts)
    some = tuple(islice(rest, SLICE))
    while some:
        for past in some:
            replaying.add(past)
        some = tuple(islice(rest, SLICE))
        yield replaying.so_far() if some else replaying.whole(rosters)


class Replaying:
    """One replay under way."""

    def __init__(self, before: Rulebook, after: Rulebook, conditions: Conditions, total: int = 0) -> None:
        self._before = before
        self._after = after
        self._conditions = conditions
        self._total = total
        self._shapes: dict[Hashable, Shape] = {}
        self._changes: Counter[Change] = Counter()
        self._examples: dict[Change, tuple[int, ...]] = {}
        self._asked: tuple[_Pings, _Pings] = (_Pings(), _Pings())

    def add(self, past: PastRevision) -> None:
        was, would = self._looked(past)
        old = self._shape(past, was)
        new = old if _weighty(was) == _weighty(would) else self._shape(past, would)
        change = Change.SAME if new is old else compare_shapes(old, new)
        self._changes[change] += 1
        told = self._examples.get(change, ())
        if change is not Change.SAME and len(told) < EXAMPLES:
            self._examples[change] = (*told, past.number)
        for pings, shape in zip(self._asked, (old, new), strict=True):
            pings.add(shape, past)

    def add_until(self, pasts: Iterator[PastRevision], is_over: Callable[[], bool]) -> bool:
        """One after the other until the slice is over; false when none is left."""
        for past in pasts:
            self.add(past)
            if is_over():
                return True
        return False

    def people(self) -> frozenset[str]:
        """The principals whose people must be known to count pings."""
        return self._asked[0].people() | self._asked[1].people()

    def so_far(self) -> Replayed:
        return Replayed(self._changes.total(), dict(self._changes), dict(self._examples), total=self._total)

    def whole(self, rosters: Mapping[str, frozenset[str]]) -> Replayed:
        """With pings."""
        before, after = (pings.counted(rosters) for pings in self._asked)
        people = sorted(before.keys() | after.keys())
        pings = {member: (before[member], after[member]) for member in people}
        seen = self._changes.total()
        return Replayed(seen, dict(self._changes), dict(self._examples), pings, total=seen)

    def _looked(self, past: PastRevision) -> tuple[Looked, Looked]:
        """A rule that stands in both rulebooks is asked once."""
        old, new = past.candidates_in(self._before), past.candidates_in(self._after)
        asked = {id(rule): rule for rule in (*old, *new)}
        view = past.view(self._conditions) if asked else None
        looks = {} if view is None else dict(zip(asked, self._before.look_at(asked.values(), view).looks, strict=True))
        return self._of(self._before, old, looks), self._of(self._after, new, looks)

    def _of(self, rulebook: Rulebook, candidates: Iterable[Rule], looks: Mapping[int, Look]) -> Looked:
        return Looked(rulebook.version, tuple(looks[id(rule)] for rule in candidates))

    def _shape(self, past: PastRevision, looked: Looked) -> Shape:
        key = _key(past, looked)
        known = self._shapes.get(key)
        if known is None:
            known = _shape(replace(past, requester=NOBODY, on_behalf_of=None).judged(looked))
            if len(self._shapes) < KEPT:
                self._shapes[key] = known
        return known


def _key(past: PastRevision, looked: Looked) -> Hashable:
    """All that a judgement's shape follows from."""
    answers = tuple((id(look.rule), look.answer.truth, look.spent) for look in _weighty(looked))
    given = past.given
    bound = (tuple(sorted(given.stands_for.items())), tuple(sorted(given.behind.items()))) if _binds(past) else ()
    return past.project.id, past.type.word, past.named, past.distinct, answers, bound


def _binds(past: PastRevision) -> bool:
    return bool(past.given.stands_for or past.given.behind)


def _weighty(looked: Looked) -> tuple[Look, ...]:
    """Answers that can matter: an allow rule that does not hold may still keep a broader one from deciding."""
    on = (look for look in looked.looks if look.rule.mode is Mode.ON)
    return tuple(look for look in on if look.rule.effect is Effect.ALLOW or look.holds or look.cannot_tell)


def _shape(judgement: Judgement) -> Shape:
    plan = judgement.plan
    people = dict.fromkeys(source.principal for source in sources_of(plan.stages))
    asked = tuple(people) if judgement.outcome is Outcome.ASK else ()
    return Shape(judgement.outcome, _asks(judgement), asked, plan.barred)


class _Pings:
    """First notices by shape, less those to whoever asked; spelled out for people once, at the end."""

    def __init__(self) -> None:
        self._times: Counter[int] = Counter()
        self._shapes: dict[int, Shape] = {}
        self._own: dict[int, Counter[str]] = {}

    def add(self, shape: Shape, past: PastRevision) -> None:
        if not shape.people:
            return
        key = id(shape)
        self._shapes[key] = shape
        self._times[key] += 1
        for member in past.own:
            self._own.setdefault(key, Counter())[member] += 1

    def people(self) -> frozenset[str]:
        return frozenset(principal for shape in self._shapes.values() for principal in shape.people)

    def counted(self, rosters: Mapping[str, frozenset[str]]) -> Counter[str]:
        found: Counter[str] = Counter()
        for key, shape in self._shapes.items():
            own = self._own.get(key, Counter())
            told = frozenset[str]().union(*(rosters.get(principal, frozenset()) for principal in shape.people))
            for member in told - shape.barred:
                times = self._times[key] - own[member]
                if times:
                    found[member] += times
        return found


def compare(before: Judgement, after: Judgement) -> Change:
    return compare_shapes(_shape(before), _shape(after))


def compare_shapes(before: Shape, after: Shape) -> Change:
    if after.outcome is not before.outcome:
        return {Outcome.DENY: Change.BLOCKED, Outcome.ALLOW: Change.WAVED_THROUGH, Outcome.ASK: Change.ASKED}[
            after.outcome
        ]
    if before.asks == after.asks:
        return Change.SAME
    if after.asks >= before.asks:
        return Change.ASKS_MORE
    return Change.ASKS_LESS if after.asks <= before.asks else Change.ASKS_OTHERS


def _asks(judgement: Judgement) -> Counter[Hashable]:
    """What is asked for and how often: each of a requirement's people counts."""
    counted: Counter[Hashable] = Counter()
    for stage in judgement.plan.stages:
        for requirement in stage.requirements:
            counted[requirement.key] += max(1, requirement.slots(None))
    return counted


def say(replayed: Replayed) -> tuple[str, ...]:
    """The outcome in plain words."""
    counts = replayed.changes
    lines = [
        phrase("{seen} past requests, {same} of them as before.", seen=replayed.seen, same=counts.get(Change.SAME, 0))
    ]
    for change, words in _WORDS.items():
        if counts.get(change):
            numbers = ", ".join(f"#{number}" for number in replayed.examples.get(change, ()))
            lines.append(f"{counts[change]} {words} ({numbers}{', …' if counts[change] > EXAMPLES else ''}).")
    return tuple(lines)


_WORDS: Mapping[Change, str] = {
    Change.BLOCKED: phrase("would newly be rejected"),
    Change.WAVED_THROUGH: phrase("would newly pass without a person"),
    Change.ASKED: phrase("would newly ask people"),
    Change.ASKS_MORE: phrase("would ask for more people"),
    Change.ASKS_LESS: phrase("would ask for fewer people"),
    Change.ASKS_OTHERS: phrase("would ask other people"),
}
