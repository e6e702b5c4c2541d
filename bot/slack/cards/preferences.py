"""How I like to be told, and when: one's own settings as a form."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Final

from bot.languages import LANGUAGES
from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from core.model.absence import Preferences, Telling
from core.phrases import phrase

WAYS: Final = (
    (Telling.MESSAGE, phrase("A direct message"), phrase("One message with all that waits, when it is due")),
    (
        Telling.MENTION,
        phrase("A mention in the channel"),
        phrase("Under the card; by message where no channel shows it"),
    ),
    (Telling.DIGEST, phrase("Once a day"), phrase("One message with all that waits, at the hour below")),
    (Telling.NOTHING, phrase("Not at all"), phrase("Home shows what waits")),
)
AUTO: Final = "auto"
"""The language of one's Slack profile."""

DAYS: Final = (
    phrase("Monday"),
    phrase("Tuesday"),
    phrase("Wednesday"),
    phrase("Thursday"),
    phrase("Friday"),
    phrase("Saturday"),
    phrase("Sunday"),
)


def draw(chosen: Preferences) -> Json:
    ways = [b.option(text, way.value, said) for way, text, said in WAYS]
    told = next(place for place, (way, _, _) in enumerate(WAYS) if way is chosen.told)
    blocks = [
        b.field("told", phrase("When something waits for you, you are reminded by"), b.radio("told", ways, told)),
        b.field(
            "quiet",
            phrase("Quiet hours"),
            b.text_input("text", initial=say_quiet(chosen), hint="22:00-07:00", most=20),
            optional=True,
            hint=phrase("Reminders wait until they are over. Deadlines never move."),
        ),
        b.field("working_days", phrase("Working days"), _days(chosen.working_days)),
        b.field(
            "country",
            phrase("Holidays of"),
            b.text_input("text", initial=chosen.country or "", hint="DE-BY", most=16),
            optional=True,
            hint=phrase("A country, or a part of one, like DE, DE-BY or US-CA. On its holidays you are not reminded."),
        ),
        b.field(
            "time_zone",
            phrase("Time zone"),
            b.text_input("text", initial=chosen.time_zone or "", hint=chosen.zone, most=60),
            optional=True,
            hint=phrase("Left empty: as your Slack profile says, now {zone}.", zone=chosen.profile_zone or "UTC"),
        ),
        b.field(
            "digest_at",
            phrase("The hour for once a day"),
            b.text_input("text", initial=chosen.digest_at.strftime("%H:%M"), most=8),
        ),
        b.field(
            "copies",
            phrase("Cards that a channel shows"),
            b.radio(
                "copies",
                [
                    b.option(phrase("Only there"), "no"),
                    b.option(phrase("Also to me"), "yes", phrase("Each card that waits for me, as a message")),
                ],
                int(chosen.copies),
            ),
        ),
    ]
    blocks.append(b.field("language", phrase("Language"), _language(chosen)))
    return b.modal("preferences", phrase("How I am told"), blocks, submit=phrase("Save"))


def _language(chosen: Preferences) -> Json:
    """Each as it calls itself, so that nobody is lost in one they cannot read."""
    options = [b.option(phrase("As my Slack profile says"), AUTO)]
    options += [b.option(name, language) for language, name in LANGUAGES.items()]
    picked = next((option for option in options if option["value"] == chosen.language), options[0])
    return b.select("language", options, picked)


def say_quiet(chosen: Preferences) -> str:
    if chosen.quiet_from is None or chosen.quiet_until is None:
        return ""
    return f"{chosen.quiet_from:%H:%M}-{chosen.quiet_until:%H:%M}"


def _days(chosen: frozenset[int]) -> Json:
    options = [b.option(name, str(day)) for day, name in enumerate(DAYS, start=1)]
    picked = [option for day, option in enumerate(options, start=1) if day in chosen]
    return {"type": "checkboxes", "action_id": "days", "options": options, "initial_options": picked}


_PLAIN: Final = Preferences("mem_1", "org_1")
MEMBER = Card(
    "preferences",
    {
        "plain": lambda: draw(_PLAIN),
        "everything": lambda: draw(
            replace(
                _PLAIN,
                told=Telling.DIGEST,
                quiet_from=time(22),
                quiet_until=time(7),
                working_days=frozenset(range(1, 6)),
                time_zone="Europe/Berlin",
                profile_zone="America/New_York",
                country="DE-BY",
                copies=True,
                language="de",
            )
        ),
    },
)
