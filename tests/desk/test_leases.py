"""Leases through the desk: who may grant one, what it covers, how often, until when, and its end."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.desk import Desk, Draft
from core.errors import ApprovalError, Conflict, Invalid, NotAllowed
from core.model import command as c
from core.model.lease import Lease
from core.model.organisation import Agent, Project, Settings
from core.model.people import Role
from core.model.request import Content, Cost, Request, Status, Subject
from core.ports import Idempotency, Transaction
from tests.desk.office import HOUR, LONG_AGO, ORG, Office, member, put_member, stage
from tests.desk.test_rules import RuledOffice

pytestmark = pytest.mark.anyio

GRANT = c.GrantLease(uses=3, lasts=2 * HOUR)


class LeasingOffice(RuledOffice):
    """An office whose agent restarts workers."""

    async def ask(self, *stages: Any, by: str = "ci", named: dict[str, Any] | None = None, **said: Any) -> Request:
        return await super().ask(*stages, by=by, named=named, **{"action": "restart worker 7", **said})

    async def lease(self, who: str = "ada", command: c.GrantLease = GRANT, **said: Any) -> Lease:
        return (await self.do(who, await self.ask(**said), command)).leases[0]

    async def refusal(self, who: str, request: Request, command: c.Command) -> ApprovalError:
        with pytest.raises(ApprovalError) as caught:
            await self.do(who, request, command)
        return caught.value

    async def kept(self, lease: Lease) -> Lease:
        found = await self.office.store.read(lambda reader: reader.lease(ORG, lease.id))
        assert found is not None
        return found


@pytest.fixture
def leasing(office: Office) -> LeasingOffice:
    return LeasingOffice(office)


async def test_a_lease_lets_its_like_pass_so_many_times(leasing: LeasingOffice) -> None:
    lease = await leasing.lease()
    asked = [await leasing.ask() for _ in range(4)]
    assert [request.status for request in asked] == [Status.AUTO_APPROVED] * 3 + [Status.PENDING]
    assert asked[0].cause == lease.cause
    assert asked[1].plan.why == ('Ada leased deploy "restart worker 7" to ci from #1: use 2 of 3.',)
    assert (await leasing.kept(lease)).used == 3


async def test_the_request_it_was_granted_from_is_still_to_be_decided(leasing: LeasingOffice) -> None:
    request = await leasing.ask()
    granted = await leasing.do("ada", request, GRANT)
    assert granted.status is Status.PENDING
    assert "lease_granted" in await leasing.office.words(request)
    assert ("lease_granted", "thread") in [(word, place) for word, place, _ in await leasing.office.notices()]


async def test_a_lease_ends_with_its_time(leasing: LeasingOffice) -> None:
    await leasing.lease()
    leasing.office.turn(2 * HOUR)
    assert (await leasing.ask()).status is Status.PENDING


@pytest.mark.parametrize(
    "said",
    [
        {"action": "restart worker 8"},
        {"action": None},
        {"type": "merge"},
        {"cost": Cost(usd=0.1)},
        {"side_effects": ("mails customers",)},
        {"subject": Subject("run", "1")},
    ],
    ids=["action", "no action", "type", "cost", "side effects", "subject"],
)
async def test_only_its_like_passes(leasing: LeasingOffice, said: dict[str, Any]) -> None:
    await leasing.lease()
    assert (await leasing.ask(**said)).status is Status.PENDING


@pytest.mark.parametrize(("usd", "status"), [(5.0, Status.AUTO_APPROVED), (5.01, Status.PENDING)])
async def test_nothing_dearer_than_what_was_on_the_card_passes(
    leasing: LeasingOffice, usd: float, status: Status
) -> None:
    await leasing.lease(cost=Cost(usd=5.0))
    assert (await leasing.ask(cost=Cost(usd=usd))).status is status


async def test_whoever_grants_may_let_anything_follow_the_beginning_of_an_action(leasing: LeasingOffice) -> None:
    await leasing.lease(command=c.GrantLease(5, HOUR, "restart worker *"))
    assert (await leasing.ask(action="restart worker 8")).status is Status.AUTO_APPROVED
    assert (await leasing.ask(action="restart database")).status is Status.PENDING


async def test_it_holds_in_the_project_it_was_granted_in_alone(leasing: LeasingOffice) -> None:
    await leasing.lease()
    await leasing.office.change(lambda tx: tx.put(Project("prj_pay", ORG, "payments", Settings(), LONG_AGO)))
    elsewhere = await leasing.ask(named={"project": "payments"})
    assert (elsewhere.project, elsewhere.status) == ("prj_pay", Status.PENDING)


async def test_another_agent_or_a_person_cannot_use_it(leasing: LeasingOffice) -> None:
    await leasing.lease()
    await leasing.office.change(
        lambda tx: tx.put(Agent("agt_other", ORG, "other", None, "sometimes", (), False, LONG_AGO))
    )
    stranger = replace(leasing.office.actor("ci"), id="agt_other", name="other")
    content = Content(type="deploy", title="Deploy 4.2", action="restart worker 7")
    assert (await leasing.desk.create(stranger, Draft(content))).request.status is Status.PENDING
    assert (await leasing.ask(by="rita")).status is Status.PENDING


# ------------------------------------------------------------------------------------------------------ who may grant


async def test_only_somebody_whose_one_approval_would_have_ended_it_may_grant(leasing: LeasingOffice) -> None:
    two = await leasing.ask(stage("@platform", min=2))
    assert isinstance(await leasing.refusal("ada", two, GRANT), NotAllowed)
    staged = await leasing.ask(stage("@platform"), stage("@security"))
    assert (await leasing.refusal("ada", staged, GRANT)).word == "not_an_approver"


async def test_the_second_of_two_approvers_may_not_grant_either(leasing: LeasingOffice) -> None:
    two = await leasing.ask(stage("@platform", min=2))
    await leasing.do("ada", two, c.Approve(revision=1, stage=1))
    assert (await leasing.refusal("bob", two, GRANT)).word == "not_an_approver"


@pytest.mark.parametrize("who", ["ci", "rita", "nick", "sue"])
async def test_those_who_may_not_decide_may_not_grant(leasing: LeasingOffice, who: str) -> None:
    request = await leasing.ask(stage("@platform"))
    assert isinstance(await leasing.refusal(who, request, GRANT), NotAllowed | ApprovalError)
    assert (await leasing.office.stored(request)).leases == ()


async def test_a_refused_grant_is_in_the_ledger(leasing: LeasingOffice) -> None:
    request = await leasing.ask(stage("@platform"))
    await leasing.refusal("sue", request, GRANT)
    assert (await leasing.office.ledger(request))[-1].payload["command"] == "grant_lease"  # type: ignore[index]


async def test_the_person_an_agent_acts_for_neither_grants_nor_is_vouched_for(leasing: LeasingOffice) -> None:
    own = await leasing.ask(named={"on_behalf_of": "ada@example.com"})
    assert (await leasing.refusal("ada", own, GRANT)).word == "own_request"
    await leasing.lease("ada")
    assert (await leasing.ask(named={"on_behalf_of": "ada@example.com"})).status is Status.PENDING
    assert (await leasing.ask(named={"on_behalf_of": "bob@example.com"})).status is Status.AUTO_APPROVED


async def test_even_where_self_approval_is_allowed(leasing: LeasingOffice) -> None:
    await leasing.office.set(self_approval=True)
    own = await leasing.ask(named={"on_behalf_of": "ada@example.com"})
    assert (await leasing.refusal("ada", own, GRANT)).word == "own_request"


async def test_whoever_a_rule_bars_cannot_vouch_by_lease(leasing: LeasingOffice) -> None:
    await leasing.rule('add reviewed when type == "deploy" require @platform not from metadata.author waivable')
    await leasing.lease("ada")
    assert (await leasing.ask(metadata={"author": "ada@example.com"})).status is Status.PENDING
    assert (await leasing.ask(metadata={"author": "rita@example.com"})).status is Status.AUTO_APPROVED


async def test_what_a_person_asked_cannot_be_leased(leasing: LeasingOffice) -> None:
    request = await leasing.ask(by="rita")
    assert isinstance(await leasing.refusal("ada", request, GRANT), Conflict)


@pytest.mark.parametrize(
    "command",
    [
        c.GrantLease(0, HOUR),
        c.GrantLease(21, HOUR),
        c.GrantLease(1, timedelta(hours=24, seconds=1)),
        c.GrantLease(1, timedelta(0)),
        c.GrantLease(1, HOUR, "drop *"),
        c.GrantLease(1, HOUR, "r" * 400),
    ],
)
async def test_a_lease_has_at_most_20_uses_and_24_hours_and_covers_its_own_request(
    leasing: LeasingOffice, command: c.GrantLease
) -> None:
    assert isinstance(await leasing.refusal("ada", await leasing.ask(), command), Invalid)


async def test_a_double_click_grants_one_lease(leasing: LeasingOffice) -> None:
    request = await leasing.ask()
    once = Idempotency("slack:T1/UADA", "V1", "same")
    first, second = [await leasing.desk.do(leasing.office.actor("ada"), request.id, GRANT, once=once) for _ in range(2)]
    assert (len(first.request.leases), second.request.leases) == (1, first.request.leases)


async def test_whoever_approved_alone_may_grant_one_afterwards(leasing: LeasingOffice) -> None:
    request = await leasing.ask()
    await leasing.do("ada", request, c.Approve(revision=1, stage=1))
    assert (await leasing.refusal("bob", request, GRANT)).word == "already_decided"
    assert len((await leasing.do("ada", request, GRANT)).leases) == 1
    assert (await leasing.ask()).status is Status.AUTO_APPROVED


async def test_nothing_is_leased_from_what_was_refused(leasing: LeasingOffice) -> None:
    request = await leasing.ask()
    await leasing.do("ada", request, c.Reject("no", 1, 1))
    assert (await leasing.refusal("ada", request, GRANT)).word == "already_decided"


# ----------------------------------------------------------------------------------------------- what it does not waive


async def test_it_waives_only_what_is_waivable(leasing: LeasingOffice) -> None:
    await leasing.lease()
    await leasing.rule("add firm when metadata.env == 'production' require @security")
    await leasing.rule("add soft when metadata.env == 'staging' require @platform waivable")
    assert (await leasing.ask(metadata={"env": "production"})).status is Status.PENDING
    assert (await leasing.ask(metadata={"env": "staging"})).status is Status.AUTO_APPROVED


async def test_it_lifts_no_denial(leasing: LeasingOffice) -> None:
    await leasing.lease()
    await leasing.rule('add never when action.startsWith("restart") deny')
    assert (await leasing.ask()).status is Status.AUTO_REJECTED


async def test_a_use_that_waived_nothing_is_not_counted(leasing: LeasingOffice) -> None:
    lease = await leasing.lease()
    asked = await leasing.ask(stage("@security"))
    assert asked.status is Status.PENDING
    assert (await leasing.kept(lease)).used == 0


# ------------------------------------------------------------------------------------------------------------- the end


async def test_parallel_creates_cannot_use_it_too_often(leasing: LeasingOffice) -> None:
    lease = await leasing.lease()
    desks = [Desk(leasing.office.store, fresh=leasing.office.fresh, outlets=("board",)) for _ in range(4)]
    content = Content(type="deploy", title="Deploy 4.2", action="restart worker 7")
    ci = leasing.office.actor("ci")
    done = await asyncio.gather(*(desks[place % 4].create(ci, Draft(content)) for place in range(12)))
    assert sum(one.request.status is Status.AUTO_APPROVED for one in done) == 3
    assert (await leasing.kept(lease)).used == 3


@pytest.mark.parametrize("who", ["ada", "root"])
async def test_whoever_granted_it_and_admins_may_take_it_back(leasing: LeasingOffice, who: str) -> None:
    lease = await leasing.lease()
    request = await leasing.office.store.read(lambda reader: reader.request(lease.request))
    assert request is not None
    after = await leasing.do(who, request, c.RevokeLease(lease.id))
    assert after.leases[0].revoked_by == who.title()
    assert (await leasing.ask()).status is Status.PENDING
    assert (await leasing.kept(lease)).revoked_at is not None
    again = await leasing.desk.do(leasing.office.actor(who), request.id, c.RevokeLease(lease.id))
    assert again.replayed


@pytest.mark.parametrize("who", ["bob", "ci", "rita"])
async def test_nobody_else_may_take_it_back(leasing: LeasingOffice, who: str) -> None:
    lease = await leasing.lease()
    request = await leasing.office.store.read(lambda reader: reader.request(lease.request))
    assert request is not None
    assert isinstance(await leasing.refusal(who, request, c.RevokeLease(lease.id)), ApprovalError)
    assert (await leasing.kept(lease)).revoked_at is None


async def test_revoked_in_the_same_moment_it_is_either_used_before_or_not_at_all(leasing: LeasingOffice) -> None:
    lease = await leasing.lease()
    request = await leasing.office.store.read(lambda reader: reader.request(lease.request))
    assert request is not None
    taken_back = leasing.do("ada", request, c.RevokeLease(lease.id))
    asked, _, *others = await asyncio.gather(leasing.ask(), taken_back, leasing.ask(), leasing.ask())
    passed = sum(one.status is Status.AUTO_APPROVED for one in (asked, *others))
    assert (await leasing.kept(lease)).used == passed
    assert (await leasing.ask()).status is Status.PENDING


async def test_a_lease_of_somebody_who_has_left_lets_nothing_pass(leasing: LeasingOffice) -> None:
    await leasing.lease()
    await leasing.office.change(lambda tx: tx.put(member("ada", active=False)))
    assert (await leasing.ask()).status is Status.PENDING


async def test_a_lease_of_somebody_who_may_no_longer_approve_lets_nothing_pass(leasing: LeasingOffice) -> None:
    def hire(tx: Transaction) -> None:
        put_member(tx, "gil", Role.REQUESTER)

    await leasing.office.change(hire)
    lease = await leasing.lease()
    await leasing.office.change(lambda tx: tx.put_lease(_by(lease, "mem_gil")))
    assert (await leasing.ask()).status is Status.PENDING


def _by(lease: Lease, granted_by: str) -> Lease:
    return replace(lease, granted_by=granted_by)


async def test_a_waiting_revision_keeps_its_lease_when_judged_again_until_it_is_taken_back(
    leasing: LeasingOffice,
) -> None:
    """Judging again counts nothing twice, and finds a revoked lease gone."""
    lease = await leasing.lease()
    await leasing.rule("add checked when true require check change-window")
    waiting = await leasing.ask()
    assert (waiting.status, waiting.plan.allowed_by) == (Status.PENDING, lease.cause)
    await leasing.do("root", waiting, c.Judge())
    assert (await leasing.kept(lease)).used == 1
    request = await leasing.office.store.read(lambda reader: reader.request(lease.request))
    assert request is not None
    await leasing.do("ada", request, c.RevokeLease(lease.id))
    judged = await leasing.do("root", waiting, c.Judge())
    assert judged.plan.allowed_by is None
