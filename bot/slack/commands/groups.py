"""`groups …`: named sets of members, whom rules can ask."""

from __future__ import annotations

from bot.slack.admin import groups, mirrors
from bot.slack.admin.written import missing, one_of, words_of
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, opening, said, topic
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from bot.wire.setting_up import NewGroup
from bot.wire.strict import read
from core.errors import NotFound
from core.model.people import Actor
from core.phrases import phrase, phrases


async def show(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await groups.shown(room, actor, one_of(await words_of(room, actor, slash), phrase("groups show NAME"))))


async def add(room: Room, actor: Actor, slash: Slash) -> Answer:
    """A new group, or more people in one that is there."""
    office = room.administration.groups
    name, people = await _name_and_people(room, actor, slash, phrase("groups add NAME @who"))
    await room.administration.must_manage(actor)
    wanted = read(NewGroup, {"name": name.lower(), "members": people}, what=phrase("The group"))
    once = room.once(slash, ("groups.add", name, people))
    if people and await _exists(room, actor, name):
        group = await office.set_members(actor, name, add=people, once=once)
        return said(
            phrase(
                "@{group} now has {counted}.",
                group=group.group.name,
                counted=phrases("{count:,} person", "{count:,} people", len(group.members)),
            )
        )
    made = await office.add(actor, wanted.name, wanted.members, once=once)
    return said(
        phrase(
            "The group @{group} is there, with {counted}. Rules can ask it by that name.",
            group=made.group.name,
            counted=phrases("{count:,} person", "{count:,} people", len(made.members)),
        )
    )


async def remove(room: Room, actor: Actor, slash: Slash) -> Answer:
    """People of a group; without any, the group itself, after a question."""
    name, people = await _name_and_people(room, actor, slash, phrase("groups remove NAME [@who]"))
    if not people:
        return Open(await groups.removing(room, actor, name))
    once = room.once(slash, ("groups.remove", name, people))
    group = await room.administration.groups.set_members(actor, name, remove=people, once=once)
    return said(
        phrase(
            "@{group} now has {counted}.",
            group=group.group.name,
            counted=phrases("{count:,} person", "{count:,} people", len(group.members)),
        )
    )


async def rename(room: Room, actor: Actor, slash: Slash) -> Answer:
    words = await words_of(room, actor, slash)
    if len(words) != 2:
        raise missing(phrase("The old or the new name"), phrase("groups rename OLD NEW"))
    old, new = words
    await room.administration.must_manage(actor)
    wanted = read(NewGroup, {"name": new.removeprefix("@").lower()}, what=phrase("The group"))
    done = await room.administration.groups.rename(actor, old, wanted.name, once=room.once(slash, (old, new)))
    return said(phrase("The group is now called @{group}; rules that name it say so too.", group=done.group.name))


async def mirror(room: Room, actor: Actor, slash: Slash) -> Answer:
    """Slack is asked after the acknowledgement, so the window fills by and by."""
    words = slash.text.split()
    if len(words) != 1:
        raise missing(phrase("The Slack user group"), phrase("groups mirror @usergroup"))
    await room.administration.must_manage(actor)
    return await mirrors.proposed(room, actor, mirrors.user_group_in(words[0]))


async def unmirror(room: Room, actor: Actor, slash: Slash) -> Answer:
    name = one_of(await words_of(room, actor, slash), phrase("groups unmirror NAME"))
    return Open(await mirrors.stopping(room, actor, name))


async def _exists(room: Room, actor: Actor, name: str) -> bool:
    try:
        await room.administration.groups.get(actor, name)
    except NotFound:
        return False
    return True


async def _name_and_people(room: Room, actor: Actor, slash: Slash, usage: str) -> tuple[str, list[str]]:
    words = await words_of(room, actor, slash)
    if not words:
        raise missing(phrase("The name of the group"), usage)
    return words[0].removeprefix("@"), words[1:]


MEMBER = topic(
    "groups",
    phrase("Named sets of people, whom rules can ask"),
    Command("list", "", phrase("All groups with their people"), opening(groups.listed)),
    Command("show", "NAME", phrase("Who is in a group"), show),
    Command("add", "NAME [@who …]", phrase("A new group, or more people in one that is there"), add),
    Command("remove", "NAME [@who …]", phrase("People of a group; without any, the group"), remove),
    Command("rename", "OLD NEW", phrase("Another name, also where rules say it"), rename),
    Command("mirror", "@usergroup", phrase("Let a group follow a Slack user group"), mirror),
    Command("unmirror", "NAME", phrase("Keep a group by hand from now on"), unmirror),
)
