"""Calls over blocking sockets: a connection per call at a time, kept for the next one."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import h11

from countersign_client.calls import Answer, Call, Headers
from countersign_client.errors import Unreachable
from countersign_client.exchange import Exchange
from countersign_client.route import Route

if TYPE_CHECKING:
    import ssl

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 30.0
CHUNK: Final = 65_536

Kept = tuple[socket.socket, h11.Connection]


class Sockets:
    """May be used by several threads at once, and after a fork."""

    def __init__(self, route: Route, headers: Headers, ssl_context: ssl.SSLContext | None) -> None:
        self._idle: list[Kept] = []
        self._route, self._headers, self._ssl = route, headers, ssl_context
        self._process = os.getpid()

    def send(self, call: Call) -> Answer:
        line, connection = self._line(call)
        exchange = Exchange(call, self._route.target(call.path), self._headers, connection)
        try:
            answer = _converse(line, exchange, ANSWER_SECONDS + call.hold)
        except BaseException:
            line.close()
            raise
        if exchange.may_go_on:
            exchange.connection.start_next_cycle()
            self._idle.append((line, exchange.connection))
        else:
            line.close()
        return answer

    def follow(self, call: Call) -> Iterator[bytes | Answer]:
        """The head of the answer, then pieces of its body as they come."""
        line = self._connect()
        exchange = Exchange(call, self._route.target(call.path), self._headers)
        with line, _as_unreachable():
            line.settimeout(ANSWER_SECONDS + call.hold)
            line.sendall(exchange.bytes_out())
            told = False
            while not exchange.is_whole:
                pieces = list(exchange.parts(line.recv(CHUNK)))
                if not told and exchange.head is not None:
                    told = True
                    yield exchange.head
                yield from pieces

    def close(self) -> None:
        while self._idle:
            self._idle.pop()[0].close()

    def __del__(self) -> None:
        self.close()

    def _line(self, call: Call) -> tuple[socket.socket, h11.Connection | None]:
        """A kept connection that is still alive; a new one for what must not be sent twice."""
        if self._process != os.getpid():
            self._idle, self._process = [], os.getpid()
        while self._idle and call.is_repeatable:
            line, connection = self._idle.pop()
            if _is_alive(line):
                return line, connection
            line.close()
        return self._connect(), None

    def _connect(self) -> socket.socket:
        try:
            line = socket.create_connection(self._route.connects_to, CONNECT_SECONDS)
        except OSError as problem:
            raise Unreachable(f"No connection could be made ({problem.strerror or problem}).", sent=False) from None
        try:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return self._secured(line)
        except OSError as problem:
            line.close()
            raise Unreachable(f"No secure connection could be made ({problem}).", sent=False) from None
        except BaseException:
            line.close()
            raise

    def _secured(self, line: socket.socket) -> socket.socket:
        if not self._route.secure:
            return line
        if self._route.tunnels:
            answer = _converse(line, tunnel(self._route), CONNECT_SECONDS)
            must_be_open(answer)
        if self._ssl is None:
            self._ssl = default_ssl()
        return self._ssl.wrap_socket(line, server_hostname=self._route.host)


def default_ssl() -> ssl.SSLContext:
    """The system's authorities; SSL_CERT_FILE and SSL_CERT_DIR name others."""
    import ssl  # noqa: PLC0415 - not for a server on the same machine

    return ssl.create_default_context()


def tunnel(route: Route) -> Exchange:
    """What opens a way through the proxy."""
    credential = None if route.proxy is None else route.proxy.credential
    more = () if credential is None else (("Proxy-Authorization", credential),)
    return Exchange(Call("CONNECT", route.authority), route.authority, (("Host", route.authority), *more))


def must_be_open(answer: Answer) -> None:
    if not 200 <= answer.status < 300:
        raise Unreachable(f"The proxy answered {answer.status} instead of opening a way.", sent=False)


class _as_unreachable:  # noqa: N801 - reads as what it does
    """Whatever breaks while something is on its way."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, _trace: object) -> None:
        if isinstance(problem, TimeoutError):
            raise Unreachable("No answer came in time.") from None
        if isinstance(problem, OSError):
            raise Unreachable(f"The connection broke ({problem.strerror or problem}).") from None


def _converse(line: socket.socket, exchange: Exchange, seconds: float) -> Answer:
    with _as_unreachable():
        line.settimeout(seconds)
        line.sendall(exchange.bytes_out())
        answer = None
        while answer is None:
            answer = exchange.take(line.recv(CHUNK))
        return answer


def _is_alive(line: socket.socket) -> bool:
    """Nothing is to be heard on a quiet line; an end, or anything said unasked, makes it useless."""
    try:
        line.settimeout(0)
        line.recv(1)
    except (BlockingIOError, InterruptedError):
        return True
    except OSError as problem:
        return type(problem).__name__ == "SSLWantReadError"
    return False
