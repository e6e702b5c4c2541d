"""Trust through the desk: earned by people's yeses alone, spent within the caps, and never twice at once."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from core.desk import Desk, Draft
from core.model import command as c
from core.model.request import Content, Cost, ExecutionStatus, Request, Status
from core.model.trust import Record, Safety, Spent
from core.ports import Transaction
from core.rulebook.trust import is_drawn
from tests.desk.office import HOUR, ORG, Office, stage

pytestmark = pytest.mark.anyio

KEY = b"a key nobody who asks knows"
ON = Safety(enabled=True, spot_checks=0.0)
ENOUGH = 31


class TrustingOffice:
    """An office whose desk lives on between calls, and whose agent asks for small deploys."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.desk = self.another_desk()

    def another_desk(self) -> Desk:
        return Desk(self.office.store, fresh=self.office.fresh, outlets=self.office.outlets, key=KEY)

    async def allow(self, safety: Safety = ON) -> None:
        def work(tx: Transaction) -> None:
            tx.move_rulebook(ORG, tx.rulebook_version(ORG))
            tx.put_safety(ORG, safety)

        await self.office.store.transact(work)

    async def ask(self, desk: Desk | None = None, usd: float | None = 0.5, by: str = "ci", **said: Any) -> Request:
        cost = None if usd is None else Cost(usd=usd)
        content = Content(**{"type": "deploy", "title": "Restart a worker", "cost": cost, **said})
        return (await (desk or self.desk).create(self.office.actor(by), Draft(content))).request

    async def do(self, who: str, request: Request, command: c.Command) -> Request:
        return (await self.desk.do(self.office.actor(who), request.id, command)).request

    async def earn(self, times: int = ENOUGH) -> None:
        """Somebody says yes so often."""
        for _ in range(times):
            await self.do("ada", await self.ask(), c.Approve(revision=1, stage=1))

    async def record(self, type: str = "deploy") -> Record:
        found = await self.office.store.transact(lambda tx: tx.trust_record(ORG, "agt_ci", type))
        return replace(found, good=0.0, bad=0.0)

    async def spent(self) -> Spent:
        return await self.office.store.transact(lambda tx: tx.trust_spent("agt_ci", tx.now()))


@pytest.fixture
def trusting(office: Office) -> TrustingOffice:
    return TrustingOffice(office)


async def test_trust_is_off_until_an_admin_switches_it_on(trusting: TrustingOffice) -> None:
    """E-85, E-89"""
    await trusting.earn()
    assert (await trusting.ask()).status is Status.PENDING
    await trusting.allow()
    assert (await trusting.ask()).status is Status.AUTO_APPROVED


async def test_people_are_asked_until_they_have_said_yes_often_enough(trusting: TrustingOffice) -> None:
    """E-85, E-88"""
    await trusting.allow()
    await trusting.earn(ENOUGH - 1)
    last = await trusting.ask()
    assert last.status is Status.PENDING
    await trusting.do("ada", last, c.Approve(revision=1, stage=1))
    trusted = await trusting.ask()
    assert (trusted.status, trusted.cause) == (Status.AUTO_APPROVED, "trust_budget")
    assert trusted.plan.why == ("31 of 31 alike approved; $0.50 of $20.00 today.",)


async def test_a_trusted_request_is_listed_with_its_cause(trusting: TrustingOffice) -> None:
    """E-86"""
    await trusting.allow()
    await trusting.earn()
    stored = await trusting.office.stored(await trusting.ask())
    assert (stored.is_yes, stored.cause) == (True, "trust_budget")
    assert await trusting.office.words(stored) == ["created", "judged", "ended"]


async def test_an_automatic_yes_and_reported_success_earn_nothing(trusting: TrustingOffice) -> None:
    """E-88, E-89"""
    await trusting.allow()
    await trusting.earn()
    trusted = await trusting.ask()
    await trusting.do("ci", trusted, c.ReportExecution(ExecutionStatus.EXECUTING))
    await trusting.do("ci", trusted, c.ReportExecution(ExecutionStatus.SUCCESS))
    assert await trusting.record() == Record(approved=ENOUGH)


