"""What leaves with a change: places where a request is shown, and notices, as rows of the same transaction."""

import pytest

from core.model import command as c
from core.model.people import Role
from core.model.request import Status
from core.ports import Transaction
from tests.desk.office import HOUR, MINUTE, Office, put_member, stage

pytestmark = pytest.mark.anyio


async def crowd(office: Office, count: int) -> tuple[str, ...]:
    """So many more members, all in `@platform`."""
    names = tuple(f"p{number:02}" for number in range(count))

    def enlarge(tx: Transaction) -> None:
        for name in names:
            put_member(tx, name, Role.APPROVER)
        tx.set_group_members("grp_platform", [f"mem_{name}" for name in names])

    await office.change(enlarge)
    return names


async def test_without_a_channel_the_people_asked_are_shown_a_card(office: Office) -> None:
    request = await office.ask(stage("@platform"))
    assert await office.places(request) == ["member:mem_ada", "member:mem_bob"]
    assert {(d.outlet, d.wanted, d.shown, d.state) for d in await office.deliveries(request)} == {
        ("board", 3, 0, "new")
    }


async def test_at_most_twenty_people_are_shown_a_card_directly(office: Office) -> None:
    await crowd(office, 25)
    assert len(await office.places(await office.ask(stage("@platform")))) == 20


async def test_with_a_channel_only_people_named_one_by_one_get_a_copy(office: Office) -> None:
    request = await office.ask(stage("@platform", "sue@example.com"), notify=("#deploys", "channel:C9"))
    assert await office.places(request) == ["#deploys", "channel:C9", "member:mem_sue"]


async def test_at_most_ten_copies_go_beside_a_channels_card(office: Office) -> None:
    names = await crowd(office, 12)
    emails = tuple(f"{name}@example.com" for name in names)
    request = await office.ask(stage(*emails), notify=("#deploys",))
    assert len(await office.places(request)) == 11


async def test_a_projects_channels_come_before_the_requests(office: Office) -> None:
    await office.set(notify=("#all",))
    request = await office.ask(stage("@platform"), notify=("#deploys", "#all"))
    assert await office.places(request) == ["#all", "#deploys"]


async def test_who_asks_is_shown_no_card_to_decide(office: Office) -> None:
    request = await office.ask(stage("@platform"), by="ada")
    assert await office.places(request) == ["member:mem_bob"]


async def test_the_next_stages_approvers_are_shown_a_card_when_it_opens(office: Office) -> None:
    """A-38"""
    request = await office.ask(stage("@platform"), stage("@security"))
    assert await office.places(request) == ["member:mem_ada", "member:mem_bob"]
    await office.approve("ada", request)
    assert {"member:mem_sue", "member:mem_sam"} <= set(await office.places(request))


async def test_who_takes_a_seat_over_is_shown_a_card_and_told(office: Office) -> None:
    request = await office.ask(stage("ada@example.com"))
    await office.do("ada", request, c.GiveSeat("mem_sue"))
    assert "member:mem_sue" in await office.places(request)
    assert await office.told("handed_over") == ["member:mem_sue", "thread"]


async def test_every_change_is_wanted_on_show(office: Office) -> None:
    """A-65"""
    request = await office.ask(stage("@platform"))
    after = await office.approve("ada", request)
    assert {d.wanted for d in await office.deliveries(request)} == {after.version}


async def test_a_reminder_draws_no_card_anew_for_none_shows_it(office: Office) -> None:
    request = await office.ask(stage("@platform"), notify=("#deploys",))
    office.turn(HOUR)
    await office.desk.sweep()
    after = await office.stored(request)
    assert after.reminders_rung == 1
    assert {d.wanted for d in await office.deliveries(request)} == {request.version}


async def test_the_change_after_a_reminder_is_wanted_on_show(office: Office) -> None:
    request = await office.ask(stage("@platform"), notify=("#deploys",))
    office.turn(HOUR)
    await office.desk.sweep()
    after = await office.approve("ada", request)
    assert {d.wanted for d in await office.deliveries(request)} == {after.version}


async def test_a_comment_is_a_line_in_the_thread(office: Office) -> None:
    request = await office.ask(stage("@platform"))
    await office.do("ada", request, c.Comment("looks fine"))
    assert await office.notices() == [("comment", "thread", "Ada: looks fine")]


