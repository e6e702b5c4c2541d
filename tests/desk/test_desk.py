"""The only door for change: one transaction, refusals kept, time written first."""

import asyncio

import pytest

from core import requirements
from core.codec import Codec
from core.collection import members
from core.desk import Draft, DraftStage
from core.errors import ApprovalError, Conflict, Invalid, NotAllowed, NotFound, Unavailable
from core.lifecycle import fold
from core.model import command as c
from core.model.organisation import Agent
from core.model.people import Verb
from core.model.request import Content, Request, Status
from core.ports import Idempotency, Transaction
from tests.desk.office import HOUR, LONG_AGO, MINUTE, ORG, Office, member, put_member, stage

pytestmark = pytest.mark.anyio


async def test_a_request_is_stored_with_its_number_id_and_events(office: Office) -> None:
    """B-19, C-13, E-10"""
    request = await office.ask(stage("@platform"))
    assert await office.stored(request) == request
    assert request.id.startswith("req_")
    assert len(request.id) == len("req_") + 26
    assert await office.desk.number(ORG, request.number) == request.id
    assert await office.words(request) == ["created", "judged", "stage_opened"]


async def test_numbers_rise_and_never_repeat(office: Office) -> None:
    numbers = [(await office.ask()).number for _ in range(12)]
    assert numbers == sorted(set(numbers))


async def test_folding_the_ledger_gives_the_stored_request(office: Office) -> None:
    """A-40, A-43, E-99"""
    codec = Codec(members(requirements))
    request = await office.ask(stage("@platform"), stage("@security", all=True))
    await office.do("sue", request, c.Ask("Which rows?"))
    await office.do("rita", request, c.Answer("Old ones"))
    await office.do("ada", request, c.Approve(edits={"action": "deploy slowly"}))
    await office.approve("sam", request)
    await office.do("sue", request, c.Approve(comment="fine", revision=2, stage=2))
    rows = [row for row in await office.ledger(request) if row.payload is not None]
    events = [codec.event(row.word, row.at, row.payload or {}) for row in rows if row.word != "refused"]
    assert fold(None, events) == await office.stored(request)
    assert (await office.stored(request)).status is Status.APPROVED_WITH_EDITS


# ----------------------------------------------------------------------------------------------------------- refusals


async def test_a_refusal_is_written_then_raised(office: Office) -> None:
    """A-63"""
    request = await office.ask(stage("@platform"))
    refusal = await office.refusal("sue", request, c.Approve())
    assert isinstance(refusal, NotAllowed)
    rows = await office.ledger(request)
    assert (rows[-1].word, rows[-1].actor) == ("refused", "member:mem_sue")
    assert rows[-1].payload is not None
    assert (rows[-1].payload["command"], rows[-1].payload["code"]) == ("approve", "not_an_approver")
    assert await office.stored(request) == request


async def test_a_refused_claim_is_named_as_people_write_it(office: Office) -> None:
    request = await office.ask(stage("@platform"), by="ci")
    await office.refusal("ci", request, c.GiveSeat("mem_ada"))
    payload = (await office.ledger(request))[-1].payload
    assert payload is not None
    assert payload["command"] == "give_seat"


@pytest.mark.parametrize("command", [c.Approve(edits={}), c.Ask("")])
async def test_mistakes_in_what_was_sent_are_not_in_the_ledger(office: Office, command: c.Command) -> None:
    request = await office.ask(stage("@platform"))
    assert isinstance(await office.refusal("ada", request, command), Invalid)
    assert "refused" not in await office.words(request)


async def test_too_many_reminders_are_not_in_the_ledger(office: Office) -> None:
    """A-52"""
    request = await office.ask(stage("@platform"))
    await office.do("rita", request, c.Remind())
    assert (await office.refusal("rita", request, c.Remind())).word == "rate_limited"
    assert "refused" not in await office.words(request)


