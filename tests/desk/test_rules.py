"""Stored rules through the desk: who is asked, what passes unasked, what is denied, and what an edit of the rules changes."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from core.desk import Desk, Draft
from core.errors import Invalid
from core.model import command as c
from core.model.organisation import Agent, Bounds, Group, RequestType
from core.model.people import Role
from core.model.request import Content, Cost, Request, Status
from core.model.rule import Rule
from core.naming import RuleNames
from core.ports import Transaction
from core.rulebook.condition import Conditions
from core.rulebook.explain import read_out
from core.rulebook.line import read_line
from tests.desk.office import HOUR, LONG_AGO, MINUTE, ORG, PROJECT, Office, put_member, stage

pytestmark = pytest.mark.anyio

CONDITIONS = Conditions()
ANYONE = [["1 of anyone who may approve"]]


class RuledOffice:
    """An office whose desk lives on between calls, as a server's does, and rules written as one line each."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.desk = Desk(office.store, fresh=office.fresh, outlets=office.outlets, conditions=CONDITIONS)

    async def rule(self, line: str, **changes: Any) -> Rule:
        store = self.office.store
        read = await store.read(lambda reader: read_line(line, RuleNames(reader, ORG), CONDITIONS))
        version = await store.read(lambda reader: reader.rulebook_version(ORG))
        made = replace(read, id=f"rul_{read.name}", organisation=ORG, order=version + 1, **changes)
        await self.save(made, version)
        return made

    async def save(self, rule: Rule, version: int) -> None:
        def work(tx: Transaction) -> None:
            tx.move_rulebook(ORG, version)
            tx.put_rule(rule)

        await self.office.store.transact(work)

    async def ask(self, *stages: Any, by: str = "rita", named: dict[str, Any] | None = None, **said: Any) -> Request:
        content = Content(**{"type": "deploy", "title": "Deploy 4.2", **said})
        draft = Draft(content, stages=stages, **(named or {}))
        return (await self.desk.create(self.office.actor(by), draft)).request

    async def do(self, who: str, request: Request, command: c.Command) -> Request:
        return (await self.desk.do(self.office.actor(who), request.id, command)).request


@pytest.fixture
def ruled(office: Office) -> RuledOffice:
    return RuledOffice(office)


def asks(request: Request) -> list[list[str]]:
    return [[requirement.label for requirement in stage.requirements] for stage in request.plan.stages]


def fates(request: Request) -> dict[str, str]:
    assert request.plan.explanation is not None
    return {seen.name: seen.fate for seen in request.plan.explanation.rules}


# ------------------------------------------------------------------------------------------------------- who is asked


async def test_a_matching_rule_says_who_is_asked(ruled: RuledOffice) -> None:
    """A-01, A-06"""
    await ruled.rule('add prod when metadata.env == "production" require 1 of @platform then 2 of @security')
    production = await ruled.ask(metadata={"env": "production"})
    assert asks(production) == [["1 of @platform"], ["2 of @security"]]
    assert asks(await ruled.ask(metadata={"env": "staging"})) == ANYONE


@pytest.mark.parametrize(("destroyed", "asked"), [(5, ANYONE), (6, [["1 of @platform"]])])
async def test_a_threshold_on_what_is_destroyed(ruled: RuledOffice, destroyed: int, asked: list[list[str]]) -> None:
    """A-02, A-07"""
    await ruled.rule('add destroys when {"destroyed_gt": 5} require @platform')
    assert asks(await ruled.ask(facts={"destroyed": destroyed})) == asked


async def test_a_cost_above_a_threshold_asks_finance(ruled: RuledOffice) -> None:
    """E-98"""
    await ruled.rule("add costly when cost.usd > 100 require @security")
    assert asks(await ruled.ask(cost=Cost(usd=100.5))) == [["1 of @security"]]
    assert asks(await ruled.ask(cost=Cost(usd=99))) == ANYONE


async def test_what_is_missing_cannot_open_a_gate(ruled: RuledOffice) -> None:
    """E-80"""
    await ruled.rule("add cheap when cost.usd < 5 allow")
    await ruled.rule('add prod when metadata.env == "production" require 2 of @platform')
    request = await ruled.ask()
    assert (request.status, asks(request)) == (Status.PENDING, [["2 of @platform"]])
    told = await ruled.office.told("rule_trouble")
    assert told == ["member:mem_root"]


async def test_a_blanket_rule_passes_before_any_card_is_posted(ruled: RuledOffice) -> None:
    """E-65, E-21"""
    rule = await ruled.rule('add merges when type == "merge" allow')
    request = await ruled.ask(type="merge")
    assert (request.status, request.cause) == (Status.AUTO_APPROVED, rule.cause)
    assert await ruled.office.deliveries(request) == []


