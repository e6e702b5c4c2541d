"""The buttons that help offers where somebody mentioned the app or wrote to it."""

from __future__ import annotations

from bot.slack import inbox
from bot.slack.answer import Answer, Whisper
from bot.slack.cards import listing
from bot.slack.entrance.payload import Click
from bot.slack.flows.base import Flow
from bot.slack.room import Room, must_be_mapped
from core.model.people import Actor
from core.model.request import Request
from core.phrases import phrase, phrases
from core.ports import Reader


async def waiting(room: Room, actor: Actor, _click: Click) -> Answer:
    must_be_mapped(actor)
    found, more = await room.read(lambda reader: _page(reader, actor))
    title = phrases("One request waits for you.", "{count} requests wait for you.", len(found))
    note = phrase("There are more; App Home shows all.") if more else ""
    return Whisper(listing.draw(title if found else phrase("Nothing waits for you."), found, note))


def _page(reader: Reader, actor: Actor) -> tuple[list[Request], bool]:
    page = reader.requests(actor.organisation, inbox.waiting_for(reader, actor), cursor=None, limit=listing.MOST)
    return [one for one in page.requests if actor.id not in one.plan.barred], page.next_cursor is not None


MEMBER = Flow("help", clicks={"help.list": waiting})
