"""A place to post with a memory: what stands there, what happens to each call, and how often each thing was done.

Faults are put in line with `fails(call, *faults)`: the next calls of that kind meet them, one each. `Lost(done=True)` is a
lost reply: the thing was done, and nobody was told.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from core.courier import OutcomeUnknown, OutletRefused, Pace, Spot
from core.model.request import Request
from core.ports import Delivery, Notice

T = TypeVar("T")
QUICK = Pace(post_gap=0, posts=float("inf"), updates=float("inf"))


@dataclass(frozen=True)
class Lost:
    """The reply never comes; whether the thing was done is known to us alone."""

    done: bool


@dataclass(frozen=True)
class Hang:
    """The call waits until the outlet is let go; then it is done."""


class Killed(BaseException):
    """The process dies here: nothing after this line runs. `done` says whether the outlet had heard."""

    def __init__(self, *, done: bool) -> None:
        super().__init__(done)
        self.done = done


Fault = Lost | Hang | Killed | Exception


@dataclass
class Message:
    """What stands in a place."""

    place: str
    delivery: str
    version: int
    status: str


@dataclass
class Board:
    """An outlet with state."""

    word: str = "board"
    pace: Pace = QUICK
    can_look_up: bool = True
    messages: dict[int, Message] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    drawing: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    lanes: dict[str, str] = field(default_factory=dict)
    dead: bool = False
    released: asyncio.Event = field(default_factory=asyncio.Event)
    _faults: defaultdict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def fails(self, call: str, *faults: Fault) -> None:
        self._faults[call] += faults

    def revive(self) -> None:
        """A new process speaks to this outlet."""
        self.dead = False

    def forgive(self) -> None:
        """No more faults."""
        self._faults.clear()

    def standing(self, place: str) -> list[Message]:
        return [message for message in self.messages.values() if message.place == place]

    def delete(self, place: str) -> None:
        self.messages = {id: message for id, message in self.messages.items() if message.place != place}

    # As the courier sees it.

    async def spot(self, organisation: str, place: str, address: Mapping[str, Any]) -> Spot:
        """`lanes` names the lanes of places; all others are in the organisation's."""
        return self.known_spot(organisation, place, address)

    def known_spot(self, organisation: str, place: str, address: Mapping[str, Any]) -> Spot:
        return Spot(self.lanes.get(place, organisation), place)

    async def show(self, delivery: Delivery, request: Request) -> Delivery:
        call = "update" if delivery.state == "shown" else "post"
        assert delivery.id not in self.drawing, "one in flight per card"
        self.drawing.add(delivery.id)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._meet(call, lambda: self._draw(delivery, request))
        finally:
            self.at_once -= 1
            self.drawing.discard(delivery.id)

    async def tell(self, notice: Notice, request: Request, cards: Sequence[Delivery]) -> Notice:
        places = [card.place for card in cards] if notice.place == "thread" else [notice.place]

        def say() -> Notice:
            self.told += [(place, notice.sentence) for place in places]
            return replace(notice, address={"places": places})

        return await self._meet("tell", say)

    async def find(self, delivery: Delivery) -> Mapping[str, Any] | None:
        def look() -> Mapping[str, Any] | None:
            ids = [id for id, message in self.messages.items() if message.delivery == delivery.id]
            return {"id": ids[0]} if ids and self.can_look_up else None

        return await self._meet("find", look)

    def _draw(self, delivery: Delivery, request: Request) -> Delivery:
        if delivery.place in self.closed:
            raise OutletRefused("is_archived")
        if delivery.state == "shown" and delivery.address["id"] not in self.messages:
            raise OutletRefused("message_not_found", gone=True)
        id = delivery.address["id"] if delivery.state == "shown" else next(self._ids)
        self.messages[id] = Message(delivery.place, delivery.id, request.version, request.status)
        return replace(delivery, address={"id": id})

    async def _meet(self, call: str, do: Callable[[], T]) -> T:
        if self.dead:
            raise Killed(done=False)
        self.calls.append(call)
        match self._faults[call].pop(0) if self._faults[call] else None:
            case None:
                return do()
            case Lost(done):
                if done:
                    do()
                raise OutcomeUnknown("timeout")
            case Hang():
                await self.released.wait()
                return do()
            case Killed() as killed:
                if killed.done:
                    do()
                self.dead = True
                raise killed
            case fault:
                raise fault
