"""`why #n`: which rules were looked at, what each answered, and who asked for whom."""

from __future__ import annotations

from bot.slack.answer import Answer
from bot.slack.commands.base import Command, number_alone, said
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.masking import mask_text
from core.model.people import Actor
from core.phrases import kept, phrase
from core.rulebook.explain import read_out
from core.veil import conceal, secrets_of

USAGE = "#n"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    request = await room.numbered(actor, number_alone(slash, USAGE))
    seen = request.plan.explanation
    lines = tuple(map(kept, request.plan.why)) if seen is None else read_out(seen, request.plan)
    text = "\n".join((f"#{request.number} {request.content.title}", *lines))
    return said(mask_text(conceal(text, secrets_of(request))))


MEMBER = Command("why", USAGE, phrase("Why a request asks these people"), run)
