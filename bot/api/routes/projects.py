"""`/v1/projects`: where requests live and how they behave there, by id or name."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer, answer_list, body_of, house, once, several
from bot.api.routes.base import Direct, Routes, spec
from bot.wire.setting_up import NewProject, ProjectView, SettingsIn, show_project

router = APIRouter(tags=["projects"], route_class=Direct)
_PROJECTS = several(ProjectView)


@router.get("/v1/projects", **spec("List projects", lists=ProjectView))
async def projects(request: Request) -> Response:
    found = await house(request).administration.projects.list(actor(request))
    return answer_list(_PROJECTS, [show_project(project) for project in found], None)


@router.post("/v1/projects", **spec("Add a project", body=NewProject, answer=ProjectView, status=201, asks=True))
async def add(request: Request) -> Response:
    office, who = house(request).administration, actor(request)
    await office.must_manage(who)
    said = await body_of(request, NewProject)
    project = await office.projects.add(who, said.name, said.settings.changes(), once=await once(request))
    return answer(show_project(project), 201)


@router.get("/v1/projects/{id}", **spec("Look at a project", answer=ProjectView))
async def get(request: Request, id: str) -> Response:
    return answer(show_project(await house(request).administration.projects.get(actor(request), id)))


@router.patch("/v1/projects/{id}/settings", **spec("Change settings", body=SettingsIn, answer=ProjectView, asks=True))
async def change(request: Request, id: str) -> Response:
    office, who = house(request).administration, actor(request)
    project = await office.projects.get(who, id)
    await office.must_manage(who, project.id)
    said = await body_of(request, SettingsIn)
    return answer(show_project(await office.projects.change(who, project.id, said.changes())))


MEMBER = Routes("projects", router, (NewProject, SettingsIn))
