"""Socket Mode: single-use addresses, at most ten sockets, each payload to any one of them, acks by envelope id.

An ack is accepted from any of the app's sockets: what Slack does with one from another connection is unknown.
"""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bot.sandbox.app import App
from bot.sandbox.delivery import Ack, Parcel
from bot.sandbox.ids import new_word
from bot.sandbox.shapes import Json

MOST_SOCKETS = 10
RETRY_REASONS = {"http_timeout": "timeout"}


@dataclass(eq=False)
class Ghost:
    """A connection Slack still counts though nobody listens: whatever goes to it is lost."""


Socket = web.WebSocketResponse | Ghost


@dataclass
class Sockets:
    app: App
    lifetime: int = 3600  # what hello promises, in seconds
    choose_at_random: bool = False
    _tickets: set[str] = field(default_factory=set)
    _open: list[Socket] = field(default_factory=list)
    _next: int = 0
    _waiting: dict[str, asyncio.Future[Ack]] = field(default_factory=dict)

    def ticket(self) -> str:
        ticket = new_word(32)
        self._tickets.add(ticket)
        return ticket

    @property
    def count(self) -> int:
        return len(self._open)

    def add_ghost(self) -> Ghost:
        ghost = Ghost()
        self._open.append(ghost)
        return ghost

    def end_ghosts(self) -> None:
        self._open = [each for each in self._open if not isinstance(each, Ghost)]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One WebSocket connection, from hello to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401, text="this address was used before or never given")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(max_msg_size=1_000_000)
        await socket.prepare(request)
        if len(self._open) >= MOST_SOCKETS:
            await socket.send_json(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        self._open.append(socket)
        try:
            await self._converse(socket)
        finally:
            self._forget(socket)
        return socket

    async def _converse(self, socket: web.WebSocketResponse) -> None:
        await socket.send_json(self._hello())
        async for frame in socket:
            if frame.type == WSMsgType.TEXT:
                self._acknowledge(frame.data)

    def _hello(self) -> Json:
        return {
            "type": "hello", "num_connections": len(self._open), "connection_info": {"app_id": self.app.id},
            "debug_info": {"host": "sandbox", "started": time.strftime("%Y-%m-%d %H:%M:%S"), "build_number": 1,
                           "approximate_connection_time": self.lifetime},
        }  # fmt: skip

    def _forget(self, socket: web.WebSocketResponse) -> None:
        if socket in self._open:
            self._open.remove(socket)

    def _acknowledge(self, text: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            return
        if not isinstance(answer, dict):
            return
        waiting = self._waiting.get(str(answer.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(Ack(200, answer.get("payload")))

    async def carry(self, parcel: Parcel, ack_limit: float) -> Ack:
        """Sends one envelope to one socket and waits for its ack."""
        socket = self._pick()
        if socket is None:
            return Ack(0, error="no_app")
        envelope = _envelope(parcel)
        answered: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = answered
        try:
            async with asyncio.timeout(ack_limit):
                await _send(socket, envelope)
                return await answered
        except TimeoutError:
            return Ack(0, error="operation_timeout")
        finally:
            del self._waiting[envelope["envelope_id"]]

    def _pick(self) -> Socket | None:
        if not self._open:
            return None
        self._next += 1
        return secrets.choice(self._open) if self.choose_at_random else self._open[self._next % len(self._open)]

    async def disconnect(self, reason: str) -> None:
        """Tells every socket to leave: `warning`, `refresh_requested` or `link_disabled`; the last ends it at once."""
        for socket in tuple(self._open):
            if isinstance(socket, web.WebSocketResponse) and not socket.closed:
                await socket.send_json(_disconnect(reason))
                if reason != "warning":
                    self._forget(socket)
                    await socket.close()

    async def close(self) -> None:
        for socket in tuple(self._open):
            if isinstance(socket, web.WebSocketResponse):
                await socket.close()
        self._open.clear()


async def _send(socket: Socket, envelope: Json) -> None:
    if isinstance(socket, Ghost) or socket.closed:
        return
    try:
        await socket.send_json(envelope)
    except ConnectionError:
        return


def _envelope(parcel: Parcel) -> Json:
    envelope: Json = {
        "envelope_id": new_word(36), "type": parcel.kind, "payload": parcel.payload,
        "accepts_response_payload": parcel.kind != "events_api",
    }  # fmt: skip
    if parcel.kind == "events_api":
        reason = RETRY_REASONS.get(parcel.retry_reason, parcel.retry_reason)
        envelope |= {"retry_attempt": parcel.retry_num, "retry_reason": reason}
    return envelope


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
