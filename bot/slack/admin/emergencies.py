"""Windows for emergencies: breaking the glass, closing its review. Whoever could not send one hears so before it opens.

The look whether they may is a command that can never do anything, for it says nothing: its refusal stands in the ledger.
"""

from __future__ import annotations

import contextlib
from typing import Final

from bot.slack.cards import break_glass, review
from bot.slack.drawing.blocks import Json
from bot.slack.room import Room
from core.errors import Conflict, Invalid
from core.lifecycle.who import must_be_open
from core.model.command import BreakGlass, CloseReview, Command
from core.model.emergency import Finding
from core.model.people import Actor
from core.model.request import Request
from core.phrases import phrase

MUTE: Final = BreakGlass("")
MUTE_REVIEW: Final = CloseReview(Finding.JUSTIFIED, "")
UNSAID: Final = "–"
"""Stands for what is to be said, where nothing is written."""


async def breaking(room: Room, actor: Actor, request: Request, reason: str = "") -> Json:
    await _must_be_let(room, actor, request, MUTE, BreakGlass(UNSAID, request.revision))
    must_be_open(request)
    return break_glass.draw(request, await room.backdrop(request), reason)


async def reviewing(room: Room, actor: Actor, request: Request) -> Json:
    await _must_be_let(room, actor, request, MUTE_REVIEW, CloseReview(Finding.JUSTIFIED, UNSAID))
    if not request.owed_reviews:
        raise Conflict(phrase("This review is closed already; nothing is left to do."), code="already_decided")
    return review.draw(request, await room.backdrop(request))


async def _must_be_let(room: Room, actor: Actor, request: Request, mute: Command, wish: Command) -> None:
    with contextlib.suppress(Invalid):
        await room.desk.do(actor, request.id, mute)
    refusal = await room.desk.would_refuse(actor, request.id, wish)
    if refusal is not None:
        raise refusal
