"""`/v1/types`: the catalogue of what can be asked for."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.types import TypeIn, TypeView, show_type

router = APIRouter(tags=["types"], route_class=Direct)
_TYPES = several(TypeView)


@router.get("/v1/types", **spec("List types, the built-in ones first", lists=TypeView))
async def types(request: Request) -> Response:
    found = await house(request).administration.types.list(actor(request))
    return answer_list(_TYPES, [show_type(type) for type in found], None)


@router.get("/v1/types/{word}", **spec("Look at a type", answer=TypeView))
async def get(request: Request, word: str) -> Response:
    return answer(show_type(await house(request).administration.types.get(actor(request), word)))


@router.put("/v1/types/{word}", **spec("Add or change a type", body=TypeIn, answer=TypeView, asks=True))
async def put(request: Request, word: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    said = await body_of(request, TypeIn)
    return answer(show_type(await office.types.put(who, said.entry(word), said.may_ask)))


@router.delete("/v1/types/{word}", **spec("Remove a type", answer=TypeView, writes=True, asks=True))
async def remove(request: Request, word: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    return answer(show_type(await office.types.remove(who, word)))


MEMBER = Routes("types", router, (TypeIn,))
