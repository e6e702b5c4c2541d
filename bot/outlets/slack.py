"""Shows requests as cards in Slack and tells people in threads and direct messages.

Posts are never repeated here: Slack has no idempotency key, so whatever may have arrived is `OutcomeUnknown`. Each card
carries its delivery's id in its metadata, to be found again, and in a block id, so that a click tells which copy it was.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, ClassVar, Final, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.languages import ENGLISH, speaking_to
from bot.slack.cards import line, redacted, together, whisper
from bot.slack.cards import reminders as gathered
from bot.slack.cards import request as card
from bot.slack.cards.line import USERS
from bot.slack.cards.reminders import Line
from bot.slack.drawing.backdrop import Backdrops
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Drawing
from bot.slack.installed.channels import Channels
from bot.slack.installed.installation import Installation
from bot.slack.people.actor import KIND
from bot.slack.people.profile import profile_locale
from core.courier import OutcomeUnknown, OutletBusy, OutletRefused, Pace, Reminder, Spot
from core.model.organisation import AS_THE_ORGANISATION
from core.model.request import Request
from core.outgoing import SAID
from core.phrases import unpack
from core.ports import Delivery, Notice, Reader, Store
from core.reminding import MENTION

T = TypeVar("T")

THREAD: Final = "thread"
METADATA: Final = "countersign_card"
"""The event type of a card's metadata. Stands in posted messages; may never be renamed."""

