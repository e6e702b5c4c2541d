"""Discard: what was approved is no longer wanted, before anybody has claimed it."""

from __future__ import annotations

from bot.slack.answer import Answer
from bot.slack.entrance.payload import Click
from bot.slack.flows.base import Flow, pointed_at, redrawn
from bot.slack.room import Room
from core.model.command import Discard
from core.model.people import Actor


async def click(room: Room, actor: Actor, click: Click) -> Answer | None:
    done = await room.do(actor, click, pointed_at(click), Discard())
    return await redrawn(room, actor, click, done.request)


MEMBER = Flow("discard", clicks={"request.discard": click})
