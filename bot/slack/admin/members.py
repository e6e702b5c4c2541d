"""Members by chat: lists and sheets with roles and links, and what deactivating somebody means."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.actor import KIND
from bot.slack.admin.lookup import counted, roles_said
from bot.slack.blocks import Json, utc
from bot.slack.cards import rows, sheet, sure
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.room import Room
from core.model.organisation import Grant, Member
from core.model.people import Actor
from core.ports import Reader

MOST = 10_000
NOTE = "Add somebody with /countersign members add ada@example.com approver."


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await _all(room, actor)
    heading = f"{counted(len(found), 'member')}, by name."
    page = await _rows(room, actor, found[start : start + PAGE])
    return rows.draw("Members", heading, page, turn="members", start=start, total=len(found), note=NOTE)


async def unmapped(room: Room, actor: Actor, start: int = 0) -> Json:
    """Active ones whom no Slack user is linked to: they cannot decide here."""
    everybody = await _all(room, actor)
    linked = await room.read(lambda reader: {one.member for one in reader.identities(actor.organisation, None)})
    found = [member for member in everybody if member.active and member.id not in linked]
    none = "Everybody who is active is linked to somebody in Slack."
    heading = f"{counted(len(found), 'member')} without a link to Slack." if found else none
    page = await _rows(room, actor, found[start : start + PAGE])
    return rows.draw("Not linked", heading, page, turn="members.unmapped", start=start, total=len(found))


async def _all(room: Room, actor: Actor) -> list[Member]:
    await room.administration.must_manage(actor)
    found = await room.administration.members.list(actor, limit=MOST)
    return sorted(found, key=lambda member: (member.name.lower(), member.email))


async def _rows(room: Room, actor: Actor, page: Sequence[Member]) -> list[Row]:
    grants = await room.administration.grants.list(actor)
    return await room.read(lambda reader: [_row(reader, one, grants) for one in page])


def _row(reader: Reader, member: Member, grants: Sequence[Grant]) -> Row:
    roles = roles_said(reader, grants, _principals(reader, member))
    state = [] if member.active else ["inactive"]
    linked = any(one.kind == KIND for one in reader.identities(member.organisation, member.id))
    said = [member.email, *state, *([] if linked else ["not linked to Slack"]), ", ".join(roles) or "no role"]
    return Row(member.name, " · ".join(said), "members.show", member.id)


def _principals(reader: Reader, member: Member) -> list[str]:
    return [one for one in reader.principals(member.organisation, member.id) if one.startswith(("member:", "group:"))]


async def shown(room: Room, actor: Actor, wanted: str) -> Json:
    await room.administration.must_manage(actor)
    member = await room.administration.members.get(actor, wanted)
    grants = await room.administration.grants.list(actor)
    figures = await room.read(lambda reader: _figures(reader, member, grants))
    state = "Active" if member.active else "Inactive: may do nothing here"
    act = Act("Deactivate", "members.deactivate", member.id, "danger")
    back = Act("Activate", "members.activate", member.id, sure=f"{member.name} may act here again.")
    return sheet.draw(Sheet("Member", member.name, state, figures=figures, acts=[act if member.active else back]))


def _figures(reader: Reader, member: Member, grants: Sequence[Grant]) -> list[tuple[str, str]]:
    principals = _principals(reader, member)
    groups = [reader.group(member.organisation, one.partition(":")[2]) for one in principals if one[:5] == "group"]
    links = [f"{one.kind} user {one.user}" for one in reader.identities(member.organisation, member.id)]
    return [
        ("E-mail", member.email),
        ("Roles", ", ".join(roles_said(reader, grants, principals)) or "none"),
        ("Groups", ", ".join(sorted(f"@{group.name}" for group in groups if group is not None)) or "none"),
        ("Linked to", ", ".join(links) or "nobody in Slack yet"),
        ("Since", utc(member.created_at)),
    ]


async def deactivating(room: Room, actor: Actor, wanted: str) -> Json:
    await room.administration.must_manage(actor)
    member = await room.administration.members.get(actor, wanted)
    consequences = [
        "What they could do ends at once, in Slack and with every token.",
        "Approvals of theirs on requests that still wait for others lapse.",
        "Their name stays in what was decided.",
    ]
    question = f"Deactivate {member.name} ({member.email})?"
    return sure.draw(
        "members.deactivate", "Deactivate somebody", question, consequences, yes="Deactivate", metadata=member.id
    )
