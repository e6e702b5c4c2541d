"""What every route does with HTTP: who asks, the body read strictly and late, the idempotency key, the answer as JSON."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from bot.api.auth import Caller
from bot.api.house import House
from bot.wire.strict import Shape, load_json, plain_text, read
from core.errors import ApprovalError, Invalid, NotAllowed, NotFound
from core.model.people import Actor
from core.ports import Idempotency

S = TypeVar("S", bound=Shape)
V = TypeVar("V", bound=BaseModel)
JSON: Final = "application/json"
PRIVATE: Final = {"Cache-Control": "no-store"}
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of this name, in small letters as the server hands them on."""
    for one, value in scope["headers"]:
        if one == name:
            found: str = value.decode("latin-1")
            return found
    return None


def house(request: Request) -> House:
    found: House = request.app.house
    return found


def caller(request: Request) -> Caller:
    found: Caller = request.scope["state"]["caller"]
    return found


def actor(request: Request) -> Actor:
    return caller(request).actor


async def body_of(request: Request, shape: type[S]) -> S:
    """The body as the shape, whatever content type it claims; no byte at all counts as an empty object."""
    raw = await request.body()
    return read(shape, load_json(raw) if raw else {})


async def body_after(request: Request, shape: type[S], refused: Callable[[], Awaitable[ApprovalError | None]]) -> S:
    """The body; where it is wrong, whoever may not do this at all hears that first (403 before 400)."""
    try:
        return await body_of(request, shape)
    except Invalid:
        refusal = await refused()
        if isinstance(refusal, NotAllowed | NotFound):
            raise refusal from None
        raise


async def once(request: Request) -> Idempotency | None:
    """The caller's Idempotency-Key with what it is bound to: this credential, this address, this body."""
    key = header(request.scope, b"idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Invalid("Idempotency-Key must be 1 to 255 visible ASCII characters.", field="Idempotency-Key")
    sent = f"{request.method} {request.url.path}\n".encode() + await request.body()
    return Idempotency(caller(request).credential, key, hashlib.sha256(sent).hexdigest())


async def was_sent_before(request: Request) -> bool:
    """Whether this credential's Idempotency-Key has an answer already."""
    key = await once(request)
    if key is None:
        return False
    return await house(request).store.transact(lambda tx: tx.remembered(key.credential, key.key)) is not None


def query_of(request: Request, shape: type[S]) -> S:
    """The query as the shape: names known, each once, texts turned into numbers and moments by the shape."""
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise Invalid(f"{name[:60]} is given twice in the query; give it once.", field=name[:60])
        given[plain_text(name)] = plain_text(value)
    return read(shape, given, what="The query")


def answer(view: BaseModel, status: int = 200) -> Response:
    """A shape as JSON, straight from pydantic."""
    return Response(view.model_dump_json(by_alias=True), status, dict(PRIVATE), JSON)


def several(view: type[V]) -> TypeAdapter[list[V]]:
    """Writes lists of a shape; made ready when the first one is written, as shapes themselves are."""
    return TypeAdapter(list[view], config=ConfigDict(defer_build=True))  # type: ignore[valid-type]


def answer_list(
    kind: TypeAdapter[Any], views: list[Any], next_cursor: str | None, total: int | None = None
) -> Response:
    """`{"data": [...], "next_cursor": …}`, and `total` where it was asked for."""
    tail = f',"next_cursor":{_json(next_cursor)}' + ("" if total is None else f',"total":{total}')
    body = b'{"data":' + kind.dump_json(views, by_alias=True) + tail.encode() + b"}"
    return Response(body, 200, dict(PRIVATE), JSON)


def _json(text: str | None) -> str:
    return "null" if text is None else f'"{text}"'
