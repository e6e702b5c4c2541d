"""The product as `countersign serve` runs it, but for a small Slack that allows more: `python -m bench.paced_server TIMES`."""

from __future__ import annotations

import json
import sys

import uvloop

from bot.assemble import assemble
from bot.cli.serving import server_for
from bot.logs import configure
from bot.settings import load
from core.courier import Pace


async def run(times: float) -> None:
    settings = load()
    configure()
    async with assemble(settings, pace=Pace().times(times)) as assembly:
        sys.stdout.write(json.dumps({"port": settings.port}) + "\n")
        sys.stdout.flush()
        await server_for(assembly).serve()


if __name__ == "__main__":
    uvloop.run(run(float(sys.argv[1])))
