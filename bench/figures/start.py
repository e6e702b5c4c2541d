"""How soon the product is there, how much memory it holds when idle, and how soon the sandbox's page is drawn."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from bench.figures.base import Bench, Figure
from bench.outcome import Outcome, say
from bench.process import end
from bench.product import free_port, keys, product, workplace

IDLE_SECONDS: Final = 5.0
CARD: Final = "text=Approve"
EVERYTHING: Final[Mapping[str, str]] = {
    "COUNTERSIGN_MCP": "true",
    "COUNTERSIGN_OIDC_ISSUER": "https://login.example.com",
    "COUNTERSIGN_OIDC_AUDIENCE": "countersign",
    "COUNTERSIGN_INSTALL": "open",
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "only for measuring",
}
CALL: Final = {"name": "request_approval", "arguments": {"title": "Refund"}}


def measure(bench: Bench) -> Iterable[Outcome]:
    yield from second_start(bench)
    yield from everything_on(bench)
    yield sandbox_drawn()


def second_start(bench: Bench) -> Iterable[Outcome]:
    """With a Slack to reach, as in earnest; the first start makes the tables and is not counted."""
    seconds, memory = [], []
    with workplace(bench.folder, bench.sqlite("start")) as place:
        for _ in range(1 + bench.so_many(5, 3)):
            with product(bench.folder, place.url, place.slack) as ours:
                seconds.append(float(ours.told["seconds"]))
                time.sleep(IDLE_SECONDS)
                memory.append(ours.memory())
    ready, held = statistics.median(seconds[1:]), statistics.median(memory[1:])
    yield Outcome("second start to ready", say(ready, "s"), "–", ready, 1.5)
    yield Outcome("idle, without the sandbox", say(held, "MB"), "–", held, 120)


def everything_on(bench: Bench) -> Iterable[Outcome]:
    """Many workspaces, single sign-on and MCP beside one workspace; idle after an agent's first call of a tool."""
    seconds, memory = [], []
    with workplace(bench.folder, bench.sqlite("everything")) as place:
        place.ask(1, cards=False)
        key = asyncio.run(keys(place.url, place.world))[0]
        for _ in range(1 + bench.so_many(5, 3)):
            with product(bench.folder, place.url, place.slack, EVERYTHING) as ours:
                seconds.append(float(ours.told["seconds"]))
                call_a_tool(ours.port, key)
                time.sleep(IDLE_SECONDS)
                memory.append(ours.memory())
    ready, held = statistics.median(seconds[1:]), statistics.median(memory[1:])
    yield Outcome("second start to ready, everything on", say(ready, "s"), "–", ready, 2)
    yield Outcome("idle, everything on, after an MCP call", say(held, "MB"), "–", held, 160)


def call_a_tool(port: int, key: str) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": CALL}
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/mcp", json.dumps(body).encode(), {**headers, "Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert b"#" in answer.read(), "the tool did not answer with a request's number"


def sandbox_drawn() -> Outcome:
    """From the command to the first card's button in a browser that was open before."""
    port, api = free_port(), free_port()
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as player:
        window = player.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = window.new_page()
        began = time.perf_counter()
        process = start_sandbox(port, api)
        try:
            wait_for_greeting(process)
            page.goto(f"http://127.0.0.1:{port}/?as=U0ALICE001#C0DEPLOYS1")
            page.locator(CARD).first.wait_for(timeout=20_000)
            seconds = time.perf_counter() - began
        finally:
            end(process)
            window.close()
    return Outcome("sandbox seeded and its page drawn", say(seconds, "s"), "–", seconds, 5)


def start_sandbox(port: int, api: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from bot.cli import main; main()", "sandbox"]
    return subprocess.Popen(
        [*command, "--port", str(port), "--api-port", str(api)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )


def wait_for_greeting(process: subprocess.Popen[bytes]) -> None:
    """The address is printed once everything is there."""
    assert process.stdout is not None
    for line in process.stdout:
        if b"Open" in line:
            return
    raise SystemExit("the sandbox ended before it was ready")


MEMBER = Figure("start", measure)
