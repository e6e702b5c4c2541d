"""Delegation and one's own settings by chat: commands, forms, what is refused, and who hears of it."""

import re

import pytest

from core.model.absence import Preferences, Telling
from core.model.request import Status
from core.ports import Reader
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio


async def run(world: World, name: str, line: str) -> str:
    """What the person is told."""
    before = len(world.hand(name).ephemerals())
    ack = await world.hand(name).command(f"/countersign {line}".strip(), "#general")
    assert ack.ok
    await world.settle()
    return " ".join(str(each["text"]) for each in world.hand(name).ephemerals()[before:])


def mention(world: World, name: str) -> str:
    return f"<@{world.hand(name).id}|{name}>"


async def preferences(world: World, name: str) -> Preferences:
    def look(reader: Reader) -> Preferences:
        return reader.preferences(world.organisation, world.members[name])

    return await world.rooms.store.read(look)


@pytest.mark.parametrize(("who", "says"), [("alice", "members add @frank."), ("bob", "ask an admin to add them.")])
async def test_whoever_mentions_nobody_of_ours_is_told_what_they_can_do(http: World, who: str, says: str) -> None:
    said = await run(http, who, f"delegate {mention(http, 'frank')} until friday")
    assert "@frank is not linked to a member here" in said
    assert said.endswith(says)


async def test_a_delegate_decides_by_chat_and_the_card_names_both(world: World) -> None:
    said = await run(world, "bob", f"delegate {mention(world, 'carol')} until friday 5pm")
    assert (
        re.search(r"Carol \w+ decides for you in all projects until Fri .* 17:00 \(", said) or "Carol decides" in said
    )
    request = await world.ask(("@platform",))
    await world.hand("carol").click(world.card("carol", request), "request.approve")
    await world.settle()
    now = await world.now(request)
    assert now.status is Status.APPROVED
    assert now.decisions[0].signed == "Carol for Bob"
    assert "Carol for Bob" in world.card("dave", request)["text"]


async def test_a_delegation_can_be_for_one_project_and_says_so(world: World) -> None:
    said = await run(world, "bob", f"delegate {mention(world, 'carol')} until 3d for default")
    assert "in default" in said
    assert "There is no project 'moon' here; look at the list of projects." in await run(
        world, "bob", f"delegate {mention(world, 'carol')} until 3d for moon"
    )


async def test_a_stopped_delegation_gives_no_right(world: World) -> None:
    await run(world, "bob", f"delegate {mention(world, 'carol')} until friday")
    assert "stopped" in await run(world, "bob", "delegate stop")
    request = await world.ask(("@platform",))
    await world.hand("carol").click(world.card("carol", request), "request.approve")
    await world.settle()
    assert (await world.now(request)).status is Status.PENDING
    assert "nothing to stop" in await run(world, "bob", "delegate stop")


async def test_a_language_of_ones_own_goes_before_that_of_the_profile(world: World) -> None:
    said = await run(world, "bob", "settings me language de")
    assert "Sprache: Deutsch" in said
    assert (await preferences(world, "bob")).locale == "de"
    assert "„klingon“" in await run(world, "bob", "settings me language klingon")
    assert (await preferences(world, "bob")).language == "de"
    hand = world.hand("bob")
    await hand.command("/countersign settings me", "#general")
    await world.settle()
    assert "Wie ich es erfahre" in str(hand.open_modal())
    await hand.submit({"language": "auto"})
    await world.settle()
    assert (await preferences(world, "bob")).language is None
    await run(world, "bob", "settings me told dm")
    assert "language English" in await run(world, "bob", "settings me language en")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("delegate {bob} until friday", "You cannot delegate to yourself"),
        ("delegate {erin} until friday", "may not approve there"),
        ("delegate {carol} until yesterday", "'yesterday' is not a moment"),
        ("delegate {carol} until 2020-01-01", "is over already"),
        ("delegate {carol} until 400d", "at most"),
        ("delegate {carol}", "Say who, and until when"),
        ("delegate nobody@acme.example until friday", "There is no member"),
    ],
)
async def test_what_cannot_be_delegated_is_said_in_words(world: World, line: str, sentence: str) -> None:
    names = {name: mention(world, name) for name in ("bob", "carol", "erin")}
    assert sentence in await run(world, "bob", line.format(**names))


