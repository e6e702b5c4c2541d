"""`/v1/agents`: machines that ask, their keys, and the brake: suspend."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, once, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.asking import Nothing
from bot.wire.setting_up import AgentView, KeyView, NewAgent, NewKey, show_agent, show_key
from core.model.people import Verb

router = APIRouter(tags=["agents"], route_class=Direct)
_AGENTS = several(AgentView)
_KEYS = several(KeyView)


@router.get("/v1/agents", **spec("List agents", lists=AgentView))
async def agents(request: Request) -> Response:
    found = await house(request).administration.agents.list(actor(request))
    return answer_list(_AGENTS, [show_agent(agent) for agent in found], None)


@router.post("/v1/agents", **spec("Add an agent", body=NewAgent, answer=AgentView, status=201, asks=True))
async def add(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    said = await body_of(request, NewAgent)
    agent = await office.agents.add(
        who, said.name, team=said.team, acts_for=said.acts_for, owners=said.owners, once=await once(request)
    )
    return answer(show_agent(agent), 201)


@router.get("/v1/agents/{id}", **spec("Look at an agent", answer=AgentView))
async def get(request: Request, id: str) -> Response:
    return answer(show_agent(await house(request).administration.agents.get(actor(request), id)))


@router.post(
    "/v1/agents/{id}/suspend",
    **spec("Block its keys and claims, cancel what it has open", body=Nothing, answer=AgentView),
)
async def suspend(request: Request, id: str) -> Response:
    return await _suspend(request, id, suspended=True)


@router.post("/v1/agents/{id}/resume", **spec("Let its keys work again", body=Nothing, answer=AgentView, asks=True))
async def resume(request: Request, id: str) -> Response:
    return await _suspend(request, id, suspended=False)


async def _suspend(request: Request, id: str, *, suspended: bool) -> Response:
    office, who = house(request).administration.agents, actor(request)
    await office.get(who, id)
    await body_of(request, Nothing)
    return answer(show_agent(await office.suspend(who, id, suspended=suspended, once=await once(request))))


@router.get("/v1/agents/{id}/keys", **spec("List its keys", lists=KeyView))
async def keys(request: Request, id: str) -> Response:
    found = await house(request).administration.keys.list(actor(request), id)
    return answer_list(_KEYS, [show_key(key) for key in found], None)


@router.post(
    "/v1/agents/{id}/keys", **spec("Make a key, shown once", body=NewKey, answer=KeyView, status=201, asks=True)
)
async def add_key(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    agent = await office.agents.get(who, id)
    await office.must_manage(who)
    said = await body_of(request, NewKey)
    made = await office.keys.add(
        who,
        agent.id,
        label=said.label,
        verbs=[Verb(word) for word in said.verbs],
        projects=said.projects,
        facts=said.facts,
        expires_at=said.expires_at,
        once=await once(request),
    )
    return answer(show_key(made.key, made.secret), 201)


@router.post(
    "/v1/requests/{id}/collect",
    **spec("Collect the key that others agreed to, shown once", body=Nothing, answer=KeyView),
)
async def collect(request: Request, id: str) -> Response:
    await body_of(request, Nothing)
    made = await house(request).administration.keys.collect(actor(request), id, once=await once(request))
    return answer(show_key(made.key, made.secret))


@router.delete("/v1/agents/{id}/keys/{key}", **spec("Revoke a key", answer=KeyView))
async def revoke(request: Request, id: str, key: str) -> Response:
    return answer(show_key(await house(request).administration.keys.revoke(actor(request), id, key)))


MEMBER = Routes("agents", router, (NewAgent, NewKey, Nothing))
