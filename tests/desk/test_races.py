"""Two at the same moment."""

import asyncio

import pytest

from core.model.request import Status
from core.ports import StaleVersion, Transaction
from tests.desk.office import HOUR, Office, stage

pytestmark = pytest.mark.anyio


async def test_of_two_asked_under_one_key_at_once_one_stays_open(office: Office) -> None:
    for turn in range(8):
        both = await asyncio.gather(
            *(office.ask(stage("@platform"), title=f"Deploy {turn}.{n}", supersede_key=f"web {turn}") for n in (1, 2))
        )
        statuses = sorted([(await office.stored(request)).status for request in both])
        assert statuses == [Status.CANCELLED, Status.PENDING]


async def test_the_clock_rings_again_when_somebody_was_quicker(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    request = await office.ask(stage("@platform"))
    office.turn(5 * HOUR)
    desk, tries = office.desk, []

    def quicker(tx: Transaction, id: str) -> None:
        tries.append(id)
        if len(tries) < 3:
            raise StaleVersion(id)

    monkeypatch.setattr(desk, "_ring", quicker)
    assert await desk.sweep() == 1
    assert tries == [request.id] * 3
