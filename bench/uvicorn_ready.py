"""Uvicorn as the product runs it, on a free port, telling its parent once it takes connections."""

from __future__ import annotations

import json
import sys
from typing import Any

import uvicorn


class Telling(uvicorn.Server):
    """Says its port as one line of JSON on standard output when it is ready."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        sys.stdout.write(json.dumps({"port": port}) + "\n")
        sys.stdout.flush()


def serve(app: Any) -> None:
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )
    Telling(config).run()
