"""Leases by chat: those there are, and taking one back."""

from __future__ import annotations

from bot.slack.cards import rows
from bot.slack.cards.rows import PAGE, Row
from bot.slack.drawing.blocks import Json
from bot.slack.room import Room
from core.masking import mask_text
from core.model.lease import Lease
from core.model.people import Actor
from core.phrases import phrase, phrases


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    """Those in force first."""
    now = await room.read(lambda reader: reader.now())
    found = sorted(await room.administration.leases.list(actor), key=lambda lease: not lease.is_alive(now))
    alive = sum(lease.is_alive(now) for lease in found)
    page = [_row(lease, lease.state(now), alive=lease.is_alive(now)) for lease in found[start : start + PAGE]]
    heading = (
        phrase("{counted} in force.", counted=phrases("{count:,} lease is", "{count:,} leases are", alive))
        if found
        else phrase("There are no leases.")
    )
    note = phrase("Grant one from a card of a machine's request: Details, then Let its like pass.")
    return rows.draw(phrase("Leases"), heading, page, turn="leases", start=start, total=len(found), note=note)


def _row(lease: Lease, state: str, *, alive: bool) -> Row:
    name = mask_text(f"{lease.agent_name}: {lease.kind.sentence}")
    said = phrase(
        "{used} of {uses} used · {state} · granted by {granter} from #{lease}",
        used=lease.used,
        uses=lease.uses,
        state=state,
        granter=lease.granted_by_name,
        lease=lease.number,
    )
    return Row(name, said, *(("leases.revoke", lease.id, phrase("Take back")) if alive else ()))
