"""A receiver of webhooks in a process of its own: `/well/…` answers at once, `/hangs/…` never; `/taken` says who has how many."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

from bench.uvicorn_ready import serve

TAKEN: Counter[str] = Counter()


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    path = scope["path"]
    if path.startswith("/hangs"):
        await asyncio.sleep(3600)
    if path.startswith("/well"):
        TAKEN[path] += 1
    body = json.dumps(TAKEN if path == "/taken" else {}).encode()
    if path == "/forget":
        TAKEN.clear()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    serve(app)
