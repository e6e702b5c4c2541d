"""Bringing things to the app: over signed HTTP or one of its sockets, answered within the ack limit or not at all.

Events that are not acknowledged come again up to three times; interactions and commands never do.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.clock import Clock
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.log import Log
from bot.sandbox.shapes import Json

RETRY_DELAYS = (0.0, 60.0, 300.0)


@dataclass(frozen=True)
class Parcel:
    """`kind` is Socket Mode's envelope type: slash_commands, interactive or events_api."""

    kind: str
    payload: Json
    title: str
    retry_num: int = 0
    retry_reason: str = ""


@dataclass(frozen=True)
class Ack:
    """What the app answered. `body` is JSON, text or None; `error` says why there was no good answer."""

    status: int
    body: Any = None
    error: str | None = None
    ms: float = 0.0
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        return self.error is None


class Transport(Protocol):
    """One way to the app; must answer within the ack limit, never raise."""

    async def carry(self, parcel: Parcel, ack_limit: float) -> Ack: ...


def signature(secret: str, timestamp: str, body: bytes) -> str:
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class SignedHttp:
    def __init__(self, url: str, secret: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.sent: deque[tuple[bytes, dict[str, str]]] = deque(maxlen=100)
        self._secret = secret
        self._session = session

    async def carry(self, parcel: Parcel, ack_limit: float) -> Ack:
        body, content_type = _http_body(parcel)
        self.sent.append((body, self._headers(parcel, body, content_type)))
        return await self.post(*self.sent[-1], ack_limit)

    async def post(self, body: bytes, headers: dict[str, str], ack_limit: float) -> Ack:
        """Sends these very bytes and headers, for the first time or again."""
        timeout = aiohttp.ClientTimeout(total=ack_limit)
        try:
            async with self._session.post(self.url, data=body, headers=headers, timeout=timeout) as answer:
                content = await answer.read()
                error = None if answer.status < 300 else f"http_{answer.status}"
                no_retry = answer.headers.get("X-Slack-No-Retry") == "1"
                return Ack(answer.status, _parsed(content), error, no_retry=no_retry)
        except TimeoutError:
            return Ack(0, error="operation_timeout")
        except aiohttp.ClientError:
            return Ack(0, error="connection_failed")

    def _headers(self, parcel: Parcel, body: bytes, content_type: str) -> dict[str, str]:
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": content_type, "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }  # fmt: skip
        if parcel.retry_num:
            headers |= {"X-Slack-Retry-Num": str(parcel.retry_num), "X-Slack-Retry-Reason": parcel.retry_reason}
        return headers


def _http_body(parcel: Parcel) -> tuple[bytes, str]:
    if parcel.kind == "events_api":
        return json.dumps(parcel.payload).encode(), "application/json"
    fields = parcel.payload if parcel.kind == "slash_commands" else {"payload": json.dumps(parcel.payload)}
    return urlencode({key: value for key, value in fields.items() if value is not None}).encode(), (
        "application/x-www-form-urlencoded"
    )


def _parsed(content: bytes) -> Any:
    text = content.decode(errors="replace")
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


class Delivery:
    def __init__(self, clock: Clock, log: Log, faults: Faults) -> None:
        self.transport: Transport | None = None
        self.ack_limit = 3.0
        self.retry_delays: tuple[float, ...] = RETRY_DELAYS
        self._clock, self._log, self._faults = clock, log, faults
        self._gone = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._moving = 0
        self._still = asyncio.Event()
        self._still.set()

    async def hand_over(self, kind: str, payload: Json, title: str) -> Ack:
        """An interaction or command: tried once."""
        return await self._carry(Parcel(kind, payload, title))

    def send_event(self, wrapper: Json) -> None:
        """An event: sent in the background and again when not acknowledged."""
        if self._gone:
            return
        parcel = Parcel("events_api", wrapper, wrapper["event"]["type"])
        self._spawn(self._send_until_acknowledged(parcel))

    async def send_again(self, wrapper: Json) -> Ack:
        """The same event once more, as Slack does now and then although it was acknowledged."""
        return await self._carry(Parcel("events_api", wrapper, wrapper["event"]["type"], 1, "http_timeout"))

    def stop_events(self) -> None:
        """The app is gone: no further event is sent, and none again."""
        self._gone = True

    def resume_events(self) -> None:
        """The app is there, for the first time or again."""
        self._gone = False

    async def settled(self) -> None:
        """Returns when nothing is on its way to the app; events waiting for a later try do not count."""
        await self._still.wait()

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._move(1)
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _move(self, by: int) -> None:
        self._moving += by
        change = self._still.set if self._moving == 0 else self._still.clear
        change()

    async def _send_until_acknowledged(self, parcel: Parcel) -> None:
        try:
            for number, delay in enumerate((*self.retry_delays, None), start=1):
                ack = await self._carry(parcel)
                if ack.ok or ack.no_retry or self._gone or delay is None:
                    return
                parcel = replace(parcel, retry_num=number, retry_reason=_retry_reason(ack))
                await self._rest(delay)
        finally:
            self._move(-1)

    async def _rest(self, delay: float) -> None:
        if delay <= 0:
            return
        self._move(-1)
        try:
            await self._clock.sleep_until(self._clock.now() + delay)
        finally:
            self._move(1)

    async def _carry(self, parcel: Parcel) -> Ack:
        began = time.monotonic()
        if self.transport is None:
            ack = Ack(0, error="no_app", no_retry=True)
        else:
            ack = await self.transport.carry(parcel, self.ack_limit)
            ack = await self._with_fault(ack, self._faults.take("event_ack" if parcel.kind == "events_api" else "ack"))
        ack = replace(ack, ms=(time.monotonic() - began) * 1000)
        self._record(parcel, ack)
        return ack

    async def _with_fault(self, ack: Ack, fault: Fault | None) -> Ack:
        if fault is None:
            return ack
        if fault.kind == "500":
            return Ack(500, error="http_500")
        if fault.kind == "delay":
            await asyncio.sleep(min(fault.seconds, self.ack_limit))
            return ack if fault.seconds < self.ack_limit else Ack(0, error="operation_timeout")
        return Ack(0, error="operation_timeout")

    def _record(self, parcel: Parcel, ack: Ack) -> None:
        kind = {"events_api": "event", "slash_commands": "slash_commands"}.get(parcel.kind)
        self._log.add(
            direction="to_app", kind=kind or parcel.payload["type"], title=parcel.title,
            request=parcel.payload, response=ack.body, status=ack.status, ms=ack.ms, error=ack.error,
        )  # fmt: skip


def _retry_reason(ack: Ack) -> str:
    known = {"operation_timeout": "http_timeout", "connection_failed": "connection_failed"}
    return known.get(ack.error or "", "http_error")
