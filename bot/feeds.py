"""Calendars kept elsewhere, read: called through the guard, understood by a process of its own that can do no harm."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from bot.guard import Guard, NotReached
from bot.rosters.base import Format, Unreadable, understood
from core.administration.schedules import FeedTrouble
from core.model.schedule import Shift
from core.phrases import phrase

CALL_SECONDS: Final = 10.0
READ_SECONDS: Final = 15.0
MOST_BYTES: Final = 4 << 20
OK: Final = 200
MOVED: Final = range(300, 400)
FORMAT: Final = "ical"


class Feeds:
    """Implements `core.administration.schedules.Feeds`; `formats` by their words."""

    def __init__(self, guard: Guard, formats: Mapping[str, Format]) -> None:
        self._guard = guard
        self._format = formats[FORMAT]

    def check(self, url: str) -> str:
        """`webcal` is what calendars call https."""
        kind, _, rest = url.partition("://")
        return self._guard.check(f"https://{rest}" if kind.lower() in {"webcal", "webcals"} else url)

    async def read(self, url: str, now: datetime) -> Sequence[Shift]:
        return await self._understood(await self._fetched(url), now)

    async def _fetched(self, url: str) -> bytes:
        try:
            answer = await self._guard.call(
                "GET", url, seconds=CALL_SECONDS, headers={"Accept": self._format.accept}, most=MOST_BYTES
            )
        except NotReached as trouble:
            raise FeedTrouble(trouble.sentence) from None
        if answer.status in MOVED:
            raise FeedTrouble(
                phrase("The address leads on to another one, which is not followed; give the last one itself.")
            )
        if answer.status != OK:
            raise FeedTrouble(
                phrase(
                    "The address answered {status} instead of a calendar; check that it is still right.",
                    status=answer.status,
                )
            )
        if answer.cut:
            raise FeedTrouble(
                phrase(
                    "The calendar is larger than {most} MiB; use one made for duty alone.",
                    most=MOST_BYTES >> 20,
                )
            )
        return answer.body

    async def _understood(self, raw: bytes, now: datetime) -> Sequence[Shift]:
        """The process sees nothing of ours but where to find its modules."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._format.module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PYTHONSAFEPATH": "1"},
        )
        try:
            async with asyncio.timeout(READ_SECONDS):
                said, _ = await process.communicate(now.isoformat().encode() + b"\n" + raw)
        except TimeoutError:
            raise FeedTrouble(
                phrase("The calendar takes too long to be understood; use one with fewer repetitions.")
            ) from None
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if process.returncode != 0:
            raise FeedTrouble(phrase("The calendar cannot be understood; use one made for duty alone."))
        try:
            return understood(said)
        except Unreadable as trouble:
            raise FeedTrouble(str(trouble)) from None
