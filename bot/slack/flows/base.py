"""What a flow is: which buttons, modals and shortcuts it answers, and how."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.slack.answer import Answer, Replace
from bot.slack.cards import details
from bot.slack.payload import Click, Shortcut, Submission
from bot.slack.room import Room
from bot.slack.target import Target
from core.errors import Conflict
from core.model.people import Actor
from core.model.request import Request

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
        raise Conflict("This button is from an older version of the card; open the request again.", code="stale_card")
    return incoming.target


async def redrawn(room: Room, click: Click, request: Request) -> Answer | None:
    """A modal with details is drawn anew after a decision in it; cards and Home are redrawn by others."""
    if click.view is None or click.view_type != "modal":
        return None
    return Replace(details.draw(request, await room.backdrop(request)))
