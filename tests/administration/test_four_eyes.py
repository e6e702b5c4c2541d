"""Four eyes: what decides who must say yes is changed only when another admin agrees, exactly once, and as it was shown."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from core.administration import Asked, NewKey, operator
from core.administration.office import Office
from core.desk import Desk, Draft
from core.errors import ApprovalError, Conflict, Invalid, NotAllowed, NotFound
from core.model import command as c
from core.model.change import is_change
from core.model.organisation import Bounds, Grant, RequestType
from core.model.people import ADMINS, Actor, Role, Way
from core.model.request import Content, ExecutionStatus, Request, Status
from core.model.rule import Mode
from core.ports import Idempotency, Transaction, Work
from core.secrets import KEY, Pepper
from tests.administration.town_hall import TownHall
from tests.desk.office import HOUR, ORG, PROJECT, stage

pytestmark = pytest.mark.anyio

EVERYTHING = 'add "everything" when true'
DONE, FAILED = ExecutionStatus.SUCCESS, ExecutionStatus.FAILED


def outcome(request: Request) -> tuple[Status, ExecutionStatus | None]:
    return request.status, None if request.execution is None else request.execution.status


async def members_of(hall: TownHall, group: str = "platform") -> set[str]:
    return set((await hall.administration.groups.get(hall.actor("root"), group)).members)


def add_sue(hall: TownHall, by: str = "root") -> Callable[[], Awaitable[object]]:
    return lambda: hall.administration.groups.set_members(hall.actor(by), "platform", add=["sue@example.com"])


# ------------------------------------------------------------------------------------------------------- what is asked


async def test_a_change_waits_for_another_admin_and_is_made_with_their_yes(hall: TownHall) -> None:
    await hall.switch_on()
    request = await hall.asked(add_sue(hall))
    assert request.content.type == "countersign.groups"
    assert request.content.description == "Add Sue (sue@example.com) to @platform."
    assert "mem_sue" not in await members_of(hall)
    assert outcome(await hall.approve("ruth", request)) == (Status.APPROVED, DONE)
    assert "mem_sue" in await members_of(hall)


async def test_without_four_eyes_nothing_is_asked(hall: TownHall) -> None:
    await add_sue(hall)()
    assert "mem_sue" in await members_of(hall)


TYPE = RequestType("payout", "Payout", editable={"cost.usd": Bounds("number", maximum=50)}, reply_window=HOUR)

CHANGES: dict[str, tuple[str, Callable[[TownHall, Any], Awaitable[object]], str]] = {
    "a new member": (
        "members",
        lambda h, a: h.administration.members.add(a, "eve@example.com", roles=[Role.ADMIN]),
        "Add member eve (eve@example.com).",
    ),
    "a deactivation": (
        "members",
        lambda h, a: h.administration.members.change(a, "ada@example.com", active=False),
        "Member Ada (ada@example.com): active yes → no.",
    ),
    "a role given": (
        "grants",
        lambda h, a: h.administration.grants.give(a, "ada@example.com", Role.ADMIN),
        "Give the role admin to Ada (ada@example.com) in the whole organisation.",
    ),
    "a role taken": (
        "grants",
        lambda h, a: h.administration.grants.take(a, "ada@example.com", Role.APPROVER),
        "Take the role approver from Ada (ada@example.com) in the whole organisation.",
    ),
    "a new group": (
        "groups",
        lambda h, a: h.administration.groups.add(a, "dba", ["ada@example.com"]),
        "Add group @dba",
    ),
    "a new project": ("projects", lambda h, a: h.administration.projects.add(a, "payments"), "Add project payments"),
    "a project's settings": (
        "projects",
        lambda h, a: h.administration.projects.change(a, "default", {"self_approval": True, "reply_window": 2 * HOUR}),
        "Project default: self approval no → yes.",
    ),
    "a type": ("types", lambda h, a: h.administration.types.put(a, TYPE, ["@platform"]), "Add type payout"),
    "a type's fields": (
        "types",
        lambda h, a: h.administration.types.put(a, replace(TYPE, fields={"properties": {"iban": {"type": "string"}}})),
        "fields properties: iban: type: string",
    ),
    "a rule": (
        "rules",
        lambda h, a: h.administration.rules.add(a, f"{EVERYTHING} require 1 of @platform"),
        "Add rule everything.\neverything: for every request anywhere in the organisation, these must say yes:",
    ),
    "an agent": (
        "agents",
        lambda h, a: h.administration.agents.add(a, "bot", owners=["ada@example.com"]),
        "Add agent bot",
    ),
    "a key": ("keys", lambda h, a: h.administration.keys.add(a, "ci", label="second"), "Add an API key"),
    "a workload": (
        "keys",
        lambda h, a: h.administration.workloads.add(a, "ci", "github", "repo:acme/shop:**", facts={"env": "test"}),
        "Add tokens of https://token.actions.githubusercontent.com for repo:acme/shop:** as agent ci",
    ),
    "an identity pinned": (
        "identities",
        lambda h, a: h.administration.identities.pin(a, "slack", "T1", "UEVIL", "ada@example.com"),
        "Add the link of slack user UEVIL (T1) to Ada (ada@example.com)",
    ),
    "an identity unpinned": (
        "identities",
        lambda h, a: h.administration.identities.unpin(a, "idn_ada"),
        "Unpin slack user UADA from Ada (ada@example.com).",
    ),
    "four eyes off": (
        "settings",
        lambda h, a: h.administration.organisations.change(a, four_eyes=False),
        "The organisation: four eyes yes → no.",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_it_is_said_in_plain_words_and_carried_out(hall: TownHall, what: str) -> None:
    topic, change, words = CHANGES[what]
    await hall.switch_on()
    request = await hall.asked(lambda: change(hall, hall.actor("root")))
    assert (request.content.type, request.status) == (f"countersign.{topic}", Status.PENDING)
    assert words in (request.content.description or "")
    agreed = await hall.approve("ruth", request)
    assert outcome(agreed) == (Status.APPROVED, DONE), agreed.execution
    again = await hall.read(lambda reader: reader.ledger(ORG, after=0, limit=100))
    assert [row.word for row in again][-1] == "change_carried_out"


READING = {"list", "get", "history", "validate", "replay", "tokens", "propose", "tried", "first", "earned", "all"}
ALLOWED_ALONE = {
    "Keys.collect",  # was agreed to
    "Keys.revoke",  # a stop
    "Mirrors.followed",  # reading, by whoever looks in Slack
    "Mirrors.users",
    "Mirrors.unknown",
    "Mirrors.seen",  # what Slack says of a user group that was agreed to
    "Mirrors.gone",  # a stop
    "Mirrors.failed",
    "Logins.show_code",  # one's own
    "Logins.exchange",
    "Logins.revoke",  # a stop
    "Organisations.bootstrap",  # the host
    "Organisations.add",
    "Organisations.recover",
    "Leases.grant",  # an approver's own yes, for a while
    "Leases.revoke",  # a stop
    "Leases.revoke_all",
    "Schedules.add",  # fetches first, then by way of a method of its own
    "Schedules.change",
    "Policies.add",  # seals first, then by way of a method of its own
    "Policies.change",
    "Checks.add",
    "Checks.change",
    "Schedules.keep",  # the clock's
    "Schedules.refresh",  # looks again at the feed that was agreed to
    "Schedules.refresh_due",
    "Schedules.refresh_soon",
    "Schedules.miss",
    "Webhooks.attempts",
    "Webhooks.test",  # tells an address that was agreed to
    "Webhooks.redeliver",
    "Webhooks.pause",  # a stop
    "Webhooks.resume",  # goes on with what was agreed to
    "Webhooks.rotate",  # the secret of an address that was agreed to, shown to an admin as the first one was
    "Batches.waiting",  # reading
    "Batches.like",
    "Batches.see",
    "Batches.together",
    "Batches.decide",  # decisions, each by whoever may
    "Freezes.freeze",  # a stop
    "Leases.held",  # reading
    "Proposals.carry_out",  # by way of the rules' own methods
    "Identities.unmapped",  # reading
    "Identities.claims",
    "Mirrors.follow",  # by way of a method of its own
    "Identities.claimed",
    "Identities.note_unmapped",  # by Slack's directory
    "Identities.forget_unmapped",
    "Identities.linkable",  # reading
    "Identities.leave_out",  # off a list
    "Identities.claim",  # asks an admin, and links nobody
    "Identities.dismiss",  # a stop
    "Delegations.give",  # a member's own voice, for a while
    "Delegations.stop",
    "PreferenceOffice.change",  # how a member likes to be told
    "Audits.head",  # only read
    "Audits.of",
    "PreferenceOffice.note_profile",  # by Slack's directory
    "PreferenceOffice.note_away",
    "Workloads.revoke",  # a stop
    "Installations.of_environment",  # the host
    "Installations.begin",  # somebody who is no member yet, as the host allows
    "Installations.returned",
    "Installations.install",
    "Installations.invite",
    "Installations.ended",  # by Slack
    "Installations.offer",  # refused where the organisation that would lose a workspace has four eyes
}


async def test_every_method_that_changes_something_asks_first_or_is_named_here(hall: TownHall) -> None:
    offices = [office for office in vars(hall.administration).values() if isinstance(office, Office)]
    names = [
        (f"{type(office).__name__}.{name}", method)
        for office in offices
        for name, method in inspect.getmembers(type(office), inspect.isfunction)
        if not name.startswith("_") and name not in READING and inspect.iscoroutinefunction(inspect.unwrap(method))
    ]
    alone = {name for name, method in names if not hasattr(method, "__wrapped__")}
    assert alone - ALLOWED_ALONE == set()


async def test_suspending_an_agent_stops_it_at_once_and_letting_it_go_on_is_asked(hall: TownHall) -> None:
    await hall.switch_on()
    office, root = hall.administration.agents, hall.actor("root")
    assert (await office.suspend(root, "ci")).suspended
    request = await hall.asked(lambda: office.suspend(root, "ci", suspended=False))
    await hall.approve("ruth", request)
    assert not (await office.get(root, "ci")).suspended


async def test_a_change_that_changes_nothing_asks_nobody(hall: TownHall) -> None:
    await hall.switch_on()
    project = await hall.administration.projects.change(hall.actor("root"), "default", {"self_approval": False})
    assert project.name == "default"


async def test_nobody_agrees_to_more_than_can_be_shown(hall: TownHall) -> None:
    await hall.switch_on()
    fields = {"type": "object", "properties": {f"field_{n}": {"type": "string", "title": "x" * 90} for n in range(99)}}
    large = RequestType("large", "Large", fields=fields)
    with pytest.raises(Conflict, match="smaller steps"):
        await hall.administration.types.put(hall.actor("root"), large)


async def test_what_cannot_be_done_is_refused_at_once(hall: TownHall) -> None:
    await hall.switch_on()
    office = hall.administration
    with pytest.raises(Conflict, match="already is a member"):
        await office.members.add(hall.actor("root"), "ada@example.com")
    with pytest.raises(NotAllowed, match="Only admins"):
        await office.members.add(hall.actor("rita"), "eve@example.com")


async def test_the_command_line_on_the_host_is_no_way_around(hall: TownHall) -> None:
    await hall.switch_on()
    request = await hall.asked(lambda: hall.administration.members.add(operator(ORG), "eve@example.com"))
    assert request.requester.name == "an operator on the host"
    assert outcome(await hall.approve("root", request)) == (Status.APPROVED, DONE)


async def test_what_follows_from_slack_by_itself_is_not_asked_for(hall: TownHall) -> None:
    await hall.switch_on()
    directory = Actor("system", "slack", "Slack's directory", ORG, Way.SYSTEM)
    assert (await hall.administration.members.add(directory, "eve@example.com")).active


async def test_admins_named_by_the_host_are_there_from_the_beginning(hall: TownHall) -> None:
    await hall.switch_on()
    first = await hall.administration.organisations.first()
    assert first is not None
    await hall.administration.organisations.bootstrap("Acme", ["eve@example.com"])
    assert await hall.read(lambda reader: reader.member_by_email(first.id, "eve@example.com"))


async def test_a_repeat_with_the_same_key_finds_the_same_request(hall: TownHall) -> None:
    await hall.switch_on()
    once = Idempotency("token", "key-1", "body")

    def change() -> Awaitable[object]:
        return hall.administration.groups.add(hall.actor("root"), "dba", once=once)

    first = await hall.asked(change)
    assert (await hall.asked(change)).id == first.id
    await hall.approve("ruth", first)
    with pytest.raises(Asked) as caught:
        await change()
    assert (caught.value.made.asked, caught.value.made.replayed) == (first.number, True)


async def test_a_key_that_asked_for_one_change_asks_for_no_other(hall: TownHall) -> None:
    await hall.switch_on()
    groups, root = hall.administration.groups, hall.actor("root")
    await hall.asked(lambda: groups.add(root, "dba", once=Idempotency("token", "key-1", "body")))
    with pytest.raises(Conflict) as caught:
        await groups.add(root, "ops", once=Idempotency("token", "key-1", "another body"))
    assert caught.value.word == "idempotency_conflict"


# ---------------------------------------------------------------------------------------------------------- who decides


async def test_switching_it_on_takes_two_other_active_admins(hall: TownHall) -> None:
    await hall.administration.members.change(hall.actor("root"), "rob@example.com", active=False)
    with pytest.raises(Conflict, match="there is one"):
        await hall.switch_on()


async def test_who_asked_cannot_agree_whatever_the_project_says(hall: TownHall) -> None:
    await hall.office.set(self_approval=True)
    await hall.switch_on()
    request = await hall.asked(add_sue(hall))
    assert (await hall.refusal("root", request, c.Approve())).word == "own_request"


async def test_who_gains_by_it_cannot_agree(hall: TownHall) -> None:
    await hall.switch_on()
    office, root = hall.administration, hall.actor("root")
    request = await hall.asked(lambda: office.groups.set_members(root, "platform", add=["ruth@example.com"]))
    assert (await hall.refusal("ruth", request, c.Approve())).word == "own_request"
    assert outcome(await hall.approve("rob", request)) == (Status.APPROVED, DONE)


async def test_who_gains_as_one_of_a_group_cannot_agree(hall: TownHall) -> None:
    office, root = hall.administration, hall.actor("root")
    await office.groups.add(root, "wardens", ["ruth@example.com"])
    await hall.switch_on()
    request = await hall.asked(lambda: office.grants.give(root, "@wardens", Role.BREAK_GLASS))
    assert (await hall.refusal("ruth", request, c.Approve())).word == "own_request"
    assert outcome(await hall.approve("rob", request)) == (Status.APPROVED, DONE)


@pytest.mark.parametrize("who", ["ada", "pat", "ci"])
async def test_nobody_but_admins_of_the_organisation_may_agree(hall: TownHall, who: str) -> None:
    """Pat is admin of the very project the request lives in."""
    await hall.switch_on()
    request = await hall.asked(add_sue(hall))
    refusal = await hall.refusal(who, request, c.Approve())
    assert isinstance(refusal, NotAllowed | NotFound)
    assert (await hall.office.stored(request)).is_open


async def test_who_is_no_longer_an_admin_may_not_agree_and_a_new_one_may(hall: TownHall) -> None:
    await hall.switch_on()
    request = await hall.asked(add_sue(hall))

    def swap(tx: Transaction) -> None:
        tx.revoke(Grant(ORG, None, "member:mem_ruth", Role.ADMIN))
        tx.grant(Grant(ORG, None, "member:mem_ruth", Role.APPROVER))
        tx.grant(Grant(ORG, None, "member:mem_sam", Role.ADMIN))

    await hall.office.change(swap)
    assert (await hall.refusal("ruth", request, c.Approve())).word == "not_an_approver"
    assert outcome(await hall.approve("sam", request)) == (Status.APPROVED, DONE)


async def test_with_nobody_left_to_agree_it_is_said_how_to_get_out(hall: TownHall) -> None:
    await hall.switch_on()

    def lose(tx: Transaction) -> None:
        for name in ("ruth", "rob"):
            tx.revoke(Grant(ORG, None, f"member:mem_{name}", Role.ADMIN))

    await hall.office.change(lose)
    with pytest.raises(Conflict, match="countersign admin recover"):
        await add_sue(hall)()


async def test_a_refusal_leaves_everything_as_it_is(hall: TownHall) -> None:
    await hall.switch_on()
    request = await hall.asked(add_sue(hall))
    ended = await hall.desk.do(hall.actor("rob"), request.id, c.Reject("No.", revision=1, stage=1))
    assert outcome(ended.request) == (Status.REJECTED, None)
    assert "mem_sue" not in await members_of(hall)


async def test_it_is_decided_where_the_first_project_lets_people_decide(hall: TownHall) -> None:
    await hall.office.set(decide_in=frozenset({"slack"}))
    await hall.switch_on()
    request = await hall.asked(add_sue(hall))
    with pytest.raises(NotAllowed, match="through slack"):
        await hall.desk.do(hall.actor("ruth", way=Way.TOKEN), request.id, c.Approve())


async def test_no_rule_has_a_say_in_it(hall: TownHall) -> None:
    office, root = hall.administration, hall.actor("root")
    await office.rules.add(root, f"{EVERYTHING} deny")
    await office.rules.add(root, 'add "all is well" when true allow')
    await office.projects.change(root, "default", {"when_no_rule": "allow"})
    await hall.switch_on()
    request = await hall.asked(add_sue(hall))
    assert request.is_open
    await hall.desk.do(hall.actor("root"), request.id, c.Judge())
    assert (await hall.office.stored(request)).is_open
    assert [r.label for s in request.plan.stages for r in s.requirements] == ["1 of another admin"]


# ------------------------------------------------------------------------------------------------------------- attacks


async def test_nobody_asks_for_a_change_from_outside(hall: TownHall) -> None:
    draft = Draft(Content(type="countersign.rules", title="Let me in", params={"office": "rules"}))
    for who in ("root", "rita", "ci"):
        with pytest.raises(Invalid, match="asked by Countersign itself"):
            await hall.desk.create(hall.actor(who), draft)


async def test_no_request_becomes_a_change_and_no_change_becomes_another(hall: TownHall) -> None:
    await hall.switch_on()
    own = await hall.office.ask(stage("ada@example.com"), by="root")
    change = await hall.asked(add_sue(hall))
    other = Content(type="countersign.grants", title="More", params=dict(change.content.params))
    for request in (own, change):
        with pytest.raises(ApprovalError):
            await hall.desk.revise(hall.actor("root"), request.id, Draft(other), keep_people=True)
        kept = await hall.office.stored(request)
        assert (kept.revision, kept.content) == (1, request.content)
    plain = Draft(Content(type="custom", title="More", params=dict(change.content.params)))
    with pytest.raises(Conflict, match="cannot be revised"):
        await hall.desk.revise(hall.actor("root"), change.id, plain, keep_people=True)


async def test_a_change_is_neither_edited_nor_handed_over(hall: TownHall) -> None:
    await hall.switch_on()
    request = await hall.asked(add_sue(hall))
    edit = c.Approve(edits={"if_denied": "x"}, revision=1, stage=1)
    assert (await hall.refusal("ruth", request, edit)).word == "is_a_change"
    assert (await hall.refusal("ruth", request, c.GiveSeat("mem_ada"))).word == "is_a_change"


async def test_nobody_claims_it_besides(hall: TownHall) -> None:
    await hall.switch_on()
    request = await hall.approve("ruth", await hall.asked(add_sue(hall)))
    refusal = await hall.refusal("root", request, c.ReportExecution(ExecutionStatus.EXECUTING))
    assert refusal.word == "already_executing"


async def test_who_lost_the_right_meanwhile_changes_nothing(hall: TownHall) -> None:
    await hall.switch_on()
    request = await hall.asked(add_sue(hall))
    await hall.office.change(lambda tx: tx.revoke(Grant(ORG, None, "member:mem_root", Role.ADMIN)))
    late = await hall.approve("ruth", request)
    assert outcome(late) == (Status.APPROVED, FAILED)
    assert late.execution is not None
    assert "Only admins" in (late.execution.detail or "")


async def test_what_somebody_asked_who_is_no_longer_here_is_not_done(hall: TownHall) -> None:
    await hall.switch_on()
    request = await hall.asked(add_sue(hall))
    root = await hall.read(lambda reader: reader.member(ORG, "mem_root"))
    await hall.office.change(lambda tx: tx.put(replace(root, active=False)))
    late = await hall.approve("ruth", request)
    assert outcome(late) == (Status.APPROVED, FAILED)
    assert late.execution is not None
    assert "is no longer active here, so nothing was done; ask anew." in (late.execution.detail or "")


# --------------------------------------------------------------------------------------------------------- exactly once


async def test_a_change_fails_with_a_sentence_when_its_base_has_moved(hall: TownHall) -> None:
    await hall.switch_on()
    first = await hall.asked(add_sue(hall))
    second = await hall.asked(
        lambda: hall.administration.groups.set_members(hall.actor("root"), "platform", add=["sam@example.com"])
    )
    await hall.approve("ruth", first)
    await hall.office.notices()
    late = await hall.approve("ruth", second)
    assert outcome(late) == (Status.APPROVED, FAILED)
    assert late.execution is not None
    assert "changed since it was asked" in (late.execution.detail or "")
    assert await members_of(hall) == {"mem_ada", "mem_bob", "mem_sue"}
    told = [(word, place) for word, place, _ in await hall.office.notices()]
    assert ("not_carried_out", "member:mem_root") in told


async def test_a_rule_is_not_changed_upon_another_rulebook(hall: TownHall) -> None:
    await hall.switch_on()
    office, root = hall.administration.rules, hall.actor("root")
    request = await hall.asked(lambda: office.add(root, f"{EVERYTHING} require 1 of @platform"))
    other = await hall.asked(lambda: office.add(root, 'add "other" when type == "deploy" deny'))
    assert outcome(await hall.approve("ruth", other)) == (Status.APPROVED, DONE)
    assert outcome(await hall.approve("ruth", request)) == (Status.APPROVED, FAILED)
    assert [rule.name for rule in (await office.list(root)).rules] == ["other"]


async def test_whoever_asks_for_a_second_change_of_rules_hears_at_once_that_only_the_first_can_be_made(
    hall: TownHall,
) -> None:
    await hall.switch_on()
    office, root = hall.administration.rules, hall.actor("root")
    first = await hall.asked(lambda: office.add(root, f"{EVERYTHING} require 1 of @platform"))
    waiting = f"Waiting already: #{first.number}. Of such changes only the one agreed to first can be made"
    assert "Waiting already" not in (first.content.description or "")
    with pytest.raises(Asked) as caught:
        await office.add(root, 'add "other" when type == "deploy" deny')
    assert waiting in caught.value.sentence
    second = await hall.read(lambda reader: reader.request(caught.value.made.id))
    assert waiting in second.content.description
    assert second.content.title == "Add rule other"
    assert "Waiting already" not in ((await hall.asked(add_sue(hall))).content.description or "")


async def test_what_was_tried_upon_rules_that_have_changed_says_to_ask_anew(hall: TownHall) -> None:
    await hall.switch_on()
    office, root = hall.administration.rules, hall.actor("root")
    book = (await office.list(root)).version
    first = await hall.asked(lambda: office.add(root, f"{EVERYTHING} require 1 of @platform", book=book))
    second = await hall.asked(lambda: office.add(root, 'add "other" when type == "deploy" deny', book=book))
    await hall.approve("ruth", first)
    late = await hall.approve("ruth", second)
    assert late.execution is not None
    assert (late.execution.detail or "").endswith("so nothing was done; look at it again and ask anew.")


async def test_a_rule_is_switched_off_and_back_as_it_was_shown(hall: TownHall) -> None:
    office, root = hall.administration.rules, hall.actor("root")
    await office.add(root, f"{EVERYTHING} require 1 of @platform")
    await hall.switch_on()
    off = await hall.asked(lambda: office.switch(root, "everything", Mode.OFF))
    assert "Change rule everything.\nMode: on → off." in (off.content.description or "")
    assert off.content.title == "Change rule everything"
    await hall.approve("ruth", off)
    assert (await office.get(root, "everything")).mode is Mode.OFF
    undo = await hall.asked(lambda: office.undo(root, "everything"))
    await hall.approve("rob", undo)
    assert (await office.get(root, "everything")).mode is Mode.ON


async def test_two_yeses_at_once_make_it_once(hall: TownHall) -> None:
    await hall.switch_on()
    request = await hall.asked(lambda: hall.administration.groups.add(hall.actor("root"), "dba", ["ada@example.com"]))
    await asyncio.gather(hall.approve("ruth", request), hall.approve("rob", request), return_exceptions=True)
    rows = await hall.read(lambda reader: reader.ledger(ORG, after=0, limit=100))
    assert [row.word for row in rows].count("group_added") == 1
    assert await members_of(hall, "dba") == {"mem_ada"}


class Killed(Exception):
    """The process is gone."""


class KilledBeforeTheCommit:
    """A store whose next unit of work does all it does, and then never commits."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def transact(self, work: Work[Any], **how: Any) -> Any:
        def killed(tx: Transaction) -> None:
            work(tx)
            raise Killed

        return await self._store.transact(killed, **how)


