"""What an outlet is: one way of showing requests and telling people, and the three ways it says that it could not.

Outlets only show and tell; queue, pace, order, patience and fallback are the courier's. An outlet that is certain that
nothing was done says `OutletBusy` or `OutletRefused`; whenever it cannot be certain, `OutcomeUnknown`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from core.model.quick import dataclass
from core.model.request import Request
from core.ports import Delivery, Notice

SHORTEST_WAIT = 0.5
"""Seconds; whoever is busy is not asked again at once, whatever they say."""


class OutletRefused(Exception):
    """The outlet answered no. `gone`: the message has vanished, but its place is fine (it is posted again, once).

    Otherwise, when `permanent`, the place can no longer be used (archived, bot removed …): the courier falls back to
    other places. Not `permanent`: worth another try later. `reason` is a short text for people who run the server.
    """

    def __init__(self, reason: str, *, gone: bool = False, permanent: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.gone = gone
        self.permanent = permanent


class OutletBusy(Exception):
    """Nothing was done; try again after `retry_after` seconds (429, or nobody reached at all).

    The courier holds back everything of the same kind (posts, or updates) in the same lane for as long. `lane` says
    which, where several were used at once.
    """

    def __init__(self, retry_after: float, lane: str | None = None) -> None:
        super().__init__(f"busy for {retry_after} s")
        self.retry_after = max(SHORTEST_WAIT, retry_after)
        self.lane = lane


class OutcomeUnknown(Exception):
    """It was sent, and whether it was done is not known (timeout, reset, 500, `internal_error`)."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an outlet may be used: the limits of an outlet are stated by that outlet, and kept by the courier.

    `post_gap` is seconds between two posts to one place; `posts` and `updates` are per minute and lane, of which
    `burst` may come at once.
    """

    post_gap: float = 1.0
    posts: float = 240.0
    updates: float = 50.0
    burst: int = 10

    def times(self, factor: float) -> Pace:
        """The same, `factor` times as fast."""
        return Pace(
            self.post_gap / factor, self.posts * factor, self.updates * factor, max(1, int(self.burst * factor))
        )


@dataclass(frozen=True, slots=True)
class Spot:
    """What something counts against: `lane` is whatever has one allowance as a whole, `place` one place in it."""

    lane: str
    place: str


@dataclass(frozen=True, slots=True)
class Reminder:
    """A notice that was piled up, and its request as it is now."""

    notice: Notice
    request: Request


class Outlet(Protocol):
    """One way of showing and telling. Its calls end within `Patience.send` seconds, or count as unknown."""

    @property
    def word(self) -> str:
        """Its name in stored deliveries and notices, e.g. `slack`."""

    @property
    def pace(self) -> Pace: ...

    async def spot(self, organisation: str, place: str, address: Mapping[str, Any]) -> Spot:
        """Where this will go, asked before every sending, so that the courier can keep the pace there.

        Never refuses: where it cannot be told, the organisation stands for the lane, and `show` or `tell` says why.
        """

    async def show(self, delivery: Delivery, request: Request) -> Delivery:
        """Draw the request: update the message at `address` when `state` is `shown`, else post it once.

        Returns the delivery with `address` filled. Several calls to get there are fine, but only the last may post.
        """

    async def tell(self, notice: Notice, request: Request, cards: Sequence[Delivery]) -> Notice:
        """Say the notice's sentence in its place, once; `thread` means under each of `cards`, which are on show."""

    async def find(self, delivery: Delivery) -> Mapping[str, Any] | None:
        """After an unknown outcome: the address of the message that carries the delivery's id; None where there is none.

        None too where nobody will ever be able to look; a look that only failed is raised, like anything else that did.
        """


@runtime_checkable
class Guide(Protocol):
    """An outlet that mostly knows by itself where something will go; in others every row is an errand that asks."""

    def known_spot(self, organisation: str, place: str, address: Mapping[str, Any]) -> Spot | None:
        """What `spot` would say, where nobody need be asked for it; else None."""


@runtime_checkable
class Binder(Protocol):
    """An outlet that can show several requests on one card; in others each has its own."""

    async def show_batch(self, delivery: Delivery, requests: Sequence[Request]) -> Delivery:
        """As `show`, for what was asked together and is shown in this place, in the order of its numbers; at least one."""


@runtime_checkable
class Herald(Protocol):
    """An outlet that can tell an outside user something that is no request's; in others it stays untold."""

    async def inform(self, notice: Notice) -> Notice:
        """As `tell`, to the outside user the notice's place names."""


@runtime_checkable
class Gatherer(Protocol):
    """An outlet that can say many things in one message; others are told one after the other."""

    async def gather(self, organisation: str, place: str, reminders: Sequence[Reminder], more: int) -> None:
        """All of these to one person or into one channel, as one message; `more` are waiting that are not among them."""
