"""`leases …`: what passes unasked for a while, and taking that back."""

from __future__ import annotations

from bot.slack.admin import leases
from bot.slack.admin.written import one_of, words_of
from bot.slack.answer import Answer
from bot.slack.commands.base import Command, opening, said, topic
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.errors import NotFound
from core.model.people import Actor
from core.phrases import phrase, phrases


async def revoke(room: Room, actor: Actor, slash: Slash) -> Answer:
    """By its id, or all that were granted from a request."""
    wanted = one_of(await words_of(room, actor, slash), phrase("leases revoke #n"))
    now = await room.read(lambda reader: reader.now())
    found = [
        lease
        for lease in await room.administration.leases.list(actor)
        if lease.is_alive(now) and wanted in (lease.id, f"#{lease.number}", str(lease.number))
    ]
    if not found:
        raise NotFound(phrase("No lease in force was granted from there; look at /countersign leases."))
    for lease in found:
        await room.administration.leases.revoke(actor, lease.id)
    return said(
        phrase(
            "{counted} taken back; people are asked again.",
            counted=phrases("{count:,} lease is", "{count:,} leases are", len(found)),
        )
    )


MEMBER = topic(
    "leases",
    phrase("What passes unasked for a while"),
    Command(
        "list", "", phrase("Every lease: what it covers, how often it was used, until when"), opening(leases.listed)
    ),
    Command("revoke", "#n", phrase("Take back what was granted from a request"), revoke),
)
