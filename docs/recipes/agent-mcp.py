"""An agent that asks by MCP tools: `countersign mcp` beside it, or the server's own `/mcp`, whichever it was given."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from os import environ
from typing import Any

from mcp import StdioServerParameters, stdio_client
from mcp.client.session import ClientSession


def refund(customer: str, amount_eur: float) -> str:
    return f"refunded {amount_eur:g} € to {customer}"


TOOLS: dict[str, Callable[..., str]] = {"refund": refund}


@asynccontextmanager
async def countersign() -> AsyncIterator[ClientSession]:
    """COUNTERSIGN_URL and COUNTERSIGN_TOKEN, the agent's key, go along in the environment."""
    server = StdioServerParameters(command="countersign", args=["mcp"], env=dict(environ))
    async with stdio_client(server) as (reading, writing), ClientSession(reading, writing) as session:
        await session.initialize()
        yield session


async def use(session: ClientSession, tool: str, **arguments: Any) -> dict[str, Any]:
    answer = await session.call_tool(tool, arguments)
    if answer.is_error or answer.structured_content is None:
        raise PermissionError(str(answer.content))
    return dict(answer.structured_content)


async def guarded(session: ClientSession, name: str, params: dict[str, Any]) -> str:
    """Ask, wait as long as it takes in portions the client allows, claim exactly what was approved, act, report."""
    title = f"{name}: {', '.join(f'{key} {value}' for key, value in params.items())}"
    stands = await use(session, "request_approval", title=title, action=name, params=params, wait_seconds=20)
    while stands["status"] == "pending":
        stands = await use(session, "wait_for_decision", ticket=stands["ticket"], wait_seconds=20)
    if not stands["may_claim"]:
        return str(stands["sentence"])
    approved = {"action": stands["action"], "params": stands["params"]}
    await use(session, "claim_execution", ticket=stands["ticket"], **approved)
    try:
        done = TOOLS[name](**stands["params"])
    except Exception as problem:
        await use(session, "report_execution", ticket=stands["ticket"], status="failed", detail=str(problem)[:500])
        raise
    await use(session, "report_execution", ticket=stands["ticket"], status="success", detail=done)
    return done


async def main() -> None:
    async with countersign() as session:
        for line in sys.stdin:  # one tool call of the model per line: {"name": …, "arguments": {…}}
            call = json.loads(line)
            print(await guarded(session, call["name"], call["arguments"]), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
