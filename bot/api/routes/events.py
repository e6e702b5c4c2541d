"""`GET /v1/events`: what happened, in the order of the seals, a page at a time or as a stream that goes on."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from bot.api.auth import bearer
from bot.api.exchange import actor, answer, caller, house, query_of
from bot.api.following import EventStream, Following, Wanted
from bot.api.house import House
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.showing import Feed
from bot.wire.strict import Shape, some
from core.administration.sight import Sight, sight_of
from core.errors import Invalid, TooSoon
from core.model.digest import LARGEST_INTEGER
from core.model.endpoint import ANNOUNCED
from core.model.event import WORDS
from core.model.people import Actor
from core.naming import find_project

router = APIRouter(tags=["reading"], route_class=Direct)
STREAMS: Final = 20
"""Streams one credential may hold open."""

ALL_STREAMS: Final = 1000
"""And all of them together, in one process."""

_KNOWN: Final = frozenset(WORDS) | frozenset(ANNOUNCED)


class EventsQuery(Shape):
    """`event` is one word or several with commas between them: the ledger's (`ended`) or webhooks' (`request.approved`)."""

    after: Annotated[int, Field(ge=0, le=LARGEST_INTEGER, strict=False)] | None = None
    limit: Annotated[int, Field(ge=1, le=100, strict=False)] = 100
    project: Annotated[str, some(100)] | None = None
    type: Annotated[str, some(60)] | None = None
    event: Annotated[str, some(1000)] | None = None


_DESCRIBED = spec(
    "What happened, in the order of the seals; a stream with Accept: text/event-stream", query=EventsQuery, answer=Feed
)
_DESCRIBED["responses"][200]["content"]["text/event-stream"] = {
    "schema": {"type": "string"},
    "example": 'id: 17\nevent: ended\ndata: {"request": "req_01J…", "announced": "request.approved", …}\n\n',
}


@router.get("/v1/events", **_DESCRIBED)
async def events(request: Request) -> Response:
    rooms, who = house(request), actor(request)
    query = query_of(request, EventsQuery)
    wanted = Wanted(await _project(rooms, who, query.project), query.type, _words(query.event))
    following = Following(rooms.store, rooms.feed, who.organisation, wanted)
    if "text/event-stream" in request.headers.get("accept", ""):
        return await _stream(request, following, query.after)
    sight = await rooms.store.read(lambda reader: sight_of(reader, who))
    found = await following.page(sight, query.after or 0, query.limit)
    shown = await following.shown(sight, found.rows)
    return answer(Feed(data=shown, next_after=found.next_after, more=found.more))


async def _stream(request: Request, following: Following, after: int | None) -> Response:
    """From where the caller says it was, else from now on."""
    rooms, credential = house(request), caller(request).credential
    open_now: Counter[str] = rooms.streams
    if open_now[credential] >= STREAMS or open_now.total() >= ALL_STREAMS:
        raise TooSoon("Too many event streams are open; close some, then try again.", retry_after=5)
    position = _last_seen(request)
    position = position if position is not None else after
    if position is None:
        position = await rooms.feed.head(actor(request).organisation)
    open_now[credential] += 1
    request.state.held = True

    def ended() -> None:
        open_now[credential] -= 1
        if not open_now[credential]:
            del open_now[credential]

    return EventStream(following, position, lambda: _sight_now(request, rooms), ended)


async def _sight_now(request: Request, rooms: House) -> Sight:
    """What this credential sees as things stand, or its refusal."""
    who = (await rooms.recognise(bearer(request.headers.get("authorization")))).actor
    return await rooms.store.read(lambda reader: sight_of(reader, who))


def _last_seen(request: Request) -> int | None:
    said = request.headers.get("last-event-id")
    if said is None:
        return None
    if not (said.isascii() and said.isdecimal() and len(said) < 16):
        raise Invalid("Last-Event-ID is the id of the last event that was seen, a number.", field="Last-Event-ID")
    return int(said)


async def _project(rooms: House, who: Actor, wanted: str | None) -> str | None:
    """Its id; a name that is none leads to what nothing is in."""
    if wanted is None:
        return None
    found = await rooms.store.read(lambda reader: find_project(reader, who.organisation, wanted))
    return wanted if found is None else found.id


def _words(said: str | None) -> frozenset[str] | None:
    if said is None:
        return None
    words = frozenset(word.strip() for word in said.split(","))
    strange = next((word for word in sorted(words) if word not in _KNOWN), None)
    if strange is not None:
        raise Invalid(f"There is no event '{strange[:60]}'; there are {', '.join(sorted(_KNOWN))}.", field="event")
    return words


MEMBER = Routes("events", router)
