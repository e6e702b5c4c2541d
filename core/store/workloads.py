"""Workloads, read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select

from core.model.people import Verb
from core.model.workload import Workload
from core.store.driver import Row, Session
from core.store.tables import workloads

_OF_ORGANISATION: Final = (
    select(workloads)
    .where(workloads.c.organisation == bindparam("organisation"))
    .order_by(workloads.c.created_at, workloads.c.id)
)
_OF_ISSUER: Final = _OF_ORGANISATION.where(workloads.c.issuer == bindparam("issuer"), workloads.c.revoked_at.is_(None))


class WorkloadReads:
    """The part of a reader that machines without keys need."""

    _db: Session

    def workloads(self, organisation: str, issuer: str | None = None) -> Sequence[Workload]:
        if issuer is None:
            return [_workload(row) for row in self._db.rows(_OF_ORGANISATION, {"organisation": organisation})]
        found = self._db.rows(_OF_ISSUER, {"organisation": organisation, "issuer": issuer})
        return [_workload(row) for row in found]


def _workload(row: Row) -> Workload:
    id, owner, agent, issuer, subject, verbs, projects, facts, created_at, revoked_at = row
    return Workload(
        id=id,
        organisation=owner,
        agent=agent,
        issuer=issuer,
        subject=subject,
        verbs=frozenset(Verb(verb) for verb in verbs),
        projects=None if projects is None else frozenset(projects),
        facts=facts,
        created_at=created_at,
        revoked_at=revoked_at,
    )
