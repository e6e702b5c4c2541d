"""A rule as a document: the mapping that YAML and JSON of one schema hold, read strictly, and written again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, Final

from core.errors import Invalid
from core.model.absence import ANYONE, MAY_STAND_IN
from core.model.duration import say_duration
from core.model.request import Stage, unnamed
from core.model.requirement import Requirement, Source
from core.model.rule import Effect, Escalation, Mode, Place, Rule, Scope
from core.phrases import phrase
from core.requirements.any_of import AnyOf
from core.requirements.approvals import Approvals
from core.requirements.check import Check
from core.rulebook.condition import Conditions
from core.rulebook.mistake import Mistake, said_alone
from core.rulebook.part import Part
from core.rulebook.short_forms import to_expression
from core.rulebook.source import Names, is_channel, place_called, source_called, told

STAGES, REQUIREMENTS, APPROVERS, WAYS, MOST, NAME = 10, 10, 50, 5, 10, 80

KEYS: Final = (
    "name", "scope", "when", "effect", "stages", "not_from", "reply_window", "execution_window", "remind", "escalate",
    "notify", "distinct", "comment_on_reject", "delegation", "waivable", "until", "uses", "mode", "reason",
)  # fmt: skip

_ONLY: Final[Mapping[Effect, frozenset[str]]] = {
    Effect.REQUIRE: frozenset(KEYS) - {"until", "uses"},
    Effect.ALLOW: frozenset({"name", "scope", "when", "effect", "until", "uses", "mode", "reason"}),
    Effect.DENY: frozenset({"name", "scope", "when", "effect", "until", "mode", "reason"}),
}
"""What a rule of each effect may say."""


def read_rule(part: Part, names: Names, conditions: Conditions) -> Rule:
    """The rule, not yet saved; `Invalid` carries the `path` it means, and the `position` inside a condition."""
    parts = part.mapping(KEYS, needed=("name", "when", "effect"))
    effect = Effect(parts["effect"].word([effect.value for effect in Effect]))
    for key in parts:
        if key not in _ONLY[effect]:
            raise Invalid(
                phrase("A rule that {does} has no {key}; leave it out.", does=_DOES[effect], key=key),
                path=parts[key].path,
                field=key,
            )
    if effect is Effect.REQUIRE and "stages" not in parts:
        part.refuse(phrase("a rule that requires says whom, in 'stages'."))
    read: dict[str, Any] = {key: _READ[key](parts[key], names) for key in parts if key in _READ}
    said = parts["notify"].one_or_more(MOST) if "notify" in parts else ()
    channels, people = _notify(tuple(said), names)
    when = read_when(parts["when"], conditions)
    return Rule(effect=effect, when=when, notify=channels, tell=people, **read)


_DOES: Final = {Effect.REQUIRE: "requires", Effect.ALLOW: "allows", Effect.DENY: "denies"}


def read_when(part: Part, conditions: Conditions) -> str:
    """An expression, or a short form, which becomes one."""
    try:
        text = to_expression(part.value) if isinstance(part.value, Mapping) else _expression(part)
        conditions.parse(text.strip())
    except Invalid as error:
        path = str(error.fields.get("field") or "").replace("match", part.path, 1) or part.path
        position = error.fields.get("position")
        extra = {} if position is None else {"position": position}
        raise Mistake(f"{path}: {error.sentence}", said_alone(error), path=path, field=path, **extra) from None
    return text.strip()


def _expression(part: Part) -> str:
    """YAML reads a bare `true` as a value, not as a text."""
    return "true" if part.value is True else part.text()


def read_scope(part: Part, names: Names) -> Scope:
    kinds = ("agent", "team", "project")
    parts = part.mapping([*kinds, *(f"{kind}s" for kind in kinds)])
    found: dict[str, tuple[Place, ...]] = {f"{kind}s": () for kind in kinds}
    for key, value in parts.items():
        kind = key.removesuffix("s")
        places = [_place(kind, word, names) for word in value.one_or_more(APPROVERS)]
        found[f"{kind}s"] += tuple(places)
    return Scope(**{kind: tuple(dict.fromkeys(places)) for kind, places in found.items()})


def _place(kind: str, part: Part, names: Names) -> Place:
    try:
        return place_called(kind, part.title(NAME), names)
    except Invalid as error:
        part.refuse(error.sentence)


def _stages(part: Part, names: Names) -> tuple[Stage, ...]:
    stages = tuple(_stage(one, number, names) for number, one in enumerate(part.items(STAGES), start=1))
    if sum(len(requirement.sources) for stage in stages for requirement in stage.requirements) > APPROVERS:
        part.refuse(
            phrase("a rule names at most {approvers} people and groups; make a group of them.", approvers=APPROVERS)
        )
    return stages


def _stage(part: Part, number: int, names: Names) -> Stage:
    parts = part.mapping(("name", "requirements"), needed=("requirements",))
    requirements = tuple(
        read_requirement(one, names).called(f"s{number}r{place}")
        for place, one in enumerate(parts["requirements"].items(REQUIREMENTS), start=1)
    )
    name = parts["name"].title(NAME) if "name" in parts else stage_name(requirements, number)
    return Stage(number, name, requirements)


def stage_name(requirements: tuple[Requirement, ...], number: int) -> str:
    """Where none is said: the only group's name, else the number."""
    labels = {source.label for requirement in requirements for source in requirement.sources}
    (label,) = labels if len(labels) == 1 else ("",)
    return label.lstrip("@").capitalize() if label.startswith("@") else unnamed(number)


