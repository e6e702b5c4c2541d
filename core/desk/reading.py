"""Looking without changing anything: whom a draft names, how a request stands, what would refuse a command."""

from __future__ import annotations

from datetime import datetime

from core.desk.call import Call
from core.desk.emergencies import with_emergencies
from core.desk.facts import Types, must_exist, people_needed, type_called
from core.desk.weighing import Revision
from core.errors import ApprovalError, NotFound
from core.lifecycle import Facts, content_after, decide
from core.lifecycle.facts import Problem
from core.lifecycle.who import may_read
from core.model import command as c
from core.model.check import CheckDefinition
from core.model.organisation import Project
from core.model.people import Actor
from core.model.request import Request
from core.naming import Draft, Named, find_member, find_project, name_stages
from core.phrases import phrase
from core.ports import Reader


def look_up(reader: Reader, actor: Actor, draft: Draft) -> tuple[Project, Named, str | None]:
    """The project, the stages named, and the member acted for."""
    project = find_project(reader, actor.organisation, draft.project)
    if project is None:
        wanted = (
            phrase("Name a project")
            if draft.project is None
            else phrase("There is no project '{project}' here", project=draft.project)
        )
        raise NotFound(phrase("{wanted}; projects are listed under /v1/projects.", wanted=wanted))
    named = name_stages(reader, project, draft)
    wanted_behalf = _fixed_behalf(actor) or draft.on_behalf_of
    if wanted_behalf is None:
        return project, named, None
    member = find_member(reader, actor.organisation, wanted_behalf)
    if member is None or not member.active:
        problem = Problem(
            "on_behalf_of",
            phrase(
                "There is no active member '{wanted_behalf}' to act for; name another one, or ask an admin to add them.",
                wanted_behalf=wanted_behalf,
            ),
        )
        return project, Named(named.stages, (*named.problems, problem)), None
    return project, named, member.id


def _fixed_behalf(actor: Actor) -> str | None:
    behalf = actor.facts.get("acts_for")
    return str(behalf) if behalf else None


def named_anew(reader: Reader, project: str, draft: Draft) -> Named:
    """The stages a revision names."""
    found = reader.project(project)
    return Named((), ()) if found is None else name_stages(reader, found, draft)


def weigh(
    reader: Reader, actor: Actor, id: str, command: c.Command, *, types: Types, fresh: str
) -> ApprovalError | None:
    """Judged with something wrong in what was sent, so that no revision is ever judged here."""
    try:
        request, now = _reported_on(reader, actor, id, command) or seen(reader, actor, id, types)
        project = must_exist(reader.project(request.project))
        people = reader.people(people_needed(request, actor, command), project.id)
        facts = Facts(
            now=now,
            actor=actor,
            fresh=fresh,
            project=project,
            type=type_called(types, request.content.type),
            person=people.get(actor.id) if actor.is_member else None,
            agent=reader.agent(actor.id) if actor.is_agent else None,
            people=people,
            check=_check(reader, actor, command),
            problems=(Problem("body", phrase("What was sent cannot be understood.")),),
        )
        decide(request, command, with_emergencies(reader, request, command, facts))
    except ApprovalError as refusal:
        return refusal
    return None


def _reported_on(reader: Reader, actor: Actor, id: str, command: c.Command) -> tuple[Request, datetime] | None:
    """Whoever reports a check need not be able to read the request; `decide` says whether they may know of it."""
    request = reader.request(id) if isinstance(command, c.ReportCheck) else None
    return None if request is None or request.organisation != actor.organisation else (request, reader.now())


def _check(reader: Reader, actor: Actor, command: c.Command) -> CheckDefinition | None:
    if not isinstance(command, c.ReportCheck | c.RunCheck):
        return None
    return reader.check_called(actor.organisation, command.name)


def next_revision(reader: Reader, call: Call) -> tuple[Revision | None, Request | None]:
    """What the command would have asked, and the request whose present revision it would follow."""
    request = reader.request(call.request or "")
    project = None if request is None else reader.project(request.project)
    if request is None or project is None:
        return None, None
    proposal = content_after(request, call.command, type_called(call.types, request.content.type))
    if proposal is None:
        return None, request
    return Revision(proposal[0], request.requester, project, request.on_behalf_of), request


def seen(reader: Reader, actor: Actor, id: str, types: Types) -> tuple[Request, datetime]:
    """The request as it is stored, if the actor may know of it, and what time it is."""
    request = reader.request(id)
    if request is None:
        raise _not_seen()
    return request, must_see(reader, actor, request, types)


def must_see(reader: Reader, actor: Actor, request: Request, types: Types) -> datetime:
    """Whether the actor may know of a request that was read already; what time it is."""
    if request.organisation == actor.organisation:
        project = must_exist(reader.project(request.project))
        person = reader.person(actor.id, project.id) if actor.is_member else None
        agent = reader.agent(actor.id) if actor.is_agent else None
        type = type_called(types, request.content.type)
        now = reader.now()
        if may_read(request, Facts(now, actor, "", project, type, person=person, agent=agent)):
            return now
    raise _not_seen()


def _not_seen() -> NotFound:
    return NotFound(phrase("There is no such request here, or it is not yours to see; an admin can change that."))
