"""Details: everything about a request, and the windows behind it: who and why, its history, all of it in full."""

from __future__ import annotations

from bot.slack.answer import Answer, Open, Replace
from bot.slack.cards import details, history, people, whole
from bot.slack.cards.people import Who
from bot.slack.drawing.blocks import Json
from bot.slack.entrance.payload import Click
from bot.slack.flows.base import Flow, pointed_at
from bot.slack.room import Room
from bot.slack.story import story_of
from core.desk.eligible import where_they_sit, who_can_still
from core.errors import Invalid
from core.model.command import Approve
from core.model.people import Actor
from core.model.request import Request
from core.phrases import kept
from core.ports import Reader
from core.rulebook.explain import read_out


async def click(room: Room, actor: Actor, click: Click) -> Answer:
    request = await room.see(actor, pointed_at(click).request)
    return Open(details.draw(request, await room.backdrop(request), actor.id))


# ---------------------------------------------------------------------------------------------------------- who and why


async def who(room: Room, actor: Actor, click: Click) -> Answer:
    request = await room.see(actor, pointed_at(click).request)
    refusal = await room.desk.would_refuse(actor, request.id, Approve(revision=request.revision, stage=request.stage))
    said = None if refusal is None or isinstance(refusal, Invalid) else refusal.sentence
    return Open(people.draw(request, await room.read(lambda reader: _who(reader, actor, request, said))))


def _who(reader: Reader, actor: Actor, request: Request, refusal: str | None) -> Who:
    seen = request.plan.explanation
    why = tuple(map(kept, request.plan.why)) if seen is None else read_out(seen, request.plan)
    return Who(where_they_sit(reader, request, actor.id), refusal, who_can_still(reader, request), why)


# --------------------------------------------------------------------------------------------------------- page by page


def page_of(click: Click) -> int:
    """The page a button turns to; the first for anything else."""
    written = click.value.rpartition("/")[2]
    return int(written) if written.isdecimal() and len(written) < 6 else 0


async def _story(room: Room, actor: Actor, click: Click, page: int) -> Json:
    request = await room.see(actor, pointed_at(click).request)
    rows, names = await room.read(lambda reader: story_of(reader, request))
    return history.modal(request, rows, names, page)


async def story(room: Room, actor: Actor, click: Click) -> Answer:
    return Open(await _story(room, actor, click, 0))


async def other_story(room: Room, actor: Actor, click: Click) -> Answer:
    return Replace(await _story(room, actor, click, page_of(click)))


async def _whole(room: Room, actor: Actor, click: Click, page: int) -> Json:
    request = await room.see(actor, pointed_at(click).request)
    return whole.draw(request, await room.backdrop(request), page)


async def in_full(room: Room, actor: Actor, click: Click) -> Answer:
    return Open(await _whole(room, actor, click, 0))


async def other_page(room: Room, actor: Actor, click: Click) -> Answer:
    return Replace(await _whole(room, actor, click, page_of(click)))


MEMBER = Flow(
    "details",
    clicks={
        "request.details": click,
        "request.people": who,
        "request.history": story,
        "request.history.back": other_story,
        "request.history.more": other_story,
        "request.whole": in_full,
        "request.whole.back": other_page,
        "request.whole.more": other_page,
    },
)