async def test_what_may_not_be_known_does_not_exist(office: Office) -> None:
    """A-18, B-22, E-12"""
    request = await office.ask(stage("@platform"))
    for who in ("nick", "olga"):
        assert isinstance(await office.refusal(who, request, c.Approve()), NotFound)
        with pytest.raises(NotFound):
            await office.desk.see(office.actor(who), request.id)


async def test_another_organisations_request_keeps_no_trace_of_the_attempt(office: Office) -> None:
    """E-12"""
    request = await office.ask(stage("@platform"))
    await office.refusal("olga", request, c.Approve())
    assert "refused" not in await office.words(request)


async def test_an_unknown_request_is_not_found(office: Office) -> None:
    """A-18, B-22"""
    with pytest.raises(NotFound):
        await office.desk.do(office.actor("ada"), "req_none", c.Approve())
    with pytest.raises(NotFound):
        await office.desk.see(office.actor("ada"), "req_none")
    assert await office.desk.number(ORG, 999_999) is None


async def test_a_command_that_comes_too_late_is_not_begun(office: Office) -> None:
    request = await office.ask(stage("@platform"))
    with pytest.raises(Unavailable):
        await office.desk.do(office.actor("ada"), request.id, c.Approve(), deadline=0.0)
    assert (await office.stored(request)).status is Status.PENDING


# ------------------------------------------------------------------------------------------------------------- asking


async def test_approvers_are_named_as_people_name_them(office: Office) -> None:
    """B-15"""
    request = await office.ask(stage("ada@example.com", "@security", "role:admin"), approvers=("BOB@example.com",))
    first, second = request.plan.stages
    assert [source.principal for source in first.requirements[0].sources] == ["member:mem_bob"]
    assert [source.principal for source in second.requirements[0].sources] == [
        "member:mem_ada",
        "group:grp_security",
        "role:admin:prj_default",
    ]


@pytest.mark.parametrize("name", ["nobody@example.com", "@nobody", "role:boss", "olga@example.com", "mem_olga", "x"])
async def test_who_does_not_exist_cannot_be_named(office: Office, name: str) -> None:
    """B-15, E-12"""
    with pytest.raises(Invalid) as caught:
        await office.ask(stage(name))
    assert caught.value.sentence.startswith(f"Nobody here is called '{name}'")


async def test_what_could_never_pass_is_refused(office: Office) -> None:
    with pytest.raises(Invalid) as caught:
        await office.ask(stage("@platform", min=3))
    assert caught.value.sentence == "Too few people could ever approve as 3 of @platform; name others."


async def test_an_unknown_type_is_refused(office: Office) -> None:
    """B-11"""
    with pytest.raises(Invalid) as caught:
        await office.desk.create(office.actor("rita"), Draft(Content(type="launch", title="Launch")))
    assert caught.value.sentence == "There is no type 'launch'; there are merge, deploy, custom."


@pytest.mark.parametrize("type", ["merge", "deploy", "custom"])
async def test_three_types_are_always_there(office: Office, type: str) -> None:
    """B-11"""
    done = await office.desk.create(office.actor("rita"), Draft(Content(type=type, title="Go")))
    assert done.request.content.type == type


async def test_who_may_not_ask_is_told_so_before_what_is_wrong(office: Office) -> None:
    """C-26"""
    actor = office.actor("ci", verbs=frozenset({Verb.READ}))
    draft = Draft(Content(type="launch", title="Launch"), approvers=("x",))
    with pytest.raises(NotAllowed):
        await office.desk.create(actor, draft)


async def test_facts_fixed_by_a_key_stand_above_what_is_said(office: Office) -> None:
    actor = office.actor("ci", facts={"env": "production", "acts_for": "bob@example.com"})
    content = Content(type="deploy", title="Deploy", facts={"env": "test", "size": 3})
    done = await office.desk.create(actor, Draft(content, on_behalf_of="ada@example.com"))
    assert done.request.content.facts == {"env": "production", "size": 3}
    assert done.request.on_behalf_of == "mem_bob"


