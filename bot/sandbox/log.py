"""The inspector's memory: every call, delivery and answer, newest last, the oldest forgotten."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.shapes import Json

KEPT = 2_000


@dataclass
class Log:
    clock: Clock
    entries: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT))
    listener: Callable[[Json], None] | None = None
    _count: int = 0

    def add(
        self, *, direction: str, kind: str, title: str, request: Any, response: Any, status: int, ms: float,
        error: str | None = None,
    ) -> None:  # fmt: skip
        """`direction` is `to_app` or `from_app`, `kind` the family of traffic as the page names it."""
        self._count += 1
        entry: Json = {
            "n": self._count, "at": self.clock.now(), "direction": direction, "kind": kind, "title": title, "request": request,
            "response": response, "status": status, "ms": round(ms, 1),
        }  # fmt: skip
        if error:
            entry["error"] = error
        self.entries.append(entry)
        if self.listener is not None:
            self.listener(entry)

    def after(self, number: int) -> list[Json]:
        return [entry for entry in self.entries if entry["n"] > number]

    def calls(self, method: str) -> list[Any]:
        """The arguments of every call of a Web API method, oldest first."""
        return [entry["request"] for entry in self.entries if (entry["kind"], entry["title"]) == ("web_api", method)]

    def titles(self) -> list[str]:
        return [entry["title"] for entry in self.entries]
