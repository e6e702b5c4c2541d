"""Groups that follow Slack user groups, by chat: what following one means, who of it is missing here, and how to stop."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Final

from bot.slack.admin.lookup import names_of
from bot.slack.answer import Answer, Replace, Unfold
from bot.slack.cards import sheet, sure, whisper
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.drawing.blocks import Json, utc
from bot.slack.entrance.payload import Submission
from bot.slack.people.vetting import REASONS
from bot.slack.roll.mirrors import Mirrors, UserGroup
from bot.slack.room import Room, must_be_mapped
from core.administration.groups import GroupWithMembers
from core.errors import Conflict, NotFound, Unavailable
from core.model.installation import Unmapped
from core.model.mirror import Mirrored
from core.model.people import Actor
from core.phrases import phrase, phrases
from core.ports import Reader

NAMED: Final = 10
_MENTION = re.compile(r"<!subteam\^([A-Z0-9]+)(?:\|[^>]*)?>")
LATE: Final = phrase(
    "Whoever comes into the user group while a request is asked does not count for that request, "
    "unless its project says late_members: allowed."
)


def user_group_in(word: str) -> str:
    """The id of a mentioned user group, else the handle as typed."""
    found = _MENTION.fullmatch(word)
    return found[1] if found else word


async def proposed(room: Room, actor: Actor, wanted: str) -> Answer:
    looking = whisper.modal(phrase("Follow a user group"), whisper.draw(phrase("Looking at the user group in Slack…")))
    return Unfold(looking, _proposed(room, actor, wanted))


async def _proposed(room: Room, actor: Actor, wanted: str) -> AsyncIterator[Json]:
    found = await _in_slack(room).called(wanted)
    if found is None:
        raise NotFound(
            phrase("Slack has no user group '{wanted}'; choose one of those it offers after @.", wanted=wanted[:60])
        )
    pinned = await room.read(lambda reader: _linked(reader, room.installation.issuer, found.users))
    unknown = [user for user in found.users if user not in pinned]
    await _in_slack(room).look_up(unknown)
    yield await _read_back(room, actor, found)


async def _read_back(room: Room, actor: Actor, found: UserGroup) -> Json:
    linked, missing = await room.read(lambda reader: _who(reader, room, actor.organisation, found))
    present = await _of_that_name(room, actor, found.handle)
    here = phrase(
        "{count} of {counted} linked here: {listed}.",
        count=len(linked),
        counted=phrases("{count:,} person", "{count:,} people", len(found.users)),
        listed=_listed(linked) or phrase("nobody"),
    )
    said = [
        here,
        *(
            [phrase("Not linked, so not in the group until they are: {listed}.", listed=_listed(missing))]
            if missing
            else []
        ),
        *([_taken_over(present)] if present is not None else []),
        phrase(
            "From then on Slack says who is in it: whoever may change the user group there decides who may say yes here."
        ),
        LATE,
    ]
    follows = {"follows": _in_slack(room).follows(found.id), "name": found.handle}
    question = phrase(
        "Let the group @{handle} follow the Slack user group {found}?", handle=found.handle, found=found.name
    )
    return sure.draw(
        "groups.mirror",
        phrase("Follow a user group"),
        question,
        said,
        yes=phrase("Follow"),
        metadata=json.dumps(follows),
    )


def _taken_over(present: GroupWithMembers) -> str:
    people = phrases("{count:,} person", "{count:,} people", len(present.members))
    return phrase(
        "There is a group @{group} with {people}, kept by hand: Slack's people take their places.",
        group=present.group.name,
        people=people,
    )


async def started(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    wanted = _wanted(sent.metadata)
    once = room.once(sent, wanted)
    made = await room.administration.mirrors.start(actor, wanted["follows"], wanted["name"], once=once)
    _in_slack(room).nudge()
    return _done(
        phrase("Following"),
        phrase("@{group} follows the Slack user group now; its people are taken over at once.", group=made.group.name),
    )


def _wanted(written: str) -> dict[str, str]:
    """What the window was drawn about."""
    try:
        said = json.loads(written)
        return {"follows": str(said["follows"]), "name": str(said["name"])}
    except (ValueError, KeyError, TypeError):
        raise Conflict(phrase("This window is from another version; close it and try again.")) from None


async def stopping(room: Room, actor: Actor, wanted: str) -> Json:
    await room.administration.must_manage(actor)
    found = await room.administration.groups.get(actor, wanted)
    people = phrases("{count:,} person stays", "{count:,} people stay", len(found.members))
    said = [
        phrase("{people} in it; from then on you change it here.", people=people),
        phrase("What happens in Slack no longer changes it."),
    ]
    question = phrase("Keep @{group} by hand from now on?", group=found.group.name)
    return sure.draw(
        "groups.unmirror", phrase("Stop following"), question, said, yes=phrase("Stop"), metadata=found.group.id
    )


async def stopped(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    made = await room.administration.mirrors.stop(actor, sent.metadata, once=room.once(sent, sent.metadata))
    return _done(
        phrase("Kept by hand"),
        phrase("@{group} no longer follows Slack; change it with /countersign groups add.", group=made.group.name),
    )


async def shown(
    room: Room, actor: Actor, found: GroupWithMembers, state: str, figures: Sequence[tuple[str, str]]
) -> Json:
    """With who of the user group is missing here, for admins."""
    note = phrase("Follows a Slack user group, so it is changed in Slack. {late}", late=LATE)
    sheet_of = Sheet(phrase("Group"), f"@{found.group.name}", state, figures=figures, note=note)
    if not await _may_manage(room, actor):
        return sheet.draw(sheet_of)
    followed = await room.administration.mirrors.list(actor)
    one = next((one for one in followed if one.mirror.group.id == found.group.id), None)
    if one is None:
        return sheet.draw(sheet_of)
    looked = phrase("not yet") if one.mirror.looked_at is None else utc(one.mirror.looked_at)
    more = [
        (
            phrase("Not linked"),
            _listed([_said(each) for each in one.users]) or phrase("nobody: everybody of it is here"),
        ),
        (phrase("Looked at"), looked),
        *([(phrase("Problem"), one.mirror.problem)] if one.mirror.problem else []),
    ]
    acts = [
        Act(phrase("Look again"), "groups.look", found.group.id),
        Act(phrase("Keep by hand…"), "groups.unmirror", found.group.id),
    ]
    return sheet.draw(
        Sheet(phrase("Group"), f"@{found.group.name}", state, figures=[*figures, *more], acts=acts, note=note)
    )


async def looked_again(room: Room, actor: Actor, group: str) -> Answer:
    """Slack is asked after the acknowledgement."""
    found = await room.administration.groups.get(actor, group)
    slack, follows = _in_slack(room), found.group.mirrors or ""
    slack.nudge(follows.partition("/")[2])
    return Replace(
        whisper.modal(
            phrase("Looking"),
            whisper.draw(phrase("Slack is asked who is in @{group}; open it again.", group=found.group.name)),
        )
    )


def _done(title: str, sentence: str) -> Replace:
    return Replace(whisper.modal(title, whisper.draw(sentence)))


async def _may_manage(room: Room, actor: Actor) -> bool:
    return await room.administration.manages(actor)


async def _of_that_name(room: Room, actor: Actor, name: str) -> GroupWithMembers | None:
    try:
        return await room.administration.groups.get(actor, name)
    except NotFound:
        return None


def _in_slack(room: Room) -> Mirrors:
    if room.mirrors is None:
        raise Unavailable(phrase("Slack's user groups cannot be read here; try again later."))
    return room.mirrors


def _linked(reader: Reader, issuer: str, users: Sequence[str]) -> dict[str, str]:
    found = {user: reader.identity("slack", issuer, user) for user in users}
    return {user: one.member for user, one in found.items() if one is not None}


def _who(reader: Reader, room: Room, organisation: str, found: UserGroup) -> tuple[list[str], list[str]]:
    """Names of the linked, and of the others with what stands in the way."""
    issuer = room.installation.issuer
    pinned = _linked(reader, issuer, found.users)
    known = (reader.unmapped_user(organisation, issuer, user) for user in found.users if user not in pinned)
    others = [user for user in found.users if user not in pinned]
    missing = [_said(one) if one is not None else user for user, one in zip(others, known, strict=True)]
    return names_of(reader, organisation, pinned.values()), missing


def _said(one: Unmapped | Mirrored) -> str:
    if isinstance(one, Mirrored):
        return phrase("{user} (not looked up yet)", user=one.user)
    return f"{one.name or one.user} ({REASONS.get(one.reason, one.reason)})"


def _listed(names: Sequence[str]) -> str:
    more = phrase(", and {count} more", count=len(names) - NAMED) if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