BUSY: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
UNKNOWN: Final = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""`internal_error` and `fatal_error` may mean that it was posted (docs.slack.dev, chat.postMessage)."""

BLOCKS: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "invalid_arguments"}
)
GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "block_mismatch"})
LOCKED_OUT: Final = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
    | {"org_login_required", "ekm_access_denied", "access_denied"}
)
"""Whatever the app asks for is refused, until somebody mends it."""

MENDABLE: Final = LOCKED_OUT | {"missing_scope", "no_permission", "not_allowed_token_type"}
"""Somebody who runs the server can mend these; the place is fine."""

NOT_GIVEN: Final = "team_access_not_granted"
"""The app is installed in a whole Enterprise organisation, and this workspace has not got it; people there may yet."""

LINK_TRIES: Final = 5
"""Within a minute who was just added is linked. Later the link itself has the card shown."""

LOOK_BACK: Final = 100
REMEMBERED: Final = 2_000


class SlackOutlet:
    """`client` never retries by itself and its session has a total timeout."""

    word: ClassVar[str] = "slack"

    def __init__(
        self,
        client: AsyncWebClient,
        store: Store,
        channels: Channels,
        backdrops: Backdrops,
        installation: Installation,
        *,
        pace: Pace | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._channels = channels
        self._backdrops = backdrops
        self._installation = installation
        self._pace = pace or Pace()
        self._told: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._locales: OrderedDict[str, str | None] = OrderedDict()

    @property
    def pace(self) -> Pace:
        return self._pace

    async def spot(self, organisation: str, place: str, address: Mapping[str, Any]) -> Spot:
        return self.known_spot(organisation, place, address)

    def known_spot(self, organisation: str, place: str, address: Mapping[str, Any]) -> Spot:
        """Slack counts by workspace and channel, whatever name a channel goes by (docs.slack.dev, rate limits)."""
        named = place.removeprefix("channel:") if not place.startswith("#") else self._channels.known(place)
        return Spot(self._installation.workspace, named or place)

    async def show(self, delivery: Delivery, request: Request) -> Delivery:
        """Update the card where it stands, else post it."""
        return await self._show(delivery, lambda channel: self._drawings(delivery, request, channel))

    async def show_batch(self, delivery: Delivery, requests: Sequence[Request]) -> Delivery:
        """The same for what was asked together; one that is alone here has a card like any other."""
        if len(requests) == 1:
            return await self.show(delivery, requests[0])
        return await self._show(delivery, lambda channel: self._drawings_of_batch(delivery, requests, channel))

    async def _show(self, delivery: Delivery, draw: Callable[[str], Awaitable[list[Drawing]]]) -> Delivery:
        if delivery.state == "shown":
            drawings = await draw(str(delivery.address["channel"]))
            await self._first_accepted(drawings, lambda drawing: self._update(delivery, drawing))
            return delivery
        channel = await self._channel(delivery.organisation, delivery.place, tries=delivery.attempts)
        drawings = await draw(channel)
        try:
            answer = await self._first_accepted(drawings, lambda drawing: self._post(channel, delivery, drawing))
        except OutletRefused as no:
            if no.reason == NOT_GIVEN and delivery.place.startswith("member:"):
                raise OutletRefused(no.reason, permanent=False) from no
            raise
        return replace(delivery, address={"channel": str(answer["channel"]), "ts": str(answer["ts"])})

    async def tell(self, notice: Notice, request: Request, cards: Sequence[Delivery]) -> Notice:
        """Under each card, or to one person. What was said under one card is not said there again by a later try."""
        if notice.place == THREAD:
            return await self._tell_threads(notice, request, cards)
        channel = await self._channel(notice.organisation, notice.place)
        with await self._speaking(notice.organisation, notice.place, request):
            drawing = line.draw(request, notice.word, _said(notice), notice.extra, direct=True)
        answer = await _called(self._say(channel, drawing))
        return replace(notice, address={"channel": str(answer["channel"]), "ts": str(answer["ts"])})

    async def inform(self, notice: Notice) -> Notice:
        """A direct message to somebody who may be no member, in the language of their Slack then."""
        channel = await self._channel(notice.organisation, notice.place)
        with speaking_to(await self._locale_of(channel)):
            drawing = whisper.draw(_said(notice))
        answer = await _called(self._say(channel, drawing))
        return replace(notice, address={"channel": str(answer["channel"]), "ts": str(answer["ts"])})

    async def gather(self, organisation: str, place: str, reminders: Sequence[Reminder], more: int) -> None:
        """Many reminders as one message; strangers who read along in a shared channel see none of it."""
        channel = await self._channel(organisation, place)
        if await self._is_shared(channel):
            return
        direct = place.startswith("member:")
        mentioned = [await self._mentioned(one.notice) for one in reminders]
        more += sum(int(one.notice.extra.get("more", 0)) for one in reminders)
        with await self._speaking(organisation, place, *(one.request for one in reminders)):
            lines = [
                Line(one.request, _said(one.notice) if one.notice.word == "told" else "", users)
                for one, users in zip(reminders, mentioned, strict=True)
            ]
            drawing = gathered.draw(lines, more, direct=direct)
        await _called(self._say(channel, drawing))

    async def _mentioned(self, notice: Notice) -> list[str]:
        """The Slack users among the members it mentions."""
        named = [str(member) for member in notice.extra.get(MENTION, ())]
        if not named:
            return []

        def look(reader: Reader) -> list[str | None]:
            return [self._user(reader, notice.organisation, member) for member in named]

        return [user for user in await self._store.read(look) if user is not None]

    async def find(self, delivery: Delivery) -> Mapping[str, Any] | None:
        """Looked up in the channel's history, where that scope was granted; None where it cannot be seen.

        While Slack is busy or broken, or the app is locked out, history tells nothing: then a card may well stand there.
        """
        channel = await self._channel(delivery.organisation, delivery.place)
        try:
            where = await _called(self._conversation(channel))
            history = await _called(
                self._client.conversations_history(channel=where, limit=LOOK_BACK, include_all_metadata=True)
            )
        except OutletRefused as no:
            if no.reason in LOCKED_OUT:
                raise
            return None
        for message in history.get("messages") or []:
            metadata = message.get("metadata") or {}
            if (metadata.get("event_payload") or {}).get("delivery") == delivery.id:
                return {"channel": where, "ts": str(message["ts"])}
        return None

    # Where.

    async def _channel(self, organisation: str, place: str, *, tries: int = LINK_TRIES) -> str:
        """What `chat.postMessage` takes: a channel's id, or a user's, which means their direct messages.

        `tries` that were made before: a card waits a little for its member to be linked, then others are shown it.
        """
        kind, _, id = place.partition(":")
        if place.startswith("#"):
            found = await _called(self._channels.id_of(place))
            if found is None:
                raise OutletRefused(
                    f"there is no channel {place} that the app can see", permanent=not self._channels.reaches_nothing
                )
            return found
        if kind == "channel":
            return id
        if kind == "identity":
            return self._outsider(id)
        if kind != "member":
            raise OutletRefused(f"{kind} is no place in Slack")
        user = await self._store.read(lambda reader: self._user(reader, organisation, id))
        if user is None:
            raise OutletRefused("the member is not linked to a Slack account", permanent=tries >= LINK_TRIES)
        return user

    async def _speaking(self, organisation: str, place: str, *about: Request) -> AbstractContextManager[None]:
        """One person's own messages are in their language; a channel's in the one that its project or organisation chose."""
        kind, _, id = place.partition(":")
        if kind != "member":
            projects = {request.project for request in about}
            return speaking_to(await self._store.read(lambda reader: _of_channels(reader, organisation, projects)))
        preferences = await self._store.read(lambda reader: reader.preferences(organisation, id))
        return speaking_to(preferences.locale or await self._profile_locale(organisation, id))

    async def _profile_locale(self, organisation: str, member: str) -> str | None:
        """Of somebody whose profile nobody has looked at since they were linked."""
        user = await self._store.read(lambda reader: self._user(reader, organisation, member))
        if user is not None and user not in self._locales:
            self._locales[user] = await profile_locale(self._client, user)
            if len(self._locales) > REMEMBERED:
                self._locales.popitem(last=False)
        return None if user is None else self._locales[user]

    def _outsider(self, identity: str) -> str:
        kind, issuer, user = identity.split("/", 2)
        if (kind, issuer) != (KIND, self._installation.issuer):
            raise OutletRefused("the app is not installed where this user is", permanent=False)
        return user

    async def _locale_of(self, user: str) -> str | None:
        linked = await self._store.read(lambda reader: reader.linked(KIND, self._installation.issuer, user))
        known = None if linked is None else linked[1]
        return known or await profile_locale(self._client, user)

    def _user(self, reader: Reader, organisation: str, member: str) -> str | None:
        pinned = reader.identities(organisation, member)
        here = (one.user for one in pinned if (one.kind, one.issuer) == (KIND, self._installation.issuer))
        return next(here, None)

    async def _conversation(self, channel: str) -> str:
        """A user's direct messages have an id of their own, which history wants."""
        if not channel.startswith(("U", "W")):
            return channel
        opened = await self._client.conversations_open(users=channel)
        return str(opened["channel"]["id"])

    async def _is_shared(self, channel: str) -> bool:
        return channel.startswith(("C", "G")) and await _called(self._channels.is_shared(channel))

    async def _hides(self, channel: str, request: Request) -> bool:
        """Where people of other organisations read along nothing is told, unless the project says so."""
        if not await self._is_shared(channel):
            return False
        project = await self._store.read(lambda reader: reader.project(request.project))
        return project is None or not project.settings.details_in_shared_channels

    # Cards.

    async def _drawings(self, delivery: Delivery, request: Request, channel: str) -> list[Drawing]:
        """The card, and plainer ones should Slack refuse its blocks. Strangers reading along see no details."""
        if await self._hides(channel, request):
            with await self._speaking(delivery.organisation, delivery.place, request):
                return [redacted.draw(request)]
        backdrop = await self._backdrops.of(request)
        with await self._speaking(delivery.organisation, delivery.place, request):
            minimal = card.minimal(request, backdrop)
            text = Drawing(minimal.text, [])
            return [_marked(card.draw(request, backdrop), delivery), _marked(minimal, delivery), text]

    async def _drawings_of_batch(self, delivery: Delivery, requests: Sequence[Request], channel: str) -> list[Drawing]:
        if await self._hides(channel, requests[0]):
            with await self._speaking(delivery.organisation, delivery.place, *requests):
                return [redacted.draw_several(requests)]
        here = {request.id for request in requests}
        owner, batch = delivery.organisation, delivery.batch or ""
        every = await self._store.read(lambda reader: reader.batch(owner, batch))
        elsewhere = [request for request in every if request.id not in here]
        backdrop = await self._backdrops.of(requests[0])
        with await self._speaking(owner, delivery.place, *requests):
            minimal = together.minimal(requests, backdrop)
            text = Drawing(minimal.text, [])
            card = together.draw(requests, backdrop, elsewhere)
            return [_marked(card, delivery), _marked(minimal, delivery), text]

    async def _first_accepted(
        self, drawings: Sequence[Drawing], send: Callable[[Drawing], Awaitable[AsyncSlackResponse]]
    ) -> AsyncSlackResponse:
        """Refused blocks were certainly not posted, so the next drawing may be tried."""
        for drawing in drawings[:-1]:
            try:
                return await send(drawing)
            except SlackApiError as error:
                if _reason(error) not in BLOCKS:
                    raise _translated(error) from error
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise _lost(error) from error
        return await _called(send(drawings[-1]))

    async def _post(self, channel: str, delivery: Delivery, drawing: Drawing) -> AsyncSlackResponse:
        return await self._client.chat_postMessage(
            channel=channel,
            text=drawing.text,
            blocks=drawing.blocks,
            metadata={"event_type": METADATA, "event_payload": {"delivery": delivery.id, "request": delivery.request}},
            unfurl_links=False,
            unfurl_media=False,
            parse="none",
        )

    async def _update(self, delivery: Delivery, drawing: Drawing) -> AsyncSlackResponse:
        return await self._client.chat_update(
            channel=str(delivery.address["channel"]),
            ts=str(delivery.address["ts"]),
            text=drawing.text,
            blocks=drawing.blocks,
            parse="none",
        )

    # Lines.

    async def _tell_threads(self, notice: Notice, request: Request, cards: Sequence[Delivery]) -> Notice:
        extra = {**notice.extra, USERS: await self._mentioned(notice)}
        with await self._speaking(notice.organisation, notice.place, request):
            drawing = line.draw(request, notice.word, _said(notice), extra, direct=False)
        refusals = []
        told = dict(notice.address)
        for shown in cards:
            try:
                if (ts := await self._under(shown, notice, drawing, request)) is not None:
                    told[shown.id] = ts
            except OutletRefused as no:
                refusals.append(no)
        if refusals and len(refusals) == len(cards):
            raise refusals[0]
        return replace(notice, address=told)

    async def _under(self, shown: Delivery, notice: Notice, drawing: Drawing, request: Request) -> str | None:
        channel, ts = str(shown.address.get("channel", "")), str(shown.address.get("ts", ""))
        done = (notice.id, shown.id)
        if not channel or done in self._told or await self._hides(channel, request):
            return None
        answer = await _called(self._say(channel, drawing, thread=ts))
        self._told[done] = None
        while len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return str(answer["ts"])

    async def _say(self, channel: str, drawing: Drawing, thread: str | None = None) -> AsyncSlackResponse:
        return await self._client.chat_postMessage(
            channel=channel,
            text=drawing.text,
            blocks=drawing.blocks,
            thread_ts=thread,
            unfurl_links=False,
            unfurl_media=False,
            parse="none",
        )


