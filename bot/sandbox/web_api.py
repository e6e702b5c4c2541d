"""The Web API's entrance: reads a call however it was sent, checks token, scopes, rate and faults, and answers."""

import asyncio
import json
import time
from base64 import b64decode
from typing import Any

from aiohttp import web

from bot.sandbox.faults import Fault
from bot.sandbox.methods import collect
from bot.sandbox.methods.base import Call, Method
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.small_slack import SmallSlack

_JSON_ARGUMENTS = ("blocks", "attachments", "view", "metadata", "message", "outputs")


class Cut(Exception):
    """The connection is to be cut without a reply."""


class WebApi:
    def __init__(self, slack: SmallSlack) -> None:
        self._slack = slack
        self._methods = collect()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One call of `/api/<method>`."""
        name, began = request.match_info["method"], time.monotonic()
        arguments: Json = {}
        try:
            arguments = {**_basic(request), **await read_arguments(request)}
            status, body, headers = await self._answer(name, request, arguments)
        except Cut:
            self._record(name, arguments, None, 0, began, "connection cut")
            return cut(request)
        except SlackError as refused:
            status, body, headers = 200, refused.body(), {}
        self._record(name, arguments, body, status, began, body.get("error"))
        return web.json_response(body, status=status, headers=headers)

    async def _answer(self, name: str, request: web.Request, arguments: Json) -> tuple[int, Json, dict[str, str]]:
        method = self._methods.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        token = _token(request, arguments)
        self._check_token(method, token)
        wait = self._slack.rates.wait(name, token, method.tier, self._place(arguments))
        if wait:
            return _too_many(wait)
        await self._slack.faults.pass_gate(name)
        return await self._perform(method, Call(self._slack, arguments, token), self._slack.faults.take(name))

    def _check_token(self, method: Method, token: str) -> None:
        app = self._slack.app
        if method.caller == "none":
            return
        if not token:
            raise SlackError("not_authed")
        if token not in (app.bot_token, app.app_token, self._slack.org_token):
            raise SlackError("invalid_auth")
        if self._is_gone(token):
            raise SlackError("account_inactive")
        if method.caller == "any":
            return
        if (token == app.app_token) != (method.caller == "app"):
            raise SlackError("not_allowed_token_type")
        if method.scopes and not app.scopes.intersection(method.scopes):
            raise SlackError("missing_scope", needed=",".join(method.scopes), provided=",".join(sorted(app.scopes)))

    def _is_gone(self, token: str) -> bool:
        """An installation of the whole Enterprise organisation lives by itself, whatever its workspaces had before."""
        org = self._slack.workspace.enterprise
        if org is not None and token == self._slack.org_token:
            return not org.wide
        return self._slack.uninstalled

    def _place(self, arguments: Json) -> str:
        """The channel a post is counted for, whether it was named by id, by name or by its person."""
        where = str(arguments.get("channel", ""))
        workspace = self._slack.workspace
        found = workspace.channels.get(where) or workspace.im_of(where) or workspace.find_channel(where)
        return found.id if found else where

    async def _perform(self, method: Method, call: Call, fault: Fault | None) -> tuple[int, Json, dict[str, str]]:
        if fault is None:
            return 200, method.answer(call), {}
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
            return 200, method.answer(call), {}
        if fault.kind in ("drop_reply", "500_after", "error_after"):
            method.answer(call)
        return await fail(fault)

    def _record(self, name: str, arguments: Json, body: Any, status: int, began: float, error: str | None) -> None:
        self._slack.log.add(
            direction="from_app", kind="web_api", title=name,
            request={key: value for key, value in arguments.items() if key != "token"}, response=body, status=status,
            ms=(time.monotonic() - began) * 1000, error=error,
        )  # fmt: skip


async def fail(fault: Fault) -> tuple[int, Json, dict[str, str]]:
    """What a caller sees of a fault, apart from whether the work was done."""
    match fault.kind:
        case "429":
            return _too_many(fault.retry_after)
        case "500" | "500_after":
            return 500, {"ok": False, "error": "internal_error"}, {}
        case "error" | "error_after":
            return 200, {"ok": False, "error": fault.error}, {}
        case "timeout":
            await asyncio.sleep(fault.seconds)
            raise Cut
        case _:
            raise Cut


def _too_many(seconds: int) -> tuple[int, Json, dict[str, str]]:
    return 429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(seconds)}


def cut(request: web.Request) -> web.Response:
    """Ends the connection; the response goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def read_arguments(request: web.Request) -> Json:
    """Query, form, multipart and JSON bodies alike, merged; JSON strings decoded where Slack takes them."""
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        arguments |= _json_object(await request.text())
    elif request.body_exists:
        arguments |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    for key in _JSON_ARGUMENTS:
        if isinstance(arguments.get(key), str):
            arguments[key] = _decoded(key, arguments[key])
    return arguments


def _basic(request: web.Request) -> Json:
    """The app's own id and secret, as the SDK sends them to `oauth.v2.access`."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        login, _, password = b64decode(given).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": login, "client_secret": password}


def _json_object(text: str) -> Json:
    try:
        body = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        raise SlackError("invalid_json") from None
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return body


def _decoded(key: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if key == "message":
            return text
        raise SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {key} is no JSON"]}) from None


def _token(request: web.Request, arguments: Json) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else str(arguments.get("token") or "")
