"""Nouns and events survive being stored."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.event import WORDS, DecisionRecorded, Event
from core.model.organisation import Bounds, Settings
from core.model.request import Request
from core.model.requirement import Requirement, Source
from core.requirements.approvals import Approvals
from tests.store.builders import CODEC, a_decision, a_request

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (its zone is given)
durations = st.timedeltas(timedelta(), timedelta(days=400))
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=4,
)
objects = st.dictionaries(texts, values, max_size=3)

names = st.frozensets(texts, max_size=2)
sources = st.lists(st.builds(Source, texts, texts), max_size=2).map(tuple)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    type(None): st.none(),
    datetime: moments,
    timedelta: durations,
    Requirement: st.builds(Approvals, texts, st.integers(1, 9), sources, st.booleans()),
    Any: values,
    Mapping[str, Any]: objects,
    frozenset[str]: names,
}


def made(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that the nouns are made of, kept small."""
    if hint in SIMPLE:
        return SIMPLE[hint]
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{field.name: made(hints[field.name]) for field in dataclasses.fields(hint)})
    if get_origin(hint) is Mapping:
        return st.dictionaries(texts, made(get_args(hint)[1]), max_size=1)
    if get_origin(hint) is tuple:
        return st.lists(made(get_args(hint)[0]), max_size=1).map(tuple)
    return st.sampled_from(hint) if isinstance(hint, type) else st.one_of([made(part) for part in get_args(hint)])


@settings(max_examples=40)
@given(made(Request))
def test_a_request_is_read_back_as_it_was(request: Request) -> None:
    again = CODEC.request(CODEC.request_text(request))
    assert again == request
    assert _kinds(again) == _kinds(request)


@pytest.mark.parametrize("word", WORDS)
def test_an_event_is_read_back_as_it_was(word: str) -> None:
    @settings(max_examples=15)
    @given(made(WORDS[word]))
    def check(event: Event) -> None:
        stored, payload = CODEC.payload(event)
        again = CODEC.event(word, event.at, json.loads(json.dumps(payload)))
        assert (stored, again) == (word, event)
        assert "at" not in payload

    check()


@given(made(Settings))
def test_settings_are_read_back_as_they_were(kept: Settings) -> None:
    assert CODEC.build(CODEC.plain(kept), Settings) == kept


def test_what_is_stored_is_plain_json() -> None:
    plain = json.loads(CODEC.request_text(a_request("member:mem_ada", min=2)))
    assert plain["status"] == "pending"
    assert plain["created_at"].endswith("Z")
    plan = json.loads(plain["plan"])
    assert plan["reply_window"] == 3600
    assert plan["decide_in"] == ["oidc", "slack", "token"]
    assert plan["stages"][0]["requirements"] == [
        {
            "approvals": {
                "id": "s1r1",
                "min": 2,
                "all": False,
                "from": [{"principal": "member:mem_ada", "label": "member:mem_ada"}],
            }
        }
    ]


def test_content_that_nobody_edited_is_stored_once() -> None:
    request = a_request()
    assert "original" not in json.loads(CODEC.request_text(request))
    edited = dataclasses.replace(request, original=dataclasses.replace(request.content, title="Before"))
    assert CODEC.request(CODEC.request_text(edited)).original.title == "Before"


def test_what_is_empty_is_not_stored_but_what_has_another_default_is() -> None:
    """Another default, one day, must change no request that was asked before."""
    stored = json.loads(CODEC.request_text(a_request()))
    assert not {"cause", "decisions", "edits", "discarded", "reminders_rung"} & set(stored)
    assert not {"auto_execute", "barred", "allowed_by"} & set(json.loads(stored["plan"]))
    assert stored["stage"] == 1
    assert json.loads(stored["plan"])["delegation"] == "anyone"


def test_a_request_is_read_as_it_was_stored_before_anything_was_left_out() -> None:
    """Every field written out, the plan an object, `original` null."""
    request = a_request()
    plain = CODEC.plain(request)
    assert CODEC.request(json.dumps({**plain, "original": None})) == request
    assert CODEC.request(json.dumps(plain)) == request


def test_bounds_are_read_back_with_the_plan_and_the_approval_and_from_before_they_were_kept_as_none() -> None:
    bounds = {"params.usd": Bounds("number", 0, 50), "params.reason": Bounds(choices=("late", "lost"))}
    request = a_request()
    approval = dataclasses.replace(a_decision(request), bounds=(bounds, {}))
    kept = dataclasses.replace(
        request, plan=dataclasses.replace(request.plan, bounds=bounds), decisions=(approval, a_decision(request))
    )
    again = CODEC.request(CODEC.request_text(kept))
    assert again.plan.bounds == bounds
    assert [decision.bounds for decision in again.decisions] == [(bounds, {}), ()]
    assert CODEC.request(CODEC.request_text(request)).plan.bounds == {}
    word, payload = CODEC.payload(DecisionRecorded(approval.at, approval))
    del payload["decision"]["bounds"]
    before = CODEC.event(word, approval.at, payload)
    assert isinstance(before, DecisionRecorded)
    assert before.decision.bounds == ()


def test_requests_judged_alike_share_one_plan() -> None:
    first, second = (CODEC.request(CODEC.request_text(a_request(id=id))) for id in ("req_1", "req_2"))
    assert first.plan is second.plan
    other = dataclasses.replace(first, plan=dataclasses.replace(first.plan, why=("Another reason.",)))
    assert CODEC.request(CODEC.request_text(other)).plan.why == ("Another reason.",)


def test_words_of_stored_events_are_never_renamed() -> None:
    """Adding one is fine; an old ledger must stay readable."""
    assert set(WORDS) >= {"created", "judged", "decision_recorded", "ended", "refused", "execution_started"}


def _kinds(value: Any) -> Any:
    """The classes inside: a status that came back as mere text would compare equal."""
    if dataclasses.is_dataclass(value):
        return [type(value), *(_kinds(getattr(value, field.name)) for field in dataclasses.fields(value))]
    if isinstance(value, tuple):
        return [tuple, *map(_kinds, value)]
    return Mapping if isinstance(value, Mapping) else type(value)
