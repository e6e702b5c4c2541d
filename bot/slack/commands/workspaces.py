"""`workspaces`: where the app is installed, and one organisation for several of them."""

from __future__ import annotations

from bot.slack.admin import workspaces
from bot.slack.answer import Answer
from bot.slack.commands.base import NAME, Command, must_say, opening, said, topic
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.errors import Invalid
from core.model.people import Actor
from core.phrases import phrase


async def _offer(room: Room, actor: Actor, slash: Slash) -> Answer:
    if slash.text:
        raise Invalid(
            phrase(
                "'{text}' is one word too many; {name} workspaces offer gives away this very workspace.",
                text=slash.text[:40],
                name=NAME,
            )
        )
    code = await room.administration.installations.offer(actor, room.installation.workspace)
    return said(
        phrase(
            "An admin of the other organisation takes this workspace over with {name} workspaces join {code}, once, "
            "within a day. People here are then linked to that organisation's members by their address.",
            name=NAME,
            code=code,
        )
    )


async def _join(room: Room, actor: Actor, slash: Slash) -> Answer:
    code = must_say(slash.text or None, slash, phrase("join CODE"), phrase("The code"))
    moved = await room.administration.installations.join(actor, code, once=room.once(slash, "join"))
    return said(
        phrase(
            "{workspace} belongs to this organisation now; its people are linked by their address.",
            workspace=moved.name or moved.workspace,
        )
    )


MEMBER = topic(
    "workspaces",
    phrase("Several workspaces, one organisation"),
    Command("list", "", phrase("Where the app is installed"), opening(workspaces.shown)),
    Command("offer", "", phrase("A code with which another organisation takes this workspace over"), _offer),
    Command("join", "CODE", phrase("Take over a workspace that was offered"), _join),
)
