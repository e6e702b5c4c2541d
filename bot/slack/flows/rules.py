"""Rules by chat: the buttons of lists and sheets, the form, the text, and the confirmation."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.slack.admin import rules
from bot.slack.answer import Answer, FieldErrors
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, OnClick, replacing, showing, turning
from bot.slack.refusal import refused
from bot.slack.room import Room, must_be_mapped
from core.administration.proposals import Kind, Wish
from core.errors import Invalid
from core.model.people import Actor
from core.model.rule import Effect, Mode
from core.phrases import phrase
from core.rulebook.mistake import said_alone


def proposing(kind: Kind, mode: Mode = Mode.ON) -> OnClick:
    async def click(room: Room, actor: Actor, click: Click) -> Answer:
        must_be_mapped(actor)
        return await rules.proposed(room, actor, Wish(kind, click.value, mode=mode))

    return click


async def undo(room: Room, actor: Actor, click: Click) -> Answer:
    return await rules.undone(room, actor, click, click.value)


# ------------------------------------------------------------------------------------------------------------ windows


async def written(room: Room, actor: Actor, sent: Submission) -> Answer:
    """From the window with the text."""
    must_be_mapped(actor)
    wish = rules.read_reference(sent.metadata).wish
    text = sent.text("text")
    if text is None:
        return FieldErrors({"text": phrase("Paste the rule here.")})
    return await rules.proposed(room, actor, Wish(wish.kind, wish.rule, text, wish.mode, wish.or_change))


async def confirm(room: Room, actor: Actor, sent: Submission) -> Answer:
    """Where the window has no text to point at, what is wrong takes its place."""
    try:
        return await rules.confirmed(room, actor, sent, sent.metadata, sent.text("text"))
    except Invalid as error:
        return FieldErrors({"text": error.sentence}) if "text" in sent.values else refused(error)


async def filled(room: Room, actor: Actor, sent: Submission) -> Answer:
    """From the form: its parts as one line, and what is wrong with the line under the part it came from."""
    must_be_mapped(actor)
    if sent.values.get("effect") == Effect.REQUIRE and sent.text("stages") is None:
        return FieldErrors({"stages": phrase("Say who must say yes, for example 1 of @platform; one stage per line.")})
    parts = _parts(sent)
    try:
        return await rules.proposed(room, actor, Wish(Kind.ADD, written="".join(text for _, text in parts)))
    except Invalid as error:
        position = error.fields.get("position")
        if not isinstance(position, int):
            raise
        block, local = _where(parts, position)
        sentence = said_alone(error).rstrip(".")
        return FieldErrors({block: phrase("{sentence} (character {position}).", sentence=sentence, position=local + 1)})


Parts = Sequence[tuple[str, str]]


def _parts(sent: Submission) -> Parts:
    """Each piece of the line with the field it was typed into; joining words belong to the field after them.

    They are the grammar's, whatever language whoever fills the form in speaks.
    """
    place = sent.text("project")
    stages = [line.strip() for line in (sent.text("stages") or "").splitlines() if line.strip()]
    reason = sent.text("reason")
    said = [("name", "add "), ("name", _quoted(sent.text("name") or ""))]
    said += [("project", f" for project {_quoted(place)}")] if place and place != "*" else []
    said += [("when", " when "), ("when", " ".join((sent.text("when") or "").split()))]
    said += [("effect", f" {sent.values.get('effect')} "), ("stages", " then ".join(stages))]
    said += [("clauses", " "), ("clauses", " ".join((sent.text("clauses") or "").split()))]
    return [*said, ("reason", f" because {_quoted(reason)}")] if reason else said


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _where(parts: Parts, position: int) -> tuple[str, int]:
    """The field, and the character in its part of the line."""
    block = parts[-1][0]
    for block, text in parts:
        if position < len(text):
            return block, position
        position -= len(text)
    return block, 0


_SWITCHES = {f"rules.{mode.value}": proposing(Kind.SWITCH, mode) for mode in Mode}

MEMBER = Flow(
    "rules",
    clicks={
        **turning("rules", rules.listed),
        "rules.show": showing(rules.shown),
        "rules.look": replacing(rules.shown),
        "rules.history": showing(rules.history),
        "rules.edit": replacing(rules.editor),
        "rules.remove": proposing(Kind.REMOVE),
        "rules.revert": proposing(Kind.UNDO),
        "rules.undo": undo,
        **_SWITCHES,
    },
    forms={
        "rules.text": Form(written, {"text": "text"}),
        "rules.form": Form(filled, {name: name for name in ("name", "when", "stages", "clauses", "reason")}),
        "rules.confirm": Form(confirm),
    },
)
