"""The page's own HTTP: `/page/*` as JSON, `/page/stream` as server-sent events, and the page's files."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Final

from aiohttp import web

from bot.sandbox import page_state
from bot.sandbox.delivery import Ack
from bot.sandbox.page_people import PagePeople
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.small_slack import SmallSlack
from bot.sandbox.workspace import Channel, User

_BEAT_SECONDS = 15.0
_KINDS = {
    ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css",
    ".svg": "image/svg+xml", ".json": "application/json", ".txt": "text/plain", ".png": "image/png",
    ".woff2": "font/woff2",
}  # fmt: skip

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
dumps = json.dumps

FARTHEST: Final = 100 * 366 * 86_400
"""Seconds by which the clock may be turned away from the real time."""


class PageApi:
    def __init__(self, slack: SmallSlack) -> None:
        self._slack = slack

    def routes(self) -> list[web.RouteDef]:
        posts: dict[str, Callable[[Json], Awaitable[Json]]] = {
            "read": self._read, "message": self._message, "command": self._command, "click": self._click,
            "submit": self._submit, "close": self._close, "options": self._options, "shortcut": self._shortcut,
            "home_opened": self._home_opened, "step": self._step, "clock": self._clock, "faults": self._add_fault,
        }  # fmt: skip
        posts |= PagePeople(self._slack).posts
        return [
            web.get("/", self._index),
            web.get("/assets/{path:.+}", self._asset),
            web.get("/page/state", _refusals(self._state)),
            web.get("/page/messages", _refusals(self._messages)),
            web.get("/page/stream", _refusals(self._stream)),
            web.get("/page/log", self._log),
            web.get("/page/faults", self._faults),
            web.delete("/page/faults", self._clear_faults),
            *(web.post(f"/page/{word}", _refusals(_posted(act))) for word, act in posts.items()),
        ]

    # the page's files

    async def _index(self, request: web.Request) -> web.StreamResponse:
        """Ephemeral messages do not survive that their reader loads the page anew; others' stay where they are."""
        users, chosen = self._slack.workspace.users, request.query.get("as", "")
        reader = chosen if chosen in users else page_state.first_viewer(self._slack).id
        self._slack.messages.fade_whispers(reader)
        return _file("index.html")

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        return _file(request.match_info["path"])

    # what is shown

    async def _state(self, request: web.Request) -> web.StreamResponse:
        chosen = request.query.get("as", "")
        user = self._viewer(chosen) if chosen else page_state.first_viewer(self._slack)
        return web.json_response(page_state.state(self._slack, user))

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        user = self._viewer(request.query.get("as", ""))
        channel = self._seen_channel(user, request.query.get("channel", ""))
        found = page_state.messages(self._slack, user, channel, request.query.get("thread", ""))
        return web.json_response({"messages": found})

    async def _log(self, request: web.Request) -> web.StreamResponse:
        after = request.query.get("after", "0")
        entries = self._slack.log.after(int(after) if after.isdecimal() else 0)
        return web.json_response({"entries": entries}, dumps=lambda value: dumps(value, default=str))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events for one person, until the page goes or the server ends."""
        user = self._viewer(request.query.get("as", ""))
        stream = self._slack.streams.open(user.id)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        try:
            await response.prepare(request)
            await response.write(b": hello\n\n")
            while (line := await _next_line(stream.queue)) is not None:
                await response.write(line)
        except ConnectionError:
            return response
        finally:
            self._slack.streams.close(stream)
        return response

    # what people do

    async def _read(self, body: Json) -> Json:
        user = self._viewer(body.get("as"))
        self._slack.people.read(user.id, self._seen_channel(user, body.get("channel")))
        return {"ok": True}

    async def _message(self, body: Json) -> Json:
        user = self._viewer(body.get("as"))
        channel = self._seen_channel(user, body.get("channel"))
        message = self._slack.people.say(user.id, channel, str(body.get("text", "")), str(body.get("thread_ts") or ""))
        return {"ok": True, "message": message}

    async def _command(self, body: Json) -> Json:
        user = self._viewer(body.get("as"))
        channel = self._seen_channel(user, body.get("channel"))
        return _outcome(await self._slack.people.command(user.id, channel, str(body.get("text", ""))))

    async def _click(self, body: Json) -> Json:
        user, source, action = self._viewer(body.get("as")), body["source"], body["action"]
        values = (body.get("state") or {}).get("values") or {}
        if "view_id" in source:
            ack = await self._slack.people.click_view(user.id, source["view_id"], action, values)
        else:
            channel = self._slack.people.channel(source["channel"])
            ack = await self._slack.people.click_message(user.id, channel, source["ts"], action, values)
        outcome = _outcome(ack)
        if "click_id" in body:
            self._slack.streams.tell({"type": "click_done", "click_id": body["click_id"], **outcome}, {user.id})
        return outcome

    async def _submit(self, body: Json) -> Json:
        user = self._viewer(body.get("as"))
        values = (body.get("state") or {}).get("values") or {}
        done = await self._slack.people.submit(user.id, body["view_id"], values)
        modals = page_state.modals(self._slack, user.id)
        if done.error:
            return {"ok": False, "error": done.error, "modals": modals, "ms": done.ms}
        if done.errors:
            return {"ok": True, "errors": done.errors, "modals": modals, "ms": done.ms}
        return {"ok": True, "response_action": done.response_action, "modals": modals, "ms": done.ms}

    async def _close(self, body: Json) -> Json:
        user = self._viewer(body.get("as"))
        await self._slack.people.close(user.id, body["view_id"], everything=bool(body.get("all")))
        return {"ok": True, "modals": page_state.modals(self._slack, user.id)}

    async def _options(self, body: Json) -> Json:
        user = self._viewer(body.get("as"))
        place = body.get("source", body)
        return await self._slack.people.suggest(
            user.id, place, action_id=body["action_id"], block_id=body["block_id"], value=str(body.get("value", ""))
        )

    async def _shortcut(self, body: Json) -> Json:
        user, people = self._viewer(body.get("as")), self._slack.people
        if not body.get("message_ts"):
            return _outcome(await people.shortcut(user.id, body["callback_id"]))
        channel = self._seen_channel(user, body.get("channel"))
        return _outcome(await people.message_shortcut(user.id, body["callback_id"], channel, body["message_ts"]))

    async def _home_opened(self, body: Json) -> Json:
        self._slack.people.open_home(self._viewer(body.get("as")).id, str(body.get("tab", "home")))
        return {"ok": True}

    async def _step(self, body: Json) -> Json:
        user = self._viewer(body.get("as"))
        inputs = body.get("inputs")
        made = self._slack.steps.run(user.id, str(body["callback_id"]), inputs if isinstance(inputs, dict) else {})
        return {"ok": True, "step": made.shown()}

    # clock and faults

    async def _clock(self, body: Json) -> Json:
        if body.get("reset"):
            self._slack.clock.reset()
        else:
            self._slack.clock.advance(_inside_the_calendar(self._slack.clock.offset, float(body["advance"])))
        return page_state.clock(self._slack)

    async def _faults(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"faults": [fault.shown() for fault in self._slack.faults.waiting]})

    async def _add_fault(self, body: Json) -> Json:
        known = {key: body[key] for key in ("error", "count", "retry_after", "seconds") if body.get(key) is not None}
        self._slack.faults.add(body["method"], str(body["kind"]), **known)
        return {"faults": [fault.shown() for fault in self._slack.faults.waiting]}

    async def _clear_faults(self, request: web.Request) -> web.StreamResponse:
        self._slack.faults.clear()
        return web.json_response({"faults": []})

    def _viewer(self, user_id: object) -> User:
        return self._slack.workspace.user(str(user_id))

    def _seen_channel(self, user: User, channel_id: object) -> Channel:
        channel = self._slack.people.channel(str(channel_id))
        if channel.kind != "channel" and user.id not in channel.members:
            raise SlackError("channel_not_found")
        return channel


def _outcome(ack: Ack) -> Json:
    outcome: Json = {"ok": ack.ok, "ms": round(ack.ms)}
    return outcome if ack.ok else outcome | {"error": ack.error}


def _inside_the_calendar(offset: float, seconds: float) -> float:
    """Whoever would turn the clock out of it breaks all that reckons with dates; a century is enough to try anything."""
    if not abs(offset + seconds) <= FARTHEST:
        raise ValueError("the clock is turned by a century at most")
    return seconds


def _refusals(handler: Handler) -> Handler:
    async def refusing(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except SlackError as refused:
            return web.json_response({"error": refused.code}, status=404 if "not_found" in refused.code else 400)
        except (KeyError, ValueError, TypeError) as wrong:
            return web.json_response({"error": f"bad request: {wrong}"}, status=400)

    return refusing


def _posted(act: Callable[[Json], Awaitable[Json]]) -> Handler:
    async def posted(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if not isinstance(body, dict):
            raise TypeError("a JSON object is wanted")
        return web.json_response(await act(body))

    return posted


async def _next_line(queue: asyncio.Queue[Json | None]) -> bytes | None:
    """The next event as it goes over the wire, a comment to keep the line open, or None at the end."""
    try:
        async with asyncio.timeout(_BEAT_SECONDS):
            entry = await queue.get()
    except TimeoutError:
        return b": still here\n\n"
    return None if entry is None else f"data: {dumps(entry, default=str)}\n\n".encode()


def _file(path: str) -> web.Response:
    """A file of the page, from the installed package."""
    found: Traversable = files("bot.sandbox") / "page"
    for part in PurePosixPath(path).parts:
        if part in ("..", "/"):
            return web.Response(status=404, text="no such file")
        found = found / part
    if not found.is_file():
        return web.Response(status=404, text="no such file")
    kind = _KINDS.get(PurePosixPath(path).suffix, "application/octet-stream")
    headers = {"Cache-Control": "no-cache"}
    if kind.startswith("text/"):
        return web.Response(body=found.read_bytes(), content_type=kind, charset="utf-8", headers=headers)
    return web.Response(body=found.read_bytes(), content_type=kind, headers=headers)
