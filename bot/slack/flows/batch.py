"""Batch: its card's buttons, opening one as a window, and deciding on what is ticked, each request by itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from bot.slack.admin import batches
from bot.slack.answer import Answer, FieldErrors, Open, Whisper
from bot.slack.cards import batch, whisper
from bot.slack.entrance.payload import Click, Incoming, Submission
from bot.slack.flows.base import Flow, Form, done, pointed_at, replacing, turning
from bot.slack.room import IN_TIME, Room, must_be_mapped
from core.administration.batches import Outcome, reasons
from core.errors import Conflict
from core.model.batch import Item, read_item, read_items
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
    outcomes = await _decided(room, actor, sent, ticked, word, comment)
    return done(phrase("Decided together"), _told(outcomes, word))


async def approve_all(room: Room, actor: Actor, click: Click) -> Answer | None:
    """What was on the card as it was drawn, each by itself; who clicked hears of what could not be decided."""
    outcomes = await _decided(room, actor, click, _on_the_card(click.value), batch.APPROVE, None)
    must_be_mapped(actor)  # a stranger's click stands in the ledger of each by now
    if all(outcome.done is not None for outcome in outcomes):
        return None
    return Whisper(whisper.draw(_told(outcomes, batch.APPROVE)), phrase("Decided together"))


async def reject_all(room: Room, actor: Actor, click: Click) -> Answer:
    items = _on_the_card(click.value)
    if not actor.is_member:
        await _decided(room, actor, click, items, batch.REJECT, None)
    must_be_mapped(actor)
    return Open(batch.why(await batches.still_open(room, actor, items), click.value))


async def rejected(room: Room, actor: Actor, sent: Submission) -> Answer | None:
    reason = sent.text("comment")
    if reason is None:
        return FieldErrors({"comment": phrase("Say why, so that whoever asked knows what to change.")})
    outcomes = await _decided(room, actor, sent, _on_the_card(sent.metadata), batch.REJECT, reason)
    must_be_mapped(actor)
    if all(outcome.done is not None for outcome in outcomes):
        return None
    return done(phrase("Decided together"), _told(outcomes, batch.REJECT))


async def choose(room: Room, actor: Actor, click: Click) -> Answer:
    """The same as a window, where each is ticked or not; as it is by now."""
    must_be_mapped(actor)
    return Open(await batches.chosen_from(room, actor, _on_the_card(click.value)))


def _on_the_card(written: str) -> tuple[Item, ...]:
    items = read_items(written)
    if not items:
        raise Conflict(
            phrase("This button is from an older version of the card; open the request again."), code="stale_card"
        )
    return items


async def _decided(
    room: Room, actor: Actor, incoming: Incoming, items: Sequence[Item], word: str, comment: str | None
) -> Sequence[Outcome]:
    verdict = Verdict.REJECTED if word == batch.REJECT else Verdict.APPROVED
    once = room.once(incoming, (word, comment, [str(item) for item in items]))
    return await room.administration.batches.decide(
        actor, items, verdict, comment, once=once, deadline=time.monotonic() + IN_TIME
    )


def _told(outcomes: Sequence[Outcome], word: str) -> str:
    decided = sum(outcome.done is not None for outcome in outcomes)
    refused = [(why, [one.number for one in group if one.number]) for why, group in reasons(outcomes)]
    return batch.told(decided, word, refused)


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
        "batch.approve": approve_all,
        "batch.reject": reject_all,
        "batch.choose": choose,
        "request.batch": alike,
        "batch.show": replacing(batches.shown),
        **turning("batch", batches.listed),
    },
    forms={
        "batch": Form(submit, {"requests": "ticked.0", "comment": "comment"}),
        "batch_reject": Form(rejected, {"comment": "comment"}),
    },
)
