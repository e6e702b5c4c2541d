"""`checks …`: which outside system must report on which requests."""

from __future__ import annotations

from bot.slack.admin import checks
from bot.slack.admin.written import name_of
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, opening, topic
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model.people import Actor
from core.phrases import phrase


async def show(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await checks.shown(room, actor, await _name(room, actor, slash, "show")))


async def edit(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await checks.editor(room, actor, await _name(room, actor, slash, "edit")))


async def remove(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await checks.removing(room, actor, await _name(room, actor, slash, "remove")))


async def _name(room: Room, actor: Actor, slash: Slash, word: str) -> str:
    return await name_of(room, actor, slash, phrase("The name of the check"), f"checks {word} NAME")


MEMBER = topic(
    "checks",
    phrase("Outside systems that must report before people are asked"),
    Command("list", "", phrase("All checks"), opening(checks.listed)),
    Command("show", "NAME", phrase("A check in plain words"), show),
    Command("add", "", phrase("A new check, as YAML in a form"), opening(checks.adding)),
    Command("edit", "NAME", phrase("Change a check"), edit),
    Command("remove", "NAME", phrase("Take a check out"), remove),
)
