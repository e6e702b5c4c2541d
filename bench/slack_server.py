"""The sandbox's Slack in a process of its own: `python -m bench.slack_server [times Slack's rates]`."""

from __future__ import annotations

import asyncio
import json
import signal
import sys

from bot.sandbox.server import Sandbox


async def run(rates: float) -> None:
    async with Sandbox(rates=rates) as sandbox:
        told = {"port": int(sandbox.url.rsplit(":", 1)[1]), "api": sandbox.api_url}
        told |= {"token": sandbox.bot_token, "secret": sandbox.signing_secret}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(run(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
