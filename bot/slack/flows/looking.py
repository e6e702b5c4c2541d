"""I'm looking: the others see on the card that somebody is on it."""

from __future__ import annotations

from bot.slack.answer import Answer, Whisper
from bot.slack.cards import whisper
from bot.slack.entrance.payload import Click
from bot.slack.flows.base import Flow, pointed_at
from bot.slack.room import Room
from core.model.command import StartLooking
from core.model.people import Actor
from core.phrases import phrase


async def click(room: Room, actor: Actor, click: Click) -> Answer:
    await room.do(actor, click, pointed_at(click), StartLooking())
    said = phrase("The others see on the card that you are looking. It still waits for your decision.")
    return Whisper(whisper.draw(said), phrase("You are looking"))


MEMBER = Flow("looking", clicks={"request.looking": click})
