"""Freezes by chat: those that hold now, and the window that makes one."""

from __future__ import annotations

from bot.slack.cards import freeze, rows
from bot.slack.cards.rows import PAGE, Row
from bot.slack.drawing.blocks import Json, utc
from bot.slack.room import Room
from core.masking import mask_text
from core.model.emergency import Freeze
from core.model.people import Actor
from core.phrases import phrase, phrases


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.freezes.list(actor)
    names = await _names(room, actor)
    page = [_row(one, names) for one in found[start : start + PAGE]]
    heading = (
        phrase(
            "{freezes} in force. Nothing is executed there.",
            freezes=phrases("{count:,} freeze is", "{count:,} freezes are", len(found)),
        )
        if found
        else phrase("Nothing is frozen.")
    )
    note = phrase("Freeze with /countersign freeze PROJECT, or everything with /countersign freeze everything.")
    return rows.draw(phrase("Freezes"), heading, page, turn="freezes", start=start, total=len(found), note=note)


def _row(one: Freeze, names: dict[str, str]) -> Row:
    where = phrase("Everything") if one.project is None else names.get(one.project, phrase("a project"))
    until = phrase("until {moment}", moment=utc(one.until)) if one.until else phrase("until it is lifted")
    said = phrase("{until} · by {name}: {reason}", until=until, name=one.by_name, reason=mask_text(one.reason))
    return Row(where, said, "freezes.lift", one.project or freeze.EVERYWHERE, phrase("Lift"))


async def form(room: Room, actor: Actor, wanted: str = "", reason: str = "", until: str = "") -> Json:
    """Whoever could not freeze that hears so before the window."""
    found = await room.administration.projects.list(actor)
    everything = wanted.lower() in ("", "everything", freeze.EVERYWHERE)
    project = None if everything else await room.administration.projects.get(actor, wanted)
    if wanted:
        await room.administration.must_manage(actor, None if project is None else project.id)
    else:
        await room.administration.must_manage_somewhere(actor)
    offered = [(one.id, one.name) for one in found if project is None or one.id != project.id]
    if project is not None:
        offered.insert(0, (project.id, project.name))
    return freeze.draw(offered, freeze.EVERYWHERE if project is None else project.id, reason, until)


async def _names(room: Room, actor: Actor) -> dict[str, str]:
    return {one.id: one.name for one in await room.administration.projects.list(actor)}
