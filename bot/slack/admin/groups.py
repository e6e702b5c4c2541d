"""Groups by chat: lists and sheets, and what removing one would mean."""

from __future__ import annotations

from bot.slack.admin import mirrors
from bot.slack.admin.lookup import names_of, roles_said
from bot.slack.cards import rows, sheet, sure
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.drawing.blocks import Json
from bot.slack.room import Room
from core.administration.groups import GroupWithMembers
from core.model.people import Actor
from core.phrases import phrase, phrases
from core.ports import Reader


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.groups.list(actor)
    page = found[start : start + PAGE]
    lines = await room.read(lambda reader: [_row(reader, actor.organisation, one) for one in page])
    heading = (
        phrases("{count:,} group.", "{count:,} groups.", len(found)) if found else phrase("There are no groups yet.")
    )
    note = phrase("Add one, or people to one, with /countersign groups add NAME @who.")
    return rows.draw(phrase("Groups"), heading, lines, turn="groups", start=start, total=len(found), note=note)


def _row(reader: Reader, organisation: str, one: GroupWithMembers) -> Row:
    people = names_of(reader, organisation, one.members[:20])
    said = phrases("{count:,} person", "{count:,} people", len(one.members)) + (
        f": {', '.join(people)}" if people else ""
    )
    mirrored = phrase(" · follows a Slack user group") if one.group.mirrors else ""
    return Row(f"@{one.group.name}", f"{said}{mirrored}", "groups.show", one.group.id)


async def shown(room: Room, actor: Actor, wanted: str) -> Json:
    found = await room.administration.groups.get(actor, wanted)
    people = await room.read(lambda reader: names_of(reader, actor.organisation, found.members))
    state = phrases("{count:,} person", "{count:,} people", len(people))
    figures = [(phrase("In it"), ", ".join(people) or "nobody")]
    if found.group.mirrors is None:
        acts = [Act(phrase("Remove"), "groups.remove", found.group.id, "danger")]
        return sheet.draw(Sheet(phrase("Group"), f"@{found.group.name}", state, figures=figures, acts=acts))
    return await mirrors.shown(room, actor, found, state, figures)


async def removing(room: Room, actor: Actor, wanted: str) -> Json:
    """Whoever may not, or where it cannot be, hears so when it is sent."""
    await room.administration.must_manage(actor)
    found = await room.administration.groups.get(actor, wanted)
    grants = await room.administration.grants.list(actor)
    name, id = found.group.name, found.group.id
    roles = await room.read(lambda reader: roles_said(reader, grants, [f"group:{id}"]))
    ending = [phrase("What was granted to it ends at once: {roles}.", roles=", ".join(roles))] if roles else []
    people = [
        phrase(
            "{counted} in it; they stay members.",
            counted=phrases("{count:,} person is", "{count:,} people are", len(found.members)),
        )
    ]
    question = phrase("Remove the group @{name}? This cannot be undone with a click.", name=name)
    return sure.draw(
        "groups.remove", phrase("Remove a group"), question, [*people, *ending], yes=phrase("Remove"), metadata=id
    )