def read_requirement(part: Part, names: Names) -> Requirement:
    """One key says the kind."""
    parts = part.mapping(_KINDS)
    if len(parts) != 1:
        part.refuse(phrase("exactly one of {kinds} is expected here.", kinds=", ".join(_KINDS)))
    ((word, inner),) = parts.items()
    return _KINDS[word](inner, names)


def _approvals(part: Part, names: Names) -> Approvals:
    parts = part.mapping(("min", "all", "from"), needed=("from",))
    everybody = parts["all"].flag() if "all" in parts else False
    if everybody and "min" in parts:
        parts["min"].refuse(phrase("say either min or all, not both."))
    least = parts["min"].whole(1, APPROVERS) if "min" in parts else 1
    people = (read_source(word, names) for word in parts["from"].one_or_more(APPROVERS))
    return Approvals("", least, tuple(dict.fromkeys(people)), everybody)


def _any_of(part: Part, names: Names) -> AnyOf:
    ways = tuple(read_requirement(one, names) for one in part.items(WAYS, least=2))
    return any_of(ways, part.refuse)


def any_of(ways: tuple[Requirement, ...], refuse: Callable[[str], Any]) -> AnyOf:
    if any(way.fixes_people for way in ways):
        refuse(phrase("'all' cannot be one of several ways; name a number instead."))
    if any(isinstance(way, AnyOf) for way in ways):
        refuse(phrase("a choice inside a choice; write all of it in one list."))
    return AnyOf("", ways)


def _check(part: Part) -> Check:
    parts = part.mapping(("name",), needed=("name",))
    return Check("", check_name(parts["name"].text(NAME), parts["name"].refuse))


def check_name(name: str, refuse: Callable[[str], Any]) -> str:
    if not all(letter.isalnum() or letter in "-_." for letter in name):
        refuse(phrase("a check's name has letters, digits, - _ and . only."))
    return name


_KINDS: Final[Mapping[str, Callable[[Part, Names], Requirement]]] = {
    "approvals": _approvals,
    "any_of": _any_of,
    "check": lambda part, _: _check(part),
}
"""Which reader a requirement's word has: the decoder, the one place that knows the list."""


def read_source(part: Part, names: Names) -> Source:
    try:
        return source_called(part.text(200), names)
    except Invalid as error:
        part.refuse(error.sentence)


