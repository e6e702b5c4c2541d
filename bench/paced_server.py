"""The product as `countersign serve` runs it, but for a small Slack that allows more: `python -m bench.paced_server TIMES`."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from contextlib import suppress

import uvloop

from bot.assemble import assemble
from bot.cli import GARBAGE
from bot.cli.serving import listen
from bot.logs import configure
from bot.settings import load
from core.courier import Pace


async def run(times: float) -> None:
    settings = load()
    configure()
    async with assemble(settings, pace=Pace().times(times)) as assembly:
        listening = asyncio.create_task(listen(assembly))
        await somebody_answers(settings.port)
        sys.stdout.write(json.dumps({"port": settings.port}) + "\n")
        sys.stdout.flush()
        await listening


async def somebody_answers(port: int) -> None:
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    gc.set_threshold(*GARBAGE)
    uvloop.run(run(float(sys.argv[1])))
