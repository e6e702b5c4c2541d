"""Checks by chat: turning the list, looking, the form with its text, removing after the question."""

from __future__ import annotations

from bot.slack.admin import checks, texts
from bot.slack.answer import Answer, Replace
from bot.slack.entrance.payload import Submission
from bot.slack.flows.base import Flow, Form, done, replacing, showing, turning
from bot.slack.room import Room, must_be_mapped
from bot.wire.judging import CheckChange, CheckIn
from core.administration.checks import SeenCheck
from core.model.people import Actor
from core.phrases import phrase
from core.rulebook.load import Document

SECRET = ("secret",)


async def add(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    document = _document(sent)
    said = texts.strictly(CheckIn, document, phrase("The check"))
    secret = sent.text("secret") or said.secret
    with texts.at_its_line(document, but=SECRET):
        once = room.once(sent, (said.written(), secret))
        made = await room.administration.checks.add(actor, said.written(), secret, once=once)
    return Replace(checks.drawn(made, _saved(made)))


async def edit(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    id, version = texts.read_reference(sent.metadata)
    document = _document(sent)
    said = texts.strictly(CheckChange, document, phrase("The check"))
    secret = sent.text("secret") or said.secret
    with texts.at_its_line(document, but=SECRET):
        changed = await room.administration.checks.change(actor, id, said.written(), secret, version=version)
    return Replace(checks.drawn(changed, _saved(changed)))


def _saved(one: SeenCheck) -> str:
    return phrase("Saved as version {version}.", version=one.check.version)


def _document(sent: Submission) -> Document:
    return texts.the_one(
        texts.written_in(sent), phrase("Exactly one check is expected here; write its name, and its url or reporter.")
    )


async def remove(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    gone = await room.administration.checks.remove(actor, sent.metadata)
    return done(phrase("Removed"), phrase("The check {name} is gone.", name=gone.name))


MEMBER = Flow(
    "checks",
    clicks={
        **turning("checks", checks.listed),
        "checks.show": showing(checks.shown),
        "checks.edit": replacing(checks.editor),
        "checks.remove": replacing(checks.removing),
    },
    forms={
        "checks.add": Form(add, {"text": "text", "secret": "secret"}),
        "checks.edit": Form(edit, {"text": "text", "secret": "secret"}),
        "checks.remove": Form(remove),
    },
)
