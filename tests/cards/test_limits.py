"""Cards hold Slack's limits for any input, and people's words never become markup."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.validate import message_problems, view_problems
from bot.slack.cards import (
    answer,
    approve,
    ask,
    cancel,
    comment,
    details,
    edit,
    hand_over,
    home,
    line,
    listing,
    redacted,
    reject,
    whisper,
)
from bot.slack.cards import request as card
from bot.slack.drawing import samples
from bot.slack.drawing.blocks import cut, escape, gist, is_web, link, width, words
from bot.slack.drawing.drawn import Backdrop
from bot.slack.target import Target, read_target
from core.model.organisation import BUILT_IN_TYPES
from core.model.request import Content, Cost, Link, Plan, Question, Request, Requester, Stage, Status, Subject
from core.model.requirement import Source
from core.requirements.approvals import Approvals

MARK = "‽"
"""Stands in every text by people, and in none of ours."""

nasty = st.sampled_from(
    ["<!channel>", "<@U1>", "*x*", "`x`", "&amp;", "\u202e", "\x00", "🦀" * 40, "https://e.example|x"]
)
text = st.builds(
    lambda parts, times: MARK + "".join(parts) * times,
    st.lists(st.one_of(nasty, st.text(max_size=30)), max_size=6),
    st.sampled_from([1, 1, 1, 60]),
)
short = st.text(max_size=200).map(lambda said: MARK + said)
leaf = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), text
)
values = st.dictionaries(text, st.one_of(leaf, st.lists(leaf, max_size=4)), max_size=12)

contents = st.builds(
    Content,
    type=st.sampled_from(["merge", "deploy", "custom", "countersign.rule"]),
    title=text,
    subject=st.one_of(st.none(), st.builds(Subject, text, text, st.one_of(st.none(), text))),
    description=st.one_of(st.none(), text),
    action=st.one_of(st.none(), text),
    params=values,
    reasoning=st.one_of(st.none(), text),
    cost=st.one_of(st.none(), st.builds(Cost, st.floats(0, 1e300), st.integers(0, 2**53))),
    side_effects=st.lists(text, max_size=30).map(tuple),
    if_denied=st.one_of(st.none(), text),
    facts=values,
    metadata=values,
    links=st.lists(st.builds(Link, text, st.one_of(text, st.just("https://x.example/a?b=c"))), max_size=20).map(tuple),
)
sources = st.builds(Source, st.sampled_from(["group:a", "member:b", "anyone:c"]), short)
stages = st.lists(st.lists(st.tuples(st.integers(1, 9), sources), min_size=1, max_size=12), min_size=1, max_size=10)


def a_stage(number: int, wanted: list[tuple[int, Source]]) -> Stage:
    requirements = tuple(Approvals(f"s{number}r{n}", least, (source,)) for n, (least, source) in enumerate(wanted))
    return Stage(number, f"{MARK}Stage", requirements)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Requests in any state, every text of them hostile."""
    content = draw(contents)
    planned = tuple(a_stage(n, wanted) for n, wanted in enumerate(draw(stages), start=1))
    said = draw(st.lists(text, max_size=5))
    questions = tuple(
        Question(f"qst_{n}", "mem_b", draw(short), each, samples.AT, answer=draw(st.one_of(st.none(), text)))
        for n, each in enumerate(said)
    )
    decisions = tuple(
        samples.decision(f"mem_{n}", draw(short), comment=draw(st.one_of(st.none(), text)), seats=(draw(short),))
        for n in range(draw(st.integers(0, 6)))
    )
    status = draw(st.sampled_from(list(Status)))
    return samples.pending(
        content=content,
        original=content,
        requester=Requester("agent", "agt_1", draw(short)),
        plan=Plan(stages=planned, why=tuple(draw(st.lists(text, max_size=3)))),
        status=status,
        questions=questions,
        decisions=decisions,
        cause="people",
        edits=draw(st.one_of(st.just({}), st.just({"cost.usd": 1, "action": MARK * 400}))),
        revision=draw(st.integers(1, 3)),
        expires_at=draw(st.one_of(st.none(), st.just(samples.AT + timedelta(hours=1)))),
    )


