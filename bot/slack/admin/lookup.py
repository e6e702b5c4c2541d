"""Names of people, groups and projects as lists and sheets show them, and what a role was granted on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.model.organisation import Grant
from core.phrases import phrase
from core.ports import Reader


def names_of(reader: Reader, organisation: str, members: Iterable[str]) -> list[str]:
    found = (reader.member(organisation, id) for id in members)
    return sorted(
        (one.name if one.active else phrase("{name} (inactive)", name=one.name) for one in found if one is not None),
        key=str.lower,
    )


def roles_said(reader: Reader, grants: Sequence[Grant], principals: Iterable[str]) -> list[str]:
    """`approver everywhere`, `admin on payments through @platform`."""
    wanted = set(principals)
    said = (_role(reader, grant) for grant in grants if grant.principal in wanted)
    return sorted(said)


def _role(reader: Reader, grant: Grant) -> str:
    project = None if grant.project is None else reader.project(grant.project)
    where = (
        phrase("everywhere")
        if grant.project is None
        else phrase("on {project}", project=project.name if project else phrase("a project"))
    )
    kind, _, id = grant.principal.partition(":")
    group = reader.group(grant.organisation, id) if kind == "group" else None
    return f"{grant.role.value} {where}" + (phrase(" through @{group}", group=group.name) if group is not None else "")
