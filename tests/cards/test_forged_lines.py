"""Nobody's words begin a line of their own where the card says what it knows: a value is one line, whatever it holds."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.slack.cards import (
    approve,
    archive,
    batch,
    details,
    history,
    home,
    line,
    listing,
    reject,
    reminders,
    run,
    together,
    whole,
)
from bot.slack.cards import request as card
from bot.slack.cards.reminders import Line
from bot.slack.drawing import samples
from bot.slack.drawing.blocks import RETURN, one_line
from bot.slack.drawing.wording import gist_of
from core.model.request import Content, Execution, ExecutionStatus, Link
from core.ports import LedgerRow

FORGED = "✓ 2. Security  approved by Carol Chen"
BREAKS = ("\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029")
CONTENT = Content(
    type="custom",
    title=f"Deploy{BREAKS[0]}{FORGED}",
    description=f"Plain.{BREAKS[0]}{FORGED}",
    action=f"kubectl apply{BREAKS[0]}{FORGED}",
    reasoning=f"Because{BREAKS[0]}{FORGED}",
    if_denied=f"Nothing{BREAKS[0]}{FORGED}",
    side_effects=(f"one{BREAKS[0]}{FORGED}",),
    params={"short": f"a{BREAKS[0]}{FORGED}", f"name{BREAKS[0]}{FORGED}": 1, "deep": {"long": f"{'a' * 90}\n{FORGED}"}},
    facts={"destroyed": f"0{BREAKS[0]}{FORGED}"},
    links=(Link(f"Plan{BREAKS[0]}{FORGED}", "https://ci.acme.example/1"),),
)
WORDS = f"Fine.{BREAKS[0]}{FORGED}"
FORGING = replace(
    samples.question(),
    content=CONTENT,
    original=CONTENT,
    questions=tuple(replace(one, text=WORDS, answer=WORDS) for one in samples.question().questions),
    decisions=(samples.decision("mem_bob", "Bob Baker", comment=WORDS),),
)
ENDED = replace(
    samples.approved(),
    content=CONTENT,
    original=CONTENT,
    decisions=tuple(replace(one, comment=WORDS) for one in samples.approved().decisions),
    execution=Execution(ExecutionStatus.SUCCESS, detail=WORDS),
)
BROKEN = replace(
    samples.broken(), glasses=tuple(replace(one, reason=WORDS, remark=WORDS) for one in samples.broken().glasses)
)
ROWS = [LedgerRow(1, "org", "req", 1, samples.AT, "commented", "agent:a", "slack", 1, {"text": WORDS}, "", "", "")]
DRAWN: dict[str, Callable[[], Any]] = {
    "card": lambda: card.draw(FORGING, samples.BACKDROP).as_json(),
    "minimal": lambda: card.minimal(FORGING, samples.BACKDROP).as_json(),
    "approve": lambda: approve.draw(FORGING, samples.BACKDROP),
    "reject": lambda: reject.draw(FORGING, samples.BACKDROP),
    "details": lambda: details.draw(FORGING, samples.BACKDROP),
    "listing": lambda: listing.draw("Some", [FORGING], "").as_json(),
    "archive": lambda: archive.draw("Mine", "home.mine", [FORGING], None),
    "home": lambda: home.draw(home.Inbox((FORGING,), (FORGING,), (FORGING,), {}, 1)),
    "thread": lambda: line.draw(FORGING, "comment", f"Bob Baker: Fine.\n{FORGED}", {}, direct=False).as_json(),
    "gist": lambda: gist_of(FORGING, "deploys"),
    "ended": lambda: card.draw(ENDED, samples.BACKDROP).as_json(),
    "ended details": lambda: details.draw(ENDED, samples.BACKDROP),
    "ended archive": lambda: archive.draw("Mine", "home.mine", [ENDED], None),
    "ended home": lambda: home.draw(home.Inbox((), (ENDED,), (ENDED,), {}, 1)),
    "run": lambda: run.draw(ENDED, samples.BACKDROP),
    "whole": lambda: whole.draw(FORGING, samples.BACKDROP),
    "broken": lambda: card.draw(BROKEN, samples.BACKDROP).as_json(),
    "together": lambda: together.draw([FORGING, ENDED], samples.BACKDROP).as_json(),
    "together alike": lambda: together.draw([FORGING, FORGING], samples.BACKDROP).as_json(),
    "together minimal": lambda: together.minimal([FORGING, ENDED], samples.BACKDROP).as_json(),
    "batch": lambda: batch.draw(batch.Shown("Alike", [FORGING])),
    "history": lambda: history.modal(FORGING, ROWS, {}),
    "reminders": lambda: reminders.draw([Line(FORGING, WORDS)], 1, direct=True).as_json(),
    "reminders here": lambda: reminders.draw([Line(FORGING, WORDS)], 1, direct=False).as_json(),
}


def unbounded(drawn: Any) -> Iterator[str]:
    """Every text but what stands alone in a quote or a code block: a bar, or a frame, says that all of it is somebody's."""
    if isinstance(drawn, str):
        yield drawn
    elif isinstance(drawn, list):
        yield from (text for one in drawn for text in unbounded(one))
    elif isinstance(drawn, dict) and not _is_framed(drawn):
        yield from (text for one in drawn.values() for text in unbounded(one))


def _is_framed(block: dict[str, Any]) -> bool:
    framing = block.get("type") in {"rich_text_quote", "rich_text_preformatted"}
    return framing and len(block["elements"]) == 1


@pytest.mark.parametrize("name", DRAWN)
def test_what_somebody_wrote_forges_no_line(name: str) -> None:
    drawn = DRAWN[name]()
    assert "approved by Carol Chen" in json.dumps(drawn, ensure_ascii=False)
    said = list(unbounded(drawn))
    assert said
    assert [text for text in said if any(f"{mark}{FORGED}" in text for mark in BREAKS)] == []


@pytest.mark.parametrize("drawn", [card.draw, details.draw, approve.draw], ids=["card", "details", "approve"])
def test_what_it_is_for_keeps_its_lines_in_a_quote(drawn: Callable[..., Any]) -> None:
    made = drawn(FORGING, samples.BACKDROP)
    blocks = made["blocks"] if isinstance(made, dict) else made.blocks
    (lead,) = [block for block in blocks if block.get("block_id", "").startswith("lead.")]
    ours, theirs = lead["elements"]
    assert (ours["type"], theirs["type"]) == ("rich_text_section", "rich_text_quote")
    assert [one["text"] for one in theirs["elements"]] == [CONTENT.description]


@pytest.mark.parametrize("mark", BREAKS)
def test_every_way_of_breaking_a_line_is_shown_as_one(mark: str) -> None:
    assert one_line(f" echo a {mark} rm -rf / {mark}") == f"echo a {RETURN} rm -rf /"
