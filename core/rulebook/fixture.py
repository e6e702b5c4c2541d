"""Fixtures: requests with the outcome their authors expect of a rulebook, kept beside the rules and tested in CI.

- name: a production deploy needs security
  project: payments
  request: {type: deploy, title: Deploy, metadata: {env: production}}
  expect: {outcome: ask, asks: ["1 of @platform", "2 of @security"], rules: [prod deploys]}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from core.model.organisation import BUILT_IN_TYPES, Project, RequestType, Settings
from core.model.request import Content, Cost, Judgement, Outcome, Requester, Subject
from core.phrases import phrase
from core.rulebook.condition import Conditions
from core.rulebook.part import Part
from core.rulebook.past import PastRevision
from core.rulebook.rulebook import Rulebook

MOST: Final = 10_000
_TEXTS: Final = ("type", "title", "description", "action", "reasoning", "if_denied")
_OBJECTS: Final = ("params", "facts", "metadata")
_FROM: Final = ("when_no_rule", "agent", "team", "project", "requester")


@dataclass(frozen=True, slots=True)
class Expected:
    """What is not said is not checked.

    `asks` are requirements as a rule's line writes them, `rules` names of those that matched; both in any order.
    """

    outcome: Outcome | None = None
    cause: str | None = None
    asks: tuple[str, ...] | None = None
    rules: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Fixture:
    name: str
    past: PastRevision
    expected: Expected


@dataclass(frozen=True, slots=True)
class Checked:
    """One fixture's outcome; `differences` are sentences, none where all is as expected."""

    name: str
    differences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.differences


def read_fixtures(part: Part, at: datetime, types: Mapping[str, RequestType] = BUILT_IN_TYPES) -> tuple[Fixture, ...]:
    """`at` is the moment the requests are judged at."""
    parts = part.items(MOST) if isinstance(part.value, list) else iter((part,))
    return tuple(_fixture(one, at, types) for one in parts)


def _fixture(part: Part, at: datetime, types: Mapping[str, RequestType]) -> Fixture:
    parts = part.mapping(("name", "request", "expect", *_FROM), needed=("name", "request", "expect"))
    content = _content(parts["request"])
    said: dict[str, str] = {key: parts[key].title(200) for key in _FROM if key in parts}
    if "when_no_rule" in parts:
        parts["when_no_rule"].word(("ask", "allow", "deny"))
    kind = "agent" if "agent" in said else "member"
    asker = said.get("agent") or said.get("requester") or "somebody"
    past = PastRevision(
        number=0,
        requester=Requester(kind, asker, asker, said.get("team")),
        project=_project(said, at),
        type=types.get(content.type) or types["custom"],
        content=content,
        at=at,
    )
    return Fixture(parts["name"].title(200), past, _expected(parts["expect"]))


def _project(said: Mapping[str, str], at: datetime) -> Project:
    name = said.get("project", "default")
    return Project(name, "", name, Settings(when_no_rule=said.get("when_no_rule", "ask")), at)


def _content(part: Part) -> Content:
    known = [field.name for field in fields(Content) if field.name not in {"links", "editable"}]
    parts = part.mapping(known, needed=("type",))
    said: dict[str, Any] = {"title": "A request"}
    said |= {key: parts[key].text() for key in _TEXTS if key in parts}
    said |= {key: parts[key].value for key in _OBJECTS if key in parts and _is_object(parts[key])}
    if "side_effects" in parts:
        said["side_effects"] = tuple(one.text() for one in parts["side_effects"].items(100, least=0))
    if "cost" in parts:
        said["cost"] = _cost(parts["cost"].mapping(("usd", "tokens")))
    if "subject" in parts:
        inner = parts["subject"].mapping(("kind", "id", "url"), needed=("kind", "id"))
        said["subject"] = Subject(**{key: one.text() for key, one in inner.items()})
    return Content(**said)


def _cost(parts: Mapping[str, Part]) -> Cost:
    tokens = parts["tokens"].whole(0, 2**53 - 1) if "tokens" in parts else None
    return Cost(parts["usd"].number() if "usd" in parts else None, tokens)


def _is_object(part: Part) -> bool:
    if not isinstance(part.value, Mapping):
        part.refuse(phrase("a mapping is expected here."))
    return True


def _expected(part: Part) -> Expected:
    parts = part.mapping(("outcome", "cause", "asks", "rules"))
    outcomes = [outcome.value for outcome in Outcome]
    return Expected(
        Outcome(parts["outcome"].word(outcomes)) if "outcome" in parts else None,
        parts["cause"].text(200) if "cause" in parts else None,
        _texts(parts.get("asks")),
        _texts(parts.get("rules")),
    )


def _texts(part: Part | None) -> tuple[str, ...] | None:
    return None if part is None else tuple(one.text(200) for one in part.items(100, least=0))


def check_fixtures(fixtures: Iterable[Fixture], rulebook: Rulebook, conditions: Conditions) -> tuple[Checked, ...]:
    return tuple(check_fixture(fixture, rulebook, conditions) for fixture in fixtures)


def check_fixture(fixture: Fixture, rulebook: Rulebook, conditions: Conditions) -> Checked:
    past = fixture.past
    judgement = past.judged(past.looked_at_by(rulebook, past.view(conditions)))
    expected = fixture.expected
    pairs = (
        ("outcome", expected.outcome and expected.outcome.value, judgement.outcome.value),
        ("cause", expected.cause, judgement.cause or ""),
        ("asks", _several(expected.asks), _several(_asks(judgement))),
        ("rules", _several(expected.rules), _several(_matched(judgement))),
    )
    differences = (
        phrase(
            "{what}: expected {wanted}, but it is {found}",
            what=what,
            wanted=wanted or phrase("none"),
            found=found or phrase("none"),
        )
        for what, wanted, found in pairs
        if wanted is not None and wanted != found
    )
    return Checked(fixture.name, tuple(differences))


def _several(words: Iterable[str] | None) -> str | None:
    return None if words is None else ", ".join(sorted(words))


def _asks(judgement: Judgement) -> tuple[str, ...]:
    return tuple(requirement.line for stage in judgement.plan.stages for requirement in stage.requirements)


def _matched(judgement: Judgement) -> tuple[str, ...]:
    seen = judgement.plan.explanation
    return tuple(rule.name for rule in seen.rules if rule.fate not in {"no_match", "shadow"}) if seen else ()
