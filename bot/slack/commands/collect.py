"""`collect #n`: the secret of the API key that another admin agreed to, shown this once to whoever asked."""

from __future__ import annotations

from bot.slack.answer import Answer, Open
from bot.slack.cards import agent_key
from bot.slack.commands.base import Command, number_alone
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model.people import Actor
from core.phrases import phrase

USAGE = "#n"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    request = await room.numbered(actor, number_alone(slash, USAGE))
    made = await room.administration.keys.collect(actor, request.id)
    agent = await room.administration.agents.get(actor, made.key.agent)
    return Open(agent_key.shown(agent.name, made.key.id, made.secret))


MEMBER = Command("collect", USAGE, phrase("The key that another admin agreed to, shown once"), run)
