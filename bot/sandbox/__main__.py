"""`python -m bot.sandbox [--port N] [--demo] [--manifest FILE]`: the small Slack alone, for any Bolt app."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import yaml

from bot.sandbox.app import MINIMAL_MANIFEST
from bot.sandbox.demo import run_demo
from bot.sandbox.server import Sandbox


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3999)
    parser.add_argument("--demo", action="store_true", help="run a tiny app that answers clicks")
    parser.add_argument("--manifest", type=Path, help="the app's manifest as YAML")
    parser.add_argument("--request-url", help="where the app listens for signed HTTP")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    manifest = yaml.safe_load(arguments.manifest.read_text()) if arguments.manifest else MINIMAL_MANIFEST
    sandbox = Sandbox(manifest)
    await sandbox.start(arguments.host, arguments.port)
    async with sandbox:
        if arguments.request_url:
            sandbox.connect_http(arguments.request_url)
        client = await run_demo(sandbox) if arguments.demo else None
        sys.stdout.write(_greeting(sandbox))
        sys.stdout.flush()
        await _until_stopped()
        if client is not None:
            await client.close()


def _greeting(sandbox: Sandbox) -> str:
    names = {
        "SLACK_API_URL": sandbox.api_url, "SLACK_BOT_TOKEN": sandbox.bot_token, "SLACK_APP_TOKEN": sandbox.app_token,
        "SLACK_SIGNING_SECRET": sandbox.signing_secret,
    }  # fmt: skip
    return f"Slack sandbox: {sandbox.url}\n" + "".join(f"  {name}={value}\n" for name, value in names.items())


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()


if __name__ == "__main__":
    asyncio.run(_run(_arguments()))