def _of_channels(reader: Reader, organisation: str, projects: AbstractSet[str]) -> str:
    """Where several projects meet that do not speak alike, the organisation's language."""
    found = (reader.project(id) for id in projects)
    said = {AS_THE_ORGANISATION if project is None else project.settings.language for project in found}
    if len(said) == 1 and AS_THE_ORGANISATION not in said:
        return said.pop()
    owner = reader.organisation(organisation)
    return ENGLISH if owner is None else owner.language


def _said(notice: Notice) -> str:
    """Its sentence in the language spoken now, as far as it is our own."""
    said = notice.extra.get(SAID)
    return notice.sentence if said is None else unpack(said)


def _marked(drawing: Drawing, delivery: Delivery) -> Drawing:
    """The delivery's id in the buttons' block id, which comes back with every click."""

    def mark(block: Json) -> Json:
        if block["type"] != "actions":
            return block
        key = block["block_id"].removeprefix("buttons.").removeprefix("plain.")
        return {**block, "block_id": f"buttons.{key}.{delivery.id}"}

    return Drawing(drawing.text, [mark(block) for block in drawing.blocks])


async def _called(call: Awaitable[T]) -> T:
    try:
        return await call
    except SlackApiError as error:
        raise _translated(error) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise _lost(error) from error


