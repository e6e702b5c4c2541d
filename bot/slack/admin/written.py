"""What an admin typed, as the offices read it: Slack's mentions as addresses, groups and channels, words and quotes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.slack.entrance.payload import Slash
from bot.slack.people.actor import KIND
from bot.slack.people.vetting import REASONS
from bot.slack.room import Room
from bot.slack.typed import GROUP, USER, unlinked
from core.errors import Invalid
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Reader

NAME: Final = "/countersign"
_WORDS = re.compile(r'["“”]([^"“”]*)["“”]|(\S+)')


@dataclass(frozen=True, slots=True)
class Mentioned:
    """By Slack's id and name; `rest` is what was typed after."""

    user: str
    called: str
    rest: str


async def as_written(room: Room, actor: Actor, text: str) -> str:
    """Free text in which `@ada` has become her address, `#deploys` its name, and Slack's escapes are undone."""
    users = {found[1]: found[2] or found[1] for found in USER.finditer(text)}
    known = await room.read(lambda reader: _addresses(reader, actor.organisation, room.installation.issuer, users))
    for user, called in users.items():
        if user not in known:
            raise Invalid(await _nobody(room, actor, user, called[:40]))
    followed = await room.read(lambda reader: _followed(reader, actor.organisation, room.installation.workspace))
    return unlinked(GROUP.sub(lambda found: _named(found, followed), USER.sub(lambda found: known[found[1]], text)))


async def _nobody(room: Room, actor: Actor, user: str, called: str) -> str:
    """They may be a member whom nobody has looked up yet, so Slack is asked for the next time."""
    if room.linking is not None:
        room.linking.named(user)
    if not await room.administration.manages(actor):
        return phrase(
            "@{called} is not linked to a member here yet. If they are a member, try again in a moment; else name somebody "
            "else, or ask an admin to add them.",
            called=called,
        )
    known = await room.read(lambda reader: _known(reader, actor.organisation, room.installation.issuer, user))
    if known is not None:
        return phrase(
            "@{called} is a member here ({email}), but not linked to their account in Slack yet: {reason}.",
            called=called,
            email=known[0],
            reason=REASONS.get(known[1], known[1]),
        )
    return phrase(
        "@{called} is not linked to a member here yet. If they are a member, try again in a moment; else add them with "
        "{name} members add @{called}.",
        called=called,
        name=NAME,
    )


def _known(reader: Reader, organisation: str, issuer: str, user: str) -> tuple[str, str] | None:
    """Address and reason of whoever was looked at before, and is a member under the address Slack shows."""
    seen = reader.unmapped_user(organisation, issuer, user)
    if seen is None or seen.email is None or reader.member_by_email(organisation, seen.email) is None:
        return None
    return seen.email, seen.reason


def _followed(reader: Reader, organisation: str, workspace: str) -> dict[str, str]:
    """What groups that follow a user group of this workspace are called, by the user group."""
    return {
        mirror.follows.removeprefix(f"{workspace}/"): mirror.group.name
        for mirror in reader.mirrors(organisation)
        if mirror.follows.startswith(f"{workspace}/")
    }


def _named(found: re.Match[str], followed: dict[str, str]) -> str:
    """The group that follows it, whatever it is called; else the group of that name, if there is one."""
    name = followed.get(found[1]) or found[2]
    if not name:
        raise Invalid(
            phrase(
                "No group follows that Slack user group yet; an admin can let one with {name} groups mirror.", name=NAME
            )
        )
    return f"@{name}"


def _addresses(reader: Reader, organisation: str, issuer: str, users: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for user in users:
        pinned = reader.identity(KIND, issuer, user)
        if pinned is not None and pinned.organisation == organisation:
            member = reader.member(organisation, pinned.member)
            found |= {} if member is None else {user: member.email}
    return found


async def mentioned_first(room: Room, actor: Actor, text: str) -> Mentioned | None:
    """Somebody nobody is linked to, where the text begins with them."""
    found = USER.match(text.strip())
    if found is None:
        return None
    named = {found[1]: found[2] or found[1]}
    known = await room.read(lambda reader: _addresses(reader, actor.organisation, room.installation.issuer, named))
    return None if known else Mentioned(found[1], named[found[1]][:40], text.strip()[found.end() :])


async def words_of(room: Room, actor: Actor, slash: Slash) -> list[str]:
    """The single words, or what stands in quotes."""
    text = await as_written(room, actor, slash.text)
    return [found[1] if found[2] is None else found[2] for found in _WORDS.finditer(text)]


async def name_of(room: Room, actor: Actor, slash: Slash, what: str, usage: str) -> str:
    """A name may have several words, with or without quotes."""
    words = await words_of(room, actor, slash)
    if not words:
        raise missing(what, usage)
    return " ".join(words)


def one_of(words: list[str], usage: str) -> str:
    """The only word there may be."""
    if not words:
        raise missing(phrase("Something"), usage)
    if len(words) > 1:
        raise Invalid(
            phrase(
                "'{words}' is one word too many; write it like {name} {usage}.",
                words=words[1][:40],
                name=NAME,
                usage=usage,
            )
        )
    return words[0]


def missing(what: str, usage: str) -> Invalid:
    return Invalid(phrase("{what} is missing; write it like {name} {usage}.", what=what, name=NAME, usage=usage))
