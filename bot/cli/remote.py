"""Commands that speak to a server's API, as whoever `countersign login` or COUNTERSIGN_TOKEN says."""

from __future__ import annotations

import asyncio
import json as as_json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

import aiohttp
import humanize
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.ending import NOT_ALLOWED, UNREACHABLE, Ending, code_of_status, tell
from bot.settings import Remote, keep_login, login_file, remote

SECONDS = 70
LINES = "application/x-ndjson"
LONGEST_LINE = 4_194_304
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
Id = Annotated[str, Parameter(help="The request's id, or its number.")]


def login(*, url: str | None = None, label: str = "countersign login") -> int:
    """Log in with the code that /countersign login shows in Slack. The token is good for 12 hours.

    Parameters
    ----------
    url
        The server, e.g. https://countersign.example.com.
    label
        What to call the token in your list of tokens.
    """
    server = Remote(url=(url or remote().url).rstrip("/"))
    print(f"Type /countersign login in Slack, then the code it shows you ({server.url}): ", end="", flush=True)
    code = sys.stdin.readline().strip()
    if not code:
        raise Ending("No code was typed; nothing was done.", 2)
    made = call(server, "POST", "/v1/login", {"code": code, "label": label})
    keep_login(server.url, made["secret"], login_file())
    may = "read, ask and decide" if made["may_decide"] else "read and ask"
    print(f"You are logged in until {made['expires_at']}; this token may {may}.")
    return 0


def read(*, id: Id, json: AsJson = False) -> int:
    """Show one request: status, execution status, and how it stands."""
    found = call(remote(), "GET", f"/v1/requests/{quote(id, safe='')}")
    tell(found) if json else _show(found)
    return 0


def list_requests(
    *,
    status: str | None = None,
    assignee: str | None = None,
    project: str | None = None,
    limit: int = 20,
    json: AsJson = False,
) -> int:
    """List requests, newest first.

    Parameters
    ----------
    status
        Some of pending, asked_question, approved … with commas between.
    assignee
        `me` for what waits for you, or somebody's address.
    """
    given = {"status": status, "assignee": assignee, "project": project, "limit": str(limit)}
    found = call(remote(), "GET", "/v1/requests", query={name: value for name, value in given.items() if value})
    tell(found) if json else _table(found["data"])
    return 0


def approve(
    id: Id, *, comment: str | None = None, revision: int | None = None, stage: int | None = None, json: AsJson = False
) -> int:
    """Approve a request as it is.

    Parameters
    ----------
    comment
        A word along with it.
    revision
        Which revision you looked at; needed once there has been more than one.
    stage
        Which stage you decide in; needed once there has been more than one.
    """
    return _decide(id, "approve", comment, revision, stage, json=json)


def reject(
    id: Id, *, comment: str | None = None, revision: int | None = None, stage: int | None = None, json: AsJson = False
) -> int:
    """Reject a request.

    Parameters
    ----------
    comment
        The reason.
    revision
        Which revision you looked at; needed once there has been more than one.
    stage
        Which stage you decide in; needed once there has been more than one.
    """
    return _decide(id, "reject", comment, revision, stage, json=json)


def _decide(id: str, verb: str, comment: str | None, revision: int | None, stage: int | None, *, json: bool) -> int:
    said = {"comment": comment, "revision": revision, "stage": stage}
    body = {name: value for name, value in said.items() if value is not None}
    done = call(remote(), "POST", f"/v1/requests/{quote(id, safe='')}/{verb}", body)
    tell(done) if json else _show(done["request"])
    return 0


# ------------------------------------------------------------------------------------------------------------ the server


def call(
    server: Remote, method: str, path: str, body: dict[str, Any] | None = None, query: dict[str, str] | None = None
) -> Any:
    return asyncio.run(_fetch(server, method, path, body, query))


def _headers(server: Remote, path: str) -> dict[str, str]:
    if server.token is None and path != "/v1/login":
        raise Ending("You are not logged in; run countersign login, or set COUNTERSIGN_TOKEN.", NOT_ALLOWED)
    return {} if server.token is None else {"Authorization": f"Bearer {server.token.get_secret_value()}"}


