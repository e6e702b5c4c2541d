"""Slack slows down one of two workspaces that are one organisation; the other one does not notice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.hand import Hand
from core.model.people import Role
from tests.stories.installing import CODE, installs, learns
from tests.stories.town import Machine, Town, peopled, some
from tests.stories.town import town as begun

pytestmark = pytest.mark.anyio

both_databases = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
async def joined(database: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Town]:
    """Acme and Globex are one organisation."""
    async with begun(database, tmp_path, install="open") as empty:
        town = await peopled(empty)
        await installs(town)
        gina = town.sandbox.next_door("gina")
        await gina.command("/countersign workspaces offer", "#general")
        await town.settles()
        code = CODE.search(str(gina.ephemerals()[-1]["text"]))
        assert code is not None
        await town.types("alice", f"/countersign workspaces join {code[1]}")
        members = town.assembly.rooms.administration.members
        await members.add(town.host, "hugo@globex.example", "Hugo", roles=(Role.APPROVER,))
        await learns(town)
        yield town


def cards(hand: Hand, channel: str) -> list[str]:
    return [str(each["text"]) for each in hand.messages(channel) if "Ship it" in str(each["text"])]


async def asks(pipeline: Machine, *channels: str) -> None:
    await pipeline.asks(type="deploy", title="Ship it", stages=some(1, "@platform"), notify=list(channels))


async def approves(town: Town, number: int) -> None:
    """Bob, on the card in Acme, or in his window; nobody waits for Slack."""
    card = town.card("bob", {"number": number})
    assert (await town.hand("bob").click(card, "request.approve")).ok
    await town.assembly.courier.drain()


@both_databases
async def test_what_slack_slows_down_in_one_workspace_is_prompt_in_another_one(joined: Town) -> None:
    """A-65"""
    town, pipeline = joined, await joined.machine("deploy-bot")
    alice, hugo = town.hand("alice"), town.sandbox.next_door("hugo")
    for _ in range(2):
        await asks(pipeline, "#deploys", "#releases")
    await town.settles()

    # Acme takes no change of a card for a while, and no new one either.
    for method in ("chat.update", "chat.postMessage"):
        town.sandbox.slack.faults.add(method, "429", retry_after=3_000)
    for number in (1, 2):
        await approves(town, number)
    for _ in range(2):
        await asks(pipeline, "#deploys", "#releases")
        await town.assembly.courier.drain()

    # Globex sees all of it at once.
    changed = [True, True, False, False]
    await hugo.sees(lambda: ["Approved" in text for text in cards(hugo, "#releases")] == changed, within=10)
    assert ["Approval needed" in text for text in cards(alice, "#deploys")] == [True, True]
