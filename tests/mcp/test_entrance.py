"""Who gets in at `/mcp`, and who does not; what is loaded where it is off."""

import asyncio
import os
import subprocess
import sys
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from bot.settings import FixedSettings
from tests.api.conftest import Furnished, opened, settings_for
from tests.clients.live import Live
from tests.mcp.conftest import COMMAND, ROOT, over_http

pytestmark = pytest.mark.anyio

HELLO: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPTS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


async def say(live: Live, token: str | None, body: Any = HELLO, **headers: str) -> httpx2.Response:
    given = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient() as http:
        return await http.post(f"{live.url}/mcp", json=body, headers={**ACCEPTS, **given, **headers})


async def test_an_agents_key_gets_in_and_nothing_else_does(live: Live, key: str) -> None:
    assert (await say(live, key)).status_code == 200
    for wrong in (None, "csk_unknown", "nonsense"):
        answer = await say(live, wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_persons_token_is_refused_even_where_it_may_decide(live: Live) -> None:
    answer = await say(live, live.token("ada"))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "agent's key" in answer.json()["detail"]


async def test_a_page_that_was_lured_here_is_turned_away(live: Live, key: str) -> None:
    """By the name it calls us, or by where it says it comes from."""
    assert (await say(live, key, Host="evil.example")).status_code == 421
    assert (await say(live, key, Origin="https://evil.example")).status_code == 403
    assert (await say(live, key, Host="127.0.0.1.evil.example:80")).status_code == 421


async def test_too_much_is_not_read(live: Live, key: str) -> None:
    answer = await say(live, key, {**HELLO, "params": {"filler": "x" * 300_000}})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_no_stream_is_held_open_for_nothing(live: Live, key: str) -> None:
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}", **ACCEPTS}) as http:
        answers = [await http.get(f"{live.url}/mcp"), await http.delete(f"{live.url}/mcp")]
    assert [answer.status_code for answer in answers] == [405, 405]


async def test_a_suspended_agent_is_refused_in_the_middle_of_its_session(live: Live) -> None:
    key = live.agent()
    async with over_http(live.url, key) as agent:
        asked = await agent.use("request_approval", title="Delete everything")
        me = await asyncio.to_thread(lambda: live.do(who_is(live, key)))
        administration = live.house.administration
        await asyncio.to_thread(lambda: live.do(administration.agents.suspend(live.house.host, me)))
        refused = await say(live, key, {"jsonrpc": "2.0", "id": 2, "method": "tools/list"})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert asked["status"] == "pending"


async def who_is(live: Live, key: str) -> str:
    answer = await live.house.get(None, "/v1/me", headers={"Authorization": f"Bearer {key}"})
    return str(answer.json()["id"])


async def test_the_newer_protocol_without_sessions_is_spoken_too(live: Live, key: str) -> None:
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as http:
        transport = streamable_http_client(f"{live.url}/mcp", http_client=http)
        async with Client(transport) as client:
            made = await client.call_tool("request_approval", {"title": "Refund"})
    assert made.structured_content is not None
    assert made.structured_content["status"] == "pending"


async def test_it_is_off_unless_switched_on(sqlite: str, furnished: Furnished) -> None:
    async with opened(settings_for(sqlite)) as house:
        house.credentials |= furnished.credentials
        answer = await house.post("ci", "/mcp", HELLO)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_its_library_is_not_loaded_where_it_is_off() -> None:
    said = "import sys, bot.assemble, bot.cli.app; sys.exit(any(name in sys.modules for name in ('mcp', 'jwt')))"
    assert subprocess.run([sys.executable, "-c", said], cwd=ROOT, check=False).returncode == 0


async def test_a_tool_call_is_one_call_whatever_it_does_inside(sqlite: str, furnished: Furnished) -> None:
    call = {"name": "request_approval", "arguments": {"title": "Refund"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    async with opened(settings_for(sqlite, mcp=True, rate_limit=0.001, rate_burst=3)) as house:
        house.credentials |= furnished.credentials
        headers = {**ACCEPTS, "Host": "localhost:3000"}
        answers = [await house.post("ci", "/mcp", body, headers=headers) for _ in range(3)]
        assert ["#" in answer.text and answer.status_code == 200 for answer in answers] == [True] * 3, answers[0].text
        assert (await house.post("ci", "/mcp", body, headers=headers)).status_code == 429


def test_hosts_and_origins_are_settings() -> None:
    assert FixedSettings().mcp is False
    settings = FixedSettings(mcp=True, mcp_hosts=("a.example",), mcp_origins=("https://a.example",))
    assert settings.mcp_hosts == ("a.example",)


@pytest.mark.parametrize(
    ("set_to", "said"),
    [
        ({"COUNTERSIGN_TOKEN": ""}, "COUNTERSIGN_TOKEN is not set"),
        ({"COUNTERSIGN_TOKEN": "cst_x"}, "a person's token"),
        ({"COUNTERSIGN_TOKEN": "csk_x", "COUNTERSIGN_URL": "foo"}, "'foo' is no address of a server"),
        (
            {"COUNTERSIGN_TOKEN": "csk_x", "COUNTERSIGN_URL": "https://x.invalid", "https_proxy": "nonsense://"},
            "https_proxy names no proxy",
        ),
    ],
)
def test_over_stdio_what_is_missing_or_wrong_is_said_at_once(set_to: dict[str, str], said: str, tmp_path: Any) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), **set_to}
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND, "mcp"],
        env=environment | {"PYTHONPATH": f"{ROOT}:{ROOT / 'clients' / 'python'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