async def _fetch(
    server: Remote, method: str, path: str, body: dict[str, Any] | None, query: dict[str, str] | None
) -> Any:
    headers = _headers(server, path)
    if method == "POST":
        headers["Idempotency-Key"] = str(uuid4())
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.request(method, server.url + path, json=body, params=query, allow_redirects=False) as answer,
        ):
            return _understood(answer.status, await _json(answer))
    except (aiohttp.ClientError, TimeoutError):
        raise Ending(f"{server.url} cannot be reached; is it running, and is this its address?", UNREACHABLE) from None


def call_lines(
    server: Remote, path: str, body: dict[str, Any], each: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """A POST answered line by line while it is worked on; gives the last line."""
    return asyncio.run(_follow(server, path, body, each))


async def _follow(
    server: Remote, path: str, body: dict[str, Any], each: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    headers = {**_headers(server, path), "Accept": LINES}
    timeout = aiohttp.ClientTimeout(total=None, connect=SECONDS, sock_read=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers, read_bufsize=LONGEST_LINE) as session,
            session.post(server.url + path, json=body, allow_redirects=False) as answer,
        ):
            last = None
            while answer.content_type == LINES and (line := await answer.content.readline()):
                last = as_json.loads(line)
                each(last)
            found: dict[str, Any] = _understood(
                answer.status, last if answer.content_type == LINES else await _json(answer)
            )
            return found
    except (aiohttp.ClientError, TimeoutError, ValueError):
        raise Ending(f"{server.url} cannot be reached; is it running, and is this its address?", UNREACHABLE) from None


async def _json(answer: aiohttp.ClientResponse) -> Any:
    try:
        return await answer.json(content_type=None)
    except ValueError:
        return None


def _understood(status: int, value: Any) -> Any:
    if isinstance(value, dict) and status < 300:
        return value
    if isinstance(value, dict) and "detail" in value:
        raise Ending(str(value["detail"]), code_of_status(status))
    raise Ending(f"The server answered {status}, and not as Countersign would; check the address.", UNREACHABLE)


# --------------------------------------------------------------------------------------------------------------- the look


def _show(request: dict[str, Any]) -> None:
    console = Console(highlight=False)
    console.print(Text(f"#{request['number']} {request['title']}", "bold"), Text(request["id"], "dim"))
    lines = {
        "status": _status(request),
        "asked by": request["requester"]["name"],
        "action": request["action"],
        "waits for": ", ".join(one["label"] for one in request["waiting_for"]) or None,
        "expires": _when(request["expires_at"]) if request["status"] in ("pending", "asked_question") else None,
        "revision": str(request["revision"]) if request["revision"] > 1 else None,
    }
    for name, value in lines.items():
        if value:
            console.print(Text(f"{name:>10}  ", "dim") + Text(value))
    for decision in request["decisions"]:
        said = f": {decision['comment']}" if decision["comment"] else ""
        console.print(Text(f"{decision['decision']:>10}  ", "dim") + Text(f"{decision['name']}{said}"))


def _status(request: dict[str, Any]) -> str:
    parts = [request["status"].replace("_", " ")]
    if request["cause"]:
        parts.append(f"({request['cause']})")
    if request["execution_status"]:
        parts.append(f"· execution {request['execution_status']}")
    return " ".join(parts)


def _when(moment: str | None) -> str | None:
    if moment is None:
        return None
    return humanize.naturaltime(datetime.fromisoformat(moment), when=datetime.now(UTC))


def _table(requests: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("#", "title", "status", "asked by", "waits for", "expires"):
        table.add_column(heading)
    for one in requests:
        open_until = _when(one["expires_at"]) if one["status"] in ("pending", "asked_question") else None
        waits = ", ".join(source["label"] for source in one["waiting_for"])
        row = (str(one["number"]), one["title"], _status(one), one["requester"]["name"], waits, open_until or "")
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table if requests else "Nothing here.")
