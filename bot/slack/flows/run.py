"""Run: call upon whoever asked to do what was approved, now. That it happens once is the claim's."""

from __future__ import annotations

from bot.slack.answer import Answer, Open
from bot.slack.cards import run
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, pointed_at, redrawn
from bot.slack.room import Room
from core.model.command import Run
from core.model.people import Actor


async def click(room: Room, actor: Actor, click: Click) -> Answer | None:
    """The card's button has asked already. A menu's option cannot, so a window does, unless it would be refused anyway."""
    target = pointed_at(click)
    if click.from_menu and await room.desk.would_refuse(actor, target.request, Run()) is None:
        request = await room.see(actor, target.request)
        return Open(run.draw(request, await room.backdrop(request)))
    done = await room.do(actor, click, target, Run())
    return await redrawn(room, actor, click, done.request)


async def submit(room: Room, actor: Actor, sent: Submission) -> None:
    await room.do(actor, sent, pointed_at(sent), Run())


MEMBER = Flow("run", clicks={"request.run": click}, forms={"run": Form(submit)})
