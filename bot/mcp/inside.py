"""The client, speaking to the API of its own process: same gate, same checks, same words, only no network in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from bot.api.gate import COUNTED
from countersign_client import AsyncCountersign, Patience, Unreachable
from countersign_client.calls import Answer, Call
from countersign_client.flow import Step

NOWHERE: Final = "http://countersign.invalid"
"""Never looked up: nothing leaves the process."""


class Inside(AsyncCountersign):
    """`is_over` says that the server is going, so that nobody is waited for any more."""

    def __init__(self, app: ASGIApp, token: str, is_over: Callable[[], bool]) -> None:
        super().__init__(NOWHERE, token, patience=Patience(seconds=0))
        self._app = app
        self._is_over = is_over

    async def astep(self, step: Step) -> Answer:
        if isinstance(step, Call):
            return await _answered(self._app, step)
        if self._is_over():
            raise Unreachable("The server is being restarted; call again in a moment.")
        return await super().astep(step)


async def _answered(app: ASGIApp, call: Call) -> Answer:
    heard: list[Message] = []
    asked: list[Message] = [{"type": "http.request", "body": call.body or b"", "more_body": False}]

    async def receive() -> Message:
        if asked:
            return asked.pop()
        await asyncio.Event().wait()  # whoever asks stays until the answer; a cancelled call is cancelled with it
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        heard.append(message)

    await app(_scope(call), receive, send)
    return _heard(heard)


def _scope(call: Call) -> dict[str, Any]:
    path, _, query = call.path.partition("?")
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in call.headers]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": None,
        "server": None,
        "state": {COUNTED: True},
    }


def _heard(messages: list[Message]) -> Answer:
    head = next((one for one in messages if one["type"] == "http.response.start"), None)
    if head is None:
        raise Unreachable("The server hung up before it had answered.")
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head["headers"]}
    body = b"".join(one.get("body", b"") for one in messages if one["type"] == "http.response.body")
    return Answer(head["status"], headers, body)
