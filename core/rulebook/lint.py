"""What is odd about a set of rules: nothing here is wrong, but somebody should look before switching it on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.model.rule import Effect, Mode, Place, Rule
from core.phrases import phrase
from core.rulebook.binding import sources_of
from core.rulebook.skeleton import conjuncts, types_in

MANY: Final = 5
"""More approvals than this for one request wear people out."""

CROWD: Final = 20
"""More people than this behind one requirement are told at once."""

_VAGUE: Final = frozenset(
    {
        "rule",
        "test",
        "new",
        phrase("new rule"),
        phrase("my rule"),
        "tmp",
        "temp",
        "untitled",
        "foo",
        "default",
        "policy",
    }
)


@dataclass(frozen=True, slots=True)
class Lint:
    """`rule` is its name; `word` names the kind for machines."""

    rule: str
    word: str
    sentence: str


def lint(
    rules: Iterable[Rule],
    *,
    now: datetime,
    types: Iterable[str] = (),
    sizes: Mapping[str, int] | None = None,
) -> tuple[Lint, ...]:
    """`types` are the catalogue's (none: not known), `sizes` the number of people behind a source, by principal."""
    rules = tuple(sorted((r for r in rules if r.mode is not Mode.OFF), key=lambda rule: (rule.order, rule.id)))
    found: list[Lint] = []
    for rule in rules:
        found += [*_broad_allow(rule, rules), *_unreachable(rule, rules, now, frozenset(types))]
        found += [*_too_many(rule), *_everyone(rule, sizes or {}), *_vague(rule)]
    return (*found, *_twice(rules))


def _broad_allow(rule: Rule, rules: tuple[Rule, ...]) -> Iterator[Lint]:
    """An allow rule that would set aside what a narrower rule asks for."""
    if rule.effect is not Effect.ALLOW:
        return
    if rule.when.strip() == "true" and not rule.scope.narrowness:
        yield Lint(
            rule.name, "allows_everything", phrase("It lets everything through that no rule holds back; narrow it.")
        )
    for other in rules:
        if other.effect is Effect.REQUIRE and other.waivable and _reaches(rule, other):
            yield Lint(
                rule.name,
                "broad_allow",
                phrase("It may set aside what the narrower rule {other} asks for; check both.", other=other.name),
            )


def _reaches(wide: Rule, narrow: Rule) -> bool:
    """Whether the first rule covers at least where the second looks, and something there more loosely."""
    if not (_wider(wide.scope.agents, narrow.scope.agents) and _wider(wide.scope.teams, narrow.scope.teams)):
        return False
    if not _wider(wide.scope.projects, narrow.scope.projects) or not _meet(wide.when, narrow.when):
        return False
    narrower = narrow.scope.narrowness > wide.scope.narrowness
    return narrower or len(conjuncts(narrow.when)) >= len(conjuncts(wide.when))


def _wider(wide: tuple[Place, ...], narrow: tuple[Place, ...]) -> bool:
    return not wide or (bool(narrow) and {place.id for place in narrow} <= {place.id for place in wide})


def _meet(one: str, other: str) -> bool:
    """Whether some type of request could be meant by both."""
    first, second = types_in(one), types_in(other)
    return first is None or second is None or bool(first & second)


def _unreachable(rule: Rule, rules: tuple[Rule, ...], now: datetime, types: frozenset[str]) -> Iterator[Lint]:
    why = _never(rule, now, types) or _behind(rule, rules)
    if why:
        yield Lint(rule.name, "unreachable", phrase("It can never take effect: {why}.", why=why))


def _never(rule: Rule, now: datetime, types: frozenset[str]) -> str | None:
    if rule.until is not None and rule.until <= now:
        return phrase("it has ended")
    own = types_in(rule.when)
    if own == frozenset():
        return phrase("it asks for two types at once")
    if own is not None and types and not own & types:
        return phrase("there is no type {own}", own=" or ".join(sorted(own)))
    return phrase("its condition is false") if rule.when.strip() == "false" else None


def _behind(rule: Rule, rules: tuple[Rule, ...]) -> str | None:
    """A denial, or an older allow rule, that always comes first."""
    for other in rules:
        if other is rule or other.mode is not Mode.ON or not _swallows(other, rule):
            continue
        older_alike = other.effect is rule.effect and (other.order, other.id) < (rule.order, rule.id)
        if other.effect is Effect.DENY and (rule.effect is not Effect.DENY or older_alike):
            return phrase("rule {other} denies everything it is about", other=other.name)
        if other.effect is Effect.ALLOW and older_alike and other.scope.narrowness == rule.scope.narrowness:
            return phrase("the older rule {other} decides first", other=other.name) if other.uses is None else None
    return None


def _swallows(other: Rule, rule: Rule) -> bool:
    """Whether the other holds wherever this one does: the same conditions or fewer, and at least the same scope."""
    wider = (
        _wider(other.scope.agents, rule.scope.agents)
        and _wider(other.scope.teams, rule.scope.teams)
        and _wider(other.scope.projects, rule.scope.projects)
    )
    return wider and other.until is None and _conditions(other) <= _conditions(rule)


def _conditions(rule: Rule) -> frozenset[str]:
    return frozenset(" ".join(part.split()) for part in conjuncts(rule.when)) - {"true"}


def _too_many(rule: Rule) -> Iterator[Lint]:
    needed = sum(requirement.slots(None) for stage in rule.stages for requirement in stage.requirements)
    if needed > MANY:
        yield Lint(
            rule.name,
            "too_many",
            phrase("It asks for {needed} approvals; more than {many} wear people out.", needed=needed, many=MANY),
        )


def _everyone(rule: Rule, sizes: Mapping[str, int]) -> Iterator[Lint]:
    for source in dict.fromkeys((*sources_of(rule.stages), *rule.tell)):
        size = sizes.get(source.principal, 0)
        if size > CROWD:
            yield Lint(
                rule.name,
                "everyone_pinged",
                phrase("{source} are {size} people, all told at once; name fewer.", source=source.label, size=size),
            )
        elif source.principal == "anyone" and not rule.notify:
            yield Lint(
                rule.name, "everyone_pinged", phrase("Everybody who may approve is told directly; name a channel.")
            )


def _vague(rule: Rule) -> Iterator[Lint]:
    name = rule.name.strip().lower()
    if name.rstrip("0123456789 ") in _VAGUE or sum(letter.isalpha() for letter in name) < 3:
        yield Lint(rule.name, "vague_name", phrase("Its name says nothing; people read it on cards."))


def _twice(rules: tuple[Rule, ...]) -> Iterator[Lint]:
    counted = Counter(rule.name.strip().lower() for rule in rules)
    for name, count in counted.items():
        if count > 1:
            first = next(rule.name for rule in rules if rule.name.strip().lower() == name)
            yield Lint(
                first, "same_name", phrase("{count} rules have this name; explanations will confuse them.", count=count)
            )
