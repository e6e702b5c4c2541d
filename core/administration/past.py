"""Past requests as rules meet them again: read in pages, with whom the rules' names stood for in each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from core.desk.weighing import Revision, bind
from core.model.change import is_change
from core.model.organisation import BUILT_IN_TYPES, Project, RequestType
from core.model.request import Request
from core.model.rule import Rule
from core.ports import Filter, Reader, Rules, Store
from core.rulebook.binding import bind_stages, binder, sources_of
from core.rulebook.condition import Conditions
from core.rulebook.given import Given
from core.rulebook.past import PastRevision
from core.rulebook.replay import Replayed, replay
from core.rulebook.rulebook import Rulebook

PAGE: Final = 100
CROWD: Final = 1000
"""People behind one name who are counted when pings are."""


@dataclass(frozen=True, slots=True)
class Past:
    revisions: Sequence[PastRevision]
    rosters: Mapping[str, frozenset[str]]

    def replayed(self, before: Rules, after: Rules, conditions: Conditions) -> Iterator[Replayed]:
        """Slice by slice; each costs some milliseconds."""
        old, new = (Rulebook(rules.version, rules.rules, conditions) for rules in (before, after))
        return replay(self.revisions, old, new, conditions, self.rosters)


async def past_revisions(store: Store, organisation: str, before: Rules, after: Rules, *, days: int, most: int) -> Past:
    """The newest `most` requests of the last `days`, as they were asked at last; one page per read."""
    rules = tuple(dict.fromkeys((*before.rules, *after.rules)))
    types = {**BUILT_IN_TYPES, **{type.word: type for type in after.types}}
    projects = await store.read(lambda reader: {one.id: one for one in reader.projects(organisation)})
    since = await store.read(lambda reader: reader.now() - timedelta(days=days))
    found: list[PastRevision] = []
    cursor: str | None = None
    while len(found) < most:
        start, room = cursor, min(PAGE, most - len(found))

        def look(reader: Reader, start: str | None = start, room: int = room) -> tuple[list[PastRevision], str | None]:
            page = reader.requests(organisation, Filter(since=since), cursor=start, limit=room)
            return [
                _past(reader, one, projects, types, rules) for one in page.requests if not is_change(one)
            ], page.next_cursor

        some, cursor = await store.read(look)
        found += some
        if cursor is None:
            break
    return Past(found, await store.read(lambda reader: _rosters(reader, tuple(projects.values()), rules, found)))


def _past(
    reader: Reader,
    request: Request,
    projects: Mapping[str, Project],
    types: Mapping[str, RequestType],
    rules: tuple[Rule, ...],
) -> PastRevision:
    project = projects[request.project]
    naming = tuple(rule for rule in rules if _names_people_by_request(rule))
    asked = Revision(request.original, request.requester, project, request.on_behalf_of)
    return PastRevision(
        number=request.number,
        requester=request.requester,
        project=project,
        type=types.get(request.original.type) or types["custom"],
        content=request.original,
        at=request.created_at,
        on_behalf_of=request.on_behalf_of,
        named=request.named,
        distinct=request.distinct,
        notify=request.notify,
        given=bind(reader, asked, naming) if naming else Given(),
    )


def _names_people_by_request(rule: Rule) -> bool:
    """Only such rules need people looked up for each request."""
    return bool(rule.not_from) or any(source.principal.startswith("field:") for source in sources_of(rule.stages))


def _rosters(
    reader: Reader, projects: Sequence[Project], rules: Sequence[Rule], pasts: Sequence[PastRevision]
) -> Mapping[str, frozenset[str]]:
    wanted = {(source.principal, past.project.id) for past in pasts for source in sources_of(past.named)}
    for past in pasts:
        wanted |= {(one.principal, past.project.id) for found in past.given.stands_for.values() for one in found}
    for project in projects:
        bound = (bind_stages(rule.stages, binder(project.id, {})) for rule in rules)
        wanted |= {(source.principal, project.id) for stages in bound for source in sources_of(stages)}
        wanted.add((f"anyone:{project.id}", project.id))
    return {principal: reader.roster(principal, project, CROWD) for principal, project in sorted(wanted)}
