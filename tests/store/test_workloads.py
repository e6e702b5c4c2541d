"""Workloads as they are written and read."""

from dataclasses import replace

import pytest

from core.model.organisation import Agent
from core.model.people import Verb
from core.model.workload import Workload
from core.ports import Transaction
from core.store.engine import Engine
from tests.store.builders import ELSEWHERE, ORG, PROJECT, T0

pytestmark = pytest.mark.anyio

ISSUER = "https://id.example.com"
AGENT = Agent("agt_job", ORG, "job", None, "never", (), suspended=False, created_at=T0)
JOB = Workload(
    "wkl_1",
    ORG,
    AGENT.id,
    ISSUER,
    "repo:a/b:**",
    frozenset({Verb.ASK}),
    frozenset({PROJECT}),
    {"env": "test"},
    T0,
    None,
)


async def keep(store: Engine, *found: Workload) -> None:
    def work(tx: Transaction) -> None:
        tx.put(AGENT)
        for one in found:
            tx.put(one)

    await store.transact(work)


async def test_they_are_kept_whole_and_found_by_their_issuer_while_not_revoked(store: Engine) -> None:
    everywhere = replace(JOB, id="wkl_2", issuer="https://other.example", projects=None)
    await keep(store, JOB, everywhere)
    assert await store.read(lambda reader: reader.workloads(ORG)) == [JOB, everywhere]
    assert await store.read(lambda reader: reader.workloads(ORG, ISSUER)) == [JOB]
    await keep(store, replace(JOB, revoked_at=T0))
    assert await store.read(lambda reader: reader.workloads(ORG, ISSUER)) == []
    assert [one.revoked_at for one in await store.read(lambda reader: reader.workloads(ORG))] == [T0, None]


async def test_another_organisation_sees_none_of_them(store: Engine) -> None:
    await keep(store, JOB)
    assert await store.read(lambda reader: reader.workloads(ELSEWHERE)) == []
    assert await store.read(lambda reader: reader.workloads(ELSEWHERE, ISSUER)) == []
