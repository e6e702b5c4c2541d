"""`/countersign`: every sub-command, what is missing, and that it is said privately."""

import re

import pytest

from core.desk import Draft
from core.model.command import Ask
from core.model.people import Role
from core.model.request import Content, Status
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio


async def run(world: World, name: str, line: str) -> str:
    """What the person is told."""
    before = len(world.hand(name).ephemerals())
    ack = await world.hand(name).command(f"/countersign {line}".strip(), "#general")
    assert ack.ok
    await world.settle()
    return " ".join(f"{each['text']} {each.get('blocks')}" for each in world.hand(name).ephemerals()[before:])


async def test_help_lists_every_sub_command(world: World) -> None:
    for line in ("help", ""):
        said = await run(world, "bob", line)
        for word in (each.split()[0] for each in world.slack.handlers.commands):
            assert f"/countersign {word}" in said


async def test_help_is_open_to_everybody(world: World) -> None:
    assert "/countersign list" in await run(world, "frank", "help")


async def test_an_unknown_word_is_answered_with_help(world: World) -> None:
    said = await run(world, "bob", "aprove #1")
    assert "There is no 'aprove'" in said
    assert "/countersign approve" in said


async def test_list_shows_what_waits_for_me_what_i_asked_and_what_is_open(world: World) -> None:
    """B-50 E-34"""
    mine = await world.ask(("@platform",), title="Deploy one")
    other = await world.ask(("@security",), by=world.actor("erin"), title="Deploy two")
    waiting = await run(world, "bob", "list")
    assert "One request waits for you." in waiting
    assert "Deploy one" in waiting
    assert "Deploy two" not in waiting
    assert "Deploy two" in await run(world, "erin", "list mine")
    everything = await run(world, "bob", "list open")
    assert f"#{mine.number} " in everything
    assert f"#{other.number} " in everything
    assert "Nothing waits for you." in await run(world, "erin", "list waiting")
    assert "is no list" in await run(world, "bob", "list everything")


async def test_what_one_has_asked_oneself_does_not_wait_for_oneself(world: World) -> None:
    """B-57"""
    await world.ask(("anyone",), by=world.actor("bob"))
    assert "Nothing waits for you." in await run(world, "bob", "list")


async def test_show_gives_the_card_with_its_buttons_and_they_work(world: World) -> None:
    request = await world.ask(("@platform",))
    await run(world, "bob", f"show #{request.number}")
    shown = world.hand("bob").ephemerals()[-1]
    await world.hand("bob").click(shown, "request.approve")
    await world.settle()
    assert (await world.now(request)).status is Status.APPROVED
    again = world.hand("bob").ephemerals()
    assert [one["ts"] for one in again] == [shown["ts"]]
    assert "Approved by Bob" in again[-1]["text"]
    assert "request.approve" not in str(again[-1])


async def test_a_shown_card_that_was_decided_meanwhile_says_so_at_the_click(world: World) -> None:
    request = await world.ask(("@platform",))
    await run(world, "bob", f"show #{request.number}")
    shown = world.hand("bob").ephemerals()[-1]
    await world.hand("grace").click(world.card("grace", request), "request.approve")
    await world.settle()
    await world.hand("bob").click(shown, "request.approve")
    await world.settle()
    assert "already approved by Grace" in world.hand("bob").ephemerals()[-1]["text"]


async def test_approve_shows_the_present_revision_and_asks_to_confirm(world: World) -> None:
    """A-60"""
    request = await world.ask(("@platform",))
    await run(world, "bob", f"approve {request.number} looks good & safe")
    bob = world.hand("bob")
    modal = bob.open_modal()
    assert modal is not None
    assert "Deploy api 2.3" in str(modal["blocks"])
    assert (await world.now(request)).is_open
    await bob.submit({})
    await world.settle()
    assert (await world.now(request)).decisions[0].comment == "looks good & safe"


async def test_reject_takes_its_reason_from_the_line(world: World) -> None:
    """A-22"""
    request = await world.ask(("@platform",))
    assert "The reason is missing" in await run(world, "bob", f"reject #{request.number}")
    assert "You rejected" in await run(world, "bob", f"reject #{request.number} ask @grace <tomorrow>")
    decided = await world.now(request)
    assert decided.status is Status.REJECTED
    assert decided.decisions[0].comment == "ask @grace <tomorrow>"


async def test_reject_by_command_decides_nothing_that_was_changed_since(world: World) -> None:
    """B-21"""
    request = await world.ask(("@platform",))
    await world.rooms.desk.revise(world.bot, request.id, Draft(Content("deploy", "Another")), keep_people=True)
    assert "now at revision 2" in await run(world, "bob", f"reject #{request.number} no")
    assert (await world.now(request)).is_open


