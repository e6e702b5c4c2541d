"""Run again: have the checks that failed look at the request once more."""

from __future__ import annotations

from bot.slack.answer import Answer
from bot.slack.entrance.payload import Click
from bot.slack.flows.base import Flow, pointed_at, redrawn
from bot.slack.room import Room
from core.errors import Conflict
from core.model.command import RunCheck
from core.model.people import Actor
from core.phrases import phrase
from core.standing import failed_checks


async def click(room: Room, actor: Actor, click: Click) -> Answer | None:
    target = pointed_at(click)
    request = await room.see(actor, target.request, RunCheck("", target.revision))
    failed = failed_checks(request)
    if not failed:
        raise Conflict(phrase("No check has failed by now; open the request again."), code="nothing_to_run")
    done = await room.do_each(actor, click, target, [RunCheck(name, target.revision) for name in failed])
    return await redrawn(room, actor, click, done.request)


MEMBER = Flow("run_check", clicks={"request.run_check": click})
