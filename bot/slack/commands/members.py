"""`members …`: who belongs to the organisation, and what they may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.slack.admin import members
from bot.slack.admin.written import mentioned_first, missing, one_of, words_of
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import NAME, Command, opening, said, topic
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.errors import Invalid
from core.model.people import Actor, Role
from core.phrases import phrase

ROLES = tuple(role.value for role in Role)
GRANT = phrase("@who ROLE [on PROJECT]")


async def show(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(
        await members.shown(room, actor, one_of(await words_of(room, actor, slash), phrase("members show @who")))
    )


async def add(room: Room, actor: Actor, slash: Slash) -> Answer:
    """Somebody mentioned is looked up in Slack, after the acknowledgement."""
    await room.administration.must_manage(actor)
    who = await mentioned_first(room, actor, slash.text)
    if who is not None:
        words = await words_of(room, actor, replace(slash, text=who.rest))
        return members.looked_up(room, actor, slash, who, _name_and_roles(words))
    words = await words_of(room, actor, slash)
    if not words:
        raise missing(phrase("The e-mail address"), phrase('members add ada@example.com "Ada Archer" approver'))
    return said(await members.added(room, actor, slash, {"email": words[0], **_name_and_roles(words[1:])}))


def _name_and_roles(words: Sequence[str]) -> dict[str, Any]:
    roles = [word.lower() for word in words if word.lower() in ROLES]
    name = " ".join(word for word in words if word.lower() not in ROLES)
    return {**({"name": name} if name else {}), **({"roles": roles} if roles else {})}


async def grant(room: Room, actor: Actor, slash: Slash) -> Answer:
    who, role, project = await _grant(room, actor, slash, "grant")
    office, where = room.administration.grants, phrase("on {project}", project=project) if project else "everywhere"
    await office.give(actor, who, role, project, once=room.once(slash, ("grant", who, role, project)))
    return said(phrase("{who} is {role} {where} now.", who=who, role=role.value, where=where))


async def revoke(room: Room, actor: Actor, slash: Slash) -> Answer:
    who, role, project = await _grant(room, actor, slash, "revoke")
    await room.administration.grants.take(actor, who, role, project)
    return said(
        phrase(
            "{who} is no longer {role} {where}.",
            who=who,
            role=role.value,
            where=phrase("on {project}", project=project) if project else phrase("everywhere"),
        )
    )


async def _grant(room: Room, actor: Actor, slash: Slash, word: str) -> tuple[str, Role, str | None]:
    """`@who role [on project]`."""
    words = await words_of(room, actor, slash)
    if len(words) < 2:
        raise missing(
            phrase("Who, or which role,") if not words else phrase("The role"),
            phrase("members {word} {grant}", word=word, grant=GRANT),
        )
    who, role, *rest = words
    if role.lower() not in ROLES:
        raise Invalid(phrase("'{role}' is no role; there are {roles}.", role=role[:40], roles=", ".join(ROLES)))
    if rest and (len(rest) != 2 or rest[0].lower() != "on"):
        raise Invalid(
            phrase(
                "'{rest}' is not understood; write it like {name} members {word} {grant}.",
                rest=" ".join(rest)[:40],
                name=NAME,
                word=word,
                grant=GRANT,
            )
        )
    return who, Role(role.lower()), rest[1] if rest else None


async def deactivate(room: Room, actor: Actor, slash: Slash) -> Answer:
    who = one_of(await words_of(room, actor, slash), phrase("members deactivate @who"))
    return Open(await members.deactivating(room, actor, who))


async def activate(room: Room, actor: Actor, slash: Slash) -> Answer:
    who = one_of(await words_of(room, actor, slash), phrase("members activate @who"))
    member = await room.administration.members.change(actor, who, active=True)
    return said(phrase("{member} may act here again, with the roles and groups they have.", member=member.name))


MEMBER = topic(
    "members",
    phrase("Who belongs here, and what they may do"),
    Command("list", "", phrase("All members with their roles"), opening(members.listed)),
    Command("show", "@who", phrase("Roles, groups and links of somebody"), show),
    Command(
        "add", 'e-mail|@who ["Name"] [role …]', phrase("A new member; roles are {roles}", roles=", ".join(ROLES)), add
    ),
    Command("grant", GRANT, phrase("A role, for somebody or a @group"), grant),
    Command("revoke", GRANT, phrase("Take a role away"), revoke),
    Command("deactivate", "@who", phrase("End what somebody may do, at once"), deactivate),
    Command("activate", "@who", phrase("Let somebody act again"), activate),
    Command(
        "unmapped", "", phrase("Who is linked to nobody, on either side, and what to do"), opening(members.unmapped)
    ),
)
