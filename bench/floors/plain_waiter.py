"""Floor of a held poll: FastAPI whose endpoint waits for an event of its own, and nothing else."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from fastapi import FastAPI

from bench.uvicorn_ready import serve


def build() -> FastAPI:
    api = FastAPI()
    events: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    @api.get("/v1/requests/{id}")
    async def get(id: str, wait: int) -> dict[str, str]:
        try:
            async with asyncio.timeout(wait):
                await events[id].wait()
        except TimeoutError:
            return {"id": id, "status": "pending"}
        return {"id": id, "status": "approved"}

    return api


if __name__ == "__main__":
    serve(build())