async def test_the_requester_hears_how_it_ended(office: Office) -> None:
    request = await office.ask(stage("@platform"))
    await office.do("ada", request, c.Reject(comment="not today"))
    sentence = "Rejected by Ada: not today"
    assert sorted(await office.notices()) == [
        ("ended", "member:mem_rita", f"#{request.number} Deploy 4.2: {sentence}"),
        ("ended", "thread", sentence),
    ]


async def test_whom_an_agent_acts_for_hears_in_its_place(office: Office) -> None:
    request = await office.ask(stage("@platform"), by="ci", on_behalf_of="sue@example.com")
    await office.approve("ada", request)
    assert await office.told("ended") == ["member:mem_sue", "thread"]


async def test_the_requester_hears_a_question_and_who_asked_hears_the_answer(office: Office) -> None:
    """E-57"""
    request = await office.ask(stage("@platform"))
    await office.do("ada", request, c.Ask("Which rows?"))
    assert await office.told("question") == ["member:mem_rita", "thread"]
    await office.do("rita", request, c.Answer("Old ones"))
    assert await office.told("answer") == ["member:mem_ada", "thread"]


async def test_only_who_has_not_answered_in_the_open_stage_is_reminded(office: Office) -> None:
    """A-50, A-53"""
    request = await office.ask(stage("@platform", min=2), stage("@security"))
    await office.approve("ada", request)
    await office.notices()
    await office.do("rita", request, c.Remind())
    assert await office.told("reminder") == ["member:mem_bob"]


async def test_who_handed_a_seat_over_is_not_reminded(office: Office) -> None:
    request = await office.ask(stage("@platform", min=2))
    await office.do("ada", request, c.GiveSeat("mem_sue"))
    await office.notices()
    await office.do("rita", request, c.Remind())
    assert await office.told("reminder") == ["member:mem_bob", "member:mem_sue"]


async def test_twenty_people_are_reminded_of_those_who_have_not_answered(office: Office) -> None:
    names = await crowd(office, 25)
    request = await office.ask(stage("@platform", min=20))
    for name in names[:6]:
        await office.approve(name, request)
    await office.notices()
    await office.do("rita", request, c.Remind())
    reminded = await office.told("reminder")
    assert reminded == [f"member:mem_{name}" for name in names[6:]]


async def test_an_open_question_is_put_to_the_requester_again(office: Office) -> None:
    request = await office.ask(stage("@platform"))
    await office.do("ada", request, c.Ask("Which rows?"))
    await office.notices()
    office.turn(HOUR + MINUTE)
    await office.desk.sweep()
    assert await office.told("question") == ["member:mem_rita"]


async def test_reminders_missed_in_an_outage_are_told_once(office: Office) -> None:
    await office.set(remind=(30 * MINUTE, HOUR, 2 * HOUR))
    request = await office.ask(stage("ada@example.com"))
    office.turn(3 * HOUR)
    await office.desk.sweep()
    await office.desk.sweep()
    assert await office.told("reminder") == ["member:mem_ada"]
    assert (await office.stored(request)).reminders_rung == 3


async def test_a_refusal_tells_nobody(office: Office) -> None:
    request = await office.ask(stage("@platform"))
    await office.refusal("sue", request, c.Approve())
    assert await office.notices() == []


async def test_what_a_request_supersedes_is_told_in_its_own_thread(office: Office) -> None:
    await office.ask(stage("@platform"), supersede_key="812")
    newer = await office.ask(stage("@platform"), supersede_key="812")
    told = await office.notices()
    assert ("superseded", "thread", f"#{newer.number} has taken its place.") in told


async def test_without_outlets_nothing_leaves(office: Office) -> None:
    office.outlets = ()
    request = await office.ask(stage("@platform"))
    await office.approve("ada", request)
    assert await office.places(request) == []
    assert await office.notices() == []


async def test_what_was_never_shown_leaves_no_line_for_a_thread(office: Office) -> None:
    """A project that allows what no rule speaks of: whoever asked hears of it, and no card will ever stand anywhere."""
    await office.set(when_no_rule="allow")
    request = await office.ask()
    assert request.status is Status.AUTO_APPROVED
    await office.claim("rita", request)
    assert [(word, place) for word, place, _ in await office.notices()] == [("ended", "member:mem_rita")]
    assert await office.places(request) == []