async def test_a_denial_beats_all(ruled: RuledOffice) -> None:
    await ruled.rule("add everything when true allow")
    rule = await ruled.rule('add never when action == "drop" deny')
    request = await ruled.ask(stage("@platform"), action="drop")
    assert (request.status, request.cause) == (Status.AUTO_REJECTED, rule.cause)


async def test_an_allow_rule_cannot_waive_what_is_not_waivable(ruled: RuledOffice) -> None:
    await ruled.rule("add always when true require @platform")
    await ruled.rule("add sometimes when true require @security", waivable=True)
    await ruled.rule("add blanket when true allow")
    request = await ruled.ask()
    assert asks(request) == [["1 of @platform"]]
    assert fates(request) == {"always": "asks", "sometimes": "waived", "blanket": "allows"}


async def test_the_explanation_is_kept_and_can_be_read(ruled: RuledOffice) -> None:
    await ruled.rule("add prod when true require 1 of @platform")
    await ruled.rule("add late when false require @security")
    stored = await ruled.office.stored(await ruled.ask())
    assert stored.plan.explanation is not None
    said = read_out(stored.plan.explanation)
    assert "Stage 1: 1 of @platform, asked by rule prod." in said
    assert "Rule late (version 1) does not match." in said


# ------------------------------------------------------------------------------------------------ people behind names


async def test_a_field_of_the_request_names_who_is_asked(ruled: RuledOffice) -> None:
    await ruled.rule("add owners when true require metadata.owners")
    one = await ruled.ask(metadata={"owners": ["sue@example.com", "@platform"]})
    assert [source.principal for source in one.plan.stages[0].requirements[0].sources] == [
        "member:mem_sue",
        "group:grp_platform",
    ]
    approved = await ruled.do("sue", one, c.Approve())
    assert approved.status is Status.APPROVED


async def test_people_a_rule_bars_cannot_decide(ruled: RuledOffice) -> None:
    await ruled.rule("add foureyes when true require 1 of @platform not from metadata.author")
    request = await ruled.ask(metadata={"author": "ada@example.com"})
    assert request.plan.barred == {"mem_rita", "mem_ada"}
    refusal = await ruled.office.refusal("ada", request, c.Approve())
    assert refusal.word == "own_request"


async def test_the_owners_of_an_agent_can_be_barred(ruled: RuledOffice) -> None:
    await ruled.office.change(
        lambda tx: tx.put(Agent("agt_ci", ORG, "ci", "builders", "sometimes", ("mem_bob",), False, LONG_AGO))
    )
    await ruled.rule("add owners when true require 1 of @platform not from agent.owners")
    assert (await ruled.ask(by="ci")).plan.barred == {"mem_bob"}


async def test_people_to_tell_hear_of_it_and_are_not_asked(ruled: RuledOffice) -> None:
    await ruled.rule("add told when true require @platform notify @security")
    await ruled.ask()
    assert await ruled.office.told("told") == ["member:mem_sam", "member:mem_sue"]


# ------------------------------------------------------------------------------------------------- edits of the rules


async def test_an_edit_of_the_rules_takes_effect_at_once(ruled: RuledOffice) -> None:
    assert asks(await ruled.ask()) == ANYONE
    await ruled.rule("add prod when true require @platform")
    assert asks(await ruled.ask()) == [["1 of @platform"]]
    await ruled.rule("add more when true require @security")
    assert asks(await ruled.ask()) == [["1 of @platform", "1 of @security"]]


async def test_a_removed_rule_is_gone_at_once_and_what_it_passed_stays(ruled: RuledOffice) -> None:
    """E-77"""
    rule = await ruled.rule("add all when true allow")
    passed = await ruled.ask()

    def remove(tx: Transaction) -> None:
        tx.move_rulebook(ORG, 1)
        tx.put_rule(replace(rule, version=2), removed=True)

    await ruled.office.change(remove)
    assert (await ruled.ask()).status is Status.PENDING
    assert (await ruled.office.stored(passed)).status is Status.AUTO_APPROVED


async def test_a_revision_is_judged_by_the_rules_of_now(ruled: RuledOffice) -> None:
    request = await ruled.ask()
    await ruled.rule("add prod when metadata.rows > 5 require @security")
    draft = Draft(Content("deploy", "Deploy 4.2", metadata={"rows": 6}))
    revised = (await ruled.desk.revise(ruled.office.actor("rita"), request.id, draft, keep_people=True)).request
    assert asks(revised) == [["1 of @security"]]