async def test_a_failure_after_an_automatic_yes_counts_against_it(trusting: TrustingOffice) -> None:
    """E-89"""
    await trusting.allow()
    await trusting.earn(ENOUGH)
    trusted = await trusting.ask()
    await trusting.do("ci", trusted, c.ReportExecution(ExecutionStatus.EXECUTING))
    await trusting.do("ci", trusted, c.ReportExecution(ExecutionStatus.FAILED))
    assert await trusting.record() == Record(approved=ENOUGH, failed=1)
    assert (await trusting.ask()).status is Status.PENDING


async def test_rejections_edits_and_silence_count_against_it(trusting: TrustingOffice) -> None:
    """E-89"""
    edits = c.Approve(edits={"cost.usd": 0.1}, revision=1, stage=1)
    await trusting.do("ada", await trusting.ask(), edits)
    await trusting.do("ada", await trusting.ask(), c.Reject("no", 1, 1))
    waiting = await trusting.ask()
    trusting.office.turn(5 * HOUR)
    await trusting.desk.ring(waiting.id)
    assert await trusting.record() == Record(edited=1, rejected=1, timed_out=1)


async def test_what_is_asked_in_a_persons_name_earns_nothing_by_that_persons_yes(trusting: TrustingOffice) -> None:
    """E-88"""
    await trusting.office.set(self_approval=True)
    content = Content(type="deploy", title="Restart", cost=Cost(usd=0.5))
    draft = Draft(content, on_behalf_of="ada@example.com")
    asked = (await trusting.desk.create(trusting.office.actor("ci"), draft)).request
    done = await trusting.do("ada", asked, c.Approve(revision=1, stage=1))
    assert done.status is Status.APPROVED
    assert await trusting.record() == Record()


async def test_people_earn_no_trust(trusting: TrustingOffice) -> None:
    asked = await trusting.ask(by="rita")
    await trusting.do("ada", asked, c.Approve(revision=1, stage=1))
    assert await trusting.office.store.read(lambda reader: reader.trusted(ORG, reader.now())) == []


@pytest.mark.parametrize(
    "said",
    [{"usd": None}, {"usd": 1.5}, {"side_effects": ("mails customers",)}, {"type": "merge"}],
    ids=["undeclared", "too dear", "side effects", "another type"],
)
async def test_only_small_declared_likes_of_what_was_approved_pass(
    trusting: TrustingOffice, said: dict[str, Any]
) -> None:
    """E-89"""
    await trusting.allow()
    await trusting.earn()
    assert (await trusting.ask(**said)).status is Status.PENDING


async def test_trust_waives_nobody_whom_the_request_names(trusting: TrustingOffice) -> None:
    await trusting.allow()
    await trusting.earn()
    content = Content(type="deploy", title="Restart", cost=Cost(usd=0.5))
    asked = (
        await trusting.desk.create(trusting.office.actor("ci"), Draft(content, stages=(stage("@security"),)))
    ).request
    assert asked.status is Status.PENDING
    assert await trusting.spent() == Spent()


async def test_the_caps_of_a_day_hold_and_are_new_tomorrow(trusting: TrustingOffice) -> None:
    """E-89"""
    await trusting.earn(60)
    await trusting.allow(replace(ON, usd_a_day=1.0, count_a_day=5))
    outcomes = [(await trusting.ask()).status for _ in range(3)]
    assert outcomes == [Status.AUTO_APPROVED, Status.AUTO_APPROVED, Status.PENDING]
    assert await trusting.spent() == Spent(1.0, 2)
    trusting.office.turn(24 * HOUR)
    assert (await trusting.ask()).status is Status.AUTO_APPROVED
    assert await trusting.spent() == Spent(0.5, 1)


