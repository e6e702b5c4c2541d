"""Past requests as rules meet them again: read a few at a time, judged a few milliseconds at a time.

Whoever decides something meanwhile waits for no more than one such slice: there is one interpreter for all threads.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Hashable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from core.desk.weighing import Revision, bind, names_at, values_of
from core.model.organisation import Project, RequestType
from core.model.rule import Rule
from core.ports import Asked, Filter, Reader, Rules, Store
from core.rulebook.binding import sources_of
from core.rulebook.condition import Conditions
from core.rulebook.given import Given
from core.rulebook.past import PastRevision
from core.rulebook.replay import Replayed, Replaying
from core.rulebook.rulebook import Rulebook

PAGE: Final = 18
"""Requests built in one read: one or two milliseconds."""

SLICE: Final = 0.0012
"""Seconds of judging before others have their turn."""

REST: Final = 0.0005
"""Seconds that are others' alone after each slice and each page."""

CROWD: Final = 1000
"""People behind one name who are counted when pings are."""


async def replayed(
    store: Store, organisation: str, before: Rules, after: Rules, conditions: Conditions, *, days: int, most: int
) -> AsyncIterator[Replayed]:
    """The newest `most` requests of the last `days`, as they were asked at last: what came out so far, page by page.

    The last one is the whole, and alone has pings.
    """
    since = await store.read(lambda reader: reader.now() - timedelta(days=days))
    total = await store.read(lambda reader: reader.count(organisation, Filter(since=since), most))
    old, new = (Rulebook(rules.version, rules.rules, conditions) for rules in (before, after))
    replaying = Replaying(old, new, conditions, total)
    pages = await store.read(lambda reader: Pages(reader, organisation, (*before.rules, *after.rules)))
    cursor: str | None = None
    left = most
    while left > 0:
        start, room = cursor, min(PAGE, left)

        def look(reader: Reader, start: str | None = start, room: int = room) -> tuple[list[PastRevision], str | None]:
            found, following = reader.asked(organisation, since=since, cursor=start, limit=room)
            return [pages.past(reader, one) for one in found], following

        pasts, cursor = await store.read(look)
        left -= room
        await _judge(replaying, iter(pasts))
        if cursor is None:
            break
        yield replaying.so_far()
    rosters = await store.read(lambda reader: pages.rosters(reader, replaying.people()))
    yield replaying.whole(rosters)


async def _judge(replaying: Replaying, pasts: Iterator[PastRevision]) -> None:
    left = True
    while left:
        left = await asyncio.to_thread(_slice, replaying, pasts)
        await asyncio.sleep(REST)


def _slice(replaying: Replaying, pasts: Iterator[PastRevision]) -> bool:
    until = time.perf_counter() + SLICE
    return replaying.add_until(pasts, lambda: time.perf_counter() >= until)


class Pages:
    """Turns what was asked into revisions that can be judged. What names stand for is looked up once per names."""

    def __init__(self, reader: Reader, organisation: str, rules: Iterable[Rule]) -> None:
        self._projects: Mapping[str, Project] = {one.id: one for one in reader.projects(organisation)}
        self._types: Mapping[str, RequestType] = reader.types(organisation)
        self._naming = tuple(rule for rule in dict.fromkeys(rules) if _names_people_by_request(rule))
        self._fields = tuple(dict.fromkeys(_fields_of(self._naming)))
        self._given: dict[Hashable, Given] = {}

    def past(self, reader: Reader, asked: Asked) -> PastRevision:
        content, project = asked.content, self._projects[asked.project]
        return PastRevision(
            number=asked.number,
            requester=asked.requester,
            project=project,
            type=self._types.get(content.type) or self._types["custom"],
            content=content,
            at=asked.at,
            on_behalf_of=asked.on_behalf_of,
            named=asked.named,
            distinct=asked.distinct,
            notify=asked.notify,
            given=self._bound(reader, asked, project) if self._naming else Given(),
        )

    def rosters(self, reader: Reader, principals: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Roles and `anyone` name their project themselves; of the others any will do."""
        first = next(iter(self._projects), "")
        return {one: reader.roster(one, _project_in(one, self._projects) or first, CROWD) for one in sorted(principals)}

    def _bound(self, reader: Reader, asked: Asked, project: Project) -> Given:
        revision = Revision(asked.content, asked.requester, project, asked.on_behalf_of)
        values = values_of(reader, revision) if self._fields else {}
        key = (project.id, *(names_at(values, field) for field in self._fields))
        known = self._given.get(key)
        if known is None:
            known = self._given[key] = bind(reader, revision, self._naming)
        return known


def _project_in(principal: str, projects: Mapping[str, Project]) -> str | None:
    last = principal.rpartition(":")[2]
    return last if last in projects else None


def _names_people_by_request(rule: Rule) -> bool:
    """Only such rules need people looked up for each request."""
    return bool(rule.not_from) or any(source.principal.startswith("field:") for source in sources_of(rule.stages))


def _fields_of(rules: Iterable[Rule]) -> Iterator[str]:
    for rule in rules:
        for source in (
            *sources_of(rule.stages),
            *rule.tell,
            *rule.not_from,
            *(rule.escalate.to if rule.escalate else ()),
        ):
            kind, _, path = source.principal.partition(":")
            if kind == "field":
                yield path
