"""Details: everything about a request, and the way to it from messages that show only a line."""

from __future__ import annotations

from bot.slack.answer import Answer, Open
from bot.slack.cards import details
from bot.slack.flows.base import Flow, pointed_at
from bot.slack.payload import Click
from bot.slack.room import Room
from core.model.people import Actor


async def click(room: Room, actor: Actor, click: Click) -> Answer:
    request = await room.see(actor, pointed_at(click).request)
    return Open(details.draw(request, await room.backdrop(request)))


MEMBER = Flow("details", clicks={"request.details": click})
