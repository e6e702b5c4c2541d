"""Who is who: saying which member one is, and an admin's yes or no to that."""

from __future__ import annotations

from bot.slack.admin import linking
from bot.slack.answer import Answer
from bot.slack.cards.claim import EMAIL
from bot.slack.entrance.payload import Submission
from bot.slack.flows.base import Flow, Form
from bot.slack.room import Room
from core.model.people import Actor


async def claim(room: Room, actor: Actor, sent: Submission) -> Answer:
    return await linking.asked(room, actor, sent, sent.text(EMAIL) or "")


MEMBER = Flow(
    "link",
    clicks={"link.look": linking.looked_at, "link.dismiss": linking.dismissed},
    forms={"link.claim": Form(claim, {"email": EMAIL}), "link.confirm": Form(linking.confirmed)},
)
