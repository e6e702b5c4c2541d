"""`claim` and `report`: for scripts that do what was approved themselves, in more than one step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args

from cyclopts import Parameter

from bot.cli.ending import USAGE, Ending, tell
from bot.cli.look import show
from bot.cli.pairs import FILE, object_in, pairs
from bot.cli.there import PIPELINE, AsJson, server
from countersign_client import Countersign, Done, Request, digest_for
from countersign_client.reading import read

Ended = Literal["success", "failed"]
MaybeId = Annotated[str | None, Parameter(help="The request's id, or its number; not needed with --from.")]
From = Annotated[
    Path | None,
    FILE,
    Parameter(name="--from", help="The request as request --wait --json has printed it; - is standard input."),
]


def claim(
    id: MaybeId = None,
    *,
    base: From = None,
    action: str | None = None,
    param: Annotated[list[str] | None, Parameter(negative="")] = None,
    json: AsJson = False,
) -> int:
    """Take what was approved, exactly once, just before doing it. Exit code 1 when somebody has, or when it is too late.

    Parameters
    ----------
    action
        What is about to be done; refused where it is not what was approved.
    param
        A parameter of what is about to be done, name=text or name:=json; likewise.
    """
    with server(patience=PIPELINE) as client:
        request = _request(client, id, base)
        params = {**request.params, **pairs(param, "--param")}
        digest = digest_for(request, action=request.action if action is None else action, params=params)
        return _tell(client.requests.claim(request.id, action_digest=digest), json=json)


def report(
    id: MaybeId = None,
    status: Annotated[Ended | None, Parameter(help="How it ended.")] = None,
    *,
    base: From = None,
    detail: str | None = None,
    json: AsJson = False,
) -> int:
    """Say how it ended. With --from the status stands alone.

    Parameters
    ----------
    detail
        A sentence for people.
    """
    if status is None and id in get_args(Ended):
        id, status = None, cast("Ended", id)
    if status is None:
        raise Ending("Say how it ended: countersign report ID success, or countersign report ID failed.", USAGE)
    with server(patience=PIPELINE) as client:
        named = _id(id, None if base is None else object_in(base, "--from"))
        return _tell(client.requests.report(named, status, detail=detail), json=json)


def _request(client: Countersign, id: str | None, base: Path | None) -> Request:
    """As the file has it: what was approved since then under the same number is not what the caller knows."""
    if base is None:
        return client.requests.get(_id(id, None))
    value = object_in(base, "--from")
    _id(id, value)
    return read(Request, value)


def _id(id: str | None, value: dict[str, Any] | None) -> str:
    found = id if value is None else value.get("id")
    if not found or (
        id is not None and value is not None and id.removeprefix("#") not in (found, str(value.get("number")))
    ):
        raise Ending("Say which request: its id or number, or --from a file that holds it.", USAGE)
    return str(found)


def _tell(done: Done, *, json: bool) -> int:
    tell(done.raw) if json else show(done.request)
    return 0