async def test_an_agents_open_requests_are_counted(office: Office) -> None:
    await office.set(open_requests_per_agent=2)
    first = await office.ask(by="ci")
    await office.ask(by="ci")
    with pytest.raises(ApprovalError) as caught:
        await office.ask(by="ci")
    assert caught.value.word == "rate_limited"
    await office.do("ci", first, c.Cancel())
    await office.ask(by="ci")


async def test_a_suspended_agent_asks_nothing(office: Office) -> None:
    await office.change(lambda tx: tx.put(Agent("agt_ci", ORG, "ci", "builders", "never", (), True, LONG_AGO)))
    with pytest.raises(NotAllowed):
        await office.ask(by="ci")


async def test_all_of_a_group_means_all_of_it_though_another_stage_asks_one(office: Office) -> None:
    names = [f"p{number}" for number in range(40)]

    def enlarge(tx: Transaction) -> None:
        for name in names:
            put_member(tx, name)
        tx.set_group_members("grp_platform", [f"mem_{name}" for name in names])

    await office.change(enlarge)
    request = await office.ask(stage("@platform"), stage("@platform", all=True))
    request = await office.approve("p0", request)
    assert len(request.fixed["s2r1"]) == 40


# -------------------------------------------------------------------------------------------------------- idempotency


def once(key: str = "k1", body: str = "b1", credential: str = "rita") -> Idempotency:
    return Idempotency(credential, key, body)


async def test_the_same_key_makes_one_request(office: Office) -> None:
    first = await office.ask(once=once())
    draft = Draft(Content(type="deploy", title="Deploy 4.2", action="deploy"))
    again = await office.desk.create(office.actor("rita"), draft, once=once())
    assert (again.request.id, again.replayed) == (first.id, True)


async def test_the_same_key_with_another_body_is_refused(office: Office) -> None:
    await office.ask(once=once())
    with pytest.raises(Conflict) as caught:
        await office.ask(once=once(body="b2"))
    assert caught.value.word == "idempotency_conflict"


async def test_a_key_belongs_to_its_credential(office: Office) -> None:
    first = await office.ask(once=once())
    second = await office.ask(once=once(credential="ci"), by="ci")
    assert first.id != second.id


async def test_a_repeated_decision_is_answered_with_the_stored_one(office: Office) -> None:
    """A-36"""
    request = await office.ask(stage("@platform", min=2))
    first = await office.do("ada", request, c.Approve(), once=once("click"))
    again = await office.do("ada", request, c.Approve(), once=once("click"))
    assert (again.replayed, again.decision) == (True, first.decision)
    assert again.decision is not None
    assert len((await office.stored(request)).decisions) == 1


async def test_a_repeat_without_a_key_is_answered_with_the_stored_decision(office: Office) -> None:
    """A-36, B-45"""
    request = await office.ask(stage("@platform", min=2))
    first = await office.do("ada", request, c.Approve())
    again = await office.do("ada", request, c.Approve())
    assert (again.replayed, again.decision) == (True, first.decision)


async def test_a_key_used_for_one_request_is_not_used_for_another(office: Office) -> None:
    first, second = await office.ask(stage("@platform")), await office.ask(stage("@platform"))
    await office.do("ada", first, c.Approve(), once=once("click"))
    with pytest.raises(Conflict):
        await office.do("ada", second, c.Approve(), once=once("click"))
    assert (await office.stored(second)).status is Status.PENDING


async def test_a_key_can_be_used_again_after_a_day(office: Office) -> None:
    first = await office.ask(once=once())
    office.turn(25 * HOUR)
    second = await office.ask(once=once())
    assert first.id != second.id


async def test_a_repeat_past_the_deadline_finds_it_expired_and_writes_that(office: Office) -> None:
    made = await office.ask(once=once("create"))
    await office.do("ada", made, c.Comment("hm"), once=once("comment"))
    office.turn(5 * HOUR)
    assert (await office.ask(once=once("create"))).status is Status.EXPIRED
    assert (await office.stored(made)).status is Status.EXPIRED
    assert (await office.do("ada", made, c.Comment("hm"), once=once("comment"))).request.status is Status.EXPIRED


