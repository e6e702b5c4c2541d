"""Faults on request: the next calls of a method fail, or the next acknowledgements get lost.

Kinds for a Web API method (or `response_url`): `429`, `500`, `timeout` (nothing done, no reply), `error` (nothing
done, `error` answered), `drop` (nothing done, connection cut), `drop_reply` (done, connection cut), `500_after` and
`error_after` (done, then 500 or `error`), `delay` (done after `seconds`). Method `*` means any.
For `ack` (of interactions and commands) and `event_ack`: `drop_reply` and `timeout` lose the app's acknowledgement, `500` turns it into one, `delay` holds it.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

OTHER_THAN_METHODS = frozenset({"ack", "event_ack", "response_url"})
KINDS = frozenset({"429", "500", "timeout", "error", "drop", "drop_reply", "500_after", "error_after", "delay"})


@dataclass
class Fault:
    method: str
    kind: str
    count: int = 1
    error: str = "internal_error"
    retry_after: int = 1
    seconds: float = 30.0

    def shown(self) -> dict[str, Any]:
        return {"method": self.method, "kind": self.kind, "count": self.count, "error": self.error,
                "retry_after": self.retry_after, "seconds": self.seconds}  # fmt: skip


@dataclass(eq=False)
class Gate:
    """Calls that stand at the door until `open()`; `await reached()` says that one has come."""

    held: int = 0
    _opened: asyncio.Event = field(default_factory=asyncio.Event)
    _reached: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self) -> None:
        self._opened.set()

    async def reached(self) -> None:
        await self._reached.wait()

    async def stand(self) -> None:
        self.held += 1
        self._reached.set()
        await self._opened.wait()
        self.held -= 1


@dataclass
class Faults:
    waiting: list[Fault] = field(default_factory=list)
    gates: dict[str, Gate] = field(default_factory=dict)

    def add(
        self, method: str, kind: str, *, count: int = 1, error: str = "internal_error", retry_after: int = 1,
        seconds: float = 30.0,
    ) -> None:  # fmt: skip
        """The next `count` calls of `method` fail as `kind` says."""
        if kind not in KINDS:
            raise ValueError(f"unknown kind of fault {kind!r}; known are {', '.join(sorted(KINDS))}")
        self.waiting.append(Fault(method, kind, count, error, retry_after, seconds))

    def take(self, method: str) -> Fault | None:
        """The fault for this call, counted down; None when the call may go well."""
        fault = next((each for each in self.waiting if _fits(each, method)), None)
        if fault is None:
            return None
        fault.count -= 1
        if fault.count <= 0:
            self.waiting.remove(fault)
        return fault

    def hold(self, method: str) -> Gate:
        """From now on calls of this method wait, nothing done, until the gate is opened."""
        gate = self.gates[method] = Gate()
        return gate

    async def pass_gate(self, method: str) -> None:
        if method in self.gates:
            await self.gates[method].stand()

    def clear(self) -> None:
        self.waiting.clear()
        for gate in self.gates.values():
            gate.open()
        self.gates.clear()


def _fits(fault: Fault, method: str) -> bool:
    return fault.method == method or (fault.method == "*" and method not in OTHER_THAN_METHODS)
