"""The tiny app that comes with the sandbox, and the sandbox as a program."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.sandbox.demo import run_demo
from bot.sandbox.server import Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
async def demo() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        client = await run_demo(sandbox)
        yield sandbox
        await client.close()


async def test_a_card_is_approved_and_everybody_sees_it(demo: Sandbox) -> None:
    bob, carol = demo.as_user("bob"), demo.as_user("carol")
    assert (await bob.click(bob.find_message("#deploys", action="demo_approve"), "demo_approve")).ok
    decided = await carol.sees(lambda: carol.find_message("#deploys", f"Approved by <@{bob.id}>"))
    await carol.sees(lambda: len(carol.messages("#deploys", decided["ts"])) == 2)


async def test_a_form_shows_its_error_then_takes_the_answer(demo: Sandbox) -> None:
    bob = demo.as_user("bob")
    await bob.click(bob.find_message("#deploys", action="demo_modal"), "demo_modal")
    await bob.sees(bob.open_modal)
    assert (await bob.submit({"text": "no"})).errors == {"comment": "Please say why."}
    done = await bob.submit({"text": "fine", "users": ["U0ALICE001"], "sure": "quite", "date": "2026-12-24"})
    assert (done.error, done.errors, bob.open_modal()) == (None, None, None)
    await bob.sees(lambda: bob.dms()[-1]["text"] == "Your comment was sent.")


async def test_what_only_one_person_sees_stays_theirs(demo: Sandbox) -> None:
    bob = demo.as_user("bob")
    await bob.click(bob.find_message("#deploys", action="demo_more"), "demo_more", "whisper")
    await bob.sees(lambda: bob.ephemerals("#deploys"))
    assert demo.as_user("alice").ephemerals() == []


async def test_the_home_tab_is_published_when_it_is_opened(demo: Sandbox) -> None:
    shown = await demo.as_user("grace").home()
    assert shown is not None
    assert shown["type"] == "home"


async def test_the_sandbox_ends_at_once_although_pages_and_sockets_are_open() -> None:
    sandbox = Sandbox()
    await sandbox.start()
    client = await run_demo(sandbox)
    async with aiohttp.ClientSession() as session:
        stream = await session.get(f"{sandbox.url}/page/stream", params={"as": "U0ALICE001"})
        async with asyncio.timeout(10):
            await client.close()
            await sandbox.stop()
        stream.close()


async def test_as_a_program_it_prints_its_address_and_stops_when_asked() -> None:
    command = [sys.executable, "-m", "bot.sandbox", "--demo", "--port", "0"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    greeting = (await process.stdout.readline()).decode()
    names = [(await process.stdout.readline()).decode().split("=")[0].strip() for _ in range(4)]
    assert names == ["SLACK_API_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"]
    async with aiohttp.ClientSession() as session, session.get(f"{greeting.split()[-1]}/page/state") as response:
        assert (await response.json())["workspace"]["name"] == "Acme"
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(10):
        assert await process.wait() == 0
