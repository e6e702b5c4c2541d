"""Every card's examples against stored JSON and against Slack's limits; `STORE_CARDS=1` stores them anew."""

import json
import os
from pathlib import Path
from typing import Any, Final

import pytest

from bot.sandbox.validate import message_problems, view_problems
from bot.slack import cards
from bot.slack.cards.base import Card
from core.collection import members

STORED: Final = Path(__file__).parent / "stored"
FOUND: Final[dict[str, Card]] = members(cards)
EXAMPLES: Final = [(word, name) for word, card in FOUND.items() for name in card.examples]


def drawn(word: str, name: str) -> Any:
    return FOUND[word].examples[name]()


def path(word: str, name: str) -> Path:
    return STORED / f"{word}.{name}.json"


@pytest.mark.parametrize(("word", "name"), EXAMPLES)
def test_a_card_looks_as_it_was_stored(word: str, name: str) -> None:
    """A-65"""
    now = json.dumps(drawn(word, name), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("STORE_CARDS"):
        path(word, name).write_text(now)
    assert path(word, name).read_text() == now


@pytest.mark.parametrize(("word", "name"), EXAMPLES)
def test_a_card_holds_slacks_limits(word: str, name: str) -> None:
    card = drawn(word, name)
    problems = view_problems(card) if "type" in card else message_problems(card["blocks"])
    assert problems == []
    assert len(card.get("text", "")) <= 4_000


@pytest.mark.parametrize(("word", "name"), EXAMPLES)
def test_every_block_and_element_is_named(word: str, name: str) -> None:
    """Slack makes names up for those without, and no click could be told apart."""
    for block in drawn(word, name)["blocks"]:
        assert block["block_id"]
        elements = [block.get("element"), block.get("accessory"), *block.get("elements", [])]
        for element in elements:
            if isinstance(element, dict) and element["type"] in {
                "button",
                "overflow",
                "plain_text_input",
                "static_select",
            }:
                assert element["action_id"]


def test_no_stored_card_is_left_over() -> None:
    assert {file.name for file in STORED.glob("*.json")} == {path(word, name).name for word, name in EXAMPLES}


def test_every_card_brings_an_example() -> None:
    assert [word for word, card in FOUND.items() if not card.examples] == []
