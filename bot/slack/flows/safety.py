"""Safety settings: the form, and saving it."""

from __future__ import annotations

from typing import Any

from bot.slack.admin import safety
from bot.slack.answer import Answer
from bot.slack.entrance.payload import Submission
from bot.slack.flows.base import Flow, Form, done, replacing
from bot.slack.room import Room, must_be_mapped
from core.errors import Invalid
from core.model.people import Actor
from core.phrases import phrase

FIELDS = ("usd_each", "usd_a_day", "count_a_day", "spot_checks", "least_score")


async def save(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    chosen: dict[str, Any] = {name: _number(name, sent) for name in FIELDS}
    chosen["spot_checks"] = round(chosen["spot_checks"] / 100, 6)
    chosen["enabled"] = sent.values.get("enabled") == "on"
    saved = await room.administration.safety.change(actor, chosen, once=room.once(sent, chosen))
    how = (
        phrase("on: it takes effect with the next request") if saved.enabled else phrase("off: people are always asked")
    )
    return done(phrase("Saved"), phrase("Trust budgets are {how}.", how=how))


def _number(name: str, sent: Submission) -> float:
    typed = sent.text(name) or ""
    try:
        value = float(typed)
    except ValueError:
        raise Invalid(
            phrase("'{typed}' is not a number; write it like 30 or 12.50.", typed=typed[:40]), field=name
        ) from None
    return int(value) if name == "count_a_day" and value == int(value) else value


MEMBER = Flow(
    "safety",
    clicks={"safety.change": replacing(safety.form)},
    forms={"safety": Form(save, {name: name for name in ("enabled", *FIELDS)})},
)
