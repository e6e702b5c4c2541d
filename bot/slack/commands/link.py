"""`link [e-mail]`: which member somebody is whose address in Slack is another one; an admin confirms it."""

from __future__ import annotations

from bot.slack.admin import linking
from bot.slack.answer import Answer
from bot.slack.commands.base import Command
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from bot.slack.typed import unlinked
from core.model.people import Actor
from core.phrases import phrase


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    return await linking.asked(room, actor, slash, unlinked(slash.text))


MEMBER = Command("link", "[e-mail]", phrase("Say which member you are, when Slack knows you by another address"), run)
