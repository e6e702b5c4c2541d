"""Remind: those who have not answered are told again, at once."""

from __future__ import annotations

from bot.slack.answer import Answer, Whisper
from bot.slack.cards import whisper
from bot.slack.entrance.payload import Click
from bot.slack.flows.base import Flow, pointed_at
from bot.slack.room import Room
from core.model.command import Remind
from core.model.people import Actor
from core.phrases import phrase


async def click(room: Room, actor: Actor, click: Click) -> Answer:
    await room.do(actor, click, pointed_at(click), Remind())
    return Whisper(whisper.draw(phrase("Everybody who has not answered yet is being reminded.")), phrase("Reminded"))


MEMBER = Flow("remind", clicks={"request.remind": click})
