"""Policies and checks through the desk, on both databases: asked in time or later, judged again, never opened by silence."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from core.desk import Desk
from core.errors import Conflict, Invalid, NotAllowed, NotFound, TooSoon
from core.inquirer import Inquirer
from core.model import command as c
from core.model.check import CheckDefinition
from core.model.inquiry import Inquiry, Progress
from core.model.people import Actor, Verb, Way
from core.model.policy import Policy
from core.model.request import Request, Status
from core.model.requirement import Source
from core.model.rule import Mode, Place, Scope
from core.outside import Judges, NoAnswer, Said, Verdict, WantedStage
from core.ports import Transaction
from core.rulebook.explain import read_out
from core.rulebook.given import PolicyState
from tests.desk.office import HOUR, ORG, PROJECT, Office, stage
from tests.desk.test_rules import CONDITIONS, RuledOffice

pytestmark = pytest.mark.anyio

PASSED, FAILED = Verdict(PolicyState.PASSED), Verdict(PolicyState.FAILED, ("frozen on Fridays",))
UNCLEAR = Verdict(PolicyState.UNCLEAR, ("its answer is no JSON object",))
POLICY = Policy("pol_1", ORG, "deploys", "https://opa.example.com/v1/data/x", order=1)
CHECK = CheckDefinition(
    "chk_1",
    ORG,
    "ci",
    reporter=Source("agent:agt_checker", "checker"),
    url="https://ci.example.com/",
    sealed_secret="s",
)
NEVER = "never"
T = TypeVar("T")


@dataclass
class Outside:
    """Judges that answer what they were told to: a verdict, trouble, or nothing until the end of days."""

    policies: dict[str, Any] = field(default_factory=dict)
    checks: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    called: list[tuple[str, int, int]] = field(default_factory=list)
    patience: list[float] = field(default_factory=list)

    def check(self, url: str) -> str:
        return url

    async def ask(self, policy: Policy, about: Mapping[str, Any], *, seconds: float) -> Verdict:
        self.asked.append((policy.id, about))
        self.patience.append(seconds)
        verdict: Verdict = await self._answer(self.policies.get(policy.id, PASSED))
        return verdict

    async def call(self, check: CheckDefinition, inquiry: Inquiry, request: Request) -> Said:
        self.called.append((check.name, inquiry.revision, inquiry.run))
        said: Said = await self._answer(self.checks.get(check.name, Said("pending")))
        return said

    async def _answer(self, told: T) -> T:
        if told == NEVER:
            await asyncio.Event().wait()
        if isinstance(told, Exception):
            raise told
        return told


class JudgedOffice(RuledOffice):
    """With judges outside, and somebody who asks them later."""

    def __init__(self, office: Office) -> None:
        super().__init__(office)
        self.outside = Outside()
        self.desk = self.server()
        self.inquirer = self.another("one")

    def server(self) -> Desk:
        engines = {"opa": self.outside}
        office = self.office
        return Desk(office.store, fresh=office.fresh, outlets=office.outlets, conditions=CONDITIONS, engines=engines)

    def another(self, owner: str, patience: float = 0.2) -> Inquirer:
        judges = Judges({"opa": self.outside}, self.outside)
        return Inquirer(self.office.store, self.server(), judges=judges, owner=owner, patience=patience)

    async def policy(self, **changes: Any) -> Policy:
        policy = replace(POLICY, **{"deadline": timedelta(milliseconds=100), **changes})

        def work(tx: Transaction) -> None:
            tx.move_rulebook(ORG, tx.rulebook_version(ORG))
            tx.put_policy(policy)
            tx.wake_inquiries(policy.id)

        await self.office.store.transact(work)
        return policy

    async def check(self, **changes: Any) -> CheckDefinition:
        check = replace(CHECK, **changes)

        def work(tx: Transaction) -> None:
            tx.move_rulebook(ORG, tx.rulebook_version(ORG))
            tx.put_check(check)

        await self.office.store.transact(work)
        return check

    async def now(self, request: Request) -> Request:
        return await self.office.stored(request)

    async def later(self, **by: float) -> None:
        """Time passes, and whoever asks looks."""
        self.office.turn(timedelta(**by))
        await self.inquirer.drain()

    async def report(self, request: Request, state: str, actor: Actor | None = None, **said: Any) -> Request:
        command = c.ReportCheck("ci", state, **said)
        return (await self.desk.do(actor or CHECKER, request.id, command)).request


CHECKER = Actor(
    "agent", "agt_checker", "checker", ORG, Way.KEY, verbs=frozenset({Verb.REPORT_CHECK}), credential="key_checker"
)


@pytest.fixture
async def judged(office: Office) -> JudgedOffice:
    await office.change(_with_a_checker)
    return JudgedOffice(office)


def _with_a_checker(tx: Transaction) -> None:
    ci = tx.agent("agt_ci")
    assert ci is not None
    tx.put(replace(ci, id="agt_checker", name="checker", team=None))


# ------------------------------------------------------------------------------------------------------- policies, in time


@pytest.mark.parametrize(
    ("verdict", "means", "status", "cause"),
    [
        (PASSED, {"on_pass": "approve"}, Status.AUTO_APPROVED, "policy:pol_1"),
        (FAILED, {"on_fail": "reject"}, Status.AUTO_REJECTED, "policy:pol_1"),
        (PASSED, {"on_pass": "manual"}, Status.PENDING, None),
        (FAILED, {"on_fail": "manual", "on_pass": "approve"}, Status.PENDING, None),
        (UNCLEAR, {"on_pass": "approve", "on_fail": "reject"}, Status.PENDING, None),
    ],
    ids=["approves", "rejects", "passed, manual", "failed, manual", "unclear"],
)
async def test_what_a_policy_says_means_what_its_admin_chose(
    judged: JudgedOffice, verdict: Verdict, means: dict[str, Any], status: Status, cause: str | None
) -> None:
    """D-05 D-06 D-10 D-43 D-44 D-45"""
    await judged.policy(**means)
    judged.outside.policies["pol_1"] = verdict
    request = await judged.ask()
    assert (request.status, request.cause) == (status, cause)
    assert request.plan.explanation is not None
    assert [(one.name, one.state) for one in request.plan.explanation.policies] == [("deploys", verdict.state.value)]
    if status is Status.PENDING:
        assert [r.label for r in request.plan.stages[0].requirements] == ["1 of anyone who may approve"]


async def test_an_automatic_outcome_names_the_policy_and_its_reasons(judged: JudgedOffice) -> None:
    """D-45"""
    await judged.policy(on_fail="reject")
    judged.outside.policies["pol_1"] = FAILED
    request = await judged.ask()
    assert request.plan.why == ("Policy deploys rejects this: frozen on Fridays.",)
    assert request.plan.explanation is not None
    said = read_out(request.plan.explanation)
    assert "Policy deploys failed, so this is rejected. Its reasons: frozen on Fridays." in said


async def test_a_policy_adds_stages_whose_sources_bind_as_a_rules_do(judged: JudgedOffice) -> None:
    """A-03"""
    await judged.policy(on_pass="approve")
    wanted = (WantedStage(1, 1, ("metadata.owner",)), WantedStage(2, 2, ("@security",), "Security"))
    judged.outside.policies["pol_1"] = replace(PASSED, stages=wanted)
    request = await judged.ask(metadata={"owner": "bob@example.com"})
    assert [(one.name, [r.label for r in one.requirements]) for one in request.plan.stages] == [
        ("Stage 1", ["Bob"]),
        ("Security", ["2 of @security"]),
    ]
    request = await judged.do("bob", request, c.Approve(revision=1, stage=1))
    for who in ("sue", "sam"):
        request = await judged.do(who, request, c.Approve(revision=1, stage=2))
    assert (request.status, request.cause) == (Status.APPROVED, "people")


async def test_a_name_a_policy_made_up_is_not_left_out_but_stands_for_nobody(judged: JudgedOffice) -> None:
    """Or a typing mistake there would open the gate here."""
    await judged.policy(on_pass="approve")
    judged.outside.policies["pol_1"] = replace(PASSED, stages=(WantedStage(1, 1, ("@typo",)),))
    request = await judged.ask()
    assert request.status is Status.PENDING
    assert "found_impossible" in await judged.office.words(request)
    assert any("@typo" in sentence for word, _, sentence in await judged.office.notices() if word == "rule_trouble")
    with pytest.raises(NotAllowed):
        await judged.do("ada", request, c.Approve(revision=1, stage=1))


async def test_rules_policies_and_checks_each_add_what_they_ask_for(judged: JudgedOffice) -> None:
    """A-05"""
    await judged.rule("add both when true require @platform")
    await judged.policy(on_pass="approve")
    await judged.check()
    judged.outside.policies["pol_1"] = replace(PASSED, stages=(WantedStage(2, 1, ("@security",)),))
    request = await judged.ask()
    labels = [[r.label for r in one.requirements] for one in request.plan.stages]
    assert labels == [["check ci"], ["1 of @platform"], ["1 of @security"]]


async def test_a_policy_is_waited_for_as_long_as_it_says_and_never_longer_than_a_create_waits(
    judged: JudgedOffice,
) -> None:
    await judged.policy()
    await judged.policy(id="pol_2", name="patient", order=2, deadline=timedelta(seconds=5))
    await judged.ask()
    assert judged.outside.patience == [0.1, 0.8]


async def test_a_policy_is_asked_only_where_it_looks(judged: JudgedOffice) -> None:
    await judged.policy(when='type == "merge"')
    await judged.ask()
    assert judged.outside.asked == []
    await judged.policy(scope=Scope(projects=(Place("prj_elsewhere", "x"),)))
    await judged.ask()
    assert judged.outside.asked == []
    await judged.policy(scope=Scope(projects=(Place(PROJECT, "default"),)), when="facts.missing > 3")
    await judged.ask()
    assert len(judged.outside.asked) == 1


async def test_a_policy_in_shadow_is_asked_without_effect(judged: JudgedOffice) -> None:
    await judged.policy(on_fail="reject", mode=Mode.SHADOW)
    judged.outside.policies["pol_1"] = FAILED
    request = await judged.ask()
    assert request.status is Status.PENDING
    assert request.plan.explanation is not None
    assert [(one.fate, one.reasons) for one in request.plan.explanation.policies] == [("shadow", FAILED.reasons)]


async def test_a_policy_hears_everything_that_is_asked_but_secrets(judged: JudgedOffice) -> None:
    await judged.policy()
    deploy: dict[str, Any] = {"params": {"iban": "DE1234"}}

    def keep(tx: Transaction) -> None:
        from core.model.organisation import RequestType  # noqa: PLC0415

        tx.move_rulebook(ORG, tx.rulebook_version(ORG))
        tx.put_type(ORG, RequestType("deploy", "Deploy", secret=("params.iban",)))

    await judged.office.store.transact(keep)
    await judged.ask(**deploy, facts={"destroyed": 3}, description="to DE1234")
    _, about = judged.outside.asked[-1]
    assert (about["project"], about["facts"], about["revision"]) == ("default", {"destroyed": 3}, 1)
    assert "DE1234" not in str(about)


async def test_what_is_refused_anyway_is_asked_of_nobody_outside(judged: JudgedOffice) -> None:
    await judged.policy()
    with pytest.raises(Invalid):
        await judged.ask(stage("nobody@example.com"))
    assert judged.outside.asked == []


# ------------------------------------------------------------------------------------------------------ policies, too late


async def test_a_policy_that_is_slow_does_not_hold_the_create_and_is_heard_later(judged: JudgedOffice) -> None:
    """A-03 D-03"""
    await judged.policy(on_pass="approve")
    judged.outside.policies["pol_1"] = NEVER
    loop = asyncio.get_running_loop()
    began = loop.time()
    request = await judged.ask()
    assert loop.time() - began < 2
    assert (request.status, request.stage) == (Status.PENDING, 0)
    assert [r.label for r in request.plan.stages[0].requirements] == ["policy deploys"]
    with pytest.raises(NotAllowed, match="wait for policy deploys"):
        await judged.do("ada", request, c.Approve(revision=1, stage=0))
    judged.outside.policies["pol_1"] = PASSED
    await judged.inquirer.drain()
    done = await judged.now(request)
    assert (done.status, done.cause) == (Status.AUTO_APPROVED, "policy:pol_1")


async def test_the_desk_says_when_there_is_something_to_ask(judged: JudgedOffice) -> None:
    await judged.policy(on_pass="approve")
    told: list[str] = []
    judged.desk.when_inquiries_are_due(lambda: told.append("due"))
    await judged.ask()
    assert told == []
    judged.outside.policies["pol_1"] = NoAnswer("down")
    await judged.ask()
    assert told == ["due"]


async def test_a_policy_that_is_down_keeps_the_gate_closed_and_admins_hear_of_it_once(judged: JudgedOffice) -> None:
    await judged.policy(on_pass="approve")
    judged.outside.policies["pol_1"] = NoAnswer("The address does not take connections.")
    first, second = await judged.ask(), await judged.ask(title="Another")
    for minutes in (0, 1, 5, 10, 20):
        await judged.later(minutes=minutes)
    assert [(await judged.now(one)).status for one in (first, second)] == [Status.PENDING, Status.PENDING]
    heard = [(place, said) for word, place, said in await judged.office.notices() if word == "outside_trouble"]
    assert [place for place, _ in heard] == ["member:mem_root"]
    assert "Policy deploys cannot be asked: The address does not take connections." in heard[0][1]
    judged.outside.policies["pol_1"] = PASSED
    await judged.later(minutes=6)
    assert [(await judged.now(one)).status for one in (first, second)] == [Status.AUTO_APPROVED] * 2
    judged.outside.policies["pol_1"] = NoAnswer("down again")
    await judged.ask(title="A third")
    await judged.later(minutes=1)
    assert await judged.office.told("outside_trouble") == ["member:mem_root"]


async def test_what_a_policy_held_up_to_the_end_says_so(judged: JudgedOffice) -> None:
    await judged.policy(on_pass="approve")
    judged.outside.policies["pol_1"] = NoAnswer("down")
    request = await judged.ask()
    judged.office.turn(5 * HOUR)
    await judged.desk.sweep()
    assert (await judged.now(request)).status is Status.EXPIRED
    said = [sentence for word, _, sentence in await judged.office.notices() if word == "ended"]
    assert "Expired: policy deploys had not said yes within 4h, so nobody was asked." in said


async def test_it_is_asked_less_and_less_often(judged: JudgedOffice) -> None:
    await judged.policy()
    judged.outside.policies["pol_1"] = NoAnswer("down")
    await judged.ask()
    counts = []
    for _ in range(12):
        before = len(judged.outside.asked)
        for _ in range(30):
            await judged.later(seconds=10)
        counts.append(len(judged.outside.asked) - before)
    assert counts[0] > 5
    assert counts[-1] <= 1


async def test_an_answer_while_people_are_away_asks_them(judged: JudgedOffice) -> None:
    await judged.policy(on_pass="approve")
    judged.outside.policies["pol_1"] = NoAnswer("slow")
    request = await judged.ask()
    judged.outside.policies["pol_1"] = replace(FAILED, stages=(WantedStage(1, 1, ("@security",)),))
    await judged.inquirer.drain()
    now = await judged.now(request)
    assert [(one.number, [r.label for r in one.requirements]) for one in now.plan.stages] == [(1, ["1 of @security"])]
    assert (await judged.do("sue", request, c.Approve(revision=1, stage=1))).status is Status.APPROVED


async def test_a_restart_in_between_loses_nothing(judged: JudgedOffice) -> None:
    await judged.policy(on_pass="approve")
    judged.outside.policies["pol_1"] = NEVER
    request = await judged.ask()
    begun = asyncio.create_task(judged.inquirer.run())
    async with asyncio.timeout(20):
        while len(judged.outside.asked) < 2:  # noqa: ASYNC110 - the loop under test tells nobody
            await asyncio.sleep(0.005)
    begun.cancel()
    await asyncio.gather(begun, return_exceptions=True)
    judged.outside.policies["pol_1"] = PASSED
    again = judged.another("one")
    running = asyncio.create_task(again.run())
    async with asyncio.timeout(20):
        while (await judged.now(request)).status is Status.PENDING:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.005)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_answer_kept_but_not_yet_judged_by_is_judged_by_later(judged: JudgedOffice) -> None:
    await judged.policy(on_pass="approve")
    judged.outside.policies["pol_1"] = NoAnswer("slow")
    request = await judged.ask()
    found = await judged.office.store.read(lambda reader: reader.inquiries(request.id, 1))
    answer = {"state": "passed", "reasons": [], "stages": []}
    told = replace(found[0], state=Progress.TOLD, answer=answer)
    await judged.office.store.transact(lambda tx: tx.record_inquiry(told))
    before = len(judged.outside.asked)
    await judged.inquirer.drain()
    assert (await judged.now(request)).status is Status.AUTO_APPROVED
    assert len(judged.outside.asked) == before


class Dying(Desk):
    """Whoever asked dies before the request is judged."""

    async def do(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("killed")


async def test_an_answer_outlives_whoever_asked_for_it(judged: JudgedOffice) -> None:
    await judged.policy(on_pass="approve")
    judged.outside.policies["pol_1"] = NoAnswer("slow")
    request = await judged.ask()
    judged.outside.policies["pol_1"] = PASSED
    dying = Dying(judged.office.store, fresh=judged.office.fresh, conditions=CONDITIONS)
    judges = Judges({"opa": judged.outside}, judged.outside)
    await Inquirer(judged.office.store, dying, judges=judges, owner="dead").drain()
    assert (await judged.now(request)).status is Status.PENDING
    judged.outside.policies["pol_1"] = NoAnswer("it would say so no more")
    await judged.later(minutes=2)
    assert (await judged.now(request)).status is Status.AUTO_APPROVED


async def test_of_two_replicas_one_asks(judged: JudgedOffice) -> None:
    await judged.policy(on_pass="approve")
    judged.outside.policies["pol_1"] = NoAnswer("slow")
    requests = [await judged.ask(title=f"Deploy {n}") for n in range(6)]
    judged.outside.policies["pol_1"] = PASSED
    judged.outside.asked.clear()
    await asyncio.gather(judged.inquirer.drain(), judged.another("two").drain())
    assert len(judged.outside.asked) == len(requests)
    assert {(await judged.now(one)).status for one in requests} == {Status.AUTO_APPROVED}


async def test_a_policy_that_is_switched_off_holds_up_nobody(judged: JudgedOffice) -> None:
    await judged.policy(on_pass="approve")
    judged.outside.policies["pol_1"] = NoAnswer("down")
    request = await judged.ask()
    await judged.later(seconds=1)
    await judged.policy(mode=Mode.OFF)
    await judged.inquirer.drain()
    now = await judged.now(request)
    assert [r.label for r in now.plan.stages[0].requirements] == ["1 of anyone who may approve"]


async def test_a_revision_is_judged_by_what_is_said_of_it_alone(judged: JudgedOffice) -> None:
    """An answer to what was asked before says nothing about what is asked now."""
    await judged.policy(on_pass="approve", on_fail="reject")
    judged.outside.policies["pol_1"] = NoAnswer("slow")
    request = await judged.ask()
    content = replace(request.content, title="Deploy 5")
    revised = (await judged.desk.do(judged.office.actor("rita"), request.id, c.Revise(content))).request
    assert revised.revision == 2
    assert [about["revision"] for _, about in judged.outside.asked] == [1, 2]
    judged.outside.policies["pol_1"] = FAILED
    judged.outside.asked.clear()
    await judged.inquirer.drain()
    assert [about["revision"] for _, about in judged.outside.asked] == [2]
    assert (await judged.now(request)).status is Status.AUTO_REJECTED


async def test_what_a_policy_said_before_it_was_changed_no_longer_counts(judged: JudgedOffice) -> None:
    """Another one, that was slow, has the request judged anew meanwhile."""
    await judged.policy(on_pass="approve", on_fail="reject")
    await judged.policy(id="pol_2", name="freezes", order=2, on_pass="approve")
    judged.outside.policies["pol_2"] = NoAnswer("slow")
    request = await judged.ask()
    assert request.status is Status.PENDING
    await judged.policy(on_pass="approve", on_fail="reject", version=2)
    judged.outside.policies |= {"pol_1": FAILED, "pol_2": PASSED}
    await judged.inquirer.drain()
    assert (await judged.now(request)).status is Status.AUTO_REJECTED


async def test_a_use_of_an_allow_rule_is_counted_once_however_often_it_is_judged(judged: JudgedOffice) -> None:
    await judged.rule("add once when true allow uses 1")
    await judged.policy(on_pass="approve")
    judged.outside.policies["pol_1"] = NoAnswer("slow")
    request = await judged.ask()
    judged.outside.policies["pol_1"] = PASSED
    await judged.inquirer.drain()
    done = await judged.now(request)
    assert (done.status, done.cause) == (Status.AUTO_APPROVED, "rule:rul_once")
    assert await uses(judged) == {"rul_once": 1}


async def uses(judged: JudgedOffice) -> dict[str, int]:
    return dict(await judged.office.store.read(lambda reader: reader.rule_uses(["rul_once"])))


async def test_a_use_of_an_allow_rule_counts_where_checks_alone_are_waited_for(judged: JudgedOffice) -> None:
    await judged.rule("add once when true allow uses 1")
    await judged.check()
    request = await judged.ask()
    assert (request.plan.allowed_by, await uses(judged)) == ("rule:rul_once", {"rul_once": 1})
    judged.outside.checks["ci"] = Said("passed", "all green")
    await judged.inquirer.drain()
    assert ((await judged.now(request)).status, await uses(judged)) == (Status.AUTO_APPROVED, {"rul_once": 1})


async def test_a_use_of_an_allow_rule_counts_where_it_spares_some_people_and_others_are_asked(
    judged: JudgedOffice,
) -> None:
    await judged.rule("add once when true allow uses 1")
    await judged.rule("add finance when true require 1 of anyone waivable")
    request = await judged.ask(named={"approvers": ("ada@example.com",)})
    assert (request.plan.allowed_by, await uses(judged)) == (None, {"rul_once": 1})
    again = await judged.ask(named={"approvers": ("ada@example.com",)})
    assert len([r for stage in request.plan.stages for r in stage.requirements]) == 1
    assert len([r for stage in again.plan.stages for r in stage.requirements]) == 2


# ------------------------------------------------------------------------------------------------------------------ checks


async def test_a_check_is_called_and_opens_the_way_to_people(judged: JudgedOffice) -> None:
    """A-04"""
    await judged.check()
    request = await judged.ask()
    assert (request.status, request.stage) == (Status.PENDING, 0)
    judged.outside.checks["ci"] = Said("passed", "all green", "https://ci.example.com/7")
    await judged.inquirer.drain()
    now = await judged.now(request)
    assert (now.stage, now.checks["ci"].summary) == (1, "all green")
    assert ("check_reported", "thread", "Check ci passed: all green https://ci.example.com/7") in (
        await judged.office.notices()
    )
    assert "check_reported" in await judged.office.words(request)
    assert (await judged.office.approve("ada", request)).status is Status.APPROVED


async def test_a_check_reports_later_by_its_own_credential(judged: JudgedOffice) -> None:
    await judged.check()
    request = await judged.ask()
    await judged.inquirer.drain()
    assert judged.outside.called == [("ci", 1, 1)]
    assert (await judged.now(request)).checks["ci"].state == "pending"
    reported = await judged.report(request, "passed")
    assert reported.stage == 1


async def test_a_failed_check_blocks_until_it_passes(judged: JudgedOffice) -> None:
    await judged.check()
    request = await judged.ask()
    assert (await judged.report(request, "failed", summary="3 tests")).stage == 0
    assert (await judged.report(request, "passed")).stage == 1


async def test_a_failed_check_rejects_where_it_says_so(judged: JudgedOffice) -> None:
    """D-45"""
    await judged.check(on_failed="reject")
    request = await judged.ask()
    done = await judged.report(request, "failed", summary="3 tests")
    assert (done.status, done.cause) == (Status.AUTO_REJECTED, "check:ci")
    said = [sentence for word, _, sentence in await judged.office.notices() if word == "ended"]
    assert "Rejected without asking anybody: check ci failed (3 tests)." in said


async def test_a_check_that_fails_after_all_closes_the_gate_again(judged: JudgedOffice) -> None:
    await judged.check()
    request = await judged.ask(stage("ada@example.com"), stage("bob@example.com"))
    await judged.report(request, "passed")
    await judged.office.approve("ada", request)
    assert (await judged.report(request, "failed")).stage == 0
    with pytest.raises(NotAllowed, match="wait for check ci"):
        await judged.do("bob", request, c.Approve(revision=1, stage=2))
    assert (await judged.report(request, "passed")).stage == 2


@pytest.mark.parametrize(
    ("changes", "refusal", "code"),
    [
        ({"id": "agt_ci", "name": "ci", "verbs": frozenset(Verb)}, NotAllowed, "own_request"),
        ({"id": "agt_other", "verbs": frozenset(Verb)}, NotAllowed, "forbidden"),
        ({"verbs": frozenset({Verb.READ})}, NotAllowed, "forbidden"),
        ({"verbs": frozenset({Verb.ASK})}, NotFound, "not_found"),
        ({"projects": frozenset({"prj_elsewhere"})}, NotFound, "not_found"),
        ({"organisation": "org_other"}, NotFound, "not_found"),
    ],
    ids=["own agent", "another agent", "without the verb", "nothing at all", "another project", "another organisation"],
)
async def test_nobody_reports_a_check_but_its_own_credential(
    judged: JudgedOffice, changes: dict[str, Any], refusal: type[Exception], code: str
) -> None:
    await judged.check(reporter=Source("agent:agt_ci", "ci") if code == "own_request" else CHECK.reporter)
    await judged.office.change(_with_another_agent)
    request = await judged.ask(by="ci")
    with pytest.raises(refusal) as caught:
        await judged.report(request, "passed", replace(CHECKER, **changes))
    assert getattr(caught.value, "word", None) == code
    assert (await judged.now(request)).stage == 0


def _with_another_agent(tx: Transaction) -> None:
    ci = tx.agent("agt_ci")
    assert ci is not None
    tx.put(replace(ci, id="agt_other", name="other", team=None))


async def test_people_report_no_checks_not_even_admins(judged: JudgedOffice) -> None:
    await judged.check()
    request = await judged.ask()
    with pytest.raises(NotAllowed):
        await judged.report(request, "passed", judged.office.actor("root"))


async def test_one_key_may_be_named_alone(judged: JudgedOffice) -> None:
    await judged.check(reporter=Source("key:key_checker", "key_checker"))
    request = await judged.ask()
    with pytest.raises(NotFound):
        await judged.report(request, "passed", replace(CHECKER, credential="key_another"))
    assert (await judged.report(request, "passed")).stage == 1


async def test_a_report_is_bound_to_its_revision(judged: JudgedOffice) -> None:
    await judged.check()
    request = await judged.ask()
    await judged.report(request, "passed")
    content = replace(request.content, title="Deploy 5")
    revised = (await judged.desk.do(judged.office.actor("rita"), request.id, c.Revise(content))).request
    assert revised.stage == 0
    for revision in (1, None):
        with pytest.raises(Conflict) as caught:
            await judged.report(request, "passed", revision=revision)
        assert (caught.value.word, caught.value.fields["revision"]) == ("stale_revision", 2)
    assert (await judged.report(request, "passed", revision=2)).stage == 1
    await judged.inquirer.drain()
    assert ("ci", 2, 1) in judged.outside.called
    assert ("ci", 1, 1) not in judged.outside.called


async def test_a_late_report_says_how_it_ended_and_a_repeat_is_no_report(judged: JudgedOffice) -> None:
    await judged.check()
    request = await judged.ask()
    await judged.report(request, "passed", summary="green")
    done = await judged.office.approve("ada", request)
    again = await judged.report(request, "passed", summary="green")
    assert again.version == done.version
    with pytest.raises(Conflict) as caught:
        await judged.report(request, "failed")
    assert caught.value.word == "already_decided"


async def test_a_check_nobody_defined_cannot_be_reported(judged: JudgedOffice) -> None:
    await judged.rule("add gate when true require check nightly")
    await judged.check(required=False)
    request = await judged.ask()
    with pytest.raises(NotFound):
        await judged.desk.do(CHECKER, request.id, c.ReportCheck("nightly", "passed"))
    with pytest.raises(NotFound):
        await judged.report(request, "passed")


async def test_a_waiting_policy_cannot_be_reported_as_if_it_were_a_check(judged: JudgedOffice) -> None:
    await judged.policy()
    await judged.check(required=False)
    judged.outside.policies["pol_1"] = NoAnswer("down")
    request = await judged.ask(by="ci")
    for actor in (CHECKER, replace(CHECKER, verbs=frozenset(Verb))):
        with pytest.raises(NotFound):
            await judged.desk.do(actor, request.id, c.ReportCheck("policy:pol_1", "passed"))


async def test_a_check_only_rules_ask_for_is_called_where_one_does(judged: JudgedOffice) -> None:
    await judged.check(required=False)
    await judged.ask()
    await judged.rule("add gate when true require @platform then check ci")
    request = await judged.ask()
    await judged.inquirer.drain()
    assert judged.outside.called == [("ci", 1, 1)]
    await judged.report(request, "passed")
    assert (await judged.office.approve("ada", request)).status is Status.APPROVED


async def test_a_check_that_is_down_or_lies_is_called_again_and_admins_are_told(judged: JudgedOffice) -> None:
    await judged.check()
    judged.outside.checks["ci"] = NoAnswer("Its answer cannot be understood.")
    request = await judged.ask()
    await judged.later(minutes=0)
    await judged.later(minutes=1)
    assert await judged.office.told("outside_trouble") == ["member:mem_root"]
    judged.outside.checks["ci"] = Said("passed")
    await judged.later(minutes=1)
    assert (await judged.now(request)).stage == 1


async def test_an_approver_has_a_check_run_again(judged: JudgedOffice) -> None:
    await judged.check()
    judged.outside.checks["ci"] = Said("failed", "flaky")
    request = await judged.ask()
    await judged.inquirer.drain()
    with pytest.raises(TooSoon):
        await judged.do("ada", request, c.RunCheck("ci"))
    judged.office.turn(HOUR)
    with pytest.raises(NotFound):
        await judged.do("nick", request, c.RunCheck("ci"))
    running = await judged.do("ada", request, c.RunCheck("ci"))
    assert (running.checks["ci"].state, running.checks["ci"].summary) == ("pending", "run again by Ada")
    judged.outside.checks["ci"] = Said("passed")
    await judged.inquirer.drain()
    assert judged.outside.called == [("ci", 1, 1), ("ci", 1, 2)]
    assert (await judged.now(request)).stage == 1


async def test_whoever_may_read_a_request_but_is_not_asked_has_no_check_run_again(judged: JudgedOffice) -> None:
    await judged.check()
    await judged.rule("add platform when true require 1 of @platform")
    request = await judged.ask()
    await judged.inquirer.drain()
    judged.office.turn(HOUR)
    with pytest.raises(NotAllowed):
        await judged.do("sue", request, c.RunCheck("ci"))
    for who in ("bob", "rita", "root"):
        assert (await judged.do(who, request, c.RunCheck("ci"))).checks["ci"].state == "pending"
        judged.office.turn(HOUR / 60)


async def test_a_check_that_may_not_be_run_again_is_not(judged: JudgedOffice) -> None:
    await judged.check(rerun=False)
    request = await judged.ask()
    await judged.inquirer.drain()
    judged.office.turn(HOUR)
    with pytest.raises(Conflict) as caught:
        await judged.do("rita", request, c.RunCheck("ci"))
    assert caught.value.word == "cannot_run"


async def test_a_check_that_reports_by_itself_cannot_be_run_from_here(judged: JudgedOffice) -> None:
    await judged.check(url=None)
    request = await judged.ask()
    await judged.report(request, "failed")
    judged.office.turn(HOUR)
    with pytest.raises(Conflict) as caught:
        await judged.do("rita", request, c.RunCheck("ci"))
    assert caught.value.word == "cannot_run"


async def test_a_removed_check_holds_up_nobody(judged: JudgedOffice) -> None:
    check = await judged.check(url=None)
    request = await judged.ask()

    def remove(tx: Transaction) -> None:
        tx.move_rulebook(ORG, tx.rulebook_version(ORG))
        tx.drop_check(check)
        tx.wake_inquiries(check.id)

    await judged.office.store.transact(remove)
    await judged.inquirer.drain()
    assert (await judged.now(request)).stage == 1


async def test_what_is_over_is_asked_of_nobody(judged: JudgedOffice) -> None:
    await judged.check()
    request = await judged.ask()
    await judged.do("rita", request, c.Cancel())
    await judged.inquirer.drain()
    assert judged.outside.called == []
    assert await judged.office.store.read(lambda reader: reader.next_inquiry()) is None
