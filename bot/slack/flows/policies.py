"""Policies by chat: turning the list, looking, the form with its text, removing after the question."""

from __future__ import annotations

from bot.slack.admin import policies, texts
from bot.slack.answer import Answer, Replace
from bot.slack.entrance.payload import Submission
from bot.slack.flows.base import Flow, Form, done, replacing, showing, turning
from bot.slack.room import Room, must_be_mapped
from bot.wire.judging import PolicyChange, PolicyIn
from bot.wire.strict import read
from core.administration.policies import SeenPolicy
from core.model.people import Actor
from core.phrases import phrase
from core.rulebook.load import Document

TOKEN = ("token",)


async def add(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    document = _document(sent)
    said = texts.strictly(PolicyIn, document, phrase("The policy"))
    token = _token(sent) or said.token
    with texts.at_its_line(document, but=TOKEN):
        once = room.once(sent, (said.written(), token))
        made = await room.administration.policies.add(actor, said.written(), token, once=once)
    return Replace(policies.drawn(made, _saved(made)))


async def edit(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    id, version = texts.read_reference(sent.metadata)
    document = _document(sent)
    said = texts.strictly(PolicyChange, document, phrase("The policy"))
    typed = _token(sent)
    with texts.at_its_line(document, but=TOKEN):
        changed = await room.administration.policies.change(
            actor,
            id,
            said.written(),
            typed or said.token,
            keep_token=typed is None and said.keeps_token,
            version=version,
        )
    return Replace(policies.drawn(changed, _saved(changed)))


def _saved(one: SeenPolicy) -> str:
    return phrase("Saved as version {version}.", version=one.policy.version)


def _document(sent: Submission) -> Document:
    return texts.the_one(
        texts.written_in(sent), phrase("Exactly one policy is expected here; write its name and its url.")
    )


def _token(sent: Submission) -> str | None:
    """As strictly as over the API."""
    typed = sent.text("token")
    if typed is not None:
        read(PolicyIn, {"name": "-", "url": "-", "token": typed}, what=phrase("The token"))
    return typed


async def remove(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    gone = await room.administration.policies.remove(actor, sent.metadata)
    return done(phrase("Removed"), phrase("The policy {name} is gone.", name=gone.name))


MEMBER = Flow(
    "policies",
    clicks={
        **turning("policies", policies.listed),
        "policies.show": showing(policies.shown),
        "policies.edit": replacing(policies.editor),
        "policies.remove": replacing(policies.removing),
    },
    forms={
        "policies.add": Form(add, {"text": "text", "token": "token"}),
        "policies.edit": Form(edit, {"text": "text", "token": "token"}),
        "policies.remove": Form(remove),
    },
)