async def test_a_repeated_batch_past_its_deadline_finds_it_expired(office: Office) -> None:
    draft = Draft(Content(type="deploy", title="Alike"), stages=(stage("@platform"),))
    made = await office.desk.create_batch(office.actor("rita"), (draft, draft), once=once())
    office.turn(5 * HOUR)
    again = await office.desk.create_batch(office.actor("rita"), (draft, draft), once=once())
    assert (again.replayed, [one.status for one in again.requests]) == (True, [Status.EXPIRED] * 2)
    assert [(await office.stored(one)).status for one in made.requests] == [Status.EXPIRED] * 2


async def test_the_same_key_twice_at_once_makes_one_request(office: Office) -> None:
    first, second = await asyncio.gather(office.ask(once=once()), office.ask(once=once()))
    assert first.id == second.id


# ------------------------------------------------------------------------------------------------------- both at once


async def test_two_last_votes_at_once_end_a_request_exactly_once(office: Office) -> None:
    """C-29"""
    for _ in range(5):
        request = await office.ask(stage("@platform"))
        outcomes = await asyncio.gather(
            office.do("ada", request, c.Approve()), office.do("bob", request, c.Approve()), return_exceptions=True
        )
        refused = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
        assert [refusal.word for refusal in refused] == ["already_decided"]
        assert (await office.words(request)).count("ended") == 1


async def test_a_yes_and_a_no_at_once_leave_one_of_them(office: Office) -> None:
    """C-29"""
    request = await office.ask(stage("@platform"))
    outcomes = await asyncio.gather(
        office.do("ada", request, c.Approve()), office.do("bob", request, c.Reject()), return_exceptions=True
    )
    assert len([outcome for outcome in outcomes if isinstance(outcome, Conflict)]) == 1
    assert len((await office.stored(request)).decisions) == 1


async def test_two_claims_at_once_give_it_to_one(office: Office) -> None:
    """C-29"""
    request = await office.ask(stage("@platform"), by="ci")
    await office.approve("ada", request)
    outcomes = await asyncio.gather(*(office.claim("ci", request) for _ in range(3)), return_exceptions=True)
    assert len([outcome for outcome in outcomes if isinstance(outcome, Request)]) == 1


# --------------------------------------------------------------------------------------------------------------- time


async def test_a_decision_past_the_deadline_writes_the_expiry_and_is_refused(office: Office) -> None:
    """C-24, C-28"""
    request = await office.ask(stage("@platform"))
    office.turn(4 * HOUR)
    assert (await office.refusal("ada", request, c.Approve())).word == "approval_expired"
    assert (await office.stored(request)).status is Status.EXPIRED
    assert (await office.words(request))[-2:] == ["ended", "refused"]
    ended = (await office.ledger(request))[-2]
    assert ended.actor == "system:clock"


async def test_a_read_past_the_deadline_writes_the_expiry(office: Office) -> None:
    """B-33, B-39, D-09"""
    request = await office.ask(stage("@platform"))
    office.turn(4 * HOUR)
    seen = await office.desk.see(office.actor("rita"), request.id)
    assert seen.status is Status.EXPIRED
    assert await office.stored(request) == seen


async def test_who_may_not_read_writes_no_expiry(office: Office) -> None:
    request = await office.ask(stage("@platform"))
    office.turn(4 * HOUR)
    with pytest.raises(NotFound):
        await office.desk.see(office.actor("nick"), request.id)
    assert (await office.stored(request)).status is Status.PENDING


async def test_the_sweep_expires_what_nobody_reads(office: Office) -> None:
    """B-39, D-32"""
    due, later = await office.ask(stage("@platform")), await office.ask(stage("@platform"))
    await office.do("root", later, c.Extend(office.clock.now() + 9 * HOUR))
    office.turn(4 * HOUR)
    assert await office.desk.sweep() == 2
    assert (await office.stored(due)).status is Status.EXPIRED
    assert (await office.stored(later)).status is Status.PENDING
    assert await office.desk.sweep() == 0


