"""Members by chat: lists and sheets with roles and links, and what deactivating somebody means."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from bot.slack.admin.lookup import roles_said
from bot.slack.admin.written import Mentioned
from bot.slack.answer import Answer, Unfold
from bot.slack.cards import claim, rows, sheet, sure, whisper
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.drawing.blocks import Json, utc
from bot.slack.entrance.payload import Incoming
from bot.slack.people.actor import KIND
from bot.slack.people.vetting import REASONS, Fit, Unfit, unfit, vet
from bot.slack.room import Room
from bot.wire.setting_up import NewMember
from bot.wire.strict import read
from core.errors import Invalid
from core.model.installation import HOPELESS, Unmapped
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
ADDING = phrase("Add a member")
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


async def added(room: Room, actor: Actor, incoming: Incoming, wanted: Mapping[str, Any]) -> str:
    """What is said of it; `wanted` is the member as the API takes one."""
    member, held = await _add(room, actor, incoming, wanted)
    return phrase(
        "{member} ({email}) is a member now, as {held}. Slack's user of that address is linked soon.",
        member=member.name,
        email=member.email,
        held=held,
    )


async def _add(room: Room, actor: Actor, incoming: Incoming, wanted: Mapping[str, Any]) -> tuple[Member, str]:
    new = read(NewMember, wanted, what=phrase("The member"))
    once = room.once(incoming, wanted)
    member = await room.administration.members.add(actor, new.email, new.name, roles=new.held(), once=once)
    return member, ", ".join(role.value for role in new.held())


def looked_up(room: Room, actor: Actor, incoming: Incoming, who: Mentioned, wanted: Mapping[str, Any]) -> Answer:
    """Somebody by a mention: their address is Slack's to say."""
    looking = whisper.draw(phrase("Asking Slack who @{called} is…", called=who.called))
    return Unfold(whisper.modal(ADDING, looking), _looked_up(room, actor, incoming, who, wanted))


async def _looked_up(
    room: Room, actor: Actor, incoming: Incoming, who: Mentioned, wanted: Mapping[str, Any]
) -> AsyncIterator[Json]:
    if room.linking is None:
        raise Invalid(_cannot(who.called, "unknown"))
    seen = await room.linking.who(who.user)
    found = unfit(who.user, "unknown") if seen is None else vet(seen, room.installation)
    if seen is None or isinstance(found, Unfit):
        raise Invalid(_cannot(who.called, "unknown" if isinstance(found, Fit) else found.reason))
    member = await room.read(lambda reader: reader.member_by_email(actor.organisation, found.email))
    held = None
    if member is None:
        member, held = await _add(room, actor, incoming, {"email": found.email, "name": found.name, **wanted})
    linked = await room.linking.link(seen)
    yield whisper.modal(ADDING, whisper.draw(_came_of_it(who, member, held, linked)))


def _came_of_it(who: Mentioned, member: Member, held: str | None, linked: Member | Unfit) -> str:
    if held is not None:
        return phrase(
            "{member} ({email}) is a member now, as {held}; that is @{called}.",
            member=member.name,
            email=member.email,
            held=held,
            called=who.called,
        )
    if isinstance(linked, Unfit):
        return phrase(
            "{member} ({email}) is a member already, but not linked to their account in Slack yet: {why}.",
            member=member.name,
            email=member.email,
            why=REASONS.get(linked.reason, linked.reason),
        )
    return phrase(
        "{member} ({email}) was a member already, and is linked to @{called} now.",
        member=member.name,
        email=member.email,
        called=who.called,
    )


def _cannot(called: str, reason: str) -> str:
    why = REASONS.get(reason, reason)
    if reason in HOPELESS:
        return phrase("@{called} cannot decide here: {why}. Nobody was added.", called=called, why=why)
    return phrase(
        "@{called} cannot be added by a mention: {why}. Add them by e-mail address, with "
        "/countersign members add ada@example.com approver.",
        called=called,
        why=why,
    )