async def test_a_kill_leaves_neither_the_yes_nor_the_change(hall: TownHall) -> None:
    await hall.switch_on()
    request = await hall.asked(add_sue(hall))
    dying = Desk(KilledBeforeTheCommit(hall.store), fresh=hall.office.fresh)
    dying.entrust(hall.administration.four_eyes.carry_out)
    with pytest.raises(Killed):
        await dying.do(hall.actor("ruth"), request.id, c.Approve(revision=1, stage=1))
    assert (await hall.office.stored(request)).is_open
    assert "mem_sue" not in await members_of(hall)
    assert outcome(await hall.approve("ruth", request)) == (Status.APPROVED, DONE)
    assert "mem_sue" in await members_of(hall)


# -------------------------------------------------------------------------------------------------------------- secrets


async def test_an_agreed_key_opens_nothing_until_whoever_asked_collects_it_once(hall: TownHall) -> None:
    await hall.switch_on()
    office, root = hall.administration.keys, hall.actor("root")
    request = await hall.asked(lambda: office.add(root, "ci", label="second"))
    with pytest.raises(Conflict, match="not been agreed"):
        await office.collect(root, request.id)
    agreed = await hall.approve("ruth", request)
    assert "csk_" not in str(agreed)
    with pytest.raises(NotFound):
        await office.collect(hall.actor("ruth"), request.id)
    made = await office.collect(root, request.id)
    assert isinstance(made, NewKey)
    hashed = Pepper(b"p" * 32).hash(made.secret or "", KEY)
    assert (await hall.read(lambda reader: reader.key_by_hash(hashed))).label == "second"
    with pytest.raises(Conflict, match="once only"):
        await office.collect(root, request.id)


