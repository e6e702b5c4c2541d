"""From names as people write them (`ada@example.com`, `@platform`, `role:admin`, `anyone`) to stages with sources."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from core.lifecycle.facts import Problem
from core.model.organisation import Group, Member, Project
from core.model.people import Role
from core.model.quick import dataclass
from core.model.request import Content, Stage, unnamed
from core.model.requirement import Source, any_with
from core.model.rule import Place
from core.phrases import phrase
from core.ports import Reader
from core.requirements.approvals import Approvals
from core.rulebook.judge import ANYONE

ONCALL: Final = "oncall:"


@dataclass(frozen=True, slots=True)
class DraftRequirement:
    """So many of these names, or all of them."""

    sources: tuple[str, ...]
    min: int = 1
    all: bool = False


@dataclass(frozen=True, slots=True)
class DraftStage:
    requirements: tuple[DraftRequirement, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What is asked, before names are resolved. `approvers` must all agree; they come before any `stages`.

    `project` is a name or id; None means the organisation's only project, or the one called `default`.
    `on_behalf_of` is an e-mail address or member id.
    """

    content: Content
    project: str | None = None
    approvers: tuple[str, ...] = ()
    stages: tuple[DraftStage, ...] = ()
    distinct: bool = False
    notify: tuple[str, ...] = ()
    on_behalf_of: str | None = None
    supersede_key: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """Resolved stages, and what could not be resolved."""

    stages: tuple[Stage, ...]
    problems: tuple[Problem, ...]


def find_project(reader: Reader, organisation: str, wanted: str | None) -> Project | None:
    if wanted is None:
        projects = reader.projects(organisation)
        return projects[0] if len(projects) == 1 else reader.project_by_name(organisation, "default")
    project = reader.project(wanted) if wanted.startswith("prj_") else reader.project_by_name(organisation, wanted)
    return project if project is not None and project.organisation == organisation else None


def find_member(reader: Reader, organisation: str, wanted: str) -> Member | None:
    if wanted.startswith("mem_"):
        return reader.member(organisation, wanted)
    return reader.member_by_email(organisation, wanted.strip().lower())


def find_group(reader: Reader, organisation: str, wanted: str) -> Group | None:
    """By `@name` or id."""
    if wanted.startswith("grp_"):
        return reader.group(organisation, wanted)
    return reader.group_by_name(organisation, wanted.removeprefix("@"))


def name_stages(reader: Reader, project: Project, draft: Draft) -> Named:
    """Stages numbered from 1; every name that stands for nobody is a problem, each said once."""
    problems: list[Problem] = []
    stages: list[Stage] = []
    for number, wanted in enumerate(_all_stages(draft), start=1):
        requirements = tuple(
            Approvals(f"s{number}r{place}", asked.min, _sources(reader, project, asked, problems), asked.all)
            for place, asked in enumerate(wanted.requirements, start=1)
        )
        stages.append(Stage(number, wanted.name or _stage_name(requirements, number), requirements))
    return Named(tuple(stages), tuple(problems))


def _all_stages(draft: Draft) -> tuple[DraftStage, ...]:
    if not draft.approvers:
        return draft.stages
    everybody = DraftStage((DraftRequirement(tuple(dict.fromkeys(draft.approvers)), all=True),))
    return (everybody, *draft.stages)


def _stage_name(requirements: Iterable[Approvals], number: int) -> str:
    labels = [source.label for requirement in requirements for source in requirement.people]
    return labels[0].lstrip("@").capitalize() if len(labels) == 1 and labels[0].startswith("@") else unnamed(number)


def _sources(reader: Reader, project: Project, asked: DraftRequirement, problems: list[Problem]) -> tuple[Source, ...]:
    found: list[Source] = []
    for name in asked.sources:
        source = _source(reader, project, name)
        if source is None:
            problems.append(
                Problem(
                    "approvers", phrase("Nobody here is called '{name}'; name a member, @group or role.", name=name)
                )
            )
        elif source not in found:
            found.append(source)
    return tuple(found)


def _source(reader: Reader, project: Project, name: str) -> Source | None:
    if name == "anyone":
        return Source(f"anyone:{project.id}", ANYONE)
    if name.startswith(ONCALL):
        schedule = reader.schedule(project.organisation, name.removeprefix(ONCALL))
        return None if schedule is None else Source(schedule.principal, schedule.label)
    if name.startswith("role:"):
        return _role(project, name.removeprefix("role:"))
    if name.startswith(("@", "grp_")):
        group = find_group(reader, project.organisation, name)
        return None if group is None else Source(f"group:{group.id}", f"@{group.name}")
    member = find_member(reader, project.organisation, name)
    return None if member is None or not member.active else Source(f"member:{member.id}", member.name)


def _role(project: Project, word: str) -> Source | None:
    if word not in {role.value for role in Role}:
        return None
    return Source(f"role:{word}:{project.id}", any_with(word))


class RuleNames:
    """What the names in a rule stand for in one organisation, labelled as they are written (`core.rulebook.source.Names`)."""

    def __init__(self, reader: Reader, organisation: str) -> None:
        self._reader = reader
        self._organisation = organisation

    def source(self, word: str) -> Source | None:
        if word.startswith(ONCALL):
            found = self._reader.schedule(self._organisation, word.removeprefix(ONCALL))
            return None if found is None else Source(word, word)
        if word.startswith(("@", "grp_")):
            group = find_group(self._reader, self._organisation, word)
            return None if group is None else Source(f"group:{group.id}", f"@{group.name}")
        member = find_member(self._reader, self._organisation, word)
        return None if member is None or not member.active else Source(f"member:{member.id}", member.email)

    def agent(self, word: str) -> Place | None:
        agents = self._reader.agents(self._organisation)
        found = next((agent for agent in agents if word in (agent.id, agent.name)), None)
        return None if found is None else Place(found.id, found.name)

    def team(self, word: str) -> Place | None:
        """A team is a word that agents bear."""
        teams = {agent.team for agent in self._reader.agents(self._organisation)}
        return Place(word, word) if word in teams else None

    def project(self, word: str) -> Place | None:
        project = find_project(self._reader, self._organisation, word)
        return None if project is None else Place(project.id, project.name)
