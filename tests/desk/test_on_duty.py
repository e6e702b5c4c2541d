"""Whoever is on duty, through the desk: asked live, by a feed that can name nobody but members, and only while it is believed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.errors import Invalid, NotAllowed
from core.model import command as c
from core.model.request import Status
from core.model.schedule import Schedule, Shift
from core.naming import RuleNames
from core.ports import Filter, Transaction
from core.rulebook.line import read_line
from tests.desk.office import HOUR, LONG_AGO, ORG, Office, member, stage
from tests.desk.test_rules import CONDITIONS, RuledOffice

pytestmark = pytest.mark.anyio

PRIMARY = Schedule("sch_primary", ORG, "primary", "sealed", "calendar.example.com", LONG_AGO)
RULE = "add urgent when true require oncall:primary"


class DutyOffice(RuledOffice):
    async def keep(self, *shifts: tuple[str, float, float], schedule: Schedule = PRIMARY) -> None:
        """Who is on duty from so many hours on until so many hours on, as a feed just said."""

        def work(tx: Transaction) -> None:
            now = tx.now()
            tx.put_schedule(replace(schedule, fetched_at=now, tried_at=now))
            tx.set_shifts(schedule.id, _shifts(now, shifts))

        await self.office.store.transact(work)


def _shifts(now: datetime, shifts: Iterable[tuple[str, float, float]]) -> list[Shift]:
    return [
        Shift(f"{who}@example.com", now + timedelta(hours=starts), now + timedelta(hours=ends))
        for who, starts, ends in shifts
    ]


@pytest.fixture
async def duty(office: Office) -> DutyOffice:
    duty = DutyOffice(office)
    await duty.keep(("ada", -1, 1), ("bob", 1, 8))
    await duty.rule(RULE)
    return duty


async def test_whoever_is_on_duty_is_asked_and_may_decide(duty: DutyOffice) -> None:
    request = await duty.ask()
    assert [r.label for r in request.plan.stages[0].requirements] == ["1 of on duty for primary"]
    with pytest.raises(NotAllowed):
        await duty.do("bob", request, c.Approve(revision=1, stage=1))
    done = await duty.do("ada", request, c.Approve(revision=1, stage=1))
    assert (done.status, done.decisions[0].seats) == (Status.APPROVED, ("on duty for primary",))


async def test_the_next_shift_may_decide_what_the_last_one_left(duty: DutyOffice) -> None:
    request = await duty.ask()
    duty.office.turn(2 * HOUR)
    with pytest.raises(NotAllowed):
        await duty.do("ada", request, c.Approve(revision=1, stage=1))
    assert (await duty.do("bob", request, c.Approve(revision=1, stage=1))).status is Status.APPROVED


async def test_it_waits_in_the_inbox_of_whoever_is_on_duty_now(duty: DutyOffice) -> None:
    request = await duty.ask()
    assert await _inbox(duty, "ada") == [request.id]
    duty.office.turn(2 * HOUR)
    assert (await _inbox(duty, "ada"), await _inbox(duty, "bob")) == ([], [request.id])


async def _inbox(duty: DutyOffice, who: str) -> list[str]:
    names = await duty.office.store.read(lambda reader: reader.principals(ORG, f"mem_{who}"))
    page = await duty.office.store.read(
        lambda reader: reader.requests(ORG, Filter(waiting_for=names), cursor=None, limit=9)
    )
    return [request.id for request in page.requests]


async def test_a_yes_given_on_duty_outlasts_the_shift(duty: DutyOffice) -> None:
    await duty.rule("add both when true require oncall:primary and @security")
    request = await duty.ask()
    await duty.do("ada", request, c.Approve(revision=1, stage=1))
    duty.office.turn(2 * HOUR)
    assert (await duty.do("sue", request, c.Approve(revision=1, stage=1))).status is Status.APPROVED


async def test_a_feed_that_is_down_is_believed_for_a_day_and_then_stands_for_nobody(duty: DutyOffice) -> None:
    await duty.keep(("ada", -1, 100))
    duty.office.turn(23 * HOUR)
    believed = await duty.ask()
    assert (await duty.do("ada", believed, c.Approve(revision=1, stage=1))).status is Status.APPROVED
    duty.office.turn(2 * HOUR)
    late = await duty.ask()
    assert (late.status, "found_impossible" in await duty.office.words(late)) == (Status.PENDING, True)
    assert "member:mem_root" in await duty.office.told("impossible")
    with pytest.raises(NotAllowed):
        await duty.do("ada", late, c.Approve(revision=1, stage=1))


async def test_a_feed_names_nobody_outside_the_organisation_and_nobody_who_left(duty: DutyOffice) -> None:
    await duty.keep(("olga", -1, 1), ("stranger", -1, 1), ("bob", -1, 1))
    await duty.office.change(lambda tx: tx.put(member("bob", active=False)))
    assert await duty.office.store.read(lambda reader: reader.roster("oncall:sch_primary", "prj_default", 9)) == set()
    outside = await duty.office.store.read(lambda reader: reader.person("mem_olga", "prj_elsewhere"))
    assert outside is not None
    assert not any(name.startswith("oncall:") for name in outside.principals)


async def test_being_on_duty_gives_no_right_to_approve(duty: DutyOffice) -> None:
    await duty.keep(("nick", -1, 1))
    request = await duty.ask()
    with pytest.raises(NotAllowed):
        await duty.do("nick", request, c.Approve(revision=1, stage=1))


async def test_a_request_may_name_whoever_is_on_duty_too(duty: DutyOffice) -> None:
    request = await duty.ask(stage("oncall:primary"))
    assert (await duty.do("ada", request, c.Approve(revision=1, stage=1))).status is Status.APPROVED
    with pytest.raises(Invalid):
        await duty.ask(stage("oncall:nowhere"))


async def test_not_from_a_schedule_bars_whoever_is_on_duty(duty: DutyOffice) -> None:
    await duty.rule("add calm when true require @platform not from oncall:primary")
    assert (await duty.ask()).plan.barred >= {"mem_ada"}


async def test_a_rule_cannot_name_a_schedule_that_is_not_there(duty: DutyOffice) -> None:
    with pytest.raises(Invalid, match="no schedule 'oncall:nowhere'"):
        await duty.office.store.read(
            lambda reader: read_line("add x when true require oncall:nowhere", RuleNames(reader, ORG), CONDITIONS)
        )


async def test_a_removed_schedule_stands_for_nobody(duty: DutyOffice) -> None:
    request = await duty.ask()
    await duty.office.change(lambda tx: tx.drop_schedule(PRIMARY))
    with pytest.raises(NotAllowed):
        await duty.do("ada", request, c.Approve(revision=1, stage=1))
    assert (await duty.ask()).status is Status.PENDING
