"""`types …`: the catalogue of what can be asked."""

from __future__ import annotations

from bot.slack.admin import types
from bot.slack.admin.written import one_of, words_of
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, opening, topic
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model.people import Actor
from core.phrases import phrase


async def show(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await types.shown(room, actor, await _word(room, actor, slash, "show")))


async def add(room: Room, actor: Actor, slash: Slash) -> Answer:
    words = await words_of(room, actor, slash)
    return Open(await types.adding(room, actor, one_of(words, "types add WORD").lower() if words else ""))


async def edit(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await types.editor(room, actor, await _word(room, actor, slash, "edit")))


async def remove(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await types.removing(room, actor, await _word(room, actor, slash, "remove")))


async def _word(room: Room, actor: Actor, slash: Slash, word: str) -> str:
    return one_of(await words_of(room, actor, slash), f"types {word} WORD").lower()


MEMBER = topic(
    "types",
    phrase("What can be asked, and what each request must say"),
    Command("list", "", phrase("All types"), opening(types.listed)),
    Command("show", "WORD", phrase("A type as text"), show),
    Command("add", "[WORD]", phrase("A new type, as YAML in a form"), add),
    Command("edit", "WORD", phrase("Change a type; built-in ones too"), edit),
    Command("remove", "WORD", phrase("Take a type out; a built-in one is as it was at first"), remove),
)
