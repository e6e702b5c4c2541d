"""App Home's own buttons: turn the page, narrow, refresh, ask; the whole lists; for admins what is set up and needs care."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from bot.slack import inbox
from bot.slack.admin import groups, members, rules, schedules, webhooks
from bot.slack.admin import settings as chosen_settings
from bot.slack.answer import Answer, Open, Publish, Replace, Whisper
from bot.slack.asking import offer
from bot.slack.cards import archive, care
from bot.slack.cards import help as help_card
from bot.slack.cards.home import ALL
from bot.slack.drawing.blocks import Json
from bot.slack.entrance.payload import Click
from bot.slack.flows.base import Flow, OnClick
from bot.slack.look import Look, read_look
from bot.slack.room import Room, must_be_mapped
from core.errors import NotFound
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Filter, Page

Listed = Callable[[Room, Actor], Awaitable[Json]]

TOPICS: Final[Mapping[str, Listed]] = {
    "groups": groups.listed,
    "members": members.unmapped,
    "rules": rules.listed,
    "schedules": schedules.listed,
    "webhooks": webhooks.listed,
}
"""Where a care leads."""


def looking(change: Callable[[Look, Click], Look]) -> OnClick:
    """The same Home, looked at in another way."""

    async def look(_room: Room, actor: Actor, click: Click) -> Answer:
        must_be_mapped(actor)
        return Publish(change(read_look(click.metadata), click))

    return look


def _first(look: Look, _click: Click) -> Look:
    return replace(look, cursor=None)


def _next(look: Look, click: Click) -> Look:
    return replace(look, cursor=read_look(str(Look(click.value))).cursor)


def _chosen(click: Click) -> str | None:
    return None if click.value in ("", ALL) else click.value


async def new(room: Room, actor: Actor, _click: Click) -> Answer:
    offered = await offer(room, actor)
    return Open(offered.form(offered.first))


async def helped(room: Room, _actor: Actor, _click: Click) -> Answer:
    return Whisper(help_card.draw(room.help), phrase("Help"))


def whole(title: str, action: str, wanted: Callable[[Actor], Filter]) -> dict[str, OnClick]:
    """A list in a window of its own, and the buttons that turn it."""

    async def drawn(room: Room, actor: Actor, cursor: str | None) -> Json:
        must_be_mapped(actor)
        page = await room.read(lambda reader: _page(reader.requests, actor, wanted(actor), cursor))
        return archive.draw(title, action, page.requests, page.next_cursor, first=cursor is None)

    async def opened(room: Room, actor: Actor, _click: Click) -> Answer:
        return Open(await drawn(room, actor, None))

    async def back(room: Room, actor: Actor, _click: Click) -> Answer:
        return Replace(await drawn(room, actor, None))

    async def more(room: Room, actor: Actor, click: Click) -> Answer:
        return Replace(await drawn(room, actor, click.value or None))

    return {action: opened, f"{action}.back": back, f"{action}.more": more}


def _page(requests: Callable[..., Page], actor: Actor, wanted: Filter, cursor: str | None) -> Page:
    return requests(actor.organisation, wanted, cursor=cursor, limit=archive.PAGE)


def listing(listed: Listed) -> OnClick:
    """What is set up, in a window; the office refuses whoever may not look."""

    async def show(room: Room, actor: Actor, _click: Click) -> Answer:
        must_be_mapped(actor)
        return Open(await listed(room, actor))

    return show


async def settings(room: Room, actor: Actor, _click: Click) -> Answer:
    must_be_mapped(actor)
    return Open(await chosen_settings.shown(room, actor))


async def cared(room: Room, actor: Actor, _click: Click) -> Answer:
    await room.administration.must_manage(actor)
    return Open(care.draw(() if room.caring is None else await room.caring.of(actor, fresh=True)))


async def topic(room: Room, actor: Actor, click: Click) -> Answer:
    must_be_mapped(actor)
    listed = TOPICS.get(click.value)
    if listed is None:
        raise NotFound(phrase("There is nothing to look at here; see /countersign help."))
    return Open(await listed(room, actor))


MEMBER = Flow(
    "home",
    clicks={
        "home.first": looking(_first),
        "home.refresh": looking(lambda look, _click: look),
        "home.next": looking(_next),
        "home.project": looking(lambda look, click: replace(look, cursor=None, project=_chosen(click))),
        "home.type": looking(lambda look, click: replace(look, cursor=None, type=_chosen(click))),
        "home.ask": new,
        "home.help": helped,
        **whole("Asked by me", "home.asked", inbox.asked_by),
        **whole("Decided by me", "home.decided", inbox.decided_by),
        "home.rules": listing(rules.listed),
        "home.settings": settings,
        "home.care": cared,
        "home.topic": topic,
    },
)