def _lost(error: Exception) -> OutletBusy | OutcomeUnknown:
    """Nobody reached means nothing done; any other end of a connection tells nothing."""
    return OutletBusy(5.0) if isinstance(error, aiohttp.ClientConnectorError) else OutcomeUnknown(type(error).__name__)


def _translated(error: SlackApiError) -> OutletRefused | OutletBusy | OutcomeUnknown:
    response = error.response
    if not isinstance(response, AsyncSlackResponse):
        return OutcomeUnknown("an answer that was not Slack's")
    reason = _reason(error)
    if response.status_code == 429 or reason in BUSY:
        return OutletBusy(_retry_after(response))
    if response.status_code >= 500 or reason in UNKNOWN or not reason:
        return OutcomeUnknown(reason or str(response.status_code))
    return OutletRefused(reason, gone=reason in GONE, permanent=reason not in GONE | MENDABLE)


def _reason(error: SlackApiError) -> str:
    response = error.response
    data = response.data if isinstance(response, AsyncSlackResponse) else None
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def _retry_after(response: AsyncSlackResponse) -> float:
    headers = {str(name).lower(): value for name, value in response.headers.items()}
    try:
        return max(1.0, float(headers.get("retry-after", 1)))
    except (TypeError, ValueError):
        return 30.0


MEMBER = SlackOutlet
