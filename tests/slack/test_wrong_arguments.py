"""Every command with every wrong argument: one private sentence that says what to do, nothing changed, no bug."""

import itertools
import re
from collections.abc import Iterator
from typing import Final

import pytest

from bot.sandbox.delivery import Ack
from bot.slack import commands
from bot.slack.commands.base import Command
from core.collection import members
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio

FOUND: Final[dict[str, Command]] = members(commands)
WRONG: Final = {
    "a number nobody has": "#999999",
    "no number": "#",
    "a number too long": "#99999999999999999999999999",
    "a negative number": "-1",
    "a word that is none": "zzzyx",
    "somebody who is nobody": "<@U0NOBODY99>",
    "a channel nobody knows": "<#C0NOBODY99|nowhere>",
    "an open quotation mark": '"half a name',
    "markup": "<!channel> *bold* `code`",
    "very many words": "word " * 400,
    "characters that cannot be stored": "\x00\u202e\x07",
    "another script": "否決 – ну́ 🦀",
    "a lone flag": "--force",
}
WORDS: Final = [
    *FOUND,
    *(f"{word} {sub.word}" for word, one in FOUND.items() for sub in one.subwords),
]
BUG: Final = "Something went wrong on our side"
SENTENCE: Final = re.compile(r"[.:!?)…\"'’]\s*$|\n")


def table() -> Iterator[tuple[str, str]]:
    return itertools.product(WORDS, WRONG)


async def said(world: World, name: str, line: str) -> str:
    """What this person alone is told: an ephemeral message or a window."""
    hand = world.hand(name)
    before, modals = len(hand.ephemerals()), {each["id"] for each in hand.modals()}
    ack: Ack = await hand.command(f"/countersign {line}", "#general")
    assert ack.ok, (line, ack)
    await world.settle()
    whispers = [str(each["text"]) for each in hand.ephemerals()[before:]]
    assert all(SENTENCE.search(each) for each in whispers), (line, whispers)
    windows = [str(each["blocks"]) for each in hand.modals() if each["id"] not in modals]
    return " ".join(whispers + windows)


@pytest.mark.parametrize("name", ["alice", "bob", "erin"])
async def test_every_command_answers_every_wrong_argument_in_private(http: World, name: str) -> None:
    """An admin, an approver, and somebody who may only ask."""
    world = http
    request = await world.ask(("@platform",))
    version = (await world.now(request)).version
    posts = len(world.calls("chat.postMessage"))
    for word, wrong in table():
        told = await said(world, name, f"{word} {WRONG[wrong]}")
        assert told, (word, wrong)
        assert BUG not in told, (word, wrong, told)
    assert (await world.now(request)).version == version
    public = [
        call["request"] for call in world.calls("chat.postMessage")[posts:] if str(call["request"]["channel"])[0] == "C"
    ]
    assert public == []


async def test_every_command_alone_says_what_is_missing_or_does_something_harmless(http: World) -> None:
    for word in WORDS:
        told = await said(http, "alice", word)
        assert told, word
        assert BUG not in told, (word, told)


async def test_nobody_unknown_gets_further_than_hearing_how_to_become_known(http: World) -> None:
    """A-63"""
    for word in WORDS:
        told = await said(http, "frank", f"{word} #1")
        assert BUG not in told, (word, told)
        if not FOUND[word.split()[0]].open_to_all:
            assert "not linked" in told or "member" in told or "Checking who you are" in told, (word, told)