async def test_comment_answer_withdraw_cancel_and_remind_do_what_they_say(world: World) -> None:
    """E-55 B-38 A-50"""
    request = await world.ask(("2 @platform",), by=world.actor("erin"))
    number = request.number
    assert "stands under" in await run(world, "bob", f"comment #{number} looks fine")
    await world.rooms.desk.do(world.actor("bob"), request.id, Ask("Why today?"))
    assert "You answered" in await run(world, "erin", f"answer #{number} Because.")
    assert "No question is open" in await run(world, "erin", f"answer #{number} Because.")
    await world.hand("bob").click(world.card("bob", request), "request.approve")
    await world.settle()
    assert "no longer counts" in await run(world, "bob", f"withdraw #{number} too early")
    assert "no approval here" in await run(world, "bob", f"withdraw #{number}")
    assert "being reminded" in await run(world, "erin", f"remind #{number}")
    assert "is cancelled" in await run(world, "erin", f"cancel #{number} not needed")
    assert (await world.now(request)).status is Status.CANCELLED


async def test_history_tells_the_whole_story_refusals_included(world: World) -> None:
    """C-05"""
    request = await world.ask(("@platform",))
    await world.hand("carol").click(world.card("carol", request), "request.approve")
    await world.settle()
    await world.hand("bob").click(world.card("bob", request), "request.approve")
    await world.settle()
    said = await run(world, "bob", f"history #{request.number}")
    assert "Deploy bot asked" in said
    assert "Carol was refused" in said
    assert "Bob approved" in said


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("show", "The number of the request is missing; write it like /countersign show #n."),
        ("show twelve", "'twelve' is not the number of a request"),
        ("show #1 now", "'now' is one word too many"),
        ("show #999999", "There is no request #999999 here"),
        ("approve", "write it like /countersign approve #n [comment]"),
        ("comment #1", "The comment is missing"),
        ("answer #1", "The answer is missing"),
        ("remind #1 please", "one word too many"),
        ("login now", "write it like /countersign login [deciding]"),
        ("history x", "is not the number of a request"),
    ],
)
async def test_what_is_wrong_with_a_line_is_said_with_how_to_write_it(http: World, line: str, expected: str) -> None:
    assert expected in await run(http, "bob", line)


async def test_somebody_without_a_member_is_checked_then_told(world: World) -> None:
    """A-63"""
    said = await run(world, "frank", "list")
    assert "Checking who you are…" in said
    assert "not linked to a member" in said


async def test_somebody_new_gets_the_answer_after_the_check(world: World) -> None:
    """A-61"""
    await world.join("frank", Role.APPROVER)
    assert "Nothing waits for you." in await run(world, "frank", "list")


async def test_what_is_not_mine_to_see_does_not_exist(world: World) -> None:
    """E-12"""
    request = await world.ask(("@platform",))
    assert "not yours to see" in await run(world, "erin", f"show #{request.number}")


async def test_login_shows_a_code_that_opens_the_command_line_once(world: World) -> None:
    said = await run(world, "bob", "login")
    code = re.search(r"[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}", said)
    assert code is not None
    logins = world.rooms.administration.logins
    made = await logins.exchange(code[0], "test", origin="test")
    assert made.token.member == world.members["bob"]
    assert not made.token.may_decide
    assert "may read, ask and decide for you" in await run(world, "bob", "login deciding")


async def test_ask_opens_the_form_and_its_request_reaches_the_people_picked(world: World) -> None:
    """B-10 B-15 B-17"""
    await run(world, "erin", "ask deploy Roll out <the> thing")
    erin = world.hand("erin")
    modal = erin.open_modal()
    assert modal is not None
    assert modal["blocks"][0]["element"]["initial_value"] == "Roll out <the> thing"
    bad = await erin.submit({"cost": "a lot"})
    assert bad.errors == {"cost": "Write the cost as a number, for example 30 or 12.50."}
    stranger = await erin.submit({"cost": "1", "approvers": [world.hand("frank").id]})
    assert stranger.errors is not None
    assert "Not all of these people are members" in stranger.errors["approvers"]
    asked = {
        "cost": "12.50",
        "approvers": [world.hand("bob").id],
        "side_effects": "one\n\ntwo",
        "link": "https://x.example/1",
    }
    done = await erin.submit(asked)
    assert done.response_action == "update"
    await world.settle()
    found = await world.rooms.store.read(lambda reader: reader.request_by_number(world.organisation, 1))
    assert found is not None
    assert found.content.type == "deploy"
    assert found.content.cost is not None
    assert found.content.cost.usd == 12.5
    assert found.content.side_effects == ("one", "two")
    bob = world.hand("bob")
    await bob.click(bob.dms()[-1], "request.approve")
    await world.settle()
    assert (await world.now(found)).status is Status.APPROVED
    assert "Approved by Bob" in erin.dms()[-1]["text"]