def backdrop(request: Request) -> Backdrop:
    return Backdrop("payments", {"mem_ada": MARK * 90}, replace(request.content, title="before", facts={}))


def markup_of(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for each in value for text in markup_of(each)]
    if isinstance(value, dict):
        own = [str(value["text"])] if value.get("type") == "mrkdwn" else []
        return own + [text for each in value.values() for text in markup_of(each)]
    return []


@given(requests())
def test_a_card_holds_slacks_limits_for_any_request(request: Request) -> None:
    """A-60"""
    drawn = [
        card.draw(request, backdrop(request)),
        card.minimal(request, backdrop(request)),
        redacted.draw(request),
        line.draw(request, "comment", request.content.title * 9, {"question": "qst_0"}, direct=True),
        listing.draw("Some", [request], ""),
        whisper.draw(request.content.title),
    ]
    for message in drawn:
        assert message_problems(message.blocks) == []
        assert width(message.text) <= 4_000
        assert len(json.dumps(message.blocks)) < 60_000


@given(requests())
def test_every_view_holds_slacks_limits_for_any_request(request: Request) -> None:
    question = Question("qst_1", "mem_b", MARK * 300, request.content.title * 20, samples.AT)
    row = home.Inbox([request], [request], [request], {}, 5_000, {}, "c" * 3_000)
    views = [
        details.draw(request, backdrop(request)),
        approve.draw(request, backdrop(request), request.content.title * 20),
        reject.draw(request, backdrop(request)),
        comment.draw(request, backdrop(request)),
        cancel.draw(request, backdrop(request)),
        hand_over.draw(request, backdrop(request)),
        answer.draw(request, backdrop(request), question),
        edit.draw(request, backdrop(request), BUILT_IN_TYPES["deploy"]),
        home.draw(row),
        ask.draw(
            [request.content.title] * 5,
            tuple(BUILT_IN_TYPES.values()),
            samples.EVERYTHING,
            windows=tuple(ask.WINDOWS),
            title=request.content.title,
            description=request.content.title,
        ),
    ]
    for view in views:
        assert view_problems(view) == []
        assert len(json.dumps(view)) < 250_000


@given(requests())
def test_what_people_wrote_never_becomes_markup(request: Request) -> None:
    """A-60"""
    drawn = [card.draw(request, backdrop(request)).blocks, details.draw(request, backdrop(request))["blocks"]]
    assert [text for text in markup_of(drawn) if MARK in text] == []


@given(requests())
def test_the_gist_can_ping_nobody(request: Request) -> None:
    said = card.draw(request, backdrop(request)).text
    assert "<" not in said
    assert ">" not in said


@given(requests())
def test_an_open_card_can_be_decided_and_a_final_one_cannot(request: Request) -> None:
    """A-65"""
    blocks = card.draw(request, backdrop(request)).blocks
    assert ("request.approve" in str(blocks)) is request.is_open


@given(st.text(), st.integers(2, 300))
def test_a_cut_text_fits_and_is_never_empty(said: str, limit: int) -> None:
    short_one = cut(said, limit)
    assert 0 < width(short_one) <= limit
    assert short_one.encode()


@given(st.text(max_size=3_000))
def test_a_run_of_words_is_never_empty(said: str) -> None:
    assert words(said, 100)["text"]


@given(st.text(max_size=9_000))
def test_a_gist_always_passes_an_update(said: str) -> None:
    assert 0 < width(gist(said)) <= 4_000


def test_escaping_happens_once_and_in_order() -> None:
    assert escape("<a & b>") == "&lt;a &amp; b&gt;"


def test_only_web_addresses_become_links() -> None:
    assert is_web("https://x.example/a?b=c#d")
    for bad in ("javascript:alert(1)", "https://x.example/<b>", "https://x y", "ftp://x", "https://" + "a" * 4_000):
        assert not is_web(bad)
        assert link(bad, "here")["type"] == "text"


def test_a_target_survives_its_button_and_nothing_else_reads_as_one() -> None:
    target = Target("req_01JD5Z3F6Q8W9X0Y1Z2A3B4C5D", 3, 12)
    assert read_target(str(target)) == target
    for bad in ("", "x", f"{target}.1", "req_1.1.1", str(target).lower(), f"{target}\n"):
        assert read_target(bad) is None
