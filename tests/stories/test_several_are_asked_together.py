"""A machine asks for twelve like things at once: one card carries them, decided together or one by one."""

import pytest

from bot.sandbox.hand import Snapshot
from tests.stories.town import Json, Machine, Town

pytestmark = pytest.mark.anyio


async def migrations(ci: Machine, count: int, **common: object) -> list[Json]:
    """Asked for in one call."""
    body = {
        "requests": [
            {
                "type": "custom",
                "title": f"Migrate shard {n}",
                "action": f"migrate --shard {n} --to 8",
                "notify": ["#deploys"],
                **common,
            }
            for n in range(1, count + 1)
        ]
    }
    answer = await ci.http.post("/v1/batches", json=body)
    assert answer.status_code == 201, answer.text
    asked: list[Json] = answer.json()["requests"]
    ci.known.extend(one["id"] for one in asked)
    return asked


async def statuses(ci: Machine, asked: list[Json]) -> list[str]:
    return [(await ci.reads(one))["status"] for one in asked]


def cards(town: Town, who: str, channel: str = "#deploys") -> list[Snapshot]:
    """Top-level messages of the app there."""
    return [each for each in town.hand(who).messages(channel) if "requests asked together" in each["text"]]


async def test_bob_approves_all_twelve_with_one_click_and_each_has_its_own_entry(town_both_ways: Town) -> None:
    town = town_both_ways
    ci = await town.machine("ci")
    asked = await migrations(ci, 12)
    await town.settles()
    (card,) = cards(town, "bob")
    assert "Approval needed for 12: Request, 12 requests asked together by ci" in card["text"]
    await town.clicks_on(card, "bob", "batch.approve")
    assert await statuses(ci, asked) == ["approved"] * 12
    (card,) = cards(town, "bob")
    assert "12 approved" in card["text"]
    assert not [block for block in card["blocks"] if block["type"] == "actions"]
