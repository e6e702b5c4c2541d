"""Agents by chat: looking, making a key whose secret is shown once, revoking, suspending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.slack.admin import agents
from bot.slack.answer import Answer, FieldErrors, Replace
from bot.slack.cards import agent_key
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, done, replacing, showing, turning
from bot.slack.room import Room, must_be_mapped
from core.administration import Asked, NewKey
from core.errors import Invalid
from core.model.duration import parse_duration
from core.model.people import Actor, Verb
from core.phrases import phrase
from core.rulebook.load import documents


async def make_key(room: Room, actor: Actor, sent: Submission) -> Answer:
    """The answer takes the window's place and goes nowhere else."""
    must_be_mapped(actor)
    verbs = sent.values.get("verbs") or []
    if not verbs:
        return FieldErrors({"verbs": phrase("Choose at least one thing it may do.")})
    try:
        made = await _made(room, actor, sent, verbs)
    except Asked as asked:
        collect = phrase(
            "When they have agreed, collect the secret with /countersign collect #{asked}.", asked=asked.made.asked
        )
        return done(phrase("Asked"), f"{asked.sentence} {collect}")
    agent = await room.administration.agents.get(actor, sent.metadata)
    return Replace(agent_key.shown(agent.name, made.key.id, made.secret))


async def _made(room: Room, actor: Actor, sent: Submission, verbs: Sequence[str]) -> NewKey:
    return await room.administration.keys.add(
        actor,
        sent.metadata,
        label=sent.text("label") or "",
        verbs=[Verb(verb) for verb in verbs if verb in {one.value for one in Verb}],
        projects=sent.values.get("projects") or None,
        facts=_facts(sent.text("facts")),
        expires_at=await _ends(room, sent.text("expires")),
        once=room.once(sent, (sent.metadata, sent.values)),
    )


def _facts(text: str | None) -> Mapping[str, Any]:
    try:
        found = [document.value for document in documents(text or "")]
    except Invalid as error:
        raise Invalid(error.sentence, field="facts") from None
    if not found:
        return {}
    if len(found) > 1 or not isinstance(found[0], dict):
        raise Invalid(phrase("Write one fact per line, like env: production."), field="facts")
    return {str(name): value for name, value in found[0].items()}


async def _ends(room: Room, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        lasts = parse_duration(text)
    except Invalid as error:
        raise Invalid(error.sentence, field="expires_at") from None
    return await room.read(lambda reader: reader.now()) + lasts


async def revoke(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    agent, _, key = sent.metadata.partition(".")
    await room.administration.keys.revoke(actor, agent, key)
    return done(phrase("Revoked"), phrase("The key is revoked; whatever uses it is refused from now on."))


async def suspend(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    agent = await room.administration.agents.suspend(actor, sent.metadata, once=room.once(sent, "suspend"))
    return done(phrase("Suspended"), phrase("{agent} is suspended; what it had open is cancelled.", agent=agent.name))


async def resume(room: Room, actor: Actor, click: Click) -> Answer:
    must_be_mapped(actor)
    once = room.once(click, ("resume", click.value))
    agent = await room.administration.agents.suspend(actor, click.value, suspended=False, once=once)
    return done(
        phrase("Resumed"),
        phrase("{agent} may ask and claim again; what was cancelled stays cancelled.", agent=agent.name),
    )


_FIELDS = {"verbs": "verbs", "label": "label", "facts": "facts", "facts.acts_for": "facts", "expires_at": "expires"}

MEMBER = Flow(
    "agents",
    clicks={
        **turning("agents", agents.listed),
        "agents.show": showing(agents.shown),
        "agents.keys": showing(agents.keys),
        "agents.key": replacing(agents.key_form),
        "agents.revoke": replacing(agents.revoking),
        "agents.suspend": replacing(agents.suspending),
        "agents.resume": resume,
    },
    forms={"agents.key": Form(make_key, _FIELDS), "agents.revoke": Form(revoke), "agents.suspend": Form(suspend)},
)