async def test_edits_by_an_approver_are_judged_again(ruled: RuledOffice) -> None:
    await ruled.rule("add cheap when cost.usd > 20 require @platform")
    await ruled.rule("add small when cost.usd <= 20 require 1 of @platform then 1 of @security")
    request = await ruled.ask(cost=Cost(usd=50))
    edited = await ruled.do("ada", request, c.Approve(edits={"cost.usd": 10}))
    assert (edited.revision, asks(edited)) == (2, [["1 of @platform"], ["1 of @security"]])
    assert edited.status is Status.PENDING


async def put_type(ruled: RuledOffice, high: float) -> None:
    """As another server does it: nobody tells this desk."""
    type = RequestType("refund", "Refund", editable={"params.usd": Bounds("number", 0, high)})

    def work(tx: Transaction) -> None:
        tx.move_rulebook(ORG, tx.rulebook_version(ORG))
        tx.put_type(ORG, type)

    await ruled.office.store.transact(work)


@pytest.mark.parametrize("with_rules", [False, True])
async def test_an_edit_is_held_to_the_bounds_of_now_whichever_desk_takes_it(
    ruled: RuledOffice, *, with_rules: bool
) -> None:
    if with_rules:
        await ruled.rule("add all when true require @platform")
    await put_type(ruled, 50)
    request = await ruled.ask(type="refund", params={"usd": 20})
    await put_type(ruled, 100_000)
    with pytest.raises(Invalid, match="at most 100000"):
        await ruled.do("ada", request, c.Approve(edits={"params.usd": 100_001}))
    await put_type(ruled, 200_000)
    edited = await ruled.do("ada", request, c.Approve(edits={"params.usd": 190_000}))
    assert (edited.status, edited.content.params) == (Status.APPROVED_WITH_EDITS, {"usd": 190_000})


async def test_an_approval_is_kept_with_the_bounds_of_now_whichever_desk_takes_it(ruled: RuledOffice) -> None:
    await put_type(ruled, 50)
    request = await ruled.ask(stage("@platform", min=2), type="refund", params={"usd": 20})
    await put_type(ruled, 30)
    await ruled.do("bob", request, c.Approve())
    await put_type(ruled, 50)
    edited = await ruled.do("ada", request, c.Approve(edits={"params.usd": 40}))
    assert [(one.name, one.counts) for one in edited.decisions] == [("Bob", False), ("Ada", True)]


async def test_an_edit_beyond_bounds_that_were_lowered_is_refused(ruled: RuledOffice) -> None:
    await put_type(ruled, 50)
    request = await ruled.ask(type="refund", params={"usd": 20})
    await put_type(ruled, 30)
    with pytest.raises(Invalid, match="at most 30"):
        await ruled.do("ada", request, c.Approve(edits={"params.usd": 40}))


async def test_judging_again_changes_nothing_where_the_rules_say_the_same(ruled: RuledOffice) -> None:
    await ruled.rule("add prod when true require @platform")
    request = await ruled.ask()
    assert (await ruled.desk.do(ruled.office.actor("root"), request.id, c.Judge())).replayed
    await ruled.rule("add more when true require @security")
    again = await ruled.do("root", request, c.Judge())
    assert asks(again) == [["1 of @platform", "1 of @security"]]


# ------------------------------------------------------------------------------------------------------ until and uses


async def test_an_allow_rule_ends_when_its_time_is_over(ruled: RuledOffice) -> None:
    until = ruled.office.clock.now() + HOUR
    await ruled.rule("add window when true allow", until=until)
    assert (await ruled.ask()).status is Status.AUTO_APPROVED
    ruled.office.turn(2 * HOUR)
    assert (await ruled.ask()).status is Status.PENDING


async def test_an_allow_rule_lets_through_as_often_as_it_may_however_many_come_at_once(ruled: RuledOffice) -> None:
    await ruled.rule("add thrice when true allow", uses=3)
    asked = await asyncio.gather(*(ruled.ask(title=f"Deploy {n}") for n in range(8)), return_exceptions=True)
    made = [request for request in asked if isinstance(request, Request)]
    assert sum(request.status is Status.AUTO_APPROVED for request in made) == 3
    assert (await ruled.ask()).status is Status.PENDING


# ---------------------------------------------------------------------------------------------------------- impossible


async def test_what_rules_make_impossible_opens_and_tells_the_admins(ruled: RuledOffice) -> None:
    await ruled.rule("add three when true require 3 of @platform")
    request = await ruled.ask()
    assert request.status is Status.PENDING
    assert "found_impossible" in await ruled.office.words(request)
    assert await ruled.office.told("impossible") == ["member:mem_root", "thread"]


