"""The entrance, as plain ASGI: a reference per request, who asks before anything is read, the size limit, the last line.

It stands before the router, so that the order of answers (401, then everything else) does not depend on any route.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from ulid import ULID

from bot.api.auth import bearer
from bot.api.exchange import header
from bot.api.house import House
from bot.api.problems import asked, bug, nowhere, problem
from core.administration import Asked
from core.errors import ApprovalError, Invalid

LARGEST_BODY: Final = 256 * 1024
BODY_SECONDS: Final = 30.0
"""In which a body must have arrived: who sends drop by drop holds no connection for ever."""

OPEN_PATHS: Final = frozenset({"/v1/login"})
"""Under `/v1` but before there is a credential."""

MCP: Final = "/mcp"
"""Where agents speak MCP, if it is switched on; behind the same gate."""

COUNTED: Final = "counted"
"""In the state of a call made in this process, whose cause was counted already when it came in."""

SLOW: Final = 1.0
"""Seconds from which an answer is worth a line in the log though nothing went wrong; a wait that was asked for is not."""

KEPT: Final = frozenset({"type", "method", "route"})
"""What is kept of a request while its answer is waited for."""

log = structlog.get_logger()


class TooLarge(Invalid):
    """The body is larger than we read."""

    code = "too_large"


def _too_large() -> TooLarge:
    return TooLarge("The body is larger than 256 KiB; send links instead of contents.", limit=LARGEST_BODY)


def _too_slow() -> Invalid:
    return Invalid(f"The body did not arrive within {BODY_SECONDS:g} seconds; send it again, all at once.")


class Later(Response):
    """An answer yet to come, waited for by the gate: of thousands who wait, each would keep a frame of every layer below."""

    def __init__(self, wait: Callable[[], Awaitable[Response]]) -> None:
        super().__init__()
        self.wait = wait

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] |= {"later": self, "held": True}


class Gate:
    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app = app
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = _Visit(self._house, {**scope}, send)
        try:
            await self._serve(visit, receive)
        except ClientDisconnect:
            pass  # whoever hung up in the middle of a body hears no answer, and nothing is broken
        except Exception:
            # The last line: whatever this is, it is a bug, and the caller hears one constant sentence.
            log.exception("bug", reference=visit.reference, method=scope["method"], path=scope["path"])
            await visit.answer(bug(visit.reference))
        finally:
            visit.close()

    async def _serve(self, visit: _Visit, receive: Receive) -> None:
        try:
            await self._let_in(visit.scope)
            await self._app(visit.scope, visit.limited(receive), visit.send)
            if "later" in visit.state:
                await visit.answer_later()
        except (ApprovalError, HTTPException) as refusal:
            if visit.has_begun:
                raise  # in the middle of an answer nothing can be refused
            await visit.answer(self._refused(visit, refusal))

    def _refused(self, visit: _Visit, refusal: ApprovalError | HTTPException) -> Response:
        if isinstance(refusal, HTTPException):
            return nowhere(refusal, visit.reference)
        if isinstance(refusal, Asked):
            return asked(refusal, self._house.url)
        visit.state["refused"] = refusal.word
        return problem(refusal, visit.reference)

    async def _let_in(self, scope: Scope) -> None:
        """Who asks is known and no more than may be is sent, or it is refused."""
        path: str = scope["path"]
        if needs_caller(path):
            caller = await self._house.recognise(bearer(header(scope, b"authorization")))
            if self._house.limits is not None and COUNTED not in scope["state"]:
                self._house.limits.take(caller.credential)
            scope["state"]["caller"] = caller
        length = header(scope, b"content-length")
        if length is not None and length.isdigit() and int(length) > LARGEST_BODY:
            raise _too_large()


class _Visit:
    """One request on its way through: its reference, what was answered, how long it took."""

    def __init__(self, house: House, scope: Scope, send: Send) -> None:
        self.reference = str(ULID())
        self.state: dict[str, Any] = scope.setdefault("state", {})
        self.state["reference"] = self.reference
        self.scope = scope
        self._house, self._send = house, send
        self._began = time.perf_counter()
        self._status: int | None = None

    def limited(self, receive: Receive) -> Receive:
        read, more = 0, True
        ends = asyncio.get_running_loop().time() + BODY_SECONDS

        async def limit() -> Message:
            nonlocal read, more
            message = await (_in_time(receive, ends) if more else receive())
            read, more = read + len(message.get("body", b"")), message.get("more_body", False)
            if read > LARGEST_BODY:
                raise _too_large()
            return message

        return limit

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message = {**message, "headers": [*message["headers"], (b"x-request-id", self.reference.encode())]}
        await self._send(message)

    @property
    def has_begun(self) -> bool:
        return self._status is not None

    async def answer(self, response: ASGIApp) -> None:
        """Nothing more can be said once an answer has begun."""
        if not self.has_begun:
            await response(self.scope, _nothing_more, self.send)

    async def answer_later(self) -> None:
        """Wait for what the route has left to be waited for."""
        later: Later = self.state.pop("later")
        self.scope = {name: found for name, found in self.scope.items() if name in KEPT}
        await self.answer(await later.wait())

    def close(self) -> None:
        route = self.scope.get("route")
        path = route.path if isinstance(route, APIRoute) else "none"
        seconds = time.perf_counter() - self._began
        held = self.state.get("held", False)
        self._house.metrics.answered(self.scope["method"], path, self._status or 0, None if held else seconds)
        if refused := self.state.get("refused"):
            self._house.metrics.refused(refused)
        say = log.debug if (self._status or 500) < 400 and (held or seconds < SLOW) else log.info
        say(
            "answered",
            reference=self.reference,
            method=self.scope["method"],
            route=path,
            status=self._status,
            code=refused,
            ms=round(seconds * 1000, 1),
        )


async def _in_time(receive: Receive, ends: float) -> Message:
    try:
        async with asyncio.timeout_at(ends):
            return await receive()
    except TimeoutError:
        raise _too_slow() from None


def needs_caller(path: str) -> bool:
    return path == MCP or (path.startswith("/v1") and path not in OPEN_PATHS)


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}
