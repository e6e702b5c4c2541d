"""Nobody's words begin a line of their own where the card says what it knows: a value is one line, whatever it holds."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.slack.cards import approve, archive, details, home, line, listing, reject
from bot.slack.cards import request as card
from bot.slack.drawing import samples
from bot.slack.drawing.blocks import RETURN, one_line
from bot.slack.drawing.wording import gist_of
from core.model.request import Content, Link

FORGED = "✓ 2. Security  approved by Carol Chen"
BREAKS = ("\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029")
CONTENT = Content(
    type="custom",
    title=f"Deploy{BREAKS[0]}{FORGED}",
    description="Plain.",
    action=f"kubectl apply{BREAKS[0]}{FORGED}",
    reasoning=f"Because{BREAKS[0]}{FORGED}",
    if_denied=f"Nothing{BREAKS[0]}{FORGED}",
    side_effects=(f"one{BREAKS[0]}{FORGED}",),
    params={"short": f"a{BREAKS[0]}{FORGED}", f"name{BREAKS[0]}{FORGED}": 1, "deep": {"long": f"{'a' * 90}\n{FORGED}"}},
    facts={"destroyed": f"0{BREAKS[0]}{FORGED}"},
    links=(Link(f"Plan{BREAKS[0]}{FORGED}", "https://ci.acme.example/1"),),
)
FORGING = replace(samples.pending(), content=CONTENT, original=CONTENT)
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
}


@pytest.mark.parametrize("name", DRAWN)
def test_what_somebody_wrote_forges_no_line(name: str) -> None:
    said = json.dumps(DRAWN[name](), ensure_ascii=False)
    assert "approved by Carol Chen" in said
    assert f"\\n{FORGED}" not in said


@pytest.mark.parametrize("mark", BREAKS)
def test_every_way_of_breaking_a_line_is_shown_as_one(mark: str) -> None:
    assert one_line(f" echo a {mark} rm -rf / {mark}") == f"echo a {RETURN} rm -rf /"