def _sources(part: Part, names: Names) -> tuple[Source, ...]:
    return tuple(dict.fromkeys(read_source(word, names) for word in part.one_or_more(APPROVERS)))


def _escalate(part: Part, names: Names) -> Escalation:
    parts = part.mapping(("after", "to", "action"), needed=("after", "to"))
    action = parts["action"].word(("add", "reassign")) if "action" in parts else "add"
    return Escalation(parts["after"].duration(), _sources(parts["to"], names), action == "reassign")


def _notify(words: tuple[Part, ...], names: Names) -> tuple[tuple[str, ...], tuple[Source, ...]]:
    channels = tuple(dict.fromkeys(word.text(NAME) for word in words if is_channel(str(word.value))))
    return channels, tuple(dict.fromkeys(_told(word, names) for word in words if not is_channel(str(word.value))))


def _told(part: Part, names: Names) -> Source:
    try:
        return told(part.text(200), names)
    except Invalid as error:
        part.refuse(error.sentence)


_READ: Final[Mapping[str, Callable[[Part, Names], Any]]] = {
    "name": lambda part, _: part.title(NAME),
    "scope": read_scope,
    "stages": _stages,
    "not_from": _sources,
    "reply_window": lambda part, _: part.duration(),
    "execution_window": lambda part, _: part.duration(),
    "remind": lambda part, _: tuple(sorted({one.duration() for one in part.one_or_more(MOST)})),
    "escalate": _escalate,
    "distinct": lambda part, _: part.flag(),
    "comment_on_reject": lambda part, _: part.flag(),
    "delegation": lambda part, _: part.word(MAY_STAND_IN),
    "waivable": lambda part, _: part.flag(),
    "until": lambda part, _: part.moment(),
    "uses": lambda part, _: part.whole(1, 1_000_000),
    "mode": lambda part, _: Mode(part.word([mode.value for mode in Mode])),
    "reason": lambda part, _: part.text(),
}


def write_rule(rule: Rule) -> dict[str, Any]:
    """The inverse of `read_rule`; what is as by default is left out."""
    said: dict[str, Any] = {
        "name": rule.name,
        "scope": write_scope(rule.scope),
        "when": rule.when,
        "effect": rule.effect.value,
        "stages": [_write_stage(stage) for stage in rule.stages],
        "not_from": _labels(rule.not_from),
        "reply_window": rule.reply_window and say_duration(rule.reply_window),
        "execution_window": rule.execution_window and say_duration(rule.execution_window),
        "remind": [say_duration(at) for at in rule.remind],
        "escalate": rule.escalate and _write_escalation(rule.escalate),
        "notify": [*rule.notify, *_labels(rule.tell)],
        "distinct": rule.distinct,
        "comment_on_reject": rule.comment_on_reject,
        "delegation": None if rule.delegation == ANYONE else rule.delegation,
        "waivable": rule.waivable,
        "until": rule.until and rule.until.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "uses": rule.uses,
        "mode": None if rule.mode is Mode.ON else rule.mode.value,
        "reason": rule.reason,
    }
    return {key: value for key, value in said.items() if value}


def write_scope(scope: Scope) -> dict[str, list[str]]:
    kinds = {"agents": scope.agents, "teams": scope.teams, "projects": scope.projects}
    return {kind: [place.label for place in places] for kind, places in kinds.items() if places}


def _write_stage(stage: Stage) -> dict[str, Any]:
    requirements = [requirement.written() for requirement in stage.requirements]
    own = stage.name != stage_name(stage.requirements, stage.number)
    return {"name": stage.name, "requirements": requirements} if own else {"requirements": requirements}


def _write_escalation(escalation: Escalation) -> dict[str, Any]:
    said = {"after": say_duration(escalation.after), "to": _labels(escalation.to)}
    return {**said, "action": "reassign"} if escalation.reassign else said


def _labels(sources: tuple[Source, ...]) -> list[str]:
    return [source.label for source in sources]
