"""Members by chat: lists and sheets with roles and links, and what deactivating somebody means."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.admin.lookup import roles_said
from bot.slack.cards import claim, rows, sheet, sure
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.drawing.blocks import Json, utc
from bot.slack.people.actor import KIND
from bot.slack.people.vetting import REASONS
from bot.slack.room import Room
from core.model.installation import Unmapped
from core.model.organisation import Grant, Member
from core.model.people import Actor
from core.phrases import phrase, phrases
from core.ports import Reader

MOST = 10_000
NOBODY_UNMAPPED = phrase("Everybody who is active is linked to somebody in Slack, and nobody else has tried to act.")
UNMAPPED = phrase(
    "Link somebody by giving the member the address they have in Slack, or let them say who they are with "
    "/countersign link and confirm it here."
)
NOTE = phrase("Add somebody with /countersign members add ada@example.com approver.")


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await _all(room, actor)
    heading = phrase("{counted}, by name.", counted=phrases("{count:,} member", "{count:,} members", len(found)))
    page = await _rows(room, actor, found[start : start + PAGE])
    return rows.draw(phrase("Members"), heading, page, turn="members", start=start, total=len(found), note=NOTE)


async def unmapped(room: Room, actor: Actor, start: int = 0) -> Json:
    """Who says they are somebody, who tried to act and is nobody, and active members whom nobody in Slack is linked to."""
    care = await room.administration.people_care(actor, KIND)
    rows_of = [*map(_claim, care.claims), *map(_stranger, care.unmapped), *map(_unlinked, care.unlinked)]
    heading = (
        phrase("{counted} to look after.", counted=phrases("{count:,} person", "{count:,} people", len(rows_of)))
        if rows_of
        else NOBODY_UNMAPPED
    )
    page = rows_of[start : start + PAGE]
    return rows.draw(
        phrase("Not linked"), heading, page, turn="members.unmapped", start=start, total=len(rows_of), note=UNMAPPED
    )


def _claim(one: Unmapped) -> Row:
    said = phrase("says they are {wanted} · {in_slack}", wanted=one.wanted, in_slack=_in_slack(one))
    return Row(one.name or one.user, said, "link.look", claim.key_of(one), label=phrase("Look…"))


def _stranger(one: Unmapped) -> Row:
    said = phrase(
        "in Slack, linked to nobody: {reason} · {in_slack}",
        reason=REASONS.get(one.reason, one.reason),
        in_slack=_in_slack(one),
    )
    return Row(one.name or one.user, said, "members.leave_out", f"{one.issuer}/{one.user}", label=phrase("Leave out"))


def _in_slack(one: Unmapped) -> str:
    return phrase("address in Slack: {email}", email=one.email or phrase("none shown"))


def _unlinked(one: Member) -> Row:
    return Row(
        one.name, phrase("{email} · a member, linked to nobody in Slack", email=one.email), "members.show", one.id
    )


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
    said = [
        member.email,
        *state,
        *([] if linked else [phrase("not linked to Slack")]),
        ", ".join(roles) or phrase("no role"),
    ]
    return Row(member.name, " · ".join(said), "members.show", member.id)


def _principals(reader: Reader, member: Member) -> list[str]:
    return [one for one in reader.principals(member.organisation, member.id) if one.startswith(("member:", "group:"))]


async def shown(room: Room, actor: Actor, wanted: str) -> Json:
    await room.administration.must_manage(actor)
    member = await room.administration.members.get(actor, wanted)
    grants = await room.administration.grants.list(actor)
    figures = await room.read(lambda reader: _figures(reader, member, grants))
    state = phrase("Active") if member.active else phrase("Inactive: may do nothing here")
    act = Act(phrase("Deactivate"), "members.deactivate", member.id, "danger")
    back = Act(
        phrase("Activate"),
        "members.activate",
        member.id,
        sure=phrase("{member} may act here again.", member=member.name),
    )
    return sheet.draw(
        Sheet(phrase("Member"), member.name, state, figures=figures, acts=[act if member.active else back])
    )


def _figures(reader: Reader, member: Member, grants: Sequence[Grant]) -> list[tuple[str, str]]:
    principals = _principals(reader, member)
    groups = [reader.group(member.organisation, one.partition(":")[2]) for one in principals if one[:5] == "group"]
    links = [
        phrase("{kind} user {user}", kind=one.kind, user=one.user)
        for one in reader.identities(member.organisation, member.id)
    ]
    return [
        ("E-mail", member.email),
        (phrase("Roles"), ", ".join(roles_said(reader, grants, principals)) or "none"),
        (phrase("Groups"), ", ".join(sorted(f"@{group.name}" for group in groups if group is not None)) or "none"),
        (phrase("Linked to"), ", ".join(links) or phrase("nobody in Slack yet")),
        (phrase("Since"), utc(member.created_at)),
    ]


async def deactivating(room: Room, actor: Actor, wanted: str) -> Json:
    await room.administration.must_manage(actor)
    member = await room.administration.members.get(actor, wanted)
    consequences = [
        phrase("What they could do ends at once, in Slack and with every token."),
        phrase("Approvals of theirs on requests that still wait for others lapse."),
        phrase("Their name stays in what was decided."),
    ]
    question = phrase("Deactivate {member} ({email})?", member=member.name, email=member.email)
    return sure.draw(
        "members.deactivate",
        phrase("Deactivate somebody"),
        question,
        consequences,
        yes=phrase("Deactivate"),
        metadata=member.id,
    )
