"""The organisation's own settings by chat."""

from __future__ import annotations

from bot.languages import LANGUAGES
from bot.slack.cards import sheet, sure
from bot.slack.cards.sheet import Sheet
from bot.slack.drawing.blocks import Json
from bot.slack.room import Room
from core.model.people import Actor
from core.phrases import listed, phrase


async def shown(room: Room, actor: Actor) -> Json:
    found = await room.administration.organisations.get(actor)
    figures = [
        (
            "four_eyes",
            phrase(
                "{state} — on or off; another admin agrees to changes first",
                state=phrase("on") if found.four_eyes else phrase("off"),
            ),
        ),
        (
            "admin_channel",
            phrase(
                "{admin_channel} — a channel where admins are asked; none: each by message",
                admin_channel=found.admin_channel or phrase("none"),
            ),
        ),
        (
            "language",
            phrase(
                "{language} — {languages}; what is said in channels, where a project has none of its own",
                language=found.language,
                languages=listed(languages(), either=True),
            ),
        ),
    ]
    note = phrase(
        "Change one with /countersign settings SETTING VALUE; /countersign help settings says what else there is."
    )
    return sheet.draw(
        Sheet(phrase("Settings"), found.name, phrase("Settings of the organisation"), figures=figures, note=note)
    )


def languages() -> list[str]:
    """As one types them, with what they call themselves."""
    return [f"{code} ({name})" for code, name in LANGUAGES.items()]


async def switching_four_eyes(room: Room, actor: Actor) -> Json:
    await room.administration.must_manage(actor)
    consequences = [
        phrase(
            "Whatever changes who must or may say yes is then asked of the other admins: rules, types, groups, roles, keys …"
        ),
        phrase("Switching it off again needs another admin, too."),
        phrase("It takes two other active admins. If all are lost: countersign admin recover, on the host."),
    ]
    return sure.draw(
        "settings.four_eyes", phrase("Four eyes"), phrase("Switch four eyes on?"), consequences, yes=phrase("Switch on")
    )
