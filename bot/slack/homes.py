"""Keeps the Homes people look at fresh: who looked lately gets theirs anew when something in it changes, at Slack's pace.

Kept in this process alone. After a restart a Home is drawn when it is next opened or clicked; where another replica has
drawn it since, Slack says so by the view's hash, and it is left to that one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from bot.slack.drawing.blocks import Json
from bot.slack.entrance.payload import Sender
from bot.slack.inbox import Drawn
from bot.slack.look import EVERYTHING, Look
from core.courier.pace import Book, Gate
from core.errors import ApprovalError
from core.ports import Changed, Reader, Store
from core.standing import waiting_principals

MOST: Final = 500
LATELY: Final = 3_600.0
PAUSE: Final = 0.5
APART: Final = 2.0
"""Seconds between two drawings of one Home that nobody asked for."""

LOADED: Final = 50
"""Changed requests looked at one by one; more at once concern everybody."""

A_MINUTE: Final = 90.0
BURST: Final = 20
"""`views.publish` may be called 100 times a minute and workspace (docs.slack.dev, tier 4)."""

log = structlog.get_logger()

Draw = Callable[[Sender, Look], Awaitable[Drawn]]


@dataclass(frozen=True, slots=True)
class Published:
    """What Slack said: the hash of the view as it is now; `moved` where it was no longer the one we knew; how busy it is."""

    hash: str | None = None
    moved: bool = False
    wait: float = 0.0


Publish = Callable[[str, Json, str | None], Awaitable[Published]]


@dataclass(slots=True)
class Viewer:
    """Somebody who looked at `at`. `shown` is our hash of what they see, `hash` Slack's; None until known.

    `keys` are what it hangs on, None where that is not known. `stale` from when something changed until it is drawn.
    """

    sender: Sender
    look: Look
    at: float
    shown: str = ""
    hash: str | None = None
    keys: frozenset[str] | None = None
    stale: bool = False
    drawn_at: float = float("-inf")


class Homes:
    def __init__(
        self,
        store: Store,
        draw: Draw,
        publish: Publish,
        *,
        pause: float = PAUSE,
        a_minute: float = A_MINUTE,
        seconds: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._draw = draw
        self._publish = publish
        self._pause = pause
        self._seconds = seconds
        self._sleep = sleep
        self._gate = Gate(("home",), 60 / a_minute, BURST, lane="home")
        self._book = Book()
        self._viewers: OrderedDict[str, Viewer] = OrderedDict()
        self._changes: set[Changed] = set()
        self._woken = asyncio.Event()

    # What people do.

    async def show(self, sender: Sender, look: Look = EVERYTHING, drawn: Drawn | None = None) -> None:
        """Somebody opened or turned theirs: drawn at once, whatever waits behind."""
        found = drawn or await self._draw(sender, look)
        viewer = Viewer(sender, look, self._seconds(), keys=found.keys)
        self._keep(viewer)
        self._book.wait(f"shown to {sender.user}", [self._gate], self._seconds())
        self._book.done(f"shown to {sender.user}")
        await self._show(viewer, found, None)

    def clicked(self, sender: Sender, look: Look) -> None:
        """Somebody decided in theirs; a server that has just started learns so that they look at it."""
        known = self._viewers.get(sender.user)
        if known is None:
            self._keep(Viewer(sender, look, self._seconds()))
        else:
            known.at, known.look = self._seconds(), look

    def _keep(self, viewer: Viewer) -> None:
        self._viewers[viewer.sender.user] = viewer
        self._viewers.move_to_end(viewer.sender.user)
        while len(self._viewers) > MOST:
            self._viewers.popitem(last=False)

    # What changes.

    def nudge(self, changed: Iterable[Changed] = ()) -> None:
        """Some requests changed; takes what `store.subscribe` gives."""
        if self._viewers:
            self._changes |= set(changed)
            self._woken.set()

    async def run(self) -> None:
        """Serve until cancelled. Many changes in a moment are one look."""
        while True:
            await self._woken.wait()
            await self._sleep(self._pause)
            self._woken.clear()
            try:
                await self._mark()
                await self._renew(APART)
            except ApprovalError as error:
                log.warning("slack.homes_not_drawn", problem=error.code)
            except Exception:  # the loop's last line: one Home that cannot be drawn must not end all others
                log.exception("slack.homes_failed")

    async def refresh(self) -> None:
        """Draw all anew; those that would look the same are left alone."""
        for viewer in self._viewers.values():
            viewer.stale = True
        await self._renew(0.0)

    async def _mark(self) -> None:
        changes, self._changes = self._changes, set()
        if not changes:
            return
        keys = None if len(changes) > LOADED else await self._store.read(lambda reader: concerned(reader, changes))
        for viewer in self._viewers.values():
            viewer.stale |= keys is None or viewer.keys is None or bool(keys & viewer.keys)

    async def _renew(self, apart: float) -> None:
        """Those who looked last come first; more that change meanwhile are taken along."""
        while (viewer := self._next()) is not None:
            wait = viewer.drawn_at + apart - self._seconds()
            wait = max(wait, self._book.wait(viewer.sender.user, [self._gate], self._seconds()))
            if wait > 0:
                await self._sleep(wait)
                await self._mark()
                continue
            self._book.done(viewer.sender.user)
            viewer.stale = False
            drawn = await self._draw(viewer.sender, viewer.look)
            viewer.keys, viewer.drawn_at = drawn.keys, self._seconds()
            if _hash(drawn.view) != viewer.shown and self._viewers.get(viewer.sender.user) is viewer:
                await self._show(viewer, drawn, viewer.hash)

    def _next(self) -> Viewer | None:
        long_ago = self._seconds() - LATELY
        for user, viewer in list(self._viewers.items()):
            if viewer.at < long_ago:
                del self._viewers[user]
        return next((viewer for viewer in reversed(self._viewers.values()) if viewer.stale), None)

    async def _show(self, viewer: Viewer, drawn: Drawn, expected: str | None) -> None:
        published = await self._publish(viewer.sender.user, drawn.view, expected)
        if published.wait > 0:
            self._book.close([self._gate], published.wait, self._seconds())
            viewer.stale = True
            self._woken.set()
        elif published.moved and self._viewers.get(viewer.sender.user) is viewer:
            del self._viewers[viewer.sender.user]
        elif published.hash is not None:
            viewer.shown, viewer.hash, viewer.drawn_at = _hash(drawn.view), published.hash, self._seconds()


def concerned(reader: Reader, changes: Iterable[Changed]) -> frozenset[str]:
    """Whose Home a change may show in: who is waited for now, who asked, who decided, and whoever sees the request."""
    keys: set[str] = set()
    for id in {change.request for change in changes}:
        keys.add(f"request:{id}")
        request = reader.request(id)
        if request is not None:
            keys |= waiting_principals(request) | {request.requester.key}
            keys |= {f"member:{decision.member}" for decision in request.decisions}
    return frozenset(keys)


def _hash(view: Json) -> str:
    return hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()
