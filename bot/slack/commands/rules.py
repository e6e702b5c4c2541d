"""`rules …`: who must say yes, who need not be asked; read back and tried on the past before it is saved."""

from __future__ import annotations

from bot.slack.admin import rules
from bot.slack.admin.written import as_written, missing
from bot.slack.answer import Answer, Open, Whisper
from bot.slack.cards import mistake, rule_form
from bot.slack.commands.base import Command, opening, topic
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.administration.proposals import Kind, Wish
from core.errors import Invalid
from core.model.people import Actor
from core.model.rule import Mode
from core.phrases import phrase
from core.rulebook.mistake import said_alone

LINE = phrase('"name" when CONDITION require 1 of @group then 2 of @others expire 4h')


async def show(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await rules.shown(room, actor, await _name(room, actor, slash, "show")))


async def add(room: Room, actor: Actor, slash: Slash) -> Answer:
    """One line; alone, the form."""
    await room.administration.must_manage(actor)
    line = await as_written(room, actor, slash.text)
    if not line:
        projects = await room.administration.projects.list(actor)
        return Open(rule_form.draw([project.name for project in projects]))
    line = f"add {line}"
    try:
        return await rules.proposed(room, actor, Wish(Kind.ADD, written=line))
    except Invalid as error:
        if "position" not in error.fields:
            raise
        return Whisper(mistake.draw(said_alone(error), line, int(error.fields["position"])))


async def edit(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await rules.editor(room, actor, await _name(room, actor, slash, "edit")))


def _proposing(word: str, summary: str, kind: Kind, mode: Mode = Mode.ON) -> Command:
    async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
        return await rules.proposed(room, actor, Wish(kind, await _name(room, actor, slash, word), mode=mode))

    return Command(word, "NAME", summary, run)


async def history(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await rules.history(room, actor, await _name(room, actor, slash, "history")))


async def _name(room: Room, actor: Actor, slash: Slash, word: str) -> str:
    """A rule's name may have several words, with or without quotes."""
    name = (await as_written(room, actor, slash.text)).strip('"“” ')
    if not name:
        raise missing(phrase("The name of the rule"), f"rules {word} NAME")
    return name


MEMBER = topic(
    "rules",
    phrase("Who must say yes, and who need not be asked"),
    Command("list", "", phrase("All rules, with their mode, version and limits"), opening(rules.listed)),
    Command("add", LINE, phrase("A new rule in one line; alone, a form"), add),
    Command(
        "paste", "", phrase("A rule as YAML or JSON, new or in place of the one with its name"), opening(rules.pasting)
    ),
    Command("show", "NAME", phrase("A rule in plain words and as text, with everything that can be done"), show),
    Command("edit", "NAME", phrase("Change a rule's text"), edit),
    _proposing("on", phrase("Let a rule judge"), Kind.SWITCH, Mode.ON),
    _proposing("shadow", phrase("Let a rule only say what it would do"), Kind.SWITCH, Mode.SHADOW),
    _proposing("off", phrase("Let a rule rest"), Kind.SWITCH, Mode.OFF),
    _proposing("remove", phrase("Take a rule out"), Kind.REMOVE),
    Command("history", "NAME", phrase("Every version: who, when, why, what changed"), history),
    _proposing("undo", phrase("A rule as it was before its last change"), Kind.UNDO),
)
