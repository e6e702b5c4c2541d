"""All rules of an organisation in one version, found by scope and type, so that only candidates are evaluated.

Immutable: an edit makes the next version. Conditions are parsed when first asked and kept by their text, so that the
next version parses only what is new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from core.model.quick import dataclass
from core.model.rule import Effect, Mode, Rule
from core.phrases import phrase
from core.rulebook.answer import NO, Answer, Truth
from core.rulebook.condition import Conditions, View
from core.rulebook.skeleton import types_in


@dataclass(frozen=True, slots=True)
class Look:
    """One rule and what it answered. `spent` is set where an allow rule has been used as often as it may."""

    rule: Rule
    answer: Answer
    spent: bool = False

    @property
    def holds(self) -> bool:
        return self.answer.truth is Truth.TRUE

    @property
    def cannot_tell(self) -> bool:
        return self.answer.truth is Truth.CANNOT_TELL

    def after(self, used: int) -> Look:
        """The same once its rule has been used so often."""
        most = self.rule.uses
        if most is None or used < most:
            return self
        return Look(
            self.rule, Answer(NO.truth, phrase("it was used {used} of {most} times", used=used, most=most)), spent=True
        )

    @property
    def bites(self) -> bool:
        """Whether it takes effect: what cannot be told asks people, but never allows."""
        return self.holds or (self.cannot_tell and self.rule.effect is not Effect.ALLOW)


@dataclass(frozen=True, slots=True)
class Looked:
    """Every candidate's answer, oldest rule first."""

    rulebook: int = 0
    looks: tuple[Look, ...] = ()


_Key = tuple[str, str | None]
_EVERYWHERE: _Key = ("", None)


class Rulebook:
    """`rules` of one organisation as of `version`; rules that are off are only listed."""

    __slots__ = ("_conditions", "_found", "rules", "version")

    def __init__(self, version: int, rules: Iterable[Rule], conditions: Conditions) -> None:
        self.version = version
        self.rules = tuple(sorted(rules, key=lambda rule: (rule.order, rule.id)))
        self._conditions = conditions
        self._found = _index(rule for rule in self.rules if rule.mode is not Mode.OFF)

    def candidates(
        self, *, type: str, project: str, agent: str | None, team: str | None, now: datetime
    ) -> tuple[Rule, ...]:
        """The rules whose scope and type admit such a request, oldest first. One past its `until` is as if deleted."""
        keys: tuple[_Key, ...] = (("agent", agent), ("team", team), ("project", project), _EVERYWHERE)
        found = {
            rule.id: rule
            for word in (type, None)
            for key in keys
            for rule in self._found.get((word, key), ())
            if rule.scope.covers(agent=agent, team=team, project=project) and not _is_over(rule, now)
        }
        return tuple(sorted(found.values(), key=lambda rule: (rule.order, rule.id)))

    def look_at(self, candidates: Iterable[Rule], view: View, uses: Mapping[str, int] | None = None) -> Looked:
        """What each answers. `uses` says how often allow rules have decided, by id."""
        looks = (Look(rule, self._conditions.parse(rule.when).ask(view)) for rule in candidates)
        return Looked(self.version, tuple(look.after((uses or {}).get(look.rule.id, 0)) for look in looks))


def _is_over(rule: Rule, now: datetime) -> bool:
    return rule.until is not None and now >= rule.until


def _index(rules: Iterable[Rule]) -> Mapping[tuple[str | None, _Key], tuple[Rule, ...]]:
    found: defaultdict[tuple[str | None, _Key], list[Rule]] = defaultdict(list)
    for rule in rules:
        types = types_in(rule.when)
        for word in (None,) if types is None else types:
            for key in _keys(rule):
                found[(word, key)].append(rule)
    return {key: tuple(each) for key, each in found.items()}


def _keys(rule: Rule) -> Iterator[_Key]:
    """Of the scope's kinds the narrowest one suffices to find the rule by."""
    scope = rule.scope
    if not scope.narrowness:
        return iter((_EVERYWHERE,))
    kind, places = ("agent", scope.agents) if scope.agents else ("project", scope.projects)
    kind, places = ("team", scope.teams) if scope.teams and not scope.agents else (kind, places)
    return ((kind, place.id) for place in places)
