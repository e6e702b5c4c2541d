"""One call and its answer as bytes; knows HTTP/1.1 (through h11), but no sockets, clocks or threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import h11

from countersign_client.calls import Answer, Call, Headers
from countersign_client.errors import NotUnderstood, Unreachable

MOST: Final = 64 * 1024 * 1024
"""Bytes of an answer beyond which it cannot be ours."""


class Exchange:
    """One call on one connection: bytes to send, then bytes taken until the answer is whole."""

    def __init__(self, call: Call, target: str, headers: Headers, connection: h11.Connection | None = None) -> None:
        self.connection = connection or h11.Connection(h11.CLIENT)
        self._call, self._target, self._headers = call, target, headers
        self._head: h11.Response | None = None
        self._parts: list[bytes] = []
        self._size = 0

    def bytes_out(self) -> bytes:
        body = self._call.body
        sized = () if body is None else (("Content-Length", str(len(body))), ("Content-Type", "application/json"))
        head = h11.Request(
            method=self._call.method, target=self._target, headers=[*self._headers, *self._call.headers, *sized]
        )
        send = self.connection.send
        parts = [send(head), b"" if body is None else send(h11.Data(data=body)), send(h11.EndOfMessage())]
        return b"".join(part or b"" for part in parts)

    def take(self, received: bytes) -> Answer | None:
        """The answer once it is whole; no bytes mean that the other side has hung up."""
        for part in self.parts(received):
            self._parts.append(part)
            self._size += len(part)
            if self._size > MOST:
                raise NotUnderstood("The answer is longer than anything Countersign says; check the address.")
        return self.answer(b"".join(self._parts)) if self.is_whole else None

    def parts(self, received: bytes) -> Iterator[bytes]:
        """The pieces of the body that have become known, for answers that are followed as they come."""
        try:
            self.connection.receive_data(received)
            while True:
                event = self.connection.next_event()
                if isinstance(event, h11.Response):
                    self._head = event
                elif isinstance(event, h11.Data):
                    yield bytes(event.data)
                elif event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                    return
        except h11.RemoteProtocolError as problem:
            if not received:
                raise Unreachable("The server hung up before it had answered.") from None
            raise NotUnderstood(f"What answered does not speak HTTP as a server should ({problem}).") from None

    @property
    def is_whole(self) -> bool:
        return self._head is not None and self.connection.their_state in (h11.DONE, h11.MUST_CLOSE, h11.CLOSED)

    @property
    def head(self) -> Answer | None:
        """Status and headers, once they are known."""
        return None if self._head is None else self.answer(b"")

    @property
    def may_go_on(self) -> bool:
        """Whether the connection can carry another call."""
        return self.connection.our_state is h11.DONE and self.connection.their_state is h11.DONE

    def answer(self, body: bytes) -> Answer:
        if self._head is None:
            raise Unreachable("The server hung up before it had answered.")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self._head.headers}
        return Answer(self._head.status_code, headers, body)
