"""`schedules …`: calendars of who is on duty, whom rules ask by `oncall:NAME`."""

from __future__ import annotations

from bot.slack.admin import schedules
from bot.slack.admin.written import missing, one_of, words_of
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, opening, said, topic
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.model.people import Actor
from core.phrases import phrase

SOON = phrase("Its feed is read within a minute; look with /countersign schedules show")


async def show(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(
        await schedules.shown(room, actor, one_of(await words_of(room, actor, slash), phrase("schedules show NAME")))
    )


async def add(room: Room, actor: Actor, slash: Slash) -> Answer:
    name, url = await _name_and_feed(room, actor, slash, "add")
    await room.administration.schedules.add(actor, name, url, once=room.once(slash, (name, url)))
    return said(
        phrase("The schedule {name} is there; rules can ask oncall:{name}. {soon} {name}.", name=name, soon=SOON)
    )


async def change(room: Room, actor: Actor, slash: Slash) -> Answer:
    name, url = await _name_and_feed(room, actor, slash, "change")
    await room.administration.schedules.change(actor, name, url, once=room.once(slash, (name, url)))
    return said(phrase("The schedule {name} has another feed. {soon} {name}.", name=name, soon=SOON))


async def refresh(room: Room, actor: Actor, slash: Slash) -> Answer:
    name = one_of(await words_of(room, actor, slash), phrase("schedules refresh NAME"))
    await room.administration.schedules.refresh_soon(actor, name)
    return said(f"{SOON} {name}.")


async def remove(room: Room, actor: Actor, slash: Slash) -> Answer:
    name = one_of(await words_of(room, actor, slash), phrase("schedules remove NAME"))
    return Open(await schedules.removing(room, actor, name))


async def _name_and_feed(room: Room, actor: Actor, slash: Slash, word: str) -> tuple[str, str]:
    await room.administration.must_manage(actor)
    words = await words_of(room, actor, slash)
    if len(words) != 2:
        raise missing(
            phrase("The name, or the address of its feed,"), phrase("schedules {word} NAME https://…", word=word)
        )
    return words[0].removeprefix("oncall:"), words[1]


MEMBER = topic(
    "schedules",
    phrase("Who is on duty, by calendars that rules can ask"),
    Command("list", "", phrase("All schedules and who is on duty"), opening(schedules.listed)),
    Command("show", "NAME", phrase("Who is on duty now, and next"), show),
    Command("add", "NAME URL", phrase("A new one, by the address of its iCalendar feed"), add),
    Command("change", "NAME URL", phrase("Another feed under the same name"), change),
    Command("refresh", "NAME", phrase("Read its feed again soon"), refresh),
    Command("remove", "NAME", phrase("One that no rule names any more"), remove),
)
