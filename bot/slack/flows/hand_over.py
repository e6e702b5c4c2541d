"""Hand over: a Slack user is picked; who that is here is read from the pinned identities."""

from __future__ import annotations

from bot.slack.answer import Answer, FieldErrors, Open
from bot.slack.cards import hand_over
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, pointed_at
from bot.slack.people.actor import KIND
from bot.slack.room import Room
from core.lifecycle.who import must_be_open
from core.model.command import GiveSeat
from core.model.people import Actor
from core.phrases import phrase


async def click(room: Room, actor: Actor, click: Click) -> Answer:
    target = pointed_at(click)
    request = await room.see(actor, target.request, GiveSeat(""))
    must_be_open(request)
    return Open(hand_over.draw(request, await room.backdrop(request)))


async def submit(room: Room, actor: Actor, sent: Submission) -> Answer | None:
    target = pointed_at(sent)
    user = sent.values.get("to")
    taker = await room.read(lambda reader: reader.identity(KIND, room.installation.issuer, str(user)))
    if taker is None:
        return FieldErrors({"to": phrase("This person is not linked to a member here; pick somebody else.")})
    await room.do(actor, sent, target, GiveSeat(taker.member, sent.text("comment")))
    return None


MEMBER = Flow("hand_over", clicks={"request.hand_over": click}, forms={"hand_over": Form(submit, {"to": "to"})})
