"""`policies …`: which outside engine is asked about which requests."""

from __future__ import annotations

from bot.slack.admin import policies
from bot.slack.admin.written import name_of
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, opening, topic
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model.people import Actor
from core.phrases import phrase


async def show(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await policies.shown(room, actor, await _name(room, actor, slash, "show")))


async def edit(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await policies.editor(room, actor, await _name(room, actor, slash, "edit")))


async def remove(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await policies.removing(room, actor, await _name(room, actor, slash, "remove")))


async def _name(room: Room, actor: Actor, slash: Slash, word: str) -> str:
    return await name_of(room, actor, slash, phrase("The name of the policy"), f"policies {word} NAME")


MEMBER = topic(
    "policies",
    phrase("What an outside engine (OPA) is asked about requests"),
    Command("list", "", phrase("All policies"), opening(policies.listed)),
    Command("show", "NAME", phrase("A policy in plain words"), show),
    Command("add", "", phrase("A new policy, as YAML in a form"), opening(policies.adding)),
    Command("edit", "NAME", phrase("Change a policy"), edit),
    Command("remove", "NAME", phrase("Take a policy out"), remove),
)