async def test_the_sweep_goes_on_in_slices(office: Office) -> None:
    for _ in range(5):
        await office.ask()
    office.turn(4 * HOUR)
    assert [await office.desk.sweep(2) for _ in range(4)] == [2, 2, 1, 0]


async def test_two_sweeps_at_once_ring_once(office: Office) -> None:
    request = await office.ask()
    office.turn(4 * HOUR)
    await asyncio.gather(office.desk.sweep(), office.desk.sweep())
    assert (await office.words(request)).count("ended") == 1


async def test_an_execution_window_closes_by_itself(office: Office) -> None:
    """D-25, D-33"""
    request = await office.ask(stage("@platform"), by="ci")
    await office.approve("ada", request)
    office.turn(24 * HOUR)
    await office.desk.sweep()
    seen = await office.stored(request)
    assert (seen.status, seen.execution and seen.execution.status.value) == (Status.APPROVED, "expired")


async def test_a_claim_past_the_window_is_refused_without_any_sweep(office: Office) -> None:
    """D-28"""
    request = await office.ask(stage("@platform"), by="ci")
    await office.approve("ada", request)
    office.turn(24 * HOUR)
    with pytest.raises(Conflict) as caught:
        await office.claim("ci", request)
    assert caught.value.word == "execution_expired"


# ---------------------------------------------------------------------------------------------------------- supersede


async def test_a_newer_request_with_the_same_key_takes_the_place_of_older_ones(office: Office) -> None:
    older = await office.ask(stage("@platform"), supersede_key="812")
    approved = await office.ask(stage("@platform"), supersede_key="813")
    await office.approve("ada", approved)
    newer = await office.ask(stage("@platform"), supersede_key="812")
    assert (await office.stored(older)).cause == "superseded"
    assert (await office.stored(older)).superseded_by == newer.id
    await office.ask(stage("@platform"), supersede_key="813")
    with pytest.raises(Conflict):
        await office.claim("rita", approved)


async def test_a_request_of_somebody_else_is_not_superseded(office: Office) -> None:
    older = await office.ask(stage("@platform"), supersede_key="812")
    await office.ask(stage("@platform"), by="ci", supersede_key="812")
    assert (await office.stored(older)).status is Status.PENDING


async def test_an_older_request_past_its_deadline_expires_and_is_not_superseded(office: Office) -> None:
    older = await office.ask(stage("@platform"), supersede_key="812")
    office.turn(4 * HOUR)
    await office.ask(stage("@platform"), supersede_key="812")
    assert (await office.stored(older)).status is Status.EXPIRED


async def test_a_request_denied_at_once_supersedes_nothing(office: Office) -> None:
    older = await office.ask(stage("@platform"), supersede_key="812")
    await office.set(when_no_rule="deny")
    await office.ask(supersede_key="812")
    assert (await office.stored(older)).status is Status.PENDING


# ------------------------------------------------------------------------------------------------------------- people


async def test_people_are_read_live(office: Office) -> None:
    request = await office.ask(stage("@platform"))
    await office.change(lambda tx: tx.set_group_members("grp_platform", ["mem_sue"]))
    assert (await office.refusal("ada", request, c.Approve())).word == "not_an_approver"
    assert (await office.approve("sue", request)).status is Status.APPROVED


async def test_a_deactivated_approvers_approval_lapses_at_the_last_vote(office: Office) -> None:
    request = await office.ask(stage("@platform", min=2))
    await office.approve("ada", request)
    await office.change(lambda tx: tx.put(member("ada", active=False)))
    after = await office.approve("bob", request)
    assert after.status is Status.PENDING
    assert "approval_lapsed" in await office.words(request)


