"""`webhooks …`: addresses that are told what happens to requests."""

from __future__ import annotations

from itertools import pairwise

from bot.slack.admin import webhooks
from bot.slack.admin.written import missing, name_of, words_of
from bot.slack.answer import Answer, Open
from bot.slack.cards import webhook_secret
from bot.slack.commands.base import Command, opening, said, topic
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from bot.wire.strict import read
from bot.wire.webhooks import NewWebhook
from core.errors import Invalid
from core.model.people import Actor
from core.phrases import phrase

ADD = phrase("NAME URL [events request.approved …] [projects NAME …] [types TYPE …]")
CLAUSES = ("events", "projects", "types")


async def _name(room: Room, actor: Actor, slash: Slash, word: str) -> str:
    return await name_of(
        room, actor, slash, phrase("The name of the webhook"), phrase("webhooks {word} NAME", word=word)
    )


async def show(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await webhooks.shown(room, actor, await _name(room, actor, slash, "show")))


async def add(room: Room, actor: Actor, slash: Slash) -> Answer:
    await room.administration.must_manage(actor)
    wanted = _read(await words_of(room, actor, slash))
    new = read(NewWebhook, wanted, what=phrase("The webhook"))
    made = await room.administration.webhooks.add(
        actor,
        new.name,
        new.url,
        events=new.events,
        projects=new.projects,
        types=new.types,
        once=room.once(slash, wanted),
    )
    return Open(webhook_secret.draw(new.name, made.secret))


def _read(words: list[str]) -> dict[str, object]:
    """Name and address come first, then clauses of one or more words, with or without commas."""
    clauses = [place for place, word in enumerate(words) if word in CLAUSES and place >= 2]
    first = clauses[0] if clauses else len(words)
    if first < 2:
        raise missing(phrase("The name, or the address to be told,"), phrase("webhooks add {add}", add=ADD))
    found: dict[str, object] = {"name": " ".join(words[: first - 1]), "url": words[first - 1]}
    for start, end in pairwise([*clauses, len(words)]):
        listed = [one for word in words[start + 1 : end] for one in word.split(",") if one]
        if not listed:
            raise Invalid(
                phrase(
                    "Nothing stands after {words}; write it like /countersign webhooks add {add}.",
                    words=words[start],
                    add=ADD,
                )
            )
        found[words[start]] = listed
    return found


async def deliveries(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await webhooks.deliveries(room, actor, await _name(room, actor, slash, "deliveries")))


async def test(room: Room, actor: Actor, slash: Slash) -> Answer:
    return await webhooks.testing(room, actor, await _name(room, actor, slash, "test"))


async def rotate(room: Room, actor: Actor, slash: Slash) -> Answer:
    name = await _name(room, actor, slash, "rotate")
    made = await room.administration.webhooks.rotate(actor, name, once=room.once(slash, ("rotate", name)))
    return Open(webhook_secret.draw(made.webhook.endpoint.name, made.secret, rotated=True))


async def pause(room: Room, actor: Actor, slash: Slash) -> Answer:
    name = await _name(room, actor, slash, "pause")
    one = await room.administration.webhooks.pause(actor, name, once=room.once(slash, ("pause", name)))
    return said(
        phrase(
            "{endpoint} is told nothing until it is resumed; what happens meanwhile it hears then.",
            endpoint=one.endpoint.name,
        )
    )


async def resume(room: Room, actor: Actor, slash: Slash) -> Answer:
    name = await _name(room, actor, slash, "resume")
    one = await room.administration.webhooks.resume(actor, name, once=room.once(slash, ("resume", name)))
    return said(phrase("{endpoint} goes on from where it was.", endpoint=one.endpoint.name))


async def remove(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await webhooks.removing(room, actor, await _name(room, actor, slash, "remove")))


MEMBER = topic(
    "webhooks",
    phrase("Addresses that are told what happens"),
    Command("list", "", phrase("All webhooks and how they do"), opening(webhooks.listed)),
    Command("show", "NAME", phrase("What one is told, and how that goes"), show),
    Command("add", ADD, phrase("A new one; its secret is shown once, in a window"), add),
    Command("test", "NAME", phrase("Send it a test message now"), test),
    Command("deliveries", "NAME", phrase("What was sent last, and sending it again"), deliveries),
    Command("rotate", "NAME", phrase("A new secret; the old one signs beside it for 24 hours"), rotate),
    Command("pause", "NAME", phrase("Pause deliveries: what happens meanwhile is told later"), pause),
    Command("resume", "NAME", phrase("Go on, also after it was parked"), resume),
    Command("remove", "NAME", phrase("Remove the webhook for good"), remove),
)
