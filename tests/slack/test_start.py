"""The first call of all: whose token is this?"""

import aiohttp
import pytest

from bot.sandbox.server import Sandbox
from bot.slack.app import find_installation, web_client
from core.errors import Unavailable

pytestmark = pytest.mark.anyio


async def test_a_wrong_token_is_named_with_the_place_to_get_the_right_one() -> None:
    async with Sandbox() as sandbox, aiohttp.ClientSession() as session:
        with pytest.raises(Unavailable, match=r"SLACK_BOT_TOKEN \(invalid_auth\).*OAuth & Permissions"):
            await find_installation(web_client("xoxb-of-somebody-else", sandbox.api_url, session), "org_1")


async def test_an_unreachable_slack_is_said_in_a_sentence() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(Unavailable, match=r"cannot be reached at http://127.0.0.1:9/"):
            await find_installation(web_client("xoxb-1", "http://127.0.0.1:9/api/", session), "org_1")
