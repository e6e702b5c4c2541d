"""`/v1/leases`: so many likes of a request that pass unasked for a while."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_after, house, once, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.trusting import LeaseIn, LeaseView, show_lease
from core.errors import Invalid, NotFound

router = APIRouter(tags=["leases"], route_class=Direct)
_LEASES = several(LeaseView)


@router.get("/v1/leases", **spec("List leases, newest first", lists=LeaseView))
async def leases(request: Request) -> Response:
    found = await house(request).administration.leases.list(actor(request))
    return answer_list(_LEASES, [show_lease(lease) for lease in found], None)


@router.post(
    "/v1/leases", **spec("Grant a lease from a request", body=LeaseIn, answer=LeaseView, status=201, asks=True)
)
async def grant(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    said = await body_after(request, LeaseIn, lambda: office.refuses_deciding(who))
    try:
        lease = await office.leases.grant(who, said.request, said.wish(), once=await once(request))
    except NotFound:
        raise Invalid("There is no such request here; give the id of one you may decide.", field="request") from None
    return answer(show_lease(lease), 201)


@router.get("/v1/leases/{id}", **spec("Look at a lease", answer=LeaseView))
async def get(request: Request, id: str) -> Response:
    return answer(show_lease(await house(request).administration.leases.get(actor(request), id)))


@router.delete("/v1/leases/{id}", **spec("Take a lease back", answer=LeaseView, writes=True))
async def revoke(request: Request, id: str) -> Response:
    return answer(show_lease(await house(request).administration.leases.revoke(actor(request), id)))


MEMBER = Routes("leases", router, (LeaseIn,))
