"""One's own settings: the form, and saving it."""

from __future__ import annotations

from typing import Any

from bot.slack import absence
from bot.slack.answer import Answer, Open
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, done
from bot.slack.room import Room, must_be_mapped
from core.model.absence import Telling
from core.model.people import Actor
from core.phrases import phrase


async def form(room: Room, actor: Actor, _click: Click) -> Answer:
    return Open(await absence.preferring(room, actor))


async def save(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    changes = _changes(sent)
    chosen = await room.administration.preferences.change(actor, changes, once=room.once(sent, str(changes)))
    return done(phrase("Saved"), absence.said_preferences(chosen))


def _changes(sent: Submission) -> dict[str, Any]:
    country = sent.text("country")
    return {
        "told": Telling(str(sent.values.get("told") or "dm")),
        **absence.quiet_hours(sent.text("quiet") or ""),
        "working_days": frozenset(int(day) for day in sent.values.get("working_days") or ()),
        "country": None if country is None else country.upper(),
        "time_zone": sent.text("time_zone"),
        "digest_at": absence.clock(sent.text("digest_at") or "", "digest_at"),
        "copies": sent.values.get("copies") == "yes",
        **absence.setting("language", str(sent.values.get("language") or "auto")),
    }


FIELDS = {"told": "told", "quiet_from": "quiet", "working_days": "working_days", "country": "country"}
MEMBER = Flow(
    "preferences",
    clicks={"preferences.form": form},
    forms={
        "preferences": Form(
            save, {**FIELDS, "time_zone": "time_zone", "digest_at": "digest_at", "language": "language"}
        )
    },
)