async def test_an_unlinked_approvers_approval_lapses_at_the_last_vote(office: Office) -> None:
    request = await office.ask(stage("@platform", min=2))
    await office.approve("ada", request)
    await office.change(lambda tx: tx.unpin("idn_ada"))
    assert (await office.approve("bob", request)).status is Status.PENDING


async def test_a_seat_is_handed_over_through_the_desk(office: Office) -> None:
    request = await office.ask(stage("ada@example.com"))
    await office.do("ada", request, c.GiveSeat("mem_sue"))
    assert (await office.approve("sue", request)).status is Status.APPROVED


HANDED_OVER = [
    stage("ada@example.com", "sue@example.com", all=True),
    stage("@platform", min=2),
    stage("ada@example.com"),
]


@pytest.mark.parametrize("asked", HANDED_OVER, ids=["all", "group", "one"])
async def test_who_took_a_seat_and_leaves_is_missed(office: Office, asked: DraftStage) -> None:
    request = await office.ask(asked)
    await office.do("ada", request, c.GiveSeat("mem_sam"))
    await office.desk.tend(request.id, c.CheckPeople())
    assert (await office.stored(request)).impossible == ()
    await office.change(lambda tx: tx.put(member("ada", active=False)))  # the seat is Sam's now
    await office.desk.tend(request.id, c.CheckPeople())
    assert await office.told("impossible") == []
    await office.change(lambda tx: tx.put(member("sam", active=False)))
    await office.desk.tend(request.id, c.CheckPeople())
    assert await office.told("impossible") == ["member:mem_root", "thread"]
    office.turn(5 * HOUR)
    await office.desk.sweep()
    ended = await office.stored(request)
    assert (ended.status, ended.cause) == (Status.EXPIRED, "nobody_could")


async def test_a_seat_handed_on_is_looked_for_where_it_is(office: Office) -> None:
    request = await office.ask(stage("ada@example.com"))
    await office.do("ada", request, c.GiveSeat("mem_sam"))
    await office.do("sam", request, c.GiveSeat("mem_bob"))
    await office.change(lambda tx: tx.put(member("sam", active=False)))
    await office.desk.tend(request.id, c.CheckPeople())
    assert (await office.stored(request)).impossible == ()
    await office.change(lambda tx: tx.put(member("bob", active=False)))
    await office.desk.tend(request.id, c.CheckPeople())
    assert (await office.stored(request)).impossible != ()


async def test_nobody_of_another_organisation_takes_a_seat(office: Office) -> None:
    request = await office.ask(stage("ada@example.com"))
    assert isinstance(await office.refusal("ada", request, c.GiveSeat("mem_olga")), ApprovalError)
    assert (await office.stored(request)).hand_overs == ()


# ------------------------------------------------------------------------------------------------------------ revising


async def test_a_revision_names_people_anew_or_keeps_them(office: Office) -> None:
    """E-58, E-59"""
    request = await office.ask(stage("@platform"))
    content = Content(type="deploy", title="Deploy 4.3", action="deploy")
    kept = await office.desk.revise(office.actor("rita"), request.id, Draft(content), keep_people=True)
    assert (kept.request.revision, kept.request.named) == (2, request.named)
    draft = Draft(content, stages=(stage("@security"),))
    changed = await office.desk.revise(office.actor("rita"), request.id, draft, keep_people=False)
    assert changed.request.plan.stages[0].requirements[0].label == "1 of @security"


async def test_a_revision_that_names_nobody_known_is_refused(office: Office) -> None:
    request = await office.ask(stage("@platform"))
    draft = Draft(Content(type="deploy", title="Deploy 4.3"), stages=(stage("@nobody"),))
    with pytest.raises(Invalid):
        await office.desk.revise(office.actor("rita"), request.id, draft, keep_people=False)


async def test_reminders_come_when_they_are_due(office: Office) -> None:
    request = await office.ask(stage("@platform"))
    office.turn(61 * MINUTE)
    await office.desk.sweep()
    assert (await office.words(request))[-1] == "reminded"
