"""What a file of routes exports, and how a route is documented: shapes in, shapes out, the statuses it may answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel

from bot.wire.setting_up import AskedView
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


ASKS: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "description": "Four eyes are on: nothing is changed yet, the other admins are asked by this request. It is "
        "carried out with the yes of one of them, if nothing it would change has been changed by then.",
        "model": AskedView,
    }
}


AGAIN: Final[dict[str, Any]] = {
    "description": "There already is this one: the same content was sent before with the same `Idempotency-Key`."
}


@dataclass(frozen=True, slots=True)
class Routes:
    """A resource's routes; `shapes` are what they read or write by themselves, for the description of the API."""

    word: str
    router: APIRouter
    shapes: tuple[type[BaseModel], ...] = ()


def spec(
    summary: str,
    *,
    answer: Any = None,
    status: int = 200,
    body: type[Shape] | None = None,
    query: type[Shape] | None = None,
    writes: bool = False,
    asks: bool = False,
    again: bool = False,
) -> dict[str, Any]:
    """Keyword arguments for a route's decorator. Routes read bodies and queries themselves; this only describes them.

    `asks`: with four eyes on, the other admins are asked first. `again`: a repeat answers 200 with what there already is.
    """
    extra: dict[str, Any] = {}
    parameters = [] if query is None else _parameters(query)
    if body is not None:
        extra["requestBody"] = _body(body)
    if parameters:
        extra["parameters"] = parameters
    return {
        "summary": summary,
        "status_code": status,
        "responses": {
            status: _ok(answer),
            **({200: AGAIN | {"model": answer}} if again else {}),
            **(ASKS if asks else {}),
            **_problems(writes=writes or asks or body is not None),
        },
        "openapi_extra": extra,
    }


def _ok(answer: Any) -> dict[str, Any]:
    return {"description": "Done."} if answer is None else {"description": "Done.", "model": answer}


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


def _parameters(shape: type[BaseModel]) -> list[dict[str, Any]]:
    described = shape.model_json_schema()
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in described.get("properties", {}).items()
    ]
