"""Calls over asyncio's streams: like `sockets`, but thousands may wait at once, and any may be cancelled."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import h11

from countersign_client.calls import Answer, Call, Headers
from countersign_client.errors import Unreachable
from countersign_client.exchange import Exchange
from countersign_client.route import Route
from countersign_client.sockets import ANSWER_SECONDS, CHUNK, CONNECT_SECONDS, default_ssl, must_be_open, tunnel

if TYPE_CHECKING:
    import ssl


@dataclass(slots=True)
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    connection: h11.Connection | None

    def is_alive(self) -> bool:
        return not (self.reader.at_eof() or self.writer.is_closing() or self.reader.exception())

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


class Streams:
    """May be used by several tasks at once, and by one event loop after the other.

    Connections are kept for the next call only while `keeps`: one that outlives its loop can no longer be closed.
    """

    def __init__(self, route: Route, headers: Headers, ssl_context: ssl.SSLContext | None) -> None:
        self._route, self._headers, self._ssl = route, headers, ssl_context
        self._idle: list[_Line] = []
        self.keeps = False

    async def send(self, call: Call) -> Answer:
        line = await self._line(call)
        exchange = Exchange(call, self._route.target(call.path), self._headers, line.connection)
        try:
            answer = await _converse(line, exchange, ANSWER_SECONDS + call.hold)
        except BaseException:
            line.writer.close()
            raise
        if self.keeps and exchange.may_go_on:
            exchange.connection.start_next_cycle()
            line.connection = exchange.connection
            self._idle.append(line)
        else:
            await line.close()
        return answer

    async def follow(self, call: Call) -> AsyncIterator[bytes | Answer]:
        """The head of the answer, then pieces of its body as they come."""
        line = await self._connect()
        exchange = Exchange(call, self._route.target(call.path), self._headers)
        try:
            await _say(line, exchange)
            told = False
            while not exchange.is_whole:
                pieces = list(exchange.parts(await _hear(line, ANSWER_SECONDS + call.hold)))
                if not told and exchange.head is not None:
                    told = True
                    yield exchange.head
                for piece in pieces:
                    yield piece
        finally:
            line.writer.close()

    async def close(self) -> None:
        self.keeps = False
        while self._idle:
            await self._idle.pop().close()

    async def _line(self, call: Call) -> _Line:
        """A kept connection that is still alive; a new one for what must not be sent twice."""
        while self._idle and call.is_repeatable:
            line = self._idle.pop()
            if line.is_alive():
                return line
            line.writer.close()
        return await self._connect()

    async def _connect(self) -> _Line:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._opened()
        except TimeoutError:
            raise Unreachable("No connection could be made in time.", sent=False) from None
        except OSError as problem:
            raise Unreachable(f"No connection could be made ({problem.strerror or problem}).", sent=False) from None

    async def _opened(self) -> _Line:
        host, port = self._route.connects_to
        secure = self._secure()
        directly = None if self._route.tunnels else secure
        name = self._route.host if directly is not None else None
        reader, writer = await asyncio.open_connection(host, port, ssl=directly, server_hostname=name)
        line = _Line(reader, writer, None)
        try:
            if self._route.tunnels and secure is not None:
                must_be_open(await _converse(line, tunnel(self._route), CONNECT_SECONDS))
                await writer.start_tls(secure, server_hostname=self._route.host)
        except BaseException:
            writer.close()
            raise
        return line

    def _secure(self) -> ssl.SSLContext | None:
        if self._route.secure and self._ssl is None:
            self._ssl = default_ssl()
        return self._ssl if self._route.secure else None


async def _converse(line: _Line, exchange: Exchange, seconds: float) -> Answer:
    await _say(line, exchange)
    answer = None
    while answer is None:
        answer = exchange.take(await _hear(line, seconds))
    return answer


async def _say(line: _Line, exchange: Exchange) -> None:
    try:
        line.writer.write(exchange.bytes_out())
        await line.writer.drain()
    except OSError as problem:
        raise Unreachable(f"The connection broke ({problem.strerror or problem}).") from None


async def _hear(line: _Line, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            return await line.reader.read(CHUNK)
    except TimeoutError:
        raise Unreachable("No answer came in time.") from None
    except OSError as problem:
        raise Unreachable(f"The connection broke ({problem.strerror or problem}).") from None
