"""The sandbox's Slack in a process of its own: `python -m bench.slack_server [times Slack's rates [people who join]]`.

At SIGUSR1 it prints one more line: how many messages the app has posted in each place, by channel or person.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from typing import Any

from bench.crowd import join
from bot.sandbox.server import Sandbox


async def run(rates: float, people: int) -> None:
    async with Sandbox(rates=rates) as sandbox:
        join(sandbox.slack.workspace, people)
        told: dict[str, Any] = {"port": int(sandbox.url.rsplit(":", 1)[1]), "api": sandbox.api_url}
        say(told | {"token": sandbox.bot_token, "secret": sandbox.signing_secret})
        stopped, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stopped.set)
        loop.add_signal_handler(signal.SIGUSR1, lambda: say(posted(sandbox)))
        await stopped.wait()


def posted(sandbox: Sandbox) -> dict[str, int]:
    channels = sandbox.slack.workspace.channels.values()
    return {each.user or each.id: len(each.messages) for each in channels if each.messages}


def say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asked = (*sys.argv[1:], *("1.0", "0")[len(sys.argv) - 1 :])
    asyncio.run(run(float(asked[0]), int(asked[1])))
