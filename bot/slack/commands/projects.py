"""`projects …`: where requests live, and how they behave there."""

from __future__ import annotations

from bot.slack.admin import projects
from bot.slack.admin.written import as_written, missing, one_of, words_of
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, opening, said, topic
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from bot.wire.setting_up import NewProject
from bot.wire.strict import read
from core.model.people import Actor
from core.phrases import phrase


async def show(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(
        await projects.shown(room, actor, one_of(await words_of(room, actor, slash), phrase("projects show NAME")))
    )


async def add(room: Room, actor: Actor, slash: Slash) -> Answer:
    await room.administration.must_manage(actor)
    name = one_of(await words_of(room, actor, slash), "projects add NAME").lower()
    new = read(NewProject, {"name": name}, what=phrase("The project"))
    project = await room.administration.projects.add(actor, new.name, once=room.once(slash, name))
    return said(
        phrase(
            "The project {project} is there. /countersign projects show {project} says how requests behave in it.",
            project=project.name,
        )
    )


async def change(room: Room, actor: Actor, slash: Slash) -> Answer:
    """One setting; without any, all of them with what each may be."""
    text = await as_written(room, actor, slash.text)
    name, _, rest = text.partition(" ")
    if not name:
        raise missing(phrase("The project"), phrase("projects set NAME SETTING VALUE"))
    project = await room.administration.projects.get(actor, name)
    if not rest.strip():
        return Open(await projects.shown(room, actor, name))
    await room.administration.must_manage(actor, project.id)
    key, _, typed = rest.strip().partition(" ")
    key = key.lower()
    before = projects.values_of(project).get(key)
    changed = await room.administration.projects.change(actor, project.id, projects.setting(key, typed.strip()))
    return said(
        phrase(
            "{project}: {setting} was {before} and is {after} now, for new requests.",
            project=changed.name,
            setting=key,
            before=before,
            after=projects.values_of(changed)[key],
        )
    )


MEMBER = topic(
    "projects",
    phrase("Where requests live, and how they behave there"),
    Command("list", "", phrase("All projects"), opening(projects.listed)),
    Command("show", "NAME", phrase("Every setting of a project, and what each may be"), show),
    Command("add", "NAME", phrase("A new project"), add),
    Command("set", "NAME SETTING VALUE", phrase("Change one setting of a project"), change),
)