async def test_parallel_creates_cannot_overspend_the_money_of_a_day(trusting: TrustingOffice) -> None:
    """E-85, E-89"""
    await trusting.allow(replace(ON, usd_a_day=2.0, count_a_day=1000))
    await trusting.earn()
    desks = [trusting.another_desk() for _ in range(4)]
    asked = await asyncio.gather(*(trusting.ask(desks[place % 4], usd=0.3) for place in range(16)))
    passed = [request for request in asked if request.status is Status.AUTO_APPROVED]
    assert len(passed) == 6
    assert await trusting.spent() == Spent(1.8, 6)


async def test_parallel_creates_cannot_pass_the_count_of_a_day(trusting: TrustingOffice) -> None:
    """E-85, E-89"""
    await trusting.allow(replace(ON, count_a_day=3))
    await trusting.earn()
    asked = await asyncio.gather(*(trusting.ask(usd=0.01) for _ in range(12)))
    assert sum(request.status is Status.AUTO_APPROVED for request in asked) == 3


async def test_some_are_asked_all_the_same(trusting: TrustingOffice) -> None:
    """E-89"""
    await trusting.allow(replace(ON, spot_checks=0.5, count_a_day=1000))
    await trusting.earn()
    asked = [await trusting.ask(usd=0.01) for _ in range(16)]
    drawn = [is_drawn(request.id, KEY, 0.5) for request in asked]
    assert [request.status is Status.PENDING for request in asked] == drawn
    assert 0 < sum(drawn) < 16


async def test_a_spot_check_cannot_be_escaped_by_asking_again(trusting: TrustingOffice) -> None:
    """E-89"""
    await trusting.allow(replace(ON, spot_checks=1.0))
    await trusting.earn()
    await trusting.do("ci", await trusting.ask(), c.Cancel())
    assert await trusting.record() == Record(approved=ENOUGH, timed_out=1)


async def test_switching_it_off_takes_effect_at_once(trusting: TrustingOffice) -> None:
    """E-87"""
    await trusting.allow()
    await trusting.earn()
    assert (await trusting.ask()).status is Status.AUTO_APPROVED
    await trusting.allow(Safety())
    assert (await trusting.ask()).status is Status.PENDING


async def test_an_approver_who_edits_spends_no_trust(trusting: TrustingOffice) -> None:
    await trusting.allow()
    await trusting.earn()
    dear = await trusting.ask(usd=5.0)
    done = await trusting.do("ada", dear, c.Approve(edits={"cost.usd": 0.5}, revision=1, stage=1))
    assert done.status is Status.APPROVED_WITH_EDITS
    assert await trusting.spent() == Spent()


async def test_adding_marks_up_changes_nothing_that_is_read(trusting: TrustingOffice) -> None:
    await trusting.earn(12)
    await trusting.do("ada", await trusting.ask(), c.Reject("no", 1, 1))
    before = await trusting.office.store.transact(lambda tx: tx.trust_record(ORG, "agt_ci", "deploy"))
    added = await trusting.office.store.transact(lambda tx: tx.add_up_trust(5, 100))
    after = await trusting.office.store.transact(lambda tx: tx.trust_record(ORG, "agt_ci", "deploy"))
    assert added == 1
    assert (after.approved, after.rejected) == (12, 1)
    assert (after.good, after.bad) == pytest.approx((before.good, before.bad))
    assert await trusting.office.store.transact(lambda tx: tx.add_up_trust(5, 100)) == 0


async def test_another_organisations_agent_is_none_of_ours(trusting: TrustingOffice) -> None:
    await trusting.earn(3)
    assert await trusting.office.store.read(lambda reader: reader.trusted("org_other", reader.now())) == []
    (mine,) = await trusting.office.store.read(lambda reader: reader.trusted(ORG, reader.now()))
    assert (mine.agent, mine.type, mine.record.approved) == ("agt_ci", "deploy", 3)
