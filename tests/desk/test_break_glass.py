"""Break-glass through the desk, on both databases: one open review per person, in the ledger, against every race."""

import asyncio
from datetime import timedelta

import pytest

from core.errors import ApprovalError
from core.model import command as c
from core.model.emergency import REVIEW_WITHIN, Finding, Freeze
from core.model.organisation import Agent, Grant
from core.model.people import Role
from core.model.request import ExecutionStatus, Request, Status
from core.ports import Idempotency, Transaction
from tests.desk.office import LONG_AGO, ORG, PROJECT, Office, put_member, stage

pytestmark = pytest.mark.anyio

FOUND = c.CloseReview(Finding.JUSTIFIED, "The graphs agree.")
CLAIM = c.ReportExecution(ExecutionStatus.EXECUTING)


def breaking(reason: str = "The site is down.") -> c.BreakGlass:
    return c.BreakGlass(reason, revision=1)


@pytest.fixture
async def burning(office: Office) -> Office:
    """Eve is named for emergencies, and so is Rita."""

    def name_them(tx: Transaction) -> None:
        put_member(tx, "eve", Role.BREAK_GLASS)
        tx.grant(Grant(ORG, PROJECT, "member:mem_rita", Role.BREAK_GLASS))

    await office.change(name_them)
    return office


async def owed(office: Office) -> list[tuple[str, int]]:
    found = await office.store.read(lambda reader: reader.owed_reviews(ORG, 10))
    return [(review.member, review.number) for review in found]


async def test_it_ends_the_request_opens_a_review_and_is_in_the_ledger(burning: Office) -> None:
    request = await burning.ask(stage("@platform", min=2), stage("@security"))
    done = await burning.do("eve", request, breaking())
    assert (done.request.status, done.request.cause, done.decision) == (Status.APPROVED, "break_glass", None)
    assert await burning.words(request) == [
        "created", "judged", "stage_opened", "glass_broken", "stage_passed", "stage_passed", "ended",
    ]  # fmt: skip
    assert await owed(burning) == [("mem_eve", request.number)]


async def test_everybody_is_told(burning: Office) -> None:
    request = await burning.ask(stage("@platform"), stage("@security"))
    await burning.do("eve", request, breaking())
    places = await burning.told("glass_broken")
    assert places == sorted(
        ["thread", *(f"member:mem_{name}" for name in ("ada", "bob", "rita", "root", "sam", "sue"))]
    )


async def test_an_open_review_blocks_that_persons_next_one_and_nobody_elses(burning: Office) -> None:
    first, second = await burning.ask(stage("@platform")), await burning.ask(stage("@platform"))
    await burning.do("eve", first, breaking())
    refusal = await burning.refusal("eve", second, breaking())
    assert (refusal.word, f"#{first.number}" in refusal.sentence) == ("review_open", True)
    assert (await burning.words(second))[-1] == "refused"
    await burning.do("rita", second, breaking())
    await burning.do("ada", first, FOUND)
    assert await owed(burning) == [("mem_rita", second.number)]
    third = await burning.ask(stage("@platform"))
    assert (await burning.do("eve", third, breaking())).request.status is Status.APPROVED


async def test_two_at_once_by_one_person_are_one(burning: Office) -> None:
    asked = [await burning.ask(stage("@platform")) for _ in range(4)]
    ends = await asyncio.gather(*(burning.do("eve", one, breaking()) for one in asked), return_exceptions=True)
    refused = [end for end in ends if isinstance(end, ApprovalError)]
    assert [end.word for end in refused] == ["review_open"] * 3
    assert len(await owed(burning)) == 1


async def test_the_same_call_twice_is_one(burning: Office) -> None:
    request = await burning.ask(stage("@platform"))
    once = Idempotency("slack:T1/UEVE", "view-1", "body")
    await burning.do("eve", request, breaking(), once)
    assert (await burning.do("eve", request, breaking(), once)).replayed
    assert (await burning.do("eve", request, breaking())).replayed
    assert (await burning.words(request)).count("glass_broken") == 1


async def test_a_stranger_an_outsider_and_another_organisation_do_not_break_it(burning: Office) -> None:
    request = await burning.ask(stage("@platform"))
    assert (await burning.refusal("eve", request, breaking(), kind="stranger", id="T1/U9")).word == "not_mapped"
    assert (await burning.refusal("olga", request, breaking())).word == "not_found"
    assert (await burning.refusal("ada", request, breaking())).word == "not_an_approver"
    assert await owed(burning) == []


async def test_a_review_that_is_late_is_asked_for_by_the_clock(burning: Office) -> None:
    await burning.set(execution_window=None)
    request = await burning.ask(stage("@platform"))
    await burning.do("eve", request, breaking())
    burning.turn(REVIEW_WITHIN)
    await burning.desk.sweep()
    assert (await burning.words(request))[-1] == "review_called"
    burning.turn(timedelta(hours=1))
    await burning.desk.sweep()
    assert (await burning.words(request)).count("review_called") == 1


# --------------------------------------------------------------------------------------------------------- held claims


async def approved(office: Office) -> Request:
    return await office.approve("ada", await office.ask(stage("@platform"), by="ci"))


def frozen(project: str | None, **said: object) -> Freeze:
    return Freeze("frz_1", ORG, project, "Deploys break things today.", "mem_root", "Root", LONG_AGO, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize("project", [None, PROJECT])
async def test_while_a_freeze_holds_nothing_is_claimed_and_everything_else_goes_on(
    office: Office, project: str | None
) -> None:
    await office.change(lambda tx: tx.put_freeze(frozen(project)))
    request = await approved(office)
    refusal = await office.refusal("ci", request, CLAIM)
    assert refusal.word == "frozen"
    assert "frozen by Root: Deploys break things today." in refusal.sentence
    assert await office.words(request) == [*(await office.words(request))[:-1], "refused"]


async def test_a_freeze_elsewhere_over_or_lifted_holds_nothing(office: Office) -> None:
    await office.change(lambda tx: tx.put_freeze(frozen("prj_elsewhere")))
    assert (await office.claim("ci", await approved(office))).execution is not None
    request = await approved(office)
    over = LONG_AGO + timedelta(hours=1)
    await office.change(lambda tx: tx.put_freeze(Freeze("frz_2", ORG, None, "x", "m", "M", LONG_AGO, over)))
    await office.change(lambda tx: tx.put_freeze(Freeze("frz_3", ORG, None, "x", "m", "M", LONG_AGO, None, over, "M")))
    assert (await office.claim("ci", request)).execution is not None


async def test_what_was_claimed_before_is_still_reported(office: Office) -> None:
    request = await office.claim("ci", await approved(office))
    await office.change(lambda tx: tx.put_freeze(frozen(None)))
    done = await office.do("ci", request, c.ReportExecution(ExecutionStatus.SUCCESS))
    assert done.request.execution is not None
    assert done.request.execution.status is ExecutionStatus.SUCCESS


async def test_nobody_claims_for_a_suspended_agent(office: Office) -> None:
    request = await approved(office)
    await office.change(lambda tx: tx.put(Agent("agt_ci", ORG, "ci", "builders", "sometimes", (), True, LONG_AGO)))
    assert (await office.refusal("root", request, CLAIM)).word == "suspended"
