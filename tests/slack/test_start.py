"""The first call of all: whose token is this?"""

from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.server import Sandbox
from bot.slack.app import find_installation, web_client
from core.errors import Unavailable
from core.model.request import Status
from tests.slack.conftest import beginning, over_http, people

pytestmark = pytest.mark.anyio


async def test_a_wrong_token_is_named_with_the_place_to_get_the_right_one() -> None:
    async with Sandbox() as sandbox, aiohttp.ClientSession() as session:
        with pytest.raises(Unavailable, match=r"SLACK_BOT_TOKEN \(invalid_auth\).*OAuth & Permissions"):
            await find_installation(web_client("xoxb-of-somebody-else", sandbox.api_url, session), "org_1")


async def test_an_unreachable_slack_is_said_in_a_sentence() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(Unavailable, match=r"cannot be reached at http://127.0.0.1:9/"):
            await find_installation(web_client("xoxb-1", "http://127.0.0.1:9/api/", session), "org_1")


async def test_an_oauth_client_in_the_environment_changes_nothing_for_clicks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bolt, too, reads these two names, and prepares for tokens that it would renew by itself."""
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "of the app")
    async with beginning(tmp_path) as world:
        await people(world)
        async with over_http(world):
            request = await world.ask(("@platform",))
            await world.hand("bob").click(world.card("bob", request), "request.approve")
            await world.settle()
            assert (await world.now(request)).status is Status.APPROVED
