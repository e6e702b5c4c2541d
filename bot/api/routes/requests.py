"""`/v1/requests`: ask, list, look at one, and wait for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Annotated, get_args

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from bot.api.auth import bearer
from bot.api.exchange import actor, answer_list, body_after, house, once, query_of, several
from bot.api.gate import Later
from bot.api.house import House
from bot.api.rendering import answer_request, emails_of, find
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.asking import NewRequest
from bot.wire.showing import RequestSummary, RequestView, StatusWord, summarise
from bot.wire.strict import Moment, Shape, some
from core.administration.office import the_project
from core.administration.sight import narrowed
from core.desk.digests import Waits, waits_of
from core.errors import Invalid
from core.model.duration import parse_duration
from core.model.people import Actor
from core.model.request import Request as Asked
from core.naming import find_member
from core.ports import Filter, Page, Reader

router = APIRouter(tags=["requests"], route_class=Direct)

LONGEST_WAIT = timedelta(seconds=60)
MOST_COUNTED = 1000
_SUMMARIES = several(RequestSummary)
Text = Annotated[str, some(320)]


class ListQuery(Shape):
    """`status` is a set, with commas. `assignee` is `me`, `any` or a member; `subject` a kind or `kind:id`."""

    status: Text | None = None
    type: Text | None = None
    project: Text | None = None
    agent: Text | None = None
    team: Text | None = None
    assignee: Text | None = None
    requester: Text | None = None
    subject: Text | None = None
    since: Moment | None = None
    until: Moment | None = None
    cursor: Text | None = None
    limit: Annotated[int, Field(ge=1, le=100, strict=False)] = 20
    total: Annotated[bool, Field(strict=False)] = False


class OneQuery(Shape):
    """`wait` (like `30s`, at most 60 s) holds the answer until the version exceeds `version`, or until the end."""

    wait: Annotated[str, some(20)] | None = None
    version: Annotated[int, Field(ge=0, strict=False)] | None = None


@router.post("/v1/requests", **spec("Ask for an approval", body=NewRequest, answer=RequestView, status=201, again=True))
async def create(request: Request) -> Response:
    rooms, who = house(request), actor(request)
    said = await body_after(request, NewRequest, lambda: rooms.administration.refuses_asking(who))
    done = await rooms.desk.create(who, said.to_draft(), once=await once(request))
    response = await answer_request(rooms, who, done.request, 200 if done.replayed else 201)
    response.headers["Location"] = f"/v1/requests/{done.request.id}"
    return response


@router.get("/v1/requests", **spec("List requests, newest first", query=ListQuery, lists=RequestSummary))
async def list_requests(request: Request) -> Response:
    query, who = query_of(request, ListQuery), actor(request)

    def look(reader: Reader) -> tuple[Page, int | None, list[RequestSummary]]:
        assignee = _assignee(reader, who, query.assignee)
        waits = None if assignee is None else waits_of(reader, who.organisation, assignee)
        wanted = narrowed(reader, who, _filter(reader, who, query, waits))
        page = reader.requests(who.organisation, wanted, cursor=query.cursor, limit=query.limit)
        shown = [one for one in page.requests if waits is None or waits.are_for(one)]
        total = _total(reader, who, wanted, len(page.requests) - len(shown)) if query.total else None
        emails = emails_of(reader, *shown)
        return page, total, [summarise(one, emails) for one in shown]

    page, total, views = await house(request).store.read(look)
    return answer_list(_SUMMARIES, views, page.next_cursor, total)


@router.get("/v1/requests/{id}", **spec("Look at a request, or wait for it", query=OneQuery, answer=RequestView))
async def get(request: Request, id: str) -> Response:
    rooms, who = house(request), actor(request)
    try:
        query = query_of(request, OneQuery)
        seconds = _seconds(query.wait)
    except Invalid:
        await _see(rooms, who, id)  # whoever may not look hears that first
        raise
    if seconds:
        return Later(
            partial(_wait, rooms, who, bearer(request.headers.get("authorization")), id, query.version, seconds)
        )
    return await answer_request(rooms, who, await _see(rooms, who, id))


async def _see(rooms: House, who: Actor, id: str) -> Asked:
    return await rooms.desk.see(who, await find(rooms, who, id))


async def _wait(rooms: House, who: Actor, credential: str, id: str, version: int | None, seconds: float) -> Response:
    """The request once it is as wanted, else as it is when the time is over; for who may still know of it then."""
    id = await find(rooms, who, id)
    with rooms.waiting.for_request(id, lambda seen: _is_wanted(seen, version)) as waiter:
        first = await rooms.desk.see(who, id)
        if _is_wanted(first, version):
            return await answer_request(rooms, who, first)
        del first  # of thousands who wait, nobody keeps what it saw
        with rooms.metrics.waiting.track_inprogress():
            found = await waiter.until(seconds)
    who = (await rooms.recognise(credential)).actor
    shown = await rooms.desk.see(who, id) if found is None else await rooms.desk.show(who, found)
    return await answer_request(rooms, who, shown)


def _is_wanted(request: Asked, version: int | None) -> bool:
    return not request.is_open if version is None else request.version > version


def _seconds(wait: str | None) -> float:
    return 0 if wait is None else min(parse_duration(wait), LONGEST_WAIT).total_seconds()


# --------------------------------------------------------------------------------------------------------------- the list


def _filter(reader: Reader, who: Actor, query: ListQuery, waits: Waits | None) -> Filter:
    kind, _, subject = (query.subject or "").partition(":")
    wanted = Filter() if waits is None else waits.open_everywhere
    return replace(
        wanted,
        order="newest",
        statuses=_statuses(query.status),
        type=query.type,
        project=None
        if query.project is None
        else the_project(reader, who.organisation, query.project, field="project", within=who.projects).id,
        agent=None if query.agent is None else _agent(reader, who, query.agent),
        team=query.team,
        requester=None if query.requester is None else _requester(reader, who, query.requester),
        subject_kind=kind or None,
        subject_id=subject or None,
        since=query.since,
        until=query.until,
    )


def _total(reader: Reader, who: Actor, wanted: Filter, hidden: int) -> int:
    """Without those the index has and the page leaves out, unless there are more than are counted."""
    counted = reader.count(who.organisation, wanted, MOST_COUNTED)
    return counted if counted == MOST_COUNTED else counted - hidden


def _statuses(said: str | None) -> frozenset[str]:
    words = frozenset(word.strip() for word in said.split(",")) if said else frozenset()
    known = get_args(StatusWord)
    if not words <= set(known):
        raise Invalid(f"status must be some of {', '.join(known)}, with commas between.", field="status")
    return words


def _assignee(reader: Reader, who: Actor, said: str | None) -> str | None:
    """The member a request must wait for; None for anybody."""
    if said is None or said == "any":
        return None
    if said == "me":
        if not who.is_member:
            raise Invalid("Nothing ever waits for a machine; name a member or leave assignee out.", field="assignee")
        return who.id
    member = find_member(reader, who.organisation, said)
    if member is None:
        raise Invalid("assignee must be me, any, or a member of this organisation.", field="assignee")
    return member.id


def _requester(reader: Reader, who: Actor, said: str) -> str:
    if said == "me":
        return who.key
    if said.startswith("agt_"):
        return f"agent:{said}"
    member = find_member(reader, who.organisation, said)
    if member is None:
        raise Invalid("requester must be me, a member or an agent of this organisation.", field="requester")
    return f"member:{member.id}"


def _agent(reader: Reader, who: Actor, said: str) -> str:
    """By id or name; an unknown one has asked for nothing."""
    named = (agent.id for agent in reader.agents(who.organisation) if agent.name == said)
    return said if said.startswith("agt_") else next(named, said)


MEMBER = Routes("requests", router, (NewRequest,))