async def test_somebody_without_a_say_has_nothing_to_delegate(world: World) -> None:
    assert "nothing to delegate" in await run(world, "erin", f"delegate {mention(world, 'carol')} until friday")


async def test_delegations_are_given_by_form_listed_and_stopped_there(world: World) -> None:
    hand = world.hand("bob")
    await hand.command("/countersign delegate", "#general")
    await world.settle()
    await hand.submit({"to": world.hand("carol").id, "until": "friday"})
    await world.settle()
    await hand.command("/countersign delegate show", "#general")
    await world.settle()
    listed = hand.open_modal()
    assert listed is not None
    assert "Carol for Bob" in str(listed)
    await hand.click(listed, "delegate.stop")
    await world.settle()
    now = await world.rooms.administration.now()
    left = await world.rooms.store.read(lambda reader: reader.delegations(world.organisation, None, now, 10))
    assert not left


async def test_one_line_sets_one_thing_and_says_everything_back(world: World) -> None:
    said = await run(world, "bob", "settings me quiet 22:00-07:00")
    assert "quiet hours 22:00-07:00" in said
    await run(world, "bob", "settings me days mon-fri")
    await run(world, "bob", "settings me told digest")
    await run(world, "bob", "settings me country de-by")
    said = await run(world, "bob", "settings me zone Europe/Berlin")
    assert "working days mon, tue, wed, thu, fri" in said
    chosen = await preferences(world, "bob")
    assert (chosen.told, chosen.country, chosen.zone) == (Telling.DIGEST, "DE-BY", "Europe/Berlin")
    assert chosen.digest_due is not None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("told loudly", "is no way of telling"),
        ("quiet late", "are no quiet hours"),
        ("days someday", "is no day of the week"),
        ("zone Mars/Base", "There is no time zone 'Mars/Base'"),
        ("country XX", "No holidays are known of 'XX'"),
        ("digest noon", "is no time of day"),
        ("colour blue", "There is no setting 'colour'"),
        ("told", "What shall told be?"),
    ],
)
async def test_what_cannot_be_set_is_said_in_words(world: World, line: str, sentence: str) -> None:
    assert sentence in await run(world, "bob", f"settings me {line}")


async def test_the_form_saves_everything_at_once(world: World) -> None:
    hand = world.hand("bob")
    await hand.command("/countersign settings me", "#general")
    await world.settle()
    await hand.submit({"told": "nothing", "quiet": "20:00-08:00", "working_days": ["1", "2"], "country": "FR"})
    await world.settle()
    chosen = await preferences(world, "bob")
    assert (chosen.told, chosen.working_days, chosen.country) == (Telling.NOTHING, frozenset({1, 2}), "FR")


async def test_who_says_in_slack_that_they_are_away_is_asked_once_who_decides_meanwhile(world: World) -> None:
    bob = world.hand("bob")

    def suggested() -> list[str]:
        return [str(each["text"]) for each in bob.dms() if "Your status says" in str(each["text"])]

    async def says(text: str, emoji: str) -> None:
        user = {
            "id": bob.id,
            "team_id": bob.user.team_id,
            "name": "bob",
            "real_name": "Bob Baker",
            "tz": "Europe/Berlin",
        }
        profile = {"email": "bob@acme.example", "status_text": text, "status_emoji": emoji, "status_expiration": 0}
        found = await world.rooms.store.read(lambda reader: reader.member(world.organisation, world.members["bob"]))
        assert found is not None
        await world.slack.events._away.look(found, {**user, "profile": profile})
        await world.settle()

    await says("In a meeting", ":calendar:")
    assert suggested() == []
    await says("Vacationing", ":palm_tree:")
    await says("Vacationing", ":palm_tree:")
    assert len(suggested()) == 1
    await world.hand("bob").click(bob.dms()[-1], "delegate.form")
    await world.settle()
    assert bob.open_modal() is not None


async def test_copies_are_said_back_and_anything_but_yes_or_no_is_refused(http: World) -> None:
    assert "copies of cards in channels yes" in await run(http, "bob", "settings me copies yes")
    assert "'maybe' is neither yes nor no" in await run(http, "bob", "settings me copies maybe")
    assert (await preferences(http, "bob")).copies
    assert "copies of cards in channels no" in await run(http, "bob", "settings me copies no")
    assert not (await preferences(http, "bob")).copies