# ------------------------------------------------------------------------------------------------------ where, and who hears


async def test_the_other_admins_are_asked_directly_or_in_their_channel(hall: TownHall) -> None:
    await hall.switch_on()
    request = await hall.asked(add_sue(hall))
    assert await hall.office.places(request) == ["member:mem_rob", "member:mem_ruth"]
    channel = await hall.asked(
        lambda: hall.administration.organisations.change(hall.actor("root"), admin_channel="#admins")
    )
    await hall.approve("ruth", channel)
    asked = await hall.asked(lambda: hall.administration.groups.add(hall.actor("root"), "dba"))
    assert "#admins" in await hall.office.places(asked)


async def test_it_waits_in_the_inbox_of_every_other_admin(hall: TownHall) -> None:
    names = await hall.read(lambda reader: reader.principals(ORG, "mem_ruth"))
    assert ADMINS in names
    assert ADMINS not in await hall.read(lambda reader: reader.principals(ORG, "mem_pat"))
    assert await hall.read(lambda reader: reader.roster(ADMINS, PROJECT, 10)) == {"mem_root", "mem_ruth", "mem_rob"}


async def test_changes_are_no_past_for_rules_to_be_tried_on(hall: TownHall) -> None:
    await hall.switch_on()
    request = await hall.asked(add_sue(hall))
    assert is_change(request)
    replayed = [
        one
        async for one in hall.administration.rules.replay(hall.actor("root"), [f"{EVERYTHING} require 1 of @platform"])
    ]
    assert replayed[-1].total == 0
