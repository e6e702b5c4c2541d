"""Carries answers out: in the acknowledgement where Slack takes them there, else by calls to Slack after it.

A call that fails is logged and, where there is a way left, told to the person; nothing of the decision hangs on it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.answer import Answer, FieldErrors, Open, Publish, Redraw, Replace, Unfold, Whisper
from bot.slack.cards import whisper
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Drawing
from bot.slack.entrance.payload import Click, Incoming, Sender, Submission
from bot.slack.homes import Published
from bot.slack.look import Look
from core.phrases import phrase

CHECKING: Final = phrase("Checking who you are…")
TOO_SLOW: Final = phrase("Slack took too long to open the window. Nothing was changed; please click again.")
PACE: Final = 1.0
"""Seconds between two drawings of one view, but for the last: `views.update` may be called 100 times a minute."""

UNDER_WAY: Final = 0.3
"""Seconds in which an acknowledgement that draws a view has reached Slack; a drawing that overtook it would be lost."""

OPENED: Final = 1_000
"""Windows opened from private messages that are remembered; the oldest goes first."""

BUSY: Final = frozenset({"ratelimited", "rate_limited"})
TRIGGER_GONE: Final = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_expired"})

ShowHome = Callable[[Sender, Look], Awaitable[None]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What goes back to Slack at once: text and blocks of a command's reply, or what to do with the modal."""

    body: Mapping[str, Any]


def acknowledged(answer: Answer | None, incoming: Incoming) -> tuple[Acknowledgement, Answer | None]:
    """What is said in the acknowledgement, and what is left to do after it."""
    if answer is None:
        return Acknowledgement({}), None
    if isinstance(answer, FieldErrors):
        return Acknowledgement({"response_action": "errors", "errors": dict(answer.errors)}), None
    if isinstance(incoming, Submission):
        return _in_the_modal(answer)
    if not isinstance(incoming, Click) and isinstance(answer, Whisper) and incoming.response_url is not None:
        return Acknowledgement(_ephemeral(answer)), None
    return Acknowledgement({}), answer


def _in_the_modal(answer: Answer) -> tuple[Acknowledgement, Answer | None]:
    match answer:
        case Replace(view):
            return Acknowledgement({"response_action": "update", "view": view}), None
        case Open(view):
            return Acknowledgement({"response_action": "push", "view": view}), None
        case Whisper():
            return Acknowledgement({"response_action": "update", "view": whispered(answer)}), None
        case Unfold(view):
            return Acknowledgement({"response_action": "update", "view": view}), answer
        case _:
            return Acknowledgement({}), answer


def whispered(answer: Whisper) -> Json:
    """A whisper as a modal."""
    return whisper.modal(answer.title, answer.drawing)


def _ephemeral(answer: Whisper) -> Json:
    return {"response_type": "ephemeral", "replace_original": False, **answer.drawing.as_json()}


def _in_its_place(drawing: Drawing) -> Json:
    return {"replace_original": True, **drawing.as_json()}


async def _no_home(sender: Sender, _look: Look) -> None:
    log.warning("slack.no_home", user=sender.user)


