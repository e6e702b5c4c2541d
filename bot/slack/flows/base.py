"""What a flow is: which buttons, modals and shortcuts it answers, and how."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.slack.answer import Answer, Open, Redraw, Replace
from bot.slack.cards import details, whisper
from bot.slack.cards import request as card
from bot.slack.drawing.blocks import Json
from bot.slack.entrance.payload import Click, Shortcut, Submission
from bot.slack.room import Room, must_be_mapped
from bot.slack.target import Target
from core.errors import Conflict
from core.model.people import Actor
from core.model.request import Request
from core.phrases import phrase

OnClick = Callable[[Room, Actor, Click], Awaitable[Answer | None]]
OnSubmission = Callable[[Room, Actor, Submission], Awaitable[Answer | None]]
OnShortcut = Callable[[Room, Actor, Shortcut], Awaitable[Answer | None]]


@dataclass(frozen=True, slots=True)
class Form:
    """A modal's submission. `fields` says under which block an error about a field stands; the first is for all others."""

    submit: OnSubmission
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flow:
    """`clicks` by action id, `forms` by the view's callback id, `shortcuts` by callback id."""

    word: str
    clicks: Mapping[str, OnClick] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    shortcuts: Mapping[str, OnShortcut] = field(default_factory=dict)


def pointed_at(incoming: Click | Submission) -> Target:
    """The request a button or modal is about."""
    if incoming.target is None:
        raise Conflict(
            phrase("This button is from an older version of the card; open the request again."), code="stale_card"
        )
    return incoming.target


def turning(topic: str, draw: Callable[[Room, Actor, int], Awaitable[Json]]) -> dict[str, OnClick]:
    """The buttons that turn a list's pages: the click's value is where the page begins."""

    async def turn(room: Room, actor: Actor, click: Click) -> Answer:
        must_be_mapped(actor)
        start = int(click.value) if click.value.isdecimal() and len(click.value) < 7 else 0
        return Replace(await draw(room, actor, start))

    return {f"{topic}.back": turn, f"{topic}.more": turn}


def showing(draw: Callable[[Room, Actor, str], Awaitable[Json]]) -> OnClick:
    """A window on top of this one, about what the button names."""

    async def show(room: Room, actor: Actor, click: Click) -> Answer:
        must_be_mapped(actor)
        return Open(await draw(room, actor, click.value))

    return show


def replacing(draw: Callable[[Room, Actor, str], Awaitable[Json]]) -> OnClick:
    """Another window in this one's place, about what the button names."""

    async def replace(room: Room, actor: Actor, click: Click) -> Answer:
        must_be_mapped(actor)
        return Replace(await draw(room, actor, click.value))

    return replace


def done(title: str, sentence: str) -> Replace:
    """What a sent window says in the end."""
    return Replace(whisper.modal(title, whisper.draw(sentence)))


def decided_before(sentence: str | None) -> Replace | None:
    """What a sent window says where its decision stood already; where it did not, the window closes."""
    return None if sentence is None else done(phrase("Decided before"), sentence)


async def redrawn(room: Room, actor: Actor, click: Click, request: Request) -> Answer | None:
    """What nobody else redraws after a decision in it: a modal with details, and a card that only the person sees."""
    if click.place is not None and click.place.ephemeral:
        return Redraw(card.draw(request, await room.backdrop(request)))
    if click.view is None or click.view_type != "modal":
        return None
    return Replace(details.draw(request, await room.backdrop(request), actor.id))