async def test_asking_twice_from_one_form_is_asking_once(world: World) -> None:
    """B-17"""
    await run(world, "erin", "ask One thing")
    erin = world.hand("erin")
    form = erin.open_modal()
    assert form is not None
    world.sandbox.faults.add("ack", "drop_reply")
    lost = await erin.submit({})
    assert lost.error is not None
    done = await erin.submit({})
    assert done.error is None
    numbers = [
        await world.rooms.store.read(lambda reader, n=n: reader.request_by_number(world.organisation, n))  # type: ignore[misc]
        for n in range(1, 4)
    ]
    assert [number is not None for number in numbers].count(True) == 1


async def test_the_shortcuts_open_the_form(world: World) -> None:
    erin = world.hand("erin")
    await erin.shortcut("ask_for_approval")
    await world.settle()
    assert erin.open_modal() is not None
    message = erin.say("#general", "Can we drop <the> old table & index?")
    await erin.shortcut("ask_about_message", message)
    await world.settle()
    modal = erin.open_modal()
    assert modal is not None
    assert modal["blocks"][0]["element"]["initial_value"] == "Can we drop <the> old table & index?"


async def test_a_mention_or_a_message_is_answered_with_the_forms(world: World) -> None:
    bob = world.hand("bob")
    bob.say(bob.dm_channel, "hello?")
    await world.settle()
    assert "/countersign help" in bob.dms()[-1]["text"]
    await bob.click(bob.dms()[-1], "home.ask")
    await world.settle()
    assert (bob.open_modal() or {})["callback_id"] == "ask"
    said = bob.say("#general", "@countersign hello")
    await world.settle()
    greeting = bob.messages("#general", said["ts"])[-1]
    await world.ask(("@platform",), title="Deploy one")
    await bob.click(greeting, "help.list")
    await world.settle()
    assert "Deploy one" in str(bob.ephemerals()[-1]["blocks"])
    await bob.click(greeting, "home.help")
    await world.settle()
    assert "/countersign list" in str(bob.ephemerals()[-1]["blocks"])


async def test_a_redelivered_event_is_handled_once(http: World) -> None:
    bob = http.hand("bob")
    bob.say(bob.dm_channel, "hello?")
    await http.settle()
    count = len(bob.dms())
    assert (await http.sandbox.send_event_again("message")).ok
    await http.settle()
    assert len(bob.dms()) == count


async def test_a_new_token_is_announced_to_its_member_alone(world: World) -> None:
    """The mail of a stolen code reaches the one it was stolen from."""
    logins = world.rooms.administration.logins
    logins.subscribe(world.slack.announcing.new_token)
    code = await logins.show_code(world.actor("bob"))
    made = await logins.exchange(code, "laptop", origin="test")
    await world.settle()
    said = world.hand("bob").dms()[-1]["text"]
    assert "A terminal (laptop) has just logged in as you" in said
    assert made.token.id in said
    assert world.hand("carol").dms() == []


@pytest.mark.parametrize(
    "line",
    [
        "comment #{n}\nFirst line.\nSecond.",
        "comment   #{n}   First line.\nSecond.",
        "comment # {n}: First line.\nSecond.",
    ],
)
async def test_a_line_typed_carelessly_is_understood(http: World, line: str) -> None:
    request = await http.ask(("@platform",))
    await run(http, "bob", line.format(n=request.number))
    assert [row.payload["text"] for row in await http.ledger(request) if row.word == "commented" and row.payload] == [
        "First line.\nSecond."
    ]


async def test_a_word_that_is_nearly_one_is_asked_about(http: World) -> None:
    assert "There is no 'aprove'; did you mean /countersign approve?" in await run(http, "bob", "aprove #1")


async def test_nothing_to_see_is_no_reason(http: World) -> None:
    request = await http.ask(("@platform",))
    assert "The reason is missing" in await run(http, "bob", f"reject #{request.number} \u200b\u2060")
    assert (await http.now(request)).is_open


async def test_a_seat_is_handed_over_by_command(world: World) -> None:
    """B-44"""
    request = await world.ask(("bob@acme.example",))
    line = f"handover #{request.number}"
    assert "Name one person" in await run(world, "bob", f"{line} please")
    assert "not linked to a member" in await run(world, "bob", f"{line} <@{world.hand('karl').id}|karl>")
    assert "does not ask for you" in await run(world, "grace", f"{line} <@{world.hand('dave').id}|dave>")
    assert "is handed over" in await run(world, "bob", f"{line} <@{world.hand('dave').id}|dave> I am off today")
    await world.settle()
    assert "handed over to you by Bob: I am off today" in str(world.hand("dave").dms())
    history = await run(world, "bob", f"history #{request.number}")
    assert "Bob handed over" in history
    assert "– I am off today" in history
    await world.hand("dave").click(world.card("dave", request), "request.approve")
    assert (await world.now(request)).status is Status.APPROVED


async def test_without_a_name_the_form_of_handing_over_opens(http: World) -> None:
    request = await http.ask(("bob@acme.example",))
    await run(http, "bob", f"handover #{request.number}")
    await http.hand("bob").submit({"to": http.hand("dave").id})
    await http.settle()
    assert [seat.taker_name for seat in (await http.now(request)).hand_overs] == ["Dave"]
