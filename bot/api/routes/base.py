"""What a file of routes exports, and how a route is documented: shapes in, shapes out, the statuses it may answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.wire.setting_up import AskedView
from bot.wire.showing import ListOf
from bot.wire.strict import Shape, example

REF: Final = "#/components/schemas/{model}"
SAID: Final[Mapping[int, str]] = {
    400: "What was sent cannot be understood: `validation_error`.",
    401: "No credential, or an unknown one: `unauthorized`.",
    403: "Understood, but not for this caller: `forbidden`, `key_cannot_decide`, `own_request`, `not_an_approver`.",
    404: "No such thing, or not for this caller to know of: `not_found`.",
    409: "Not as things stand: `already_decided`, `approval_expired`, `not_open`, `stale_revision`, `stale_stage`, "
    "`idempotency_conflict`, `already_executing`, `execution_expired` and others; the problem says what is current.",
    413: "The body is larger than 256 KiB: `too_large`.",
    429: "Not so soon: `rate_limited`; `Retry-After` says when.",
    503: "Something we need did not answer; nothing was done: `unavailable`.",
}

DONE: Final = "Done."
AGAIN: Final = "There already is this one: the same content was sent before with the same `Idempotency-Key`."
ASKED: Final = (
    "Four eyes are on: nothing is changed yet, the other admins are asked by this request. It is "
    "carried out with the yes of one of them, if nothing it would change has been changed by then."
)


class Answered(dict[str, Any]):
    """What is said of an answer. FastAPI, given its shape, would build it for each route anew, at every start."""

    def __init__(self, description: str, shape: type[BaseModel], *, many: bool = False) -> None:
        super().__init__(description=description, content={"application/json": {}})
        self._shape, self._many = shape, many

    @property
    def shape(self) -> type[BaseModel]:
        return ListOf[self._shape] if self._many else self._shape  # type: ignore[name-defined]


class Taken(dict[str, Any]):
    """What is said of what a route takes; its `query` is spelt out when the description is drawn."""

    query: type[Shape] | None = None

    def parameters(self) -> list[dict[str, Any]]:
        if self.query is None:
            return []
        described = self.query.model_json_schema()
        return [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in described.get("properties", {}).items()
        ]


class Direct(APIRoute):
    """Described by FastAPI, served without it: a route gets the request and the texts its path names, and nothing else.

    It reads body and query by itself, and its refusals are the gate's to answer.
    """

    matches = Route.matches
    handle = Route.handle

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.app = self.answer

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: Response = await self.endpoint(Request(scope, receive, send), **scope["path_params"])
        await answer(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Routes:
    """A resource's routes; `shapes` are what they read or write by themselves, for the description of the API."""

    word: str
    router: APIRouter
    shapes: tuple[type[BaseModel], ...] = ()


def spec(  # noqa: PLR0913 - each is named by whoever gives it
    summary: str,
    *,
    answer: type[BaseModel] | None = None,
    lists: type[BaseModel] | None = None,
    status: int = 200,
    body: type[Shape] | None = None,
    query: type[Shape] | None = None,
    writes: bool = False,
    asks: bool = False,
    again: bool = False,
) -> dict[str, Any]:
    """Keyword arguments for a route's decorator. Routes read bodies and queries themselves; this only describes them.

    `lists`: it answers a page of these. `asks`: with four eyes on, the other admins are asked first. `again`: a repeat answers 200 with what there already is.
    """
    taken = Taken({} if body is None else {"requestBody": _body(body)})
    taken.query = query
    return {
        "summary": summary,
        "status_code": status,
        "responses": {
            status: _done(answer, lists),
            **({200: Answered(AGAIN, answer)} if again and answer is not None else {}),
            **({202: Answered(ASKED, AskedView)} if asks else {}),
            **_problems(writes=writes or asks or body is not None),
        },
        "openapi_extra": taken,
    }


def _done(answer: type[BaseModel] | None, lists: type[BaseModel] | None) -> dict[str, Any]:
    if lists is not None:
        return Answered(DONE, lists, many=True)
    return {"description": DONE} if answer is None else Answered(DONE, answer)


def _problems(*, writes: bool) -> dict[int | str, dict[str, Any]]:
    statuses = (code for code in SAID if writes or code not in (409, 413))
    content = {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}}
    return {code: {"description": SAID[code], "content": content} for code in statuses}


def _body(shape: type[Shape]) -> dict[str, Any]:
    schema = {"$ref": REF.format(model=shape.__name__)}
    required = any(field.is_required() for field in shape.model_fields.values())
    media: dict[str, Any] = {"schema": schema}
    if sample := example(shape):
        media["example"] = dict(sample)
    return {"required": required, "content": {"application/json": media}}
