"""Reads one page of somebody's inbox: small lists, each from its index, whatever else is pending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.slack.cards import home
from bot.slack.cards.home import MANY, OTHERS, PLENTY, WAITING, Figures, Inbox
from bot.slack.drawing.blocks import Json
from bot.slack.look import EVERYTHING, Look
from bot.slack.room import Room
from core.cares.base import Care
from core.desk.digests import waits_of
from core.errors import Invalid
from core.model.people import Actor, Verb, verbs_of
from core.model.request import OPEN, Request
from core.model.rule import Mode
from core.ports import Filter, Reader

OPEN_WORDS: Final = frozenset(status.value for status in OPEN)
LOOKED_THROUGH: Final = 20
"""Pages looked through for what a narrowed list wants; then it offers to look further."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A Home and what it hangs on: `keys` are principals, actors and requests whose change would change it."""

    view: Json
    keys: frozenset[str] = frozenset()


async def drawn(room: Room, actor: Actor, look: Look = EVERYTHING) -> Drawn:
    manages, found, keys = await room.read(lambda reader: _read(reader, actor, look))
    care: Sequence[Care] = await room.caring.of(actor) if manages and room.caring is not None else ()
    return Drawn(home.draw(replace(found, care=care)), keys)


def _read(reader: Reader, actor: Actor, look: Look) -> tuple[bool, Inbox, frozenset[str]]:
    manages = Verb.MANAGE in verbs_of(reader.roles(actor.organisation, actor.id, None))
    try:
        found = read(reader, actor, look)
    except Invalid:  # a cursor of a list that is no more
        found = read(reader, actor, replace(look, cursor=None))
    found = replace(found, figures=_figures(reader, actor)) if manages else found
    shown = (*found.waiting, *found.asked, *found.decided)
    keys = waits_of(reader, actor.organisation, actor.id).names | {actor.key} | {f"request:{one.id}" for one in shown}
    return manages, found, keys


def waiting_for(reader: Reader, actor: Actor) -> Filter:
    """What waits for this person and has not been answered by them, oldest deadline first."""
    return waits_of(reader, actor.organisation, actor.id).open


def read(reader: Reader, actor: Actor, look: Look) -> Inbox:
    organisation = actor.organisation
    wanted = waiting_for(reader, actor)
    mine, hidden, further = _waiting(reader, actor, wanted, look)
    counted = reader.count(organisation, wanted, PLENTY + 1)
    return Inbox(
        waiting=mine,
        asked=reader.requests(organisation, asked_by(actor), cursor=None, limit=OTHERS).requests,
        decided=reader.requests(organisation, decided_by(actor), cursor=None, limit=OTHERS).requests,
        projects={project.id: project.name for project in reader.projects(organisation)},
        types={type.word: type.title for type in reader.types(organisation).values()},
        total=counted if counted > PLENTY else max(0, counted - hidden),
        next=further,
        look=look,
    )


def asked_by(actor: Actor) -> Filter:
    return Filter(requester=actor.key)


def decided_by(actor: Actor) -> Filter:
    return Filter(decided_by=actor.id)


def _waiting(reader: Reader, actor: Actor, wanted: Filter, look: Look) -> tuple[tuple[Request, ...], int, str | None]:
    """What is shown, how many on these pages are not this person's to decide, and where the list goes on.

    Page after page from the one index until one is full: narrowing never makes the database search all that is pending.
    """
    found: list[Request] = []
    hidden, cursor = 0, look.cursor
    waits = waits_of(reader, actor.organisation, actor.id)
    for _ in range(LOOKED_THROUGH):
        page = reader.requests(actor.organisation, wanted, cursor=cursor, limit=WAITING)
        mine = [request for request in page.requests if waits.are_for(request)]
        hidden += len(page.requests) - len(mine)
        found += [request for request in mine if _is_wanted(request, look)]
        cursor = page.next_cursor
        if cursor is None or len(found) >= WAITING or not look.is_narrowed:
            break
    return tuple(found), hidden, cursor


def _is_wanted(request: Request, look: Look) -> bool:
    return look.project in (None, request.project) and look.type in (None, request.content.type)


def _figures(reader: Reader, actor: Actor) -> Figures:
    book = reader.rulebook(actor.organisation)
    return Figures(
        open=reader.count(actor.organisation, Filter(statuses=OPEN_WORDS, order="deadline"), MANY + 1),
        rules=sum(rule.mode is Mode.ON for rule in book.rules),
        shadow=sum(rule.mode is Mode.SHADOW for rule in book.rules),
        unsealed=reader.unsealed_count(actor.organisation, MANY + 1),
    )
