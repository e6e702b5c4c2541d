"""`countersign mcp`: the tools for an AI agent over standard input and output, speaking to a server with the agent's key."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from bot.cli.ending import NOT_ALLOWED, USAGE, Ending
from bot.cli.there import speaking
from countersign_client import AsyncCountersign, Patience

if TYPE_CHECKING:
    from bot.mcp.tools import Call

PATIENCE: Final = Patience(seconds=5)


def mcp(*, url: str | None = None) -> int:
    """Give an AI agent tools to ask for approvals, over standard input and output. Its key stands in COUNTERSIGN_TOKEN.

    Parameters
    ----------
    url
        The server, e.g. https://countersign.example.com.
    """
    with speaking():
        client = AsyncCountersign(url, patience=PATIENCE)
    token = client.remote.token
    if not client.remote.is_known:
        raise Ending("COUNTERSIGN_TOKEN is not set; give the agent a key of its own: countersign agents add.", USAGE)
    if token is not None and token.startswith("cst_"):
        raise Ending("This is a person's token; give the agent a key of its own: countersign agents add.", NOT_ALLOWED)
    asyncio.run(_serve(url))
    return 0


async def _serve(url: str | None) -> None:
    try:
        from bot.mcp.server import build  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as missing:
        raise Ending(f"{missing.name} is not installed; install countersign[mcp].", USAGE) from None

    def reach(_: Call) -> AsyncCountersign:
        return AsyncCountersign(url, patience=PATIENCE)

    await build(reach).run_stdio_async()
