"""`freeze [PROJECT | everything] [for 4h | until MOMENT] [because REASON]`: opens the window, filled in; alone, an empty one."""

from __future__ import annotations

import re
from typing import Final

from bot.slack import absence
from bot.slack.admin import freezes
from bot.slack.admin.written import as_written
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import NAME, Command
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room, must_be_mapped
from core.errors import Invalid
from core.model.people import Actor
from core.phrases import phrase

USAGE: Final = phrase("[PROJECT | everything] [for 4h | until MOMENT] [because REASON]")
_WRITTEN: Final = re.compile(
    r"(?:(?!(?:for|until|because)\b)(?P<project>\S+))?\s*(?:(?:for|until)\s+(?P<until>.+?))?\s*(?:because\s+(?P<reason>.+))?",
    re.IGNORECASE | re.DOTALL,
)


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    must_be_mapped(actor)
    text = await as_written(room, actor, slash.text)
    if text.strip().lower() == "list":
        return Open(await freezes.listed(room, actor))
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise Invalid(
            phrase(
                "'{text}' is not understood; write it like {name} freeze {usage}.",
                text=text[:40],
                name=NAME,
                usage=USAGE,
            )
        )
    until = found["until"] or ""
    await absence.until(room, actor, until or None)
    return Open(await freezes.form(room, actor, found["project"] or "", found["reason"] or "", until))


MEMBER = Command(
    "freeze", USAGE, phrase("Stop everything from being executed, in a project or everywhere; also: freeze list"), run
)
