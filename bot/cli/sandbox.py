"""`countersign sandbox`: the whole product beside a small Slack, furnished, in one process; nothing is kept."""

from __future__ import annotations

import asyncio
import base64
import logging
import secrets
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.assemble import Assembly, assemble
from bot.cli.serving import server_for
from bot.clock import TurnableClock
from bot.demo import Furnished, Furnisher
from bot.logs import configure
from bot.manifest import manifest
from bot.mcp.door import is_installed
from bot.sandbox.server import Sandbox
from bot.settings import FixedSettings
from core.courier import Pace

HINTS = (
    "As Alice (top right), click Approve on the payments deploy: stage 2 opens and waits for two of security.",
    "Become Carol and click Reject: every copy of the card changes.",
    "Type /countersign help, or /countersign ask to ask for something yourself.",
    "Turn the clock: people are reminded, then the request expires.",
)
QUICK = 20.0
"""Times Slack's rate limits: one person trying things out should not wait for what keeps a company's Slack fair."""

FIRST_VIEW = "?as=U0ALICE001#C0DEPLOYS1"


GIVEN_AFTER = 2.0
"""Seconds from allowing the app in the whole Enterprise organisation until all its workspaces have it."""


def sandbox(
    *,
    host: str = "127.0.0.1",
    port: int = 4000,
    api_port: int = 3000,
    socket_mode: bool = False,
    enterprise: bool = False,
) -> int:
    """A Slack-like workspace with the bot in it, in your browser. Ctrl-C ends it; nothing is kept.

    Parameters
    ----------
    host
        The address both ports listen on.
    port
        Of the Slack-like workspace; 0 takes a free one.
    api_port
        Of the bot: its API, its health, and where the workspace sends clicks; 0 takes a free one.
    socket_mode
        Let clicks travel over Socket Mode instead of signed HTTP.
    enterprise
        With an Enterprise organisation of two workspaces, where the app can be installed as a whole.
    """
    configure(level=logging.WARNING)
    try:
        bot_port = _free_port(host, api_port)
    except (OSError, OverflowError) as problem:
        print(f"Port {api_port} cannot be used ({problem}); choose another with --api-port.", file=sys.stderr)
        return 1
    return asyncio.run(_run(host, port, bot_port, socket_mode=socket_mode, enterprise=enterprise))


async def _run(host: str, port: int, api_port: int, *, socket_mode: bool, enterprise: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="countersign-") as folder:
        made = _granted(manifest(workflow=True, threads=True, org=enterprise))
        small_slack = Sandbox(made, rates=QUICK, enterprise=enterprise)
        if small_slack.grid is not None:
            small_slack.grid.gives_after = GIVEN_AFTER
        small_slack.workspace.hint = HINTS
        try:
            await small_slack.start(host, port)
            settings = _settings(small_slack, Path(folder), host, api_port, socket_mode=socket_mode)
            async with _furnished(small_slack, settings) as (assembly, furnished):
                return await _serve(small_slack, assembly, furnished, socket_mode=socket_mode)
        except (OSError, OverflowError) as problem:
            if small_slack.url:
                raise
            print(f"Port {port} cannot be used ({problem}); choose another with --port.", file=sys.stderr)
            return 1
        finally:
            await small_slack.stop()


def _granted(app: dict[str, Any]) -> dict[str, Any]:
    """The app as installed by somebody who grants what is optional: a card whose post was lost is then found again."""
    scopes = app["oauth_config"]["scopes"]
    scopes["bot"] = [*scopes["bot"], *scopes.pop("bot_optional", [])]
    return app


