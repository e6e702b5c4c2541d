"""Requests as they leave: with the e-mail addresses of whom they name, looked up once per answer."""

from __future__ import annotations

from starlette.responses import Response

from bot.api.exchange import answer
from bot.api.house import House
from bot.wire.showing import Emails, members_named, show, show_done
from core.administration.sight import sees_secrets
from core.desk import Done
from core.model.people import Actor
from core.model.request import Request
from core.ports import Reader


def emails_of(reader: Reader, *requests: Request) -> Emails:
    """One look-up per project among the requests."""
    found: dict[str, str] = {}
    for project in {request.project for request in requests}:
        members = frozenset[str]().union(*(members_named(one) for one in requests if one.project == project))
        people = reader.people(members, project) if members else {}
        found |= {id: person.email for id, person in people.items()}
    return found


async def emails_for(house: House, request: Request) -> Emails:
    return await house.store.glance(lambda reader: emails_of(reader, request)) if members_named(request) else {}


async def sees_whole(house: House, actor: Actor, request: Request) -> bool:
    """Whether this caller is shown what the type keeps secret; looked up only where it keeps anything."""
    if not request.plan.secret:
        return True
    return await house.store.read(lambda reader: sees_secrets(reader, actor, request))


async def answer_request(house: House, actor: Actor, request: Request, status: int = 200) -> Response:
    whole = await sees_whole(house, actor, request)
    return answer(show(request, await emails_for(house, request), whole=whole), status)


async def answer_done(house: House, actor: Actor, done: Done) -> Response:
    whole = await sees_whole(house, actor, done.request)
    return answer(show_done(done.request, done.decision, await emails_for(house, done.request), whole=whole))


async def find(house: House, actor: Actor, id: str) -> str:
    """The id of a request given by id or by its number, also as we print it (`#57`); an unknown one is not found."""
    number = id.removeprefix("#")
    if number.isdecimal() and number.isascii() and len(number) < 16:
        return await house.desk.number(actor.organisation, int(number)) or id
    return id
