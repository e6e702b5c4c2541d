"""Batches by chat: what waits for somebody by likeness, and one of them as a window."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.cards import batch, rows
from bot.slack.cards.batch import PAGE, Shown
from bot.slack.cards.rows import Row
from bot.slack.drawing.blocks import Json
from bot.slack.room import Room
from core.errors import Conflict
from core.masking import mask_text
from core.model.batch import Batch, Item, likeness
from core.model.organisation import BUILT_IN_TYPES
from core.model.people import Actor
from core.model.request import Request
from core.phrases import phrase, phrases
from core.veil import veil


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.batches.waiting(actor)
    page = [await _row(room, one) for one in found[start : start + rows.PAGE]]
    heading = (
        phrase("What waits for you, by likeness. Open one to decide on several at once.")
        if found
        else phrase("Nothing that waits for you is alike; look at /countersign list.")
    )
    return rows.draw(phrase("Decide together"), heading, page, turn="batch", start=start, total=len(found))


async def _row(room: Room, one: Batch) -> Row:
    examples = "; ".join(veil(each).content.title for each in one.requests[:3])
    return Row(await _title(room, one), mask_text(examples), "batch.show", one.requests[0].id, phrase("Open"))


async def shown(room: Room, actor: Actor, request: str) -> Json:
    """Whatever is like this request and waits for the actor."""
    found = await room.administration.batches.like(actor, request)
    return batch.draw(Shown(await _title(room, found), found.requests, max(0, len(found.requests) - PAGE)))


async def still_open(room: Room, actor: Actor, items: Sequence[Item]) -> list[Request]:
    """Of what was on a card, whatever still waits for anybody, as it is by now."""
    found = await room.administration.batches.see(actor, items)
    if not found:
        raise Conflict(phrase("Nothing on this card waits any more; there is nothing left to decide."), code="not_open")
    return found


async def chosen_from(room: Room, actor: Actor, items: Sequence[Item]) -> Json:
    requests = tuple(await still_open(room, actor, items))
    return batch.draw(Shown(await _title(room, Batch(likeness(requests[0]), requests)), requests))


async def _title(room: Room, one: Batch) -> str:
    owner = one.requests[0].organisation
    project, type = await room.read(
        lambda reader: (reader.project(one.like.project), reader.type_of(owner, one.like.type))
    )
    known = type or BUILT_IN_TYPES.get(one.like.type)
    return phrases(
        "{count} request by {who} in {project}: {type}",
        "{count} like requests by {who} in {project}: {type}",
        len(one.requests),
        who=one.like.requester_name,
        project=project.name if project else phrase("a project"),
        type=known.title if known else one.like.type,
    )
