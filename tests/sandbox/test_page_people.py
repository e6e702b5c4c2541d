"""The page's admin of Slack: what is changed there is so everywhere, and the app is told as Slack would tell it."""

from typing import Any

import aiohttp
import pytest

from bot.manifest import manifest
from bot.sandbox.server import Sandbox
from tests.sandbox.test_page_api import Page

pytestmark = pytest.mark.anyio

BOB, CAROL, IVAN = "U0BOB00002", "U0CAROL003", "U0IVAN0009"


@pytest.fixture
async def told() -> Any:
    """A small Slack whose app asks for every event of ours."""
    async with Sandbox(manifest(), rates=None) as sandbox:
        yield sandbox


@pytest.fixture
def page(told: Sandbox, session: aiohttp.ClientSession) -> Page:
    return Page(told, session)


async def events(sandbox: Sandbox) -> list[dict[str, Any]]:
    await sandbox.settled()
    return [entry["request"]["event"] for entry in sandbox.log.entries if entry["kind"] == "event"]


async def test_a_profile_is_changed_and_the_app_hears_of_it(told: Sandbox, page: Page) -> None:
    change = {"email": "robert@acme.example", "tz": "Asia/Tokyo", "locale": "de-DE", "status_text": "Away"}
    assert (await page.post("profile", user=BOB, kind="guest", **change))["ok"]
    (event,) = await events(told)
    user = event["user"]
    assert (event["type"], user["locale"], user["tz"], user["is_restricted"]) == (
        "user_change",
        "de-DE",
        "Asia/Tokyo",
        True,
    )
    assert (user["profile"]["email"], user["profile"]["status_text"]) == ("robert@acme.example", "Away")


async def test_somebody_may_come_to_belong_elsewhere_and_back(told: Sandbox, page: Page) -> None:
    for kind, team in (("external", "T0PARTNER1"), ("member", told.team_id)):
        await page.post("profile", user=BOB, kind=kind)
        state = await page.get("/page/state", **{"as": CAROL})
        (bob,) = [user for user in state["users"] if user["id"] == BOB]
        assert (bob["kind"], bob["team_id"]) == (kind, team)


async def test_what_cannot_be_is_refused(page: Page) -> None:
    assert (await page.post("profile", user=BOB, tz="Mars/Base"))["error"] == "invalid_time_zone"
    assert (await page.post("profile", user=BOB, real_name=" "))["error"] == "name_is_missing"
    assert (await page.post("usergroup", handle="security", users=[]))["error"] == "handle_is_missing_or_taken"
    assert (await page.post("profile", user="U0NOBODY"))["error"] == "user_not_found"


async def test_user_groups_are_made_changed_and_switched_off(told: Sandbox, page: Page) -> None:
    made = await page.post("usergroup", handle="@dba", name="Databases", users=[BOB])
    await page.post("usergroup", id=made["id"], handle="data", name="Databases", users=[BOB, CAROL], disabled=True)
    kinds = [event["type"] for event in await events(told)]
    assert kinds == [
        "subteam_created",
        *["subteam_updated", "subteam_members_changed", "subteam_updated", "subteam_updated"],
    ]
    group = told.workspace.groups[made["id"]]
    assert (group.handle, group.users, group.disabled) == ("data", (BOB, CAROL), True)


async def test_a_channel_is_shared_and_somebody_from_outside_comes_in(told: Sandbox, page: Page) -> None:
    channel = told.workspace.find_channel("#deploys")
    assert channel is not None
    people = [id for id in channel.members if not told.workspace.users[id].is_bot]
    await page.post("roster", channel=channel.id, users=[*people, IVAN], shared=True)
    assert IVAN in channel.members
    assert channel.is_ext_shared
    assert [event["type"] for event in await events(told)] == ["channel_shared"]


async def test_somebody_new_joins(told: Sandbox, page: Page) -> None:
    made = await page.post("person", real_name="Zoe Zimmer", email="zoe@acme.example")
    assert [event["type"] for event in await events(told)] == ["team_join"]
    assert told.workspace.users[made["user"]].email == "zoe@acme.example"