class Showing:
    """What calls Slack. `session` has a total timeout; the client never retries by itself.

    `show_home` is set by whoever draws Homes, which are shown through here. What a private message can be reached by is kept
    for the windows opened from it: with this program it goes, as the message does when its reader reloads.
    """

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
        self._client = client
        self._session = session
        self.show_home: ShowHome = _no_home
        self._private: dict[str, str] = {}

    async def show(self, answer: Answer, incoming: Incoming) -> None:
        """After the acknowledgement."""
        try:
            await self._carry_out(answer, incoming)
        except SlackApiError as error:
            await self._missed(error, answer, incoming)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("slack.not_shown", problem=type(error).__name__)

    async def _carry_out(self, answer: Answer, incoming: Incoming) -> None:
        match answer:
            case Whisper():
                await self._whisper(answer, incoming)
            case Open(view):
                self._opened(await self._open(view, incoming), incoming)
            case Replace(view):
                await self._replace(view, incoming)
            case Redraw(drawing):
                if incoming.response_url is not None:
                    await self._respond(incoming.response_url, _in_its_place(drawing))
            case Unfold():
                await self._unfold(answer, incoming)
            case Publish(look):
                await self.show_home(incoming.sender, look)
            case FieldErrors(errors):
                said = whisper.draw(" ".join(errors.values()))
                await self._whisper(Whisper(said, phrase("Nothing was changed")), incoming)

    async def _whisper(self, answer: Whisper, incoming: Incoming) -> None:
        if incoming.response_url is not None:
            await self._respond(incoming.response_url, _ephemeral(answer))
        elif isinstance(incoming, Submission):
            await self._client.views_update(view_id=incoming.view, view=whispered(answer))
        else:
            await self._open(whispered(answer), incoming)

    async def _open(self, view: Json, incoming: Incoming) -> str:
        """The id of the new view."""
        if isinstance(incoming, Click) and incoming.view_type == "modal":
            return await self._push(view, incoming)
        answer = await self._client.views_open(trigger_id=incoming.trigger, view=view)
        return str(answer["view"]["id"])

    def _opened(self, view: str, incoming: Incoming) -> None:
        place = incoming.place if isinstance(incoming, Click) else None
        if place is None or not place.ephemeral or incoming.response_url is None:
            return
        self._private[view] = incoming.response_url
        if len(self._private) > OPENED:
            del self._private[next(iter(self._private))]

    def is_over_something(self, sent: Submission) -> bool:
        """Whether it was opened from what no outlet redraws: another modal, or a private message."""
        return sent.beneath is not None or sent.view in self._private

    async def redraw(self, sent: Submission, view: Json, drawing: Drawing) -> None:
        """What a window was opened from, as it is now: `view` for a modal, `drawing` for a private message."""
        try:
            if sent.beneath is not None:
                await self._client.views_update(view_id=sent.beneath, view=view)
            if (url := self._private.get(sent.view)) is not None:
                await self._respond(url, _in_its_place(drawing))
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("slack.not_redrawn", problem=type(error).__name__)

    async def _push(self, view: Json, click: Click) -> str:
        """On top of the present one; where three lie on each other already, in its place."""
        try:
            answer = await self._client.views_push(trigger_id=click.trigger, view=view)
        except SlackApiError as error:
            if error.response.get("error") != "push_limit_reached" or click.view is None:
                raise
            answer = await self._client.views_update(view_id=click.view, view=view)
        return str(answer["view"]["id"])

    async def _unfold(self, answer: Unfold, incoming: Incoming) -> None:
        id = await self._first(answer.view, incoming)
        drawn, latest = time.monotonic(), None
        async for view in answer.more:
            latest = view
            if time.monotonic() - drawn >= PACE:
                await self._client.views_update(view_id=id, view=view)
                drawn, latest = time.monotonic(), None
        if latest is not None:
            await self._client.views_update(view_id=id, view=latest)

    async def _first(self, view: Json, incoming: Incoming) -> str:
        """A submission has it from its acknowledgement."""
        if isinstance(incoming, Submission):
            await asyncio.sleep(UNDER_WAY)
            return incoming.view
        if isinstance(incoming, Click) and incoming.view is not None and incoming.view_type == "modal":
            await self._client.views_update(view_id=incoming.view, view=view)
            return incoming.view
        return await self._open(view, incoming)

    async def _replace(self, view: Json, incoming: Incoming) -> None:
        id = incoming.view if isinstance(incoming, Click | Submission) else None
        if id is None:
            await self._open(view, incoming)
        else:
            await self._client.views_update(view_id=id, view=view)

    async def _respond(self, url: str, body: Json) -> None:
        async with self._session.post(url, json=body) as answer:
            if answer.status >= 400:
                log.warning("slack.whisper_refused", status=answer.status)

    async def _missed(self, error: SlackApiError, answer: Answer, incoming: Incoming) -> None:
        reason = str(error.response.get("error"))
        log.warning("slack.not_shown", reason=reason, answer=type(answer).__name__)
        if reason in TRIGGER_GONE and incoming.response_url is not None:
            await self._respond(incoming.response_url, _ephemeral(Whisper(whisper.draw(TOO_SLOW))))

    async def publish(self, user: str, view: Json, expected: str | None) -> Published:
        """Somebody's Home, where it still is the view of the `expected` hash."""
        try:
            answer = await self._client.views_publish(user_id=user, view=view, hash=expected)
        except SlackApiError as error:
            return _not_published(error)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("slack.home_not_published", reason=type(error).__name__)
            return Published()
        return Published(str(answer["view"].get("hash") or ""))

    async def delete(self, channel: str, ts: str) -> None:
        """A second copy of a card that a click has revealed."""
        try:
            await self._client.chat_delete(channel=channel, ts=ts)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("slack.copy_not_deleted", problem=type(error).__name__)


def _not_published(error: SlackApiError) -> Published:
    reason = error.response.get("error")
    if reason == "hash_conflict":
        return Published(moved=True)
    log.warning("slack.home_not_published", reason=reason)
    return Published(wait=_retry_after(error)) if reason in BUSY else Published()


def _retry_after(error: SlackApiError) -> float:
    headers = {str(name).lower(): value for name, value in getattr(error.response, "headers", {}).items()}
    try:
        return max(1.0, float(headers.get("retry-after", 5)))
    except (TypeError, ValueError):
        return 30.0
