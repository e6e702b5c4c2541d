"""The two clients. They differ in how a step is performed, and in nothing else.

What speaks HTTP and what reads answers is loaded by the first call: many programs make a client at their start and never
come to ask, or not for hours.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

from countersign_client.calls import AGENT, JSON_LINES, NOTHING, Answer, Headers
from countersign_client.environment import Remote, remote
from countersign_client.errors import Unreachable, WrongAddress
from countersign_client.flow import Flow, Patience, Pause, Renew, Step, arun, operation, run
from countersign_client.issued import AwaitedSource, Source
from countersign_client.route import Route, route_to
from countersign_client.speaking import Speaker

if TYPE_CHECKING:
    import ssl

    from countersign_client.models import Login, Request
    from countersign_client.outcomes import Outcome
    from countersign_client.receipts import Expected, Receipt
    from countersign_client.requests import Asked, AsyncRequests, Requests
    from countersign_client.sockets import Sockets
    from countersign_client.streams import Streams

T = TypeVar("T")


class Root:
    """What can be done apart from single requests."""

    speaker: Speaker

    @property
    def remote(self) -> Remote:
        """Which server, and as whom."""
        return self.speaker.remote

    @operation
    def approval(
        self,
        type: str,
        title: str,
        *,
        timeout: float | None = None,
        on_change: Callable[[Request], object] | None = None,
        idempotency_key: str | None = None,
        **asked: Unpack[Asked],
    ) -> Flow[Outcome]:
        """Ask and wait, in one line: how it came out. `timeout` in seconds; without, until the request's own deadline.

        With the same `idempotency_key` a second time, e.g. after a restart, the first request is waited for again.
        """
        from countersign_client.requests import created, waited  # noqa: PLC0415

        request = yield from created(self.speaker, type, title, asked, idempotency_key)
        return (yield from waited(self.speaker, request.id, timeout, on_change=on_change))

    @operation
    def me(self) -> Flow[Mapping[str, Any]]:
        """Who the server takes us for."""
        found: Mapping[str, Any] = yield from self.speaker.fetch("GET", "me")
        return found

    @operation
    def login(self, code: str, *, label: str = "countersign-client") -> Flow[Login]:
        """A token for the code that /countersign login shows; keep it with `keep_login`, or pass it to a new client."""
        from countersign_client.models import Login  # noqa: PLC0415
        from countersign_client.reading import read  # noqa: PLC0415

        return read(Login, (yield from self.speaker.fetch("POST", "login", body={"code": code, "label": label})))

    @operation
    def key_set(self) -> Flow[Mapping[str, Any]]:
        """The keys that receipts are checked with; keep them, and `receipts.verify` needs no server."""
        return (yield from key_set(self.speaker))

    @operation
    def verify(self, receipt: str, expected: Expected | None = None) -> Flow[Receipt]:
        """What the receipt says, if the server signed it and it is what was expected; ReceiptRefused if not."""
        from countersign_client.receipts import verify  # noqa: PLC0415

        return verify(receipt, (yield from key_set(self.speaker)), expected)

    @operation
    def call(
        self, method: str, *parts: str, query: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> Flow[Any]:
        """Any other address of the API (`call("GET", "rules", id)`), as JSON; retries and refusals as everywhere."""
        return (yield from self.speaker.fetch(method, *parts, query=query, body=body))


def key_set(speaker: Speaker) -> Flow[Mapping[str, Any]]:
    found: Mapping[str, Any] = yield from speaker.published("/.well-known/jwks.json")
    return found


class Countersign(Root):
    """Blocking. Without arguments it speaks to the server, and as whom, the environment says.

    `token` may be a function, for tokens that live for minutes: it is asked again when the last is about to end or was
    refused. `patience`: for how long calls are tried again; `ssl_context`: for authorities of one's own. A context manager; may be
    used by several threads at once.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | Source | None = None,
        *,
        patience: Patience | None = None,
        ssl_context: ssl.SSLContext | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.speaker = Speaker(remote(url, token), patience or Patience())
        self._way, self._ssl = _way(self.speaker), ssl_context
        self._sleep = sleep

    @cached_property
    def requests(self) -> Requests:
        """Everything that can be done with requests."""
        from countersign_client.requests import Requests  # noqa: PLC0415

        return Requests(self, self.speaker)

    @cached_property
    def _sockets(self) -> Sockets:
        """Should two threads come first at once, one's connection is not kept, and that is all."""
        from countersign_client.sockets import Sockets  # noqa: PLC0415

        return Sockets(*self._way, self._ssl)

    def run(self, flow: Flow[T]) -> T:
        try:
            return run(flow, self.step)
        except Unreachable as failure:
            raise self.speaker.away(failure) from None

    def step(self, step: Step) -> Answer:
        if isinstance(step, Pause):
            self._sleep(step.seconds)
            return NOTHING
        if isinstance(step, Renew):
            step.issued.keep(step.issued.source())
            return NOTHING
        return self._sockets.send(step)

    def lines(self, *parts: str, body: Mapping[str, Any]) -> Iterator[Any]:
        """A POST that is answered line by line while it is worked on; a plain answer is the only line."""
        self.run(self.speaker.renewed())
        reading = Lines(self.speaker)
        try:
            for piece in self._sockets.follow(self.speaker.call("POST", *parts, body=body, accept=JSON_LINES)):
                yield from reading.take(piece)
        except Unreachable as failure:
            raise self.speaker.away(failure) from None
        yield from reading.end()

    def close(self) -> None:
        if "_sockets" in vars(self):
            self._sockets.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncCountersign(Root):
    """For asyncio: the same operations, awaited. Thousands may wait on one client; each may be cancelled.

    `token` may be a function, as there, or one that is awaited. In an `async with` block its connections are kept for the next call; otherwise each call opens one.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | Source | AwaitedSource | None = None,
        *,
        patience: Patience | None = None,
        ssl_context: ssl.SSLContext | None = None,
        sleep: Callable[[float], Coroutine[Any, Any, object]] | None = None,
    ) -> None:
        self.speaker = Speaker(remote(url, token), patience or Patience())
        self._way, self._ssl = _way(self.speaker), ssl_context
        self._sleep = sleep or _sleep

    @cached_property
    def requests(self) -> AsyncRequests:
        """Everything that can be done with requests."""
        from countersign_client.requests import AsyncRequests  # noqa: PLC0415

        return AsyncRequests(self, self.speaker)

    @cached_property
    def _streams(self) -> Streams:
        from countersign_client.streams import Streams  # noqa: PLC0415

        return Streams(*self._way, self._ssl)

    async def arun(self, flow: Flow[T]) -> T:
        try:
            return await arun(flow, self.astep)
        except Unreachable as failure:
            raise self.speaker.away(failure) from None

    async def astep(self, step: Step) -> Answer:
        if isinstance(step, Pause):
            await self._sleep(step.seconds)
            return NOTHING
        if isinstance(step, Renew):
            step.issued.keep(await given(step.issued.source))
            return NOTHING
        return await self._streams.send(step)

    async def lines(self, *parts: str, body: Mapping[str, Any]) -> AsyncIterator[Any]:
        """A POST that is answered line by line while it is worked on; a plain answer is the only line."""
        await self.arun(self.speaker.renewed())
        reading = Lines(self.speaker)
        try:
            async for piece in self._streams.follow(self.speaker.call("POST", *parts, body=body, accept=JSON_LINES)):
                for line in reading.take(piece):
                    yield line
        except Unreachable as failure:
            raise self.speaker.away(failure) from None
        for line in reading.end():
            yield line

    async def close(self) -> None:
        if "_streams" in vars(self):
            await self._streams.close()

    async def __aenter__(self) -> Self:
        self._streams.keeps = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class Lines:
    """Pieces of an answer put together to lines of JSON, whichever way they come; refusals are raised."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self._head = NOTHING
        self._rest = b""

    def take(self, piece: bytes | Answer) -> Iterator[Any]:
        if isinstance(piece, Answer):
            self._head = piece
            return
        self._rest += piece
        if self._is_lines:
            *whole, self._rest = self._rest.split(b"\n")
            yield from map(self._read, filter(None, whole))

    def end(self) -> Iterator[Any]:
        if not self._is_lines:
            yield self._speaker.understood(Answer(self._head.status, self._head.headers, self._rest))
        elif self._rest:
            yield self._read(self._rest)

    @property
    def _is_lines(self) -> bool:
        return self._head.headers.get("content-type", "").startswith(JSON_LINES)

    def _read(self, line: bytes) -> Any:
        """A line that is a problem document is the server's no, said halfway."""
        try:
            value = json.loads(line)
        except ValueError:
            raise Unreachable("The answer broke off in the middle of a line.") from None
        is_problem = isinstance(value, dict) and "code" in value and "detail" in value and "status" in value
        status = int(value["status"]) if is_problem else self._head.status
        return self._speaker.understood(Answer(status, self._head.headers, line))


async def given(source: Source | AwaitedSource) -> object:
    """What the source gives; one that blocks does so on a thread of its own."""
    import asyncio  # noqa: PLC0415 - blocking programs need not load it
    import inspect  # noqa: PLC0415

    found: object = source() if inspect.iscoroutinefunction(source) else await asyncio.to_thread(source)
    return await found if inspect.isawaitable(found) else found


async def _sleep(seconds: float) -> None:
    import asyncio  # noqa: PLC0415 - who awaits this has it loaded

    await asyncio.sleep(seconds)


def _way(speaker: Speaker) -> tuple[Route, Headers]:
    try:
        route = route_to(speaker.remote.url)
    except ValueError as problem:
        raise WrongAddress(str(problem)) from None
    return route, (("Host", route.host_header), ("User-Agent", AGENT))
