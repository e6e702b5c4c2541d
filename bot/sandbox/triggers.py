"""Trigger ids: a few seconds of real time, one use."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.ids import new_word
from bot.sandbox.shapes import SlackError

KEPT_SECONDS = 600.0


@dataclass
class Trigger:
    user_id: str
    issued: float
    view_id: str | None = None
    used: bool = False


@dataclass
class Triggers:
    life: float = 3.0
    now: Callable[[], float] = time.monotonic
    _known: dict[str, Trigger] = field(default_factory=dict)

    def issue(self, user_id: str, view_id: str | None = None) -> str:
        self._forget_old()
        trigger_id = f"{int(time.time() * 1000)}.{new_word(12)}.{new_word(24)}"
        self._known[trigger_id] = Trigger(user_id, self.now(), view_id)
        return trigger_id

    def knows(self, trigger_id: str) -> bool:
        return trigger_id in self._known

    def redeem(self, trigger_id: str) -> Trigger:
        """Uses it up. Raises invalid_trigger_id, exchanged_trigger_id or expired_trigger_id."""
        trigger = self._known.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.now() - trigger.issued > self.life:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def _forget_old(self) -> None:
        oldest = next(iter(self._known), None)
        while oldest is not None and self.now() - self._known[oldest].issued > KEPT_SECONDS:
            del self._known[oldest]
            oldest = next(iter(self._known), None)
