"""The product's clock: real time, plus what a test or the sandbox has turned it by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class TurnableClock:
    """Safe to read from any thread: the offset is replaced, never changed."""

    def __init__(self) -> None:
        self._offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    @property
    def offset(self) -> timedelta:
        return self._offset

    def turn(self, by: timedelta) -> None:
        """Whoever turns it also tells the alarm (`clock_turned`) and the courier (`nudge`)."""
        self._offset += by
