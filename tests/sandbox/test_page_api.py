"""The page's own HTTP, as the page uses it."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import Connect
from tests.sandbox.shapes import Json, card, modal, plain, text_input

pytestmark = pytest.mark.anyio
ALICE = "U0ALICE001"
CHANNEL = "C0DEPLOYS1"


class Page:
    """The page's side of the contract."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self._url, self._session = sandbox.url, session
        self.status = 0

    async def get(self, path: str, **query: str) -> Any:
        async with self._session.get(f"{self._url}{path}", params=query) as response:
            self.status = response.status
            return await response.json()

    async def post(self, path: str, **body: Any) -> Any:
        async with self._session.post(f"{self._url}/page/{path}", json=body) as response:
            self.status = response.status
            return await response.json()

    async def read_stream(self, user_id: str, *, until: str) -> list[Json]:
        """Everything streamed up to the first entry of this type."""
        got: list[Json] = []
        async with self._session.get(f"{self._url}/page/stream", params={"as": user_id}) as response:
            async for line in response.content:
                if line.startswith(b"data: "):
                    got.append(json.loads(line.removeprefix(b"data: ")))
                    if got[-1]["type"] == until:
                        break
        return got


@pytest.fixture
def page(sandbox: Sandbox, session: aiohttp.ClientSession) -> Page:
    return Page(sandbox, session)


@pytest.fixture
async def streamed(sandbox: Sandbox, page: Page) -> Any:
    """Begins to read alice's stream; gives a function that waits for an entry and returns all before it."""

    async def begin(until: str, user_id: str = ALICE) -> asyncio.Task[list[Json]]:
        reading = asyncio.ensure_future(page.read_stream(user_id, until=until))
        await sandbox.as_user("alice").sees(sandbox.slack.streams.watched)
        return reading

    return begin


async def test_the_state_has_everything_the_page_draws(sandbox: Sandbox, page: Page) -> None:
    state = await page.get("/page/state", **{"as": ALICE})
    assert set(state) == {
        "workspace", "me", "users", "channels", "app", "commands", "shortcuts", "home", "modals", "clock", "transport", "usergroups", "hint",
        "workspaces", "installed", "functions", "steps",
    }  # fmt: skip
    assert (state["me"]["name"], state["me"]["initials"]) == ("alice", "AA")
    assert state["commands"][0]["command"] == "/demo"
    assert state["transport"] == "none"
    channels = {channel["name"]: channel for channel in state["channels"]}
    assert channels["incident-42"]["kind"] == "private"
    assert channels[""]["user"] == sandbox.bot_user_id
    assert (await page.get("/page/state", **{"as": "U0NOBODY01"})) == {"error": "user_not_found"}


async def test_a_private_channel_is_hidden_from_others(page: Page) -> None:
    state = await page.get("/page/state", **{"as": "U0BOB00002"})
    assert "incident-42" not in [channel["name"] for channel in state["channels"]]
    await page.get("/page/messages", **{"as": "U0BOB00002", "channel": "C0SECRET01"})
    assert page.status == 404


async def test_a_message_written_on_the_page_is_read_on_the_page(page: Page) -> None:
    await page.post("message", **{"as": ALICE, "channel": CHANNEL, "text": "hello & <all>"})
    (message,) = (await page.get("/page/messages", **{"as": "U0BOB00002", "channel": CHANNEL}))["messages"]
    assert (message["text"], message["channel"]) == ("hello &amp; &lt;all&gt;", CHANNEL)


async def test_reading_clears_the_marks(sandbox: Sandbox, page: Page) -> None:
    sandbox.as_user("bob").say("#deploys", "@alice")
    assert sandbox.as_user("alice").unread("#deploys") == (1, 1)
    await page.post("read", **{"as": ALICE, "channel": CHANNEL})
    assert sandbox.as_user("alice").unread("#deploys") == (0, 0)


