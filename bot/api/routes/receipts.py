"""The signed proof of an approval, and the keys that anybody checks it with."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.api.exchange import actor, answer, house
from bot.api.rendering import find
from bot.api.routes.base import Answered, Direct, Routes, spec
from bot.receipts import Receipts
from bot.wire.proving import KeySetView, ReceiptView
from core.errors import Unavailable

router = APIRouter(tags=["receipts"], route_class=Direct)

FRESH = "public, max-age=300"
"""A new key is published a day before it signs, so nobody needs to ask more often."""


def _receipts(request: Request) -> Receipts:
    found = house(request).receipts
    if found is None:
        raise Unavailable("This server signs no receipts yet; try again in a moment.")
    return found


@router.get(
    "/v1/requests/{id}/receipt",
    **spec("The signed proof that this was approved, for the agent that calls", answer=ReceiptView, writes=True),
)
async def receipt(request: Request, id: str) -> Response:
    rooms, who = house(request), actor(request)
    found = await rooms.desk.see(who, await find(rooms, who, id))
    token, said = await _receipts(request).issue(found, who)
    return answer(ReceiptView(receipt=token, claims=said))


@router.get(
    "/.well-known/jwks.json",
    summary="The keys that receipts are checked with",
    responses={200: Answered("Successful Response", KeySetView)},
)
async def key_set(request: Request) -> Response:
    """Open to all: public keys alone. Old ones stay here, so that old receipts can still be checked."""
    return JSONResponse(await _receipts(request).key_set(), headers={"Cache-Control": FRESH})


MEMBER = Routes("receipts", router)
