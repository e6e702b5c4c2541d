"""App Home's own buttons: turn the page, refresh, ask."""

from __future__ import annotations

from bot.slack import inbox
from bot.slack.answer import Answer, Open, Publish
from bot.slack.asking import offer
from bot.slack.flows.base import Flow
from bot.slack.payload import Click
from bot.slack.room import Room, must_be_mapped
from core.model.people import Actor


async def first(room: Room, actor: Actor, _click: Click) -> Answer:
    must_be_mapped(actor)
    return Publish(await inbox.drawn(room, actor))


async def turn(room: Room, actor: Actor, click: Click) -> Answer:
    must_be_mapped(actor)
    return Publish(await inbox.drawn(room, actor, click.value))


async def new(room: Room, actor: Actor, _click: Click) -> Answer:
    offered = await offer(room, actor)
    return Open(offered.form(offered.first))


MEMBER = Flow("home", clicks={"home.first": first, "home.next": turn, "home.ask": new})