async def test_a_click_is_answered_after_the_apps_ack(
    sandbox: Sandbox, page: Page, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    @app.action("approve")
    async def approve(ack: Any) -> None:
        await ack()

    await connect(app)
    posted = await client.chat_postMessage(channel=CHANNEL, text="Deploy?", blocks=card())
    body = {
        "as": ALICE, "source": {"channel": CHANNEL, "ts": posted["ts"]}, "state": {"values": {}},
        "action": {"block_id": "decide", "action_id": "approve", "type": "button", "value": "req_1"},
    }  # fmt: skip
    answer = await page.post("click", **body)
    assert answer["ok"]
    assert answer["ms"] >= 0
    sandbox.faults.add("ack", "500")
    assert (await page.post("click", **body))["error"] == "http_500"


async def test_a_submission_tells_errors_and_what_is_left_on_the_stack(
    sandbox: Sandbox, page: Page, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    @app.view("form")
    async def submitted(ack: Any, body: Json) -> None:
        short = body["view"]["state"]["values"]["why"]["reason"]["value"] == "no"
        await (ack(response_action="errors", errors={"why": "More."}) if short else ack())

    await connect(app)
    opened = await client.views_open(trigger_id=sandbox.slack.triggers.issue(ALICE), view=modal())

    async def submit(text: str) -> Any:
        values = {"why": {"reason": {"type": "plain_text_input", "value": text}}}
        return await page.post("submit", **{"as": ALICE, "view_id": opened["view"]["id"], "state": {"values": values}})

    refused = await submit("no")
    assert refused["errors"] == {"why": "More."}
    assert len(refused["modals"]) == 1
    done = await submit("because")
    assert (done["ok"], done["response_action"], done["modals"]) == (True, None, [])


async def test_the_stream_tells_what_happens(sandbox: Sandbox, client: AsyncWebClient, streamed: Any) -> None:
    reading = await streamed("modal_open")
    posted = await client.chat_postMessage(channel=CHANNEL, text=f"<@{ALICE}>")
    await client.chat_update(channel=CHANNEL, ts=posted["ts"], text="two")
    await client.chat_delete(channel=CHANNEL, ts=posted["ts"])
    await client.chat_postEphemeral(channel=CHANNEL, user=ALICE, text="psst")
    sandbox.clock.advance(60)
    await client.views_open(trigger_id=sandbox.slack.triggers.issue(ALICE), view=modal())
    entries = [entry for entry in await reading if entry["type"] != "log"]
    assert [entry["type"] for entry in entries] == [
        "unread", "message", "message", "message_deleted", "ephemeral", "clock", "modal_open",
    ]  # fmt: skip
    assert (entries[0]["unread"], entries[0]["mentions"]) == (1, 1)
    assert entries[2]["message"]["text"] == "two"


async def test_one_persons_stream_does_not_tell_what_is_others(
    sandbox: Sandbox, client: AsyncWebClient, streamed: Any
) -> None:
    reading = await streamed("clock", "U0BOB00002")
    await client.chat_postMessage(channel=ALICE, text="for alice")
    await client.chat_postEphemeral(channel=CHANNEL, user=ALICE, text="psst")
    await client.views_open(trigger_id=sandbox.slack.triggers.issue(ALICE), view=modal())
    sandbox.clock.advance(1)
    assert [entry["type"] for entry in await reading if entry["type"] != "log"] == ["clock"]


async def test_ephemeral_messages_do_not_survive_a_reload(
    sandbox: Sandbox, page: Page, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    async def seen() -> int:
        return len((await page.get("/page/messages", **{"as": ALICE, "channel": CHANNEL}))["messages"])

    await client.chat_postEphemeral(channel=CHANNEL, user=ALICE, text="psst")
    assert await seen() == 1
    async with session.get(f"{sandbox.url}/?as=U0BOB00002"):
        assert await seen() == 1  # another window, another person
    async with session.get(f"{sandbox.url}/?as={ALICE}"):
        assert await seen() == 0


async def test_the_clock_is_turned_and_set_back(sandbox: Sandbox, page: Page) -> None:
    turned: list[float] = []
    sandbox.clock.listen(turned.append)
    assert (await page.post("clock", advance=3600))["offset"] == 3600
    assert (await page.post("clock", reset=True))["offset"] == 0
    assert turned == [3600, 0]


@pytest.mark.parametrize("seconds", [3_000_000 * 86_400, -3_000_000 * 86_400, float("nan"), float("inf")])
async def test_the_clock_stays_inside_the_calendar(sandbox: Sandbox, page: Page, seconds: float) -> None:
    await page.post("clock", advance=3600)
    assert "a century at most" in (await page.post("clock", advance=seconds))["error"]
    assert (page.status, sandbox.clock.offset) == (400, 3600)


async def test_faults_are_set_listed_and_cleared(sandbox: Sandbox, page: Page, session: aiohttp.ClientSession) -> None:
    await page.post("faults", method="chat.update", kind="429", count=2, retry_after=9)
    (fault,) = (await page.get("/page/faults"))["faults"]
    assert (fault["method"], fault["count"], fault["retry_after"]) == ("chat.update", 2, 9)
    await page.post("faults", method="chat.update", kind="explode")
    assert page.status == 400
    async with session.delete(f"{sandbox.url}/page/faults") as response:
        assert await response.json() == {"faults": []}


async def test_the_log_is_read_from_where_one_left_off(page: Page, client: AsyncWebClient) -> None:
    await client.auth_test()
    await client.team_info()
    entries = (await page.get("/page/log"))["entries"]
    assert [entry["title"] for entry in entries] == ["auth.test", "team.info"]
    later = (await page.get("/page/log", after=str(entries[0]["n"])))["entries"]
    assert [entry["title"] for entry in later] == ["team.info"]


async def test_an_answer_to_the_inspector_has_what_the_contract_names(
    sandbox: Sandbox, app: AsyncApp, connect: Connect, page: Page
) -> None:
    await connect(app)
    await sandbox.as_user("alice").command("/demo")
    entry = next(e for e in (await page.get("/page/log"))["entries"] if e["kind"] == "slash_commands")
    assert (entry["direction"], entry["status"], entry["error"]) == ("to_app", 404, "http_404")
    assert {"n", "at", "title", "request", "response", "ms"} <= set(entry)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("click", {"as": ALICE}),
        ("click", {"as": ALICE, "source": {"view_id": "V0"}, "action": {}}),
        ("submit", {"as": ALICE, "view_id": "V0"}),
        ("message", {"as": ALICE, "channel": "C0NOWHERE1", "text": "x"}),
        ("message", {"as": ALICE, "channel": CHANNEL, "text": "  "}),
        ("shortcut", {"as": ALICE, "callback_id": "nothing"}),
        ("clock", {}),
    ],
)
async def test_nonsense_is_refused_with_a_reason(page: Page, path: str, body: Json) -> None:
    assert (await page.post(path, **body))["error"]
    assert 400 <= page.status < 500


@pytest.mark.parametrize("path", ["/assets/no-such-file.js", "/assets/..%2fserver.py", "/assets/%2e%2e/server.py"])
async def test_only_the_pages_own_files_are_served(sandbox: Sandbox, session: aiohttp.ClientSession, path: str) -> None:
    async with session.get(f"{sandbox.url}{path}") as response:
        assert response.status == 404


async def test_a_view_can_be_closed_from_the_page(sandbox: Sandbox, page: Page, client: AsyncWebClient) -> None:
    view = modal(text_input(), close=plain("Cancel"))
    opened = await client.views_open(trigger_id=sandbox.slack.triggers.issue(ALICE), view=view)
    done = await page.post("close", **{"as": ALICE, "view_id": opened["view"]["id"], "all": False})
    assert done == {"ok": True, "modals": []}
