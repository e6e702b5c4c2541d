"""Lease: granted from a request's details, taken back from the list."""

from __future__ import annotations

import time

from bot.slack.admin import leases
from bot.slack.answer import Answer, Open, Replace
from bot.slack.cards import lease
from bot.slack.drawing.parts import LEASES
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, done, pointed_at, redrawn, turning
from bot.slack.room import IN_TIME, Room, must_be_mapped
from core.errors import Conflict, Invalid
from core.lifecycle.leasing import kind_of
from core.model.command import GrantLease
from core.model.duration import parse_duration
from core.model.people import Actor
from core.phrases import phrase


async def click(room: Room, actor: Actor, click: Click) -> Answer:
    """Whoever could not grant one hears so before the form, not after it."""
    target = pointed_at(click)
    least = GrantLease(1, parse_duration("30m"))
    request = await room.see(actor, target.request, least)
    refusal = await room.desk.would_refuse(actor, request.id, least)
    if refusal is not None:
        raise refusal
    return Open(lease.draw(request, await room.backdrop(request), kind_of(request)))


async def submit(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    target = pointed_at(sent)
    wish = _wish(sent)
    granted = await room.administration.leases.grant(
        actor, target.request, wish, once=room.once(sent, (target.request, wish)), deadline=time.monotonic() + IN_TIME
    )
    uses = phrase("The next one") if granted.uses == 1 else phrase("Up to {uses}", uses=granted.uses)
    return done(
        phrase("Granted"),
        phrase(
            "{uses} like this by {agent} may now pass without asking. This request is still to be decided by "
            "itself. Take the lease back with /countersign leases.",
            uses=uses,
            agent=granted.agent_name,
        ),
    )


def _wish(sent: Submission) -> GrantLease:
    typed = str(sent.values.get("uses") or "")
    if not typed.isdecimal():
        raise Invalid(phrase("Write how many as a whole number."), field="uses")
    action = sent.text("action")
    if "action" in sent.values and action is None:
        raise Invalid(phrase("Say which action; * alone means any."), field="action")
    return GrantLease(int(typed), parse_duration(str(sent.values.get("lasts") or "")), action)


async def revoke(room: Room, actor: Actor, click: Click) -> Answer:
    must_be_mapped(actor)
    if not click.value:
        raise Conflict(phrase("This button is from an older version; open the list again."), code="stale_card")
    await room.administration.leases.revoke(actor, click.value)
    return Replace(await leases.listed(room, actor))


async def take_back(room: Room, actor: Actor, click: Click) -> Answer | None:
    """From the card, which is drawn anew by itself, or from a window with details."""
    must_be_mapped(actor)
    lease = await room.administration.leases.revoke(actor, click.value)
    return await redrawn(room, actor, click, await room.see(actor, lease.request))


MEMBER = Flow(
    "lease",
    clicks={
        "request.lease": click,
        "leases.revoke": revoke,
        **{f"lease.take_back.{place}": take_back for place in range(LEASES)},
        **turning("leases", leases.listed),
    },
    forms={"lease": Form(submit, {"uses": "uses", "lasts": "lasts", "action": "action"})},
)
