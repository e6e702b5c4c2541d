"""Any rule, for laws that hold of all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from core.model.request import Stage
from core.model.requirement import Requirement, Source
from core.model.rule import Effect, Escalation, Mode, Place, Rule, Scope
from core.requirements.any_of import AnyOf
from core.requirements.approvals import Approvals
from core.requirements.check import Check
from core.rulebook.document import stage_name
from core.rulebook.source import AsWritten, source_called

SOURCES = ["@platform", "@security", "ada@example.com", "role:admin", "anyone", "metadata.owner", "oncall:primary"]
CONDITIONS = [
    "true",
    'type == "deploy"',
    'type == "merge" && facts.x > 1',
    'metadata.env == "production"',
    'title.contains("require allow deny when")',
    "cost.usd <= 5.5",
    "metadata.allow == 1",
]


def texts(longest: int = 30) -> st.SearchStrategy[str]:
    letters = st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"))
    return st.text(letters, min_size=1, max_size=longest).map(str.strip).filter(bool)


def sources() -> st.SearchStrategy[Source]:
    return st.sampled_from(SOURCES).map(lambda word: source_called(word, AsWritten()))


def several(items: st.SearchStrategy[Any], least: int = 1, most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(items, min_size=least, max_size=most, unique=True).map(tuple)


def durations() -> st.SearchStrategy[timedelta]:
    return st.integers(1, 1_000_000).map(lambda seconds: timedelta(seconds=seconds))


def approvals(*, everybody: bool = True) -> st.SearchStrategy[Requirement]:
    some = st.builds(Approvals, st.just(""), st.integers(1, 4), several(sources()))
    every = st.builds(lambda people: Approvals("", 1, people, True), several(sources()))
    return some | every if everybody else some


def checks() -> st.SearchStrategy[Requirement]:
    return st.builds(Check, st.just(""), st.sampled_from(["ci", "change-window", "v1.2"]))


def requirements() -> st.SearchStrategy[Requirement]:
    choice = st.builds(lambda ways: AnyOf("", ways), several(approvals(everybody=False) | checks(), least=2))
    return approvals() | checks() | choice


@st.composite
def stages(draw: st.DrawFn) -> tuple[Stage, ...]:
    found = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        asked = draw(st.lists(requirements(), min_size=1, max_size=3))
        called = tuple(requirement.called(f"s{number}r{place}") for place, requirement in enumerate(asked, start=1))
        found.append(Stage(number, draw(st.just(stage_name(called, number)) | texts()), called))
    return tuple(found)


def scopes() -> st.SearchStrategy[Scope]:
    places = several(st.sampled_from(["a", "two words", "for", "ü"]).map(lambda word: Place(word, word)), least=0)
    return st.builds(Scope, places, places, places)


@st.composite
def some_rules(draw: st.DrawFn) -> Rule:
    """A rule as it comes from being read, not yet saved."""
    effect = draw(st.sampled_from(Effect))
    said: dict[str, Any] = {
        "name": draw(texts()),
        "effect": effect,
        "when": draw(st.sampled_from(CONDITIONS)),
        "mode": draw(st.sampled_from(Mode)),
        "scope": draw(scopes()),
        "reason": draw(st.none() | texts()),
    }
    return Rule(**said, **(draw(_asking()) if effect is Effect.REQUIRE else draw(_ending(effect))))


@st.composite
def _asking(draw: st.DrawFn) -> dict[str, Any]:
    escalation = st.builds(Escalation, durations(), several(sources()), st.booleans())
    return {
        "stages": draw(stages()),
        "not_from": draw(several(sources(), least=0)),
        "reply_window": draw(st.none() | durations()),
        "execution_window": draw(st.none() | durations()),
        "remind": tuple(sorted(draw(several(durations(), least=0)))),
        "escalate": draw(st.none() | escalation),
        "notify": draw(several(st.sampled_from(["#deploys", "#ops-2", "channel:C123"]), least=0)),
        "tell": draw(several(sources(), least=0)),
        "distinct": draw(st.booleans()),
        "comment_on_reject": draw(st.booleans()),
        "waivable": draw(st.booleans()),
    }


@st.composite
def _ending(draw: st.DrawFn, effect: Effect) -> dict[str, Any]:
    moments = st.datetimes(datetime(2026, 1, 1), datetime(2099, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
    uses = st.none() | st.integers(1, 100) if effect is Effect.ALLOW else st.none()
    return {"until": draw(st.none() | moments), "uses": draw(uses)}
