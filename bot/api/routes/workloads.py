"""`/v1/agents/{id}/workloads`: tokens of GitHub, GitLab and others that stand for an agent, instead of a key."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, once, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.setting_up import NewWorkload, WorkloadView, show_workload
from core.model.people import Verb

router = APIRouter(tags=["agents"], route_class=Direct)
_WORKLOADS = several(WorkloadView)


@router.get("/v1/agents/{id}/workloads", **spec("List its workloads", lists=WorkloadView))
async def workloads(request: Request, id: str) -> Response:
    rooms = house(request)
    found = await rooms.administration.workloads.list(actor(request), id)
    return answer_list(_WORKLOADS, [show_workload(one, rooms.url) for one in found], None)


@router.post(
    "/v1/agents/{id}/workloads",
    **spec("Let a platform's tokens stand for it", body=NewWorkload, answer=WorkloadView, status=201, asks=True),
)
async def add(request: Request, id: str) -> Response:
    rooms, who = house(request), actor(request)
    agent = await rooms.administration.agents.get(who, id)
    await rooms.administration.must_manage(who)
    said = await body_of(request, NewWorkload)
    made = await rooms.administration.workloads.add(
        who,
        agent.id,
        said.issuer,
        said.subject,
        verbs=[Verb(word) for word in said.verbs],
        projects=said.projects,
        facts=said.facts,
        once=await once(request),
    )
    return answer(show_workload(made, rooms.url), 201)


@router.delete("/v1/agents/{id}/workloads/{workload}", **spec("Let them stand for nobody", answer=WorkloadView))
async def revoke(request: Request, id: str, workload: str) -> Response:
    rooms = house(request)
    return answer(show_workload(await rooms.administration.workloads.revoke(actor(request), id, workload), rooms.url))


MEMBER = Routes("workloads", router, (NewWorkload,))
