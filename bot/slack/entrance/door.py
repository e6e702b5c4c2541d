"""Our own HTTP entrance for Slack: size, signature, time, replay and form are checked here, before Bolt sees anything.

Bolt's own entrance answers 500 to malformed headers, parses before it verifies, runs a replayed click twice and logs
bodies. Nothing of a body is ever logged here. Time is the real one, never a turned clock.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from yarl import query_to_pairs

from bot.slack.entrance.payload import well_formed

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Dispatch = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]

PATH: Final = "/slack/events"

LARGEST: Final = 2 * 1024 * 1024
"""A form-encoded view of 250 kB stays below."""

SECONDS: Final = 10.0
"""In which a body must have arrived; Slack itself waits three for the answer."""

SKEW: Final = 300
REMEMBERED: Final = 600.0
FIELDS: Final = 64
PROOF: Final = "countersign_payload_digest"
"""Where a handler finds the SHA-256 of the signed bytes in Bolt's context."""

_TIMESTAMP = re.compile(rb"\d{1,12}")
_SIGNATURE = re.compile(rb"v0=[0-9a-f]{64}")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    type: str = "text/plain; charset=utf-8"


class Entrance:
    """Stands in front of the whole application: one path is Slack's, everything else goes on."""

    def __init__(self, app: Application, door: Application, path: str = PATH) -> None:
        self._app = app
        self._door = door
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_slack = scope["type"] == "http" and scope["path"] == self._path
        await (self._door if is_slack else self._app)(scope, receive, send)


class Turned(Exception):
    """Not let in. The reply says no more than the status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.reply = Reply(status, reason.encode())


class Replays:
    """Signatures that were let in, for ten minutes: twice the window in which a timestamp is believed."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._known: OrderedDict[bytes, float] = OrderedDict()

    def first(self, signature: bytes) -> bool:
        """Whether this one has not come before."""
        now = self._seconds()
        while self._known and next(iter(self._known.values())) <= now:
            self._known.popitem(last=False)
        if signature in self._known:
            return False
        self._known[signature] = now + REMEMBERED
        return True

    def forget(self, signature: bytes) -> None:
        """It failed on our side, so Slack may send it again."""
        self._known.pop(signature, None)


class Door:
    """An ASGI application for one path. `dispatch` is Bolt's, or what stands in front of it."""

    def __init__(
        self,
        dispatch: Dispatch,
        secret: str,
        *,
        clock: Callable[[], float] = time.time,
        replays: Replays | None = None,
    ) -> None:
        if not secret:
            raise ValueError("the signing secret is empty")
        self._dispatch = dispatch
        self._secret = secret.encode()
        self._clock = clock
        self._replays = replays or Replays()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reply = await self._answer(scope, receive)
        except Turned as turned:
            _log.info("slack request turned away: %s", turned)
            reply = turned.reply
        await _send(send, reply)

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        if scope["method"] != "POST":
            raise Turned(405, "only POST")
        headers = dict(scope["headers"])
        raw = await _read(headers, receive)
        if raw.startswith(b"ssl_check=1") or raw.endswith(b"&ssl_check=1"):
            return Reply(200)
        signature = self._verify(headers, raw)
        body = _parse(headers, raw)
        if body.get("type") == "url_verification":
            return Reply(200, str(body.get("challenge", "")).encode())
        if not well_formed(body):
            raise Turned(400, "not understood")
        if not self._replays.first(signature):
            _log.warning("slack request came twice with one signature; the second was not run")
            return Reply(200)
        reply = _reply(await self._dispatch(_request(body, headers, raw)))
        if reply.status >= 500:
            self._replays.forget(signature)
        return reply

    def _verify(self, headers: Mapping[bytes, bytes], raw: bytes) -> bytes:
        """The signature, when it is the right one over these very bytes and fresh."""
        timestamp = headers.get(b"x-slack-request-timestamp", b"")
        signature = headers.get(b"x-slack-signature", b"")
        if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
            raise Turned(401, "not signed by Slack")
        expected = b"v0=" + hmac.new(self._secret, b"v0:" + timestamp + b":" + raw, hashlib.sha256).hexdigest().encode()
        if not hmac.compare_digest(expected, signature):
            raise Turned(401, "not signed by Slack")
        if abs(self._clock() - int(timestamp)) > SKEW:
            raise Turned(401, "signed too long ago, or a clock is wrong")
        return signature


async def _read(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > LARGEST:
        raise Turned(413, "too large")
    try:
        async with asyncio.timeout(SECONDS):
            return await _whole(receive)
    except TimeoutError:
        raise Turned(408, "too slow") from None


async def _whole(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Turned(400, "gone before the end")
        part = message.get("body", b"")
        size += len(part)
        if size > LARGEST:
            raise Turned(413, "too large")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _parse(headers: Mapping[bytes, bytes], raw: bytes) -> dict[str, Any]:
    """JSON, or a form, or a form whose `payload` is JSON."""
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    try:
        text = raw.decode()
        if kind == b"application/json" or text.startswith("{"):
            return _json(text)
        fields = dict(query_to_pairs(text, max_fields=FIELDS))
        return _json(fields["payload"]) if "payload" in fields else dict(fields)
    except (ValueError, RecursionError):
        raise Turned(400, "not understood") from None


def _json(text: str) -> dict[str, Any]:
    value = orjson.loads(text)
    if not isinstance(value, dict):
        raise Turned(400, "not understood")
    return value


def _request(body: dict[str, Any], headers: Mapping[bytes, bytes], raw: bytes) -> AsyncBoltRequest:
    """In Bolt's socket mode a decoded body is taken as it is, and nothing is verified again."""
    retries = ("x-slack-retry-num", "x-slack-retry-reason")
    passed = {name: headers[name.encode()].decode("latin-1") for name in retries if name.encode() in headers}
    return AsyncBoltRequest(
        body=body,
        headers=dict(passed),
        mode="socket_mode",
        context={PROOF: hashlib.sha256(raw).hexdigest()},
    )


def _reply(response: BoltResponse) -> Reply:
    kind = response.headers.get("content-type", ["text/plain; charset=utf-8"])[0]
    return Reply(response.status, response.body.encode(), kind)


async def _send(send: Send, reply: Reply) -> None:
    headers = [(b"content-type", reply.type.encode()), (b"content-length", str(len(reply.body)).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