async def test_it_ends_as_nobody_could_if_it_is_still_impossible(ruled: RuledOffice) -> None:
    await ruled.rule("add three when true require 3 of @platform")
    request = await ruled.ask()
    ruled.office.turn(5 * HOUR)
    assert (await ruled.desk.see(ruled.office.actor("root"), request.id)).cause == "nobody_could"


async def test_it_ends_as_unanswered_once_there_were_enough_people(ruled: RuledOffice) -> None:
    await ruled.rule("add three when true require 3 of @platform")
    request = await ruled.ask()

    def hire(tx: Transaction) -> None:
        put_member(tx, "cleo")
        tx.set_group_members("grp_platform", ["mem_ada", "mem_bob", "mem_cleo"])

    await ruled.office.change(hire)
    ruled.office.turn(5 * HOUR)
    await ruled.desk.sweep()
    assert (await ruled.office.stored(request)).cause == "nobody_answered"


async def test_who_names_too_few_is_still_told_to_name_others(ruled: RuledOffice) -> None:
    await ruled.rule("add prod when true require @security")
    with pytest.raises(Invalid) as caught:
        await ruled.ask(stage("@platform", min=3))
    assert "3 of @platform" in caught.value.sentence


# ---------------------------------------------------------------------------------------------------------- escalation


async def hire_managers(ruled: RuledOffice) -> None:
    def work(tx: Transaction) -> None:
        put_member(tx, "mona")
        tx.put(Group("grp_managers", ORG, "managers", None, LONG_AGO))
        tx.set_group_members("grp_managers", ["mem_mona"])

    await ruled.office.change(work)


async def test_after_a_while_others_may_decide_too(ruled: RuledOffice) -> None:
    await hire_managers(ruled)
    await ruled.rule("add prod when true require 1 of @platform escalate after 3h to @managers")
    request = await ruled.ask()
    assert (await ruled.office.refusal("mona", request, c.Approve())).word == "not_an_approver"
    ruled.office.turn(3 * HOUR + MINUTE)
    assert await ruled.desk.sweep() == 1
    assert await ruled.office.told("escalated") == ["member:mem_mona", "thread"]
    assert "member:mem_mona" in await ruled.office.places(request)
    assert asks(await ruled.office.stored(request)) == [["1 of @platform or @managers"]]
    assert (await ruled.do("mona", request, c.Approve())).status is Status.APPROVED


async def test_an_escalation_acts_once(ruled: RuledOffice) -> None:
    await hire_managers(ruled)
    await ruled.rule("add prod when true require 1 of @platform escalate after 1h to @managers")
    request = await ruled.ask()
    for _ in range(3):
        ruled.office.turn(70 * MINUTE)
        await ruled.desk.sweep()
    assert (await ruled.office.words(request)).count("escalated") == 1
    again = await ruled.desk.do(ruled.office.actor("root"), request.id, c.Judge())
    assert again.replayed


async def test_reassigning_takes_the_first_ones_places(ruled: RuledOffice) -> None:
    await hire_managers(ruled)
    rule = await ruled.rule("add prod when true require 1 of @platform escalate after 1h to @managers")
    assert rule.escalate is not None
    await ruled.save(replace(rule, escalate=replace(rule.escalate, reassign=True), version=2), 1)
    request = await ruled.ask()
    ruled.office.turn(61 * MINUTE)
    await ruled.desk.sweep()
    assert asks(await ruled.office.stored(request)) == [["1 of @managers"]]
    assert (await ruled.office.refusal("ada", request, c.Approve())).word == "not_an_approver"


async def test_what_was_answered_in_time_is_not_escalated(ruled: RuledOffice) -> None:
    await hire_managers(ruled)
    await ruled.rule("add prod when true require 1 of @platform then 1 of @security escalate after 1h to @managers")
    request = await ruled.ask()
    await ruled.do("ada", request, c.Approve())
    ruled.office.turn(30 * MINUTE)
    await ruled.desk.sweep()
    assert "escalated" not in await ruled.office.words(request)
    ruled.office.turn(31 * MINUTE)
    await ruled.desk.sweep()
    assert asks(await ruled.office.stored(request)) == [["1 of @platform"], ["1 of @security or @managers"]]


async def test_roles_and_everybody_are_the_projects(ruled: RuledOffice) -> None:
    await ruled.rule("add admins when true require role:admin")
    request = await ruled.ask()
    (requirement,) = request.plan.stages[0].requirements
    assert [source.principal for source in requirement.sources] == [f"role:{Role.ADMIN}:{PROJECT}"]
