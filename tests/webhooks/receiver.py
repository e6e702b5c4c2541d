"""A receiver of webhooks with a will of its own: what it took is kept, what it answers is set."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Message:
    path: str
    headers: dict[str, str]
    body: bytes
    answered: int

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def type(self) -> str:
        return str(self.said["type"])

    @property
    def number(self) -> int:
        return int(self.said["data"]["request"]["number"])


@dataclass
class Receiver:
    """`answers` are given one after the other, then `status`; a path in `hanging` never answers."""

    url: str = ""
    status: int = 200
    answers: list[int] = field(default_factory=list)
    hanging: set[str] = field(default_factory=set)
    refuses: set[int] = field(default_factory=set)
    extra: dict[str, str] = field(default_factory=dict)
    got: list[Message] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def taken(self) -> list[Message]:
        return [one for one in self.got if one.answered < 300]

    @property
    def types(self) -> list[str]:
        return [one.type for one in self.taken]

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        message = Message(request.path, {name.lower(): value for name, value in request.headers.items()}, body, 0)
        if request.path in self.hanging:
            self.got.append(message)
            message.answered = 599
            self.came.set()
            await asyncio.sleep(3600)
        refused = bool(self.refuses) and message.number in self.refuses
        message.answered = 500 if refused else self.answers.pop(0) if self.answers else self.status
        self.got.append(message)
        self.came.set()
        return web.Response(status=message.answered, headers=self.extra)

    async def until(self, count: int, *, seconds: float = 10) -> list[Message]:
        """Until so many messages were taken."""
        async with asyncio.timeout(seconds):
            while len(self.taken) < count:
                self.came.clear()
                await self.came.wait()
        return self.taken


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{rest:.*}", receiver.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        await runner.cleanup()