def _settings(small_slack: Sandbox, folder: Path, host: str, port: int, *, socket_mode: bool) -> FixedSettings:
    """Made here alone: the sandbox never reads or touches what the environment names."""
    transport = (
        {"SLACK_APP_TOKEN": small_slack.app_token}
        if socket_mode
        else {"SLACK_SIGNING_SECRET": small_slack.signing_secret}
    )
    return FixedSettings.model_validate(
        {
            "database_url": f"sqlite:///{folder / 'sandbox.db'}",
            "pepper": base64.b64encode(secrets.token_bytes(32)).decode(),
            "host": host,
            "port": port,
            "mcp": is_installed(),
            "allow_private_addresses": "127.0.0.0/8, ::1",  # whoever tries webhooks here has their receiver here too
            "SLACK_BOT_TOKEN": small_slack.bot_token,
            "SLACK_API_URL": small_slack.api_url,
            "SLACK_CLIENT_ID": small_slack.consents.client_id,
            "SLACK_CLIENT_SECRET": small_slack.consents.client_secret,
            "install": "open",
            **transport,
        }
    )


@asynccontextmanager
async def _furnished(small_slack: Sandbox, settings: FixedSettings) -> AsyncIterator[tuple[Assembly, Furnished]]:
    """The product with a past: the clock of workspace and product is one, and begins hours ago."""
    clock = TurnableClock()
    small_slack.clock.listen(lambda offset: clock.turn(timedelta(seconds=offset) - clock.offset))
    small_slack.clock.advance(-8 * 3600)
    async with assemble(settings, clock=clock, pace=Pace().times(QUICK)) as assembly:

        def follow(_offset: float) -> None:
            assembly.alarm.clock_turned()
            assembly.courier.nudge()

        async def at_hours_ago(hours: float) -> None:
            """Let what was said be shown first, then turn."""
            await _settle(assembly)
            small_slack.clock.advance(-hours * 3600 - small_slack.clock.offset)
            await _settle(assembly)

        small_slack.clock.listen(follow)
        furnisher = Furnisher(assembly.rooms.administration, assembly.rooms.desk, at_hours_ago=at_hours_ago)
        organisation = await furnisher.people()
        if assembly.slack is not None:
            await assembly.slack.directory.sync()
        furnished = await furnisher.requests(organisation)
        await _settle(assembly)
        yield assembly, furnished


async def _settle(assembly: Assembly) -> None:
    await assembly.rooms.desk.sweep()
    await assembly.courier.drain()


async def _serve(small_slack: Sandbox, assembly: Assembly, furnished: Furnished, *, socket_mode: bool) -> int:
    settings = assembly.rooms.settings
    server = server_for(assembly)
    if not socket_mode:
        small_slack.connect_http(f"{settings.url}/slack/events")
    serving = asyncio.create_task(server.serve())
    while not (server.started or serving.done()):  # noqa: ASYNC110 (uvicorn tells by a flag alone)
        await asyncio.sleep(0.01)
    if server.started:
        _greet(small_slack, settings.url, furnished.key)
    await serving
    if server.refused is not None:
        print(f"Port {settings.port} cannot be used; choose another with --api-port.", file=sys.stderr)
    return 0 if server.started else 1


def _greet(small_slack: Sandbox, url: str, key: str) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print("\n[bold]Countersign sandbox[/bold]\n")
    console.print(f"  Open      [bold cyan]{small_slack.url}/{FIRST_VIEW}[/bold cyan]")
    console.print(f"  API       {url}/docs")
    console.print(f"  Install   {url}/slack/install  (into a second workspace, Globex; then switch on the far left)")
    console.print(f"  A key     {key}  (deploy-bot's; it may ask, never decide)\n")
    console.print("  Ask from another terminal, and click Approve here:\n")
    console.print(f"  export COUNTERSIGN_URL={url} COUNTERSIGN_TOKEN={key}")
    console.print("  countersign run --notify '#deploys' --stage '1 of @platform' -- echo 'it ran'\n")
    console.print("  Ctrl-C ends it; nothing is kept.\n")


def _free_port(host: str, port: int) -> int:
    """This one, if it is free; for 0 any. Nobody else takes it in the second until the bot listens there, or it is told then."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: what is closing is free
        probe.bind((host, port))
        return int(probe.getsockname()[1])
