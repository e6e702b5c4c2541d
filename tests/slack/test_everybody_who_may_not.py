"""Whoever may not, by whatever way: one private sentence that says what to do, nothing changed, and a row in the ledger."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest

from bot.sandbox.shapes import SlackError
from bot.slack.people.vetting import Unfit
from core.desk import Draft, DraftRequirement, DraftStage
from core.model.request import Content, Request
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio

Lose = Callable[[World], Awaitable[None]]


def changes(**changed: Any) -> Lose:
    async def lose(world: World) -> None:
        world.sandbox.membership.change_user(world.hand("bob").id, **changed)

    return lose


async def switched_off(world: World) -> None:
    await world.rooms.administration.members.change(world.host, world.members["bob"], active=False)


async def without_rights(world: World) -> None:
    await world.rooms.administration.groups.set_members(world.host, "platform", remove=[world.members["bob"]])


async def nothing(world: World) -> None:
    """Asked by themselves."""


LINK: Final = "/countersign link"
WHO: Final[dict[str, tuple[Lose, str, str]]] = {
    "unmapped": (changes(email="robert@acme.example"), LINK, "not_mapped"),
    "guest": (changes(is_restricted=True), "ask a full member to do it", "not_mapped"),
    "single-channel guest": (changes(is_ultra_restricted=True), "ask a full member to do it", "not_mapped"),
    "external": (changes(team_id="T0PARTNER1"), "ask somebody inside to do it", "not_mapped"),
    "stranger": (changes(team_id="T0PARTNER1", is_stranger=True), "ask somebody inside to do it", "not_mapped"),
    "deactivated here": (switched_off, "not active, so nothing was changed; ask an admin", "not_mapped"),
    "unconfirmed": (changes(is_email_confirmed=False), "confirm it in your Slack profile", "not_mapped"),
    "without an address": (changes(email=""), "ask an admin to link your account", "not_mapped"),
    "not asked": (without_rights, "does not ask for you; it asks @platform", "not_an_approver"),
    "requester": (nothing, "You asked for this yourself", "own_request"),
}
"""Who, how they came to be so while a card and a window were open, what they hear, and the code in the ledger."""

WITHOUT_COMMANDS: Final = {"external", "stranger"}
"""Slack lets people of other organisations click in shared channels, but run no commands of ours."""


async def a_request(world: World, who: str) -> Request:
    if who != "requester":
        return await world.ask(("@platform",))
    stage = DraftStage((DraftRequirement(("@platform",)),))
    done = await world.rooms.desk.create(
        world.actor("bob"), Draft(Content(type="deploy", title="Deploy api 2.3"), stages=(stage,), notify=("#deploys",))
    )
    await world.settle()
    return done.request


async def refused(world: World, request: Request, code: str) -> list[str]:
    """The commands that were refused with this code, and told nobody else."""
    rows = [row.payload for row in await world.ledger(request) if row.word == "refused" and row.payload]
    assert {row["code"] for row in rows} <= {code, "not_an_approver"}, rows
    return [row["command"] for row in rows]


def whispered(world: World, before: int) -> str:
    return " ".join(str(one["text"]) for one in world.hand("bob").ephemerals()[before:])


async def check(world: World, who: str) -> None:
    lose, sentence, code = WHO[who]
    request = await a_request(world, who)
    bob, card, cards = world.hand("bob"), world.card("bob", request), len(world.hand("carol").messages("#deploys"))
    await bob.command(f"/countersign approve #{request.number}")
    await world.settle()
    await lose(world)
    await world.settle()

    sent = await bob.submit({})
    await world.settle()
    assert sentence in f"{sent.errors} {bob.open_modal()}"
    assert await refused(world, request, code) == ["approve"]
    await bob.close(everything=True)

    await world.turn(minutes=2)
    before = len(bob.ephemerals())
    await bob.click(card, "request.approve")
    await world.settle()
    assert sentence in whispered(world, before)
    assert await refused(world, request, code) == ["approve", "approve"]

    if who not in WITHOUT_COMMANDS:
        before = len(bob.ephemerals())
        await bob.command(f"/countersign reject #{request.number} no")
        await world.settle()
        assert sentence in whispered(world, before) or who == "requester"
        assert await refused(world, request, code) == ["approve", "approve", "reject"]

    now = await world.now(request)
    assert (now.is_open, now.decisions) == (True, ())
    assert len(world.hand("carol").messages("#deploys")) == cards


@pytest.mark.parametrize("who", [*WHO])
async def test_clicks_commands_and_submissions_are_refused_alike(http: World, who: str) -> None:
    """A-62 A-63"""
    await check(http, who)


@pytest.mark.parametrize("who", ["unmapped", "guest"])
async def test_the_same_over_both_ways_in(world: World, who: str) -> None:
    """A-63"""
    await check(world, who)


async def test_a_stranger_cannot_tell_which_requests_there_are(http: World) -> None:
    """A-63"""
    request = await http.ask(("@platform",))
    frank = http.hand("frank")
    said = []
    for number in (request.number, 4711):
        await frank.command(f"/countersign show #{number}")
        await http.settle()
        said.append(frank.ephemerals()[-1]["text"])
    assert said[0] == said[1]
    assert await http.refusals(request) == ["not_mapped"]


async def test_who_is_deactivated_in_slack_reaches_nobody_and_stands_for_nobody(http: World) -> None:
    """A-62"""
    request = await http.ask(("@platform",))
    card = http.card("bob", request)
    await changes(deleted=True)(http)
    await http.settle()
    with pytest.raises(SlackError, match="user_disabled"):
        await http.hand("bob").click(card, "request.approve")
    found = await http.slack.directory.look_up(http.hand("bob").id)
    assert isinstance(found, Unfit)
    assert "deactivated, so it cannot act here" in found.sentence


async def test_a_member_who_may_not_read_it_is_refused_as_if_it_were_not_there_and_the_ledger_knows(
    http: World,
) -> None:
    """A-63"""
    request = await http.ask(("@platform",))
    erin = http.hand("erin")
    for line in (f"show #{request.number}", f"approve #{request.number}"):
        await erin.command(f"/countersign {line}")
        await http.settle()
        assert "not yours to see" in erin.ephemerals()[-1]["text"]
    rows = [row.payload for row in await http.ledger(request) if row.word == "refused" and row.payload]
    assert [(row["command"], row["code"]) for row in rows] == [("look", "not_found"), ("approve", "not_found")]
