"""`/v1/policies`: outside judgements of requests, asked of an OPA server."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, once, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.judging import PolicyChange, PolicyIn, PolicyView, show_policy

router = APIRouter(tags=["policies"], route_class=Direct)
_POLICIES = several(PolicyView)


@router.get("/v1/policies", **spec("List policies, oldest first", lists=PolicyView))
async def policies(request: Request) -> Response:
    found = await house(request).administration.policies.list(actor(request))
    return answer_list(_POLICIES, [show_policy(one) for one in found], None)


@router.post("/v1/policies", **spec("Add a policy", body=PolicyIn, answer=PolicyView, status=201, asks=True))
async def add(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    said = await body_of(request, PolicyIn)
    made = await office.policies.add(who, said.written(), said.token, once=await once(request))
    return answer(show_policy(made), 201)


@router.get("/v1/policies/{id}", **spec("Look at a policy, by id or name", answer=PolicyView))
async def get(request: Request, id: str) -> Response:
    return answer(show_policy(await house(request).administration.policies.get(actor(request), id)))


@router.put("/v1/policies/{id}", **spec("Change a policy", body=PolicyChange, answer=PolicyView, asks=True))
async def change(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    await office.policies.get(who, id)
    said = await body_of(request, PolicyChange)
    changed = await office.policies.change(
        who, id, said.written(), said.token, keep_token=said.keeps_token, version=said.version
    )
    return answer(show_policy(changed))


@router.delete("/v1/policies/{id}", **spec("Remove a policy", answer=PolicyView, writes=True, asks=True))
async def remove(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    seen = await office.policies.get(who, id)
    await office.policies.remove(who, id)
    return answer(show_policy(seen))


MEMBER = Routes("policies", router, (PolicyIn, PolicyChange))
