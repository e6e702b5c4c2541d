"""Reads one page of somebody's inbox: three small lists, each from its index."""

from __future__ import annotations

from typing import Final

from bot.slack.blocks import Json
from bot.slack.cards import home
from bot.slack.cards.home import OTHERS, WAITING, Inbox
from bot.slack.room import Room
from core.model.people import Actor
from core.model.request import OPEN
from core.ports import Filter, Reader

OPEN_WORDS: Final = frozenset(status.value for status in OPEN)
COUNTED: Final = 1_000


async def drawn(room: Room, actor: Actor, cursor: str | None = None) -> Json:
    return home.draw(await room.read(lambda reader: read(reader, actor, cursor)))


def waiting_for(reader: Reader, actor: Actor) -> Filter:
    """What waits for this person and has not been answered by them, oldest deadline first."""
    return Filter(
        statuses=OPEN_WORDS,
        waiting_for=reader.principals(actor.organisation, actor.id),
        unanswered_by=actor.id,
        order="deadline",
    )


def read(reader: Reader, actor: Actor, cursor: str | None) -> Inbox:
    organisation = actor.organisation
    wanted = waiting_for(reader, actor)
    page = reader.requests(organisation, wanted, cursor=cursor, limit=WAITING)
    asked = reader.requests(organisation, Filter(requester=actor.key), cursor=None, limit=OTHERS)
    decided = reader.requests(organisation, Filter(decided_by=actor.id), cursor=None, limit=OTHERS)
    mine = [request for request in page.requests if actor.id not in request.plan.barred]
    return Inbox(
        waiting=mine,
        asked=asked.requests,
        decided=decided.requests,
        projects={project.id: project.name for project in reader.projects(organisation)},
        total=max(0, reader.count(organisation, wanted, COUNTED) - (len(page.requests) - len(mine))),
        next=page.next_cursor,
        first_page=cursor is None,
    )
