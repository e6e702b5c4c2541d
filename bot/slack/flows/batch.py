"""Batch: opening one, and deciding on what is ticked, each request by itself."""

from __future__ import annotations

import time
from typing import Any

from bot.slack.admin import batches
from bot.slack.answer import Answer, FieldErrors, Open
from bot.slack.cards import batch
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, done, pointed_at, replacing, turning
from bot.slack.room import IN_TIME, Room, must_be_mapped
from core.administration.batches import reasons
from core.model.batch import Item, read_item
from core.model.people import Actor
from core.model.request import Verdict
from core.phrases import phrase


async def alike(room: Room, actor: Actor, click: Click) -> Answer:
    """From one request's details: whatever is like it and waits for this person, too."""
    must_be_mapped(actor)
    return Open(await batches.shown(room, actor, pointed_at(click).request))


async def submit(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    ticked = _ticked(sent.values)
    if not ticked:
        return FieldErrors({"ticked.0": phrase("Tick at least one request.")})
    word = batch.REJECT if sent.values.get("verdict") == batch.REJECT else batch.APPROVE
    comment = sent.text("comment")
    if word == batch.REJECT and comment is None:
        return FieldErrors({"comment": phrase("Say why, so that whoever asked knows what to change.")})
    verdict = Verdict.REJECTED if word == batch.REJECT else Verdict.APPROVED
    once = room.once(sent, (word, comment, [str(item) for item in ticked]))
    outcomes = await room.administration.batches.decide(
        actor, ticked, verdict, comment, once=once, deadline=time.monotonic() + IN_TIME
    )
    decided = sum(outcome.done is not None for outcome in outcomes)
    refused = [(why, [one.number for one in group if one.number]) for why, group in reasons(outcomes)]
    return done(phrase("Decided together"), batch.told(decided, word, refused))


def _ticked(values: Any) -> list[Item]:
    """What is ticked came back through Slack, and is judged as anything typed."""
    found = []
    for block in ("ticked.0", "ticked.1"):
        chosen = values.get(block)
        found += [read_item(str(one)) for one in chosen] if isinstance(chosen, list | tuple) else []
    return [item for item in found if item is not None]


MEMBER = Flow(
    "batch",
    clicks={
        "request.batch": alike,
        "batch.show": replacing(batches.shown),
        **turning("batch", batches.listed),
    },
    forms={"batch": Form(submit, {"requests": "ticked.0", "comment": "comment"})},
)
