"""The one place where refusals become HTTP: a status per kind, RFC 9457 documents, `Retry-After`."""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.wire.setting_up import AskedFor, AskedView
from core.administration import Asked
from core.errors import ApprovalError, Conflict, Invalid, NotAllowed, NotFound, TooSoon, Unavailable

MEDIA_TYPE: Final = "application/problem+json"

KINDS: Final[dict[type[ApprovalError], tuple[int, str]]] = {
    Invalid: (400, "What was sent cannot be understood"),
    NotAllowed: (403, "You may not do this"),
    NotFound: (404, "There is no such thing here"),
    Conflict: (409, "It cannot be done as things stand"),
    TooSoon: (429, "Not so soon"),
    Unavailable: (503, "Nothing was done; try again"),
}
BY_CODE: Final[dict[str, tuple[int, str]]] = {
    "unauthorized": (401, "Who are you?"),
    "too_large": (413, "Too large"),
}
"""Refusals of the entrance itself, told apart from their kind by their code."""

TITLES: Final = {404: "There is no such address", 405: "Not with this method", 500: "Something is wrong here"}


def status_of(error: ApprovalError) -> tuple[int, str]:
    if error.word in BY_CODE:
        return BY_CODE[error.word]
    return next((KINDS[kind] for kind in type(error).__mro__ if kind in KINDS), (500, TITLES[500]))


def problem(error: ApprovalError, reference: str | None = None) -> Response:
    """The document for a refusal; its fields are members of it."""
    status, title = status_of(error)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooSoon) else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="countersign"'
    if status == 503:
        headers["Retry-After"] = "1"
    return document(status, title, error.word, error.sentence, reference, headers, **error.fields)


def document(
    status: int,
    title: str,
    code: str,
    detail: str,
    reference: str | None,
    headers: dict[str, str] | None = None,
    /,
    **fields: Any,
) -> Response:
    body = {
        **fields,
        "type": f"urn:countersign:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if reference is not None:
        body["reference"] = reference
    return Response(json.dumps(body, default=str), status, headers, MEDIA_TYPE)


def bug(reference: str) -> Response:
    """What a caller sees of a bug: one constant sentence and the reference under which the log has its traceback."""
    detail = f"Something went wrong on our side; nobody needs to send this again. Tell us the reference {reference}."
    return document(500, TITLES[500], "internal_error", detail, reference)


def asked(error: Asked, url: str) -> Response:
    """No problem: four eyes are on, so the change is a request now."""
    made = error.made
    found = AskedFor(id=made.id, number=made.asked or 0, url=f"{url}/v1/requests/{made.id}")
    return Response(
        AskedView(asked=found, detail=error.sentence).model_dump_json(),
        202,
        {"Cache-Control": "no-store", "Location": found.url},
        "application/json",
    )


def nowhere(error: HTTPException, reference: str) -> Response:
    """What the router itself refuses: an address or a method that does not exist."""
    if error.status_code == 405:
        headers = dict(error.headers or {})
        return document(405, TITLES[405], "method_not_allowed", "This address knows other methods.", reference, headers)
    return document(
        404, TITLES[404], "not_found", "There is no such address; see /docs for those there are.", reference
    )
