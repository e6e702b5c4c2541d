"""An Enterprise organisation in the small Slack: what its one token reaches, what it is refused, and what the app hears."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.manifest import manifest
from bot.sandbox.grid import AMERICA, EUROPE, UMBRA, Grid
from bot.sandbox.server import Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(manifest(org=True), rates=None, enterprise=True) as sandbox:
        yield sandbox


@pytest.fixture
async def grid(sandbox: Sandbox) -> Grid:
    """Installed as a whole, given to one of two workspaces."""
    assert sandbox.grid is not None
    sandbox.grid.install()
    sandbox.grid.grant(EUROPE)
    return sandbox.grid


@pytest.fixture
def client(sandbox: Sandbox, grid: Grid) -> AsyncWebClient:
    return AsyncWebClient(grid.token, base_url=sandbox.api_url)


async def refusal(client: AsyncWebClient, method: str, **arguments: str) -> str:
    with pytest.raises(SlackApiError) as refused:
        await client.api_call(method, data=arguments)
    return str(refused.value.response["error"])


async def test_the_token_belongs_to_the_organisation_and_to_no_workspace(client: AsyncWebClient) -> None:
    me = await client.auth_test()
    assert (me["is_enterprise_install"], me["enterprise_id"], me["team_id"]) == (True, UMBRA, UMBRA)
    teams = (await client.auth_teams_list())["teams"]
    assert [team["id"] for team in teams] == [EUROPE]


@pytest.mark.parametrize("method", ["conversations.list", "users.list", "usergroups.list"])
async def test_whatever_lists_must_say_of_which_workspace(client: AsyncWebClient, method: str) -> None:
    assert await refusal(client, method) == "missing_argument"
    assert await refusal(client, method, team_id="T0ACME0001") == "team_not_found"
    assert await refusal(client, method, team_id=AMERICA) == "team_access_not_granted"
    assert (await client.api_call(method, params={"team_id": EUROPE}))["ok"]


async def test_a_post_goes_where_its_channel_is_if_that_workspace_has_the_app(client: AsyncWebClient) -> None:
    there, elsewhere = "C1EU1SHIPS", "C1US1SHIPS"
    assert (await client.chat_postMessage(channel=there, text="hello"))["ok"]
    assert await refusal(client, "chat.postMessage", channel=elsewhere, text="hello") == "team_access_not_granted"
    assert (await client.chat_postMessage(channel="W1VIKTOR02", text="hello"))["ok"]
    assert await refusal(client, "chat.postMessage", channel="W1WENDY003", text="hello") == "team_access_not_granted"


async def test_what_one_installation_posted_another_one_cannot_change(sandbox: Sandbox, grid: Grid) -> None:
    europe = grid.team(EUROPE)
    europe.uninstalled = False
    own = AsyncWebClient(europe.app.bot_token, base_url=sandbox.api_url)
    posted = await own.chat_postMessage(channel="C1EU1SHIPS", text="hello")
    whole = AsyncWebClient(grid.token, base_url=sandbox.api_url)
    ts = str(posted["ts"])
    refused = await refusal(whole, "chat.update", channel="C1EU1SHIPS", ts=ts, text="changed")
    assert refused == "cant_update_message"
    assert (await own.chat_update(channel="C1EU1SHIPS", ts=ts, text="changed"))["ok"]


async def test_a_token_of_the_whole_dies_with_the_whole(client: AsyncWebClient, grid: Grid) -> None:
    grid.uninstall()
    assert await refusal(client, "auth.test") == "account_inactive"
