"""Delegate: the form, stopping one from the list, and the button of a suggestion."""

from __future__ import annotations

from bot.slack import absence
from bot.slack.answer import Answer, FieldErrors, Open, Replace
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, done
from bot.slack.people.actor import KIND
from bot.slack.room import Room, must_be_mapped
from core.model.people import Actor
from core.phrases import phrase


async def form(room: Room, actor: Actor, click: Click) -> Answer:
    """The button's value is when the status in Slack ends, if it says so."""
    return Open(await absence.asking(room, actor, until=click.value if click.value != "none" else ""))


async def submit(room: Room, actor: Actor, sent: Submission) -> Answer | None:
    must_be_mapped(actor)
    user = str(sent.values.get("to"))
    taker = await room.read(lambda reader: reader.identity(KIND, room.installation.issuer, user))
    if taker is None or taker.organisation != actor.organisation:
        return FieldErrors({"to": phrase("This person is not linked to a member here; pick somebody else.")})
    project = str(sent.values.get("project") or "all")
    wanted = await absence.dated(
        room, actor, taker.member, sent.text("until") or "", sent.text("starts"), None if project == "all" else project
    )
    given = await room.administration.delegations.give(actor, once=room.once(sent, str(wanted)), **wanted)
    _, working = await absence.clock_of(room, actor)
    return done(phrase("Delegated"), absence.said_of(given, working))


async def stop(room: Room, actor: Actor, click: Click) -> Answer:
    must_be_mapped(actor)
    await room.administration.delegations.stop(actor, click.value, once=room.once(click, click.value))
    return Replace(await absence.listed(room, actor))


MEMBER = Flow(
    "delegate",
    clicks={"delegate.form": form, "delegate.stop": stop},
    forms={"delegate": Form(submit, {"until": "until", "to": "to", "starts": "starts", "project": "project"})},
)
