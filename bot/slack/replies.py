"""A reply in the thread under a card, by whoever asked, answers the question that is open there.

Slack sends these only where the app was given the optional history scopes. All else that is written is dropped unread, and
nothing is asked of Slack: cards are found from what somebody has asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.afterwards import Afterwards
from bot.slack.dispatch import Dispatch
from bot.slack.drawing.blocks import clean
from bot.slack.entrance.payload import Sender, fingerprint
from bot.slack.room import Room
from bot.slack.typed import plain
from core.errors import ApprovalError, Unavailable
from core.model.command import Answer
from core.model.people import Actor
from core.model.request import Request, Status
from core.phrases import phrase
from core.ports import Filter, Idempotency, Reader

LOOKED_AT: Final = 50
"""Requests of one person with open questions."""

log = structlog.get_logger()


class Replies:
    def __init__(self, room: Room, dispatch: Dispatch, client: AsyncWebClient, afterwards: Afterwards) -> None:
        self._room = room
        self._dispatch = dispatch
        self._client = client
        self._afterwards = afterwards

    async def written(self, sender: Sender, event: Mapping[str, Any]) -> None:
        """Settled before the acknowledgement: an answer that could not be kept comes again."""
        channel, thread, ts = (str(event.get(name) or "") for name in ("channel", "thread_ts", "ts"))
        actor = await self._dispatch.known(sender)
        if actor is None or thread == ts:
            return
        request = await self._room.read(lambda reader: _under(reader, actor, channel, thread))
        text = plain(clean(str(event.get("text") or "")))
        if request is None or not text:
            return
        refusal = await self._answered(actor, request, text, f"{channel}/{ts}")
        if refusal:
            self._afterwards(self._whisper(channel, thread, sender.user, refusal))

    async def _answered(self, actor: Actor, request: Request, text: str, key: str) -> str | None:
        """What stands in the way, if something does."""
        questions = request.open_questions
        if len(questions) > 1:
            return phrase("More than one question is open here; use the Answer button under the one you mean.")
        once = Idempotency(f"slack:reply/{actor.id}", key, fingerprint(text))
        try:
            await self._room.desk.do(actor, request.id, Answer(text, questions[0].id), once=once)
        except Unavailable:
            raise
        except ApprovalError as error:
            return error.sentence
        return None

    async def _whisper(self, channel: str, thread: str, user: str, sentence: str) -> None:
        try:
            await self._client.chat_postEphemeral(channel=channel, thread_ts=thread, user=user, text=sentence)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("slack.reply_not_refused", problem=type(error).__name__)


def _under(reader: Reader, actor: Actor, channel: str, ts: str) -> Request | None:
    """The request with an open question that this person asked and whose card stands there."""
    wanted = Filter(statuses=frozenset({Status.ASKED_QUESTION.value}), requester=actor.key)
    for request in reader.requests(actor.organisation, wanted, cursor=None, limit=LOOKED_AT).requests:
        cards = (card.address for card in reader.deliveries(request.id))
        if any(card.get("channel") == channel and card.get("ts") == ts for card in cards):
            return request
    return None
