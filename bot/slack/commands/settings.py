"""`settings …`: how the organisation behaves. Settings of other topics are commands of two words, in files of their own."""

from __future__ import annotations

from bot.languages import LANGUAGES
from bot.slack.admin import settings
from bot.slack.admin.written import one_of, words_of
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, opening, said, topic
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.errors import Invalid
from core.model.people import Actor
from core.phrases import listed, phrase


async def four_eyes(room: Room, actor: Actor, slash: Slash) -> Answer:
    word = one_of(await words_of(room, actor, slash), "settings four_eyes on | off").lower()
    if word not in ("on", "off"):
        raise Invalid(
            phrase("'{word}' is neither on nor off; write it like /countersign settings four_eyes on.", word=word[:40])
        )
    if word == "on":
        return Open(await settings.switching_four_eyes(room, actor))
    office = room.administration.organisations
    await office.change(actor, four_eyes=False, once=room.once(slash, "off"))
    return said(phrase("Four eyes are off: each admin alone may change what is set up."))


async def admin_channel(room: Room, actor: Actor, slash: Slash) -> Answer:
    word = one_of(await words_of(room, actor, slash), phrase("settings admin_channel #channel | none"))
    channel = "" if word.lower() == "none" else word
    found = await room.administration.organisations.change(actor, admin_channel=channel, once=room.once(slash, word))
    where = (
        phrase("in {admin_channel}", admin_channel=found.admin_channel)
        if found.admin_channel
        else phrase("each by a message of their own")
    )
    return said(phrase("Admins are asked {where} from now on.", where=where))


async def language(room: Room, actor: Actor, slash: Slash) -> Answer:
    word = one_of(await words_of(room, actor, slash), "settings language en | de").lower()
    if word not in LANGUAGES:
        raise Invalid(
            phrase(
                "'{word}' is no language spoken here; there are {languages}.",
                word=word[:40],
                languages=listed(settings.languages()),
            ),
            field="language",
        )
    office = room.administration.organisations
    found = await office.change(actor, language=word, once=room.once(slash, word))
    return said(
        phrase(
            "Channels are spoken to in {language} from now on; cards that are there already follow when they change. "
            "Everybody's own messages stay in their own language.",
            language=LANGUAGES[found.language],
        )
    )


MEMBER = topic(
    "settings",
    phrase("How the organisation behaves"),
    Command("list", "", phrase("Every setting of the organisation"), opening(settings.shown)),
    Command("four_eyes", "on | off", phrase("Whether another admin must agree to changes"), four_eyes),
    Command("language", "en | de", phrase("Which language cards in channels are in"), language),
    Command("admin_channel", "#channel | none", phrase("Where admins are asked"), admin_channel),
)
