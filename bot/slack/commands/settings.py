"""`settings …`: how the organisation behaves. Settings of other topics are commands of two words, in files of their own."""

from __future__ import annotations

from bot.slack.admin import settings
from bot.slack.admin.written import one_of, words_of
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, opening, said, topic
from bot.slack.payload import Slash
from bot.slack.room import Room
from core.errors import Invalid
from core.model.people import Actor


async def four_eyes(room: Room, actor: Actor, slash: Slash) -> Answer:
    word = one_of(await words_of(room, actor, slash), "settings four_eyes on | off").lower()
    if word not in ("on", "off"):
        raise Invalid(f"'{word[:40]}' is neither on nor off; write it like /countersign settings four_eyes on.")
    if word == "on":
        return Open(await settings.switching_four_eyes(room, actor))
    office = room.administration.organisations
    await office.change(actor, four_eyes=False, once=room.once(slash, "off"))
    return said("Four eyes are off: each admin alone may change what is set up.")


async def admin_channel(room: Room, actor: Actor, slash: Slash) -> Answer:
    word = one_of(await words_of(room, actor, slash), "settings admin_channel #channel | none")
    channel = "" if word.lower() == "none" else word
    found = await room.administration.organisations.change(actor, admin_channel=channel, once=room.once(slash, word))
    where = f"in {found.admin_channel}" if found.admin_channel else "each by a message of their own"
    return said(f"Admins are asked {where} from now on.")


MEMBER = topic(
    "settings",
    "How the organisation behaves",
    Command("list", "", "Every setting of the organisation", opening(settings.shown)),
    Command("four_eyes", "on | off", "Whether another admin must agree to changes", four_eyes),
    Command("admin_channel", "#channel | none", "Where admins are asked", admin_channel),
)
