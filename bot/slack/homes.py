"""Keeps the Homes people look at fresh: who opened theirs lately gets it anew when what it shows has changed.

Kept in this process alone: after a restart a Home is drawn when it is next opened.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bot.slack.blocks import Json
from bot.slack.payload import Sender

MOST: Final = 500
LATELY: Final = 3_600.0
PAUSE: Final = 0.5

Draw = Callable[[Sender], Awaitable[Json]]
Publish = Callable[[str, Json], Awaitable[None]]


@dataclass(slots=True)
class Viewer:
    """Somebody who looked; `shown` is the hash of what they were shown."""

    sender: Sender
    at: float
    shown: str = ""


class Homes:
    def __init__(
        self, draw: Draw, publish: Publish, *, pause: float = PAUSE, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._draw = draw
        self._publish = publish
        self._pause = pause
        self._seconds = seconds
        self._viewers: OrderedDict[str, Viewer] = OrderedDict()
        self._changed = asyncio.Event()

    def seen(self, sender: Sender, view: Json) -> None:
        """This person was just shown this."""
        self._viewers[sender.user] = Viewer(sender, self._seconds(), _hash(view))
        self._viewers.move_to_end(sender.user)
        while len(self._viewers) > MOST:
            self._viewers.popitem(last=False)

    def nudge(self, *_changed: object) -> None:
        """Some request changed; takes what `store.subscribe` gives."""
        self._changed.set()

    async def run(self) -> None:
        """Serve until cancelled. Many changes in a moment are one look."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(self._pause)
            self._changed.clear()
            await self.refresh()

    async def refresh(self) -> None:
        for user, viewer in list(self._viewers.items()):
            if self._seconds() - viewer.at > LATELY:
                self._viewers.pop(user, None)
                continue
            view = await self._draw(viewer.sender)
            if _hash(view) != viewer.shown:
                viewer.shown = _hash(view)
                await self._publish(user, view)


def _hash(view: Json) -> str:
    return hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()
