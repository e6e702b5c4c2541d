"""`list [waiting | mine | open]`: what waits for me, what I asked, or all that is open and mine to see."""

from __future__ import annotations

from bot.slack import inbox
from bot.slack.answer import Answer, Whisper
from bot.slack.cards import listing
from bot.slack.commands.base import NAME, Command
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room, must_be_mapped
from core.errors import Invalid
from core.model.people import Actor, Verb, verbs_of
from core.phrases import again, phrase
from core.ports import Filter, Page, Reader

USAGE = "[waiting | mine | open]"

TITLES = {
    "waiting": (phrase("waits for you"), phrase("wait for you")),
    "mine": (phrase("asked by you"), phrase("asked by you")),
    "open": (phrase("is open"), phrase("are open")),
}


NONE = {
    "waiting": phrase("Nothing waits for you."),
    "mine": phrase("You have asked nothing."),
    "open": phrase("Nothing is open."),
}


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    must_be_mapped(actor)
    which = slash.text or "waiting"
    if which not in TITLES:
        raise Invalid(
            phrase("'{which}' is no list; write it like {name} list {usage}.", which=which[:40], name=NAME, usage=USAGE)
        )
    page = await room.read(lambda reader: _page(reader, actor, which))
    note = phrase("There are more; App Home shows all.") if page.next_cursor else ""
    return Whisper(listing.draw(_title(which, len(page.requests)), page.requests, note))


def _page(reader: Reader, actor: Actor, which: str) -> Page:
    page = reader.requests(actor.organisation, _filter(reader, actor, which), cursor=None, limit=listing.MOST)
    shown = (r for r in page.requests if which != "waiting" or actor.id not in r.plan.barred)
    return Page(tuple(shown), page.next_cursor)


def _filter(reader: Reader, actor: Actor, which: str) -> Filter:
    match which:
        case "mine":
            return Filter(requester=actor.key)
        case "open":
            return _visible(reader, actor)
        case _:
            return inbox.waiting_for(reader, actor)


def _visible(reader: Reader, actor: Actor) -> Filter:
    """What this person may read: projects where they may read everything, and what names or concerns them."""
    readable = frozenset(
        project.id
        for project in reader.projects(actor.organisation)
        if Verb.READ in verbs_of(reader.roles(actor.organisation, actor.id, project.id))
    )
    return Filter(statuses=inbox.OPEN_WORDS, projects=readable, visible_to=actor.key)


def _title(which: str, count: int) -> str:
    one, many = TITLES[which]
    match count:
        case 0:
            return again(NONE[which])
        case 1:
            return phrase("One request {one}.", one=one)
        case _:
            return phrase("{count} requests {many}.", count=count, many=many)


MEMBER = Command("list", USAGE, phrase("What waits for me, what I asked, what is open"), run)
