"""What becomes of a delivery or a notice after each outcome. Pure: a row and a moment in, the row to record out.

What the courier must remember about a post (when it was asked for, how often, whether it is a second copy) lies in the
row's `address` under one key of its own, which outlets never see: a restart, or another replica, goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from core.ports import Delivery, Notice

OWN = "courier"
"""The courier's own key in a stored address. May never be renamed."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, in seconds, and how often.

    A row is claimed for `claim`; one call of an outlet may take `send`. What waits for its turn longer than `linger` is put
    back meanwhile; a notice that must stay behind another looks again after `behind` at the least. A post of unknown outcome
    is looked for after `look_for`, repeated after `again`, then after twice as long each time, `posts` times in all; while
    every look fails, after `blindly`, which outlasts most outages and leaves a request of a few hours its time. What is
    refused in passing (a token to be renewed …) is tried `card_tries` times, which is a day, and a notice `tries` times.
    """

    lease: float = 15
    poll: float = 5
    claim: float = 60
    send: float = 20
    linger: float = 1
    behind: float = 1
    look_for: float = 5
    again: float = 60
    blindly: float = 3600
    posts: int = 6
    card_tries: int = 300
    tries: int = 10
    longest: float = 300
    parting: float = 5

    def backoff(self, attempts: int) -> float:
        return min(self.longest, 2.0 ** min(attempts, 30))


def after(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


# ------------------------------------------------------------------------------------------------------------ deliveries


def bare(delivery: Delivery) -> Delivery:
    """As outlets see it."""
    return replace(delivery, address=without_own(delivery.address))


def without_own(address: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in address.items() if key != OWN}


def own(delivery: Delivery) -> dict[str, Any]:
    return dict(delivery.address.get(OWN, {}))


def with_own(address: Mapping[str, Any], **memory: Any) -> dict[str, Any]:
    known = {key: value for key, value in memory.items() if value}
    return {**without_own(address), OWN: known} if known else without_own(address)


def about_to_post(delivery: Delivery, now: datetime, patience: Patience) -> Delivery:
    """Written before the post goes out, so that a crash leaves a row that says so, instead of one that looks new."""
    memory = own(delivery) | {"posted_at": now.isoformat(), "posts": own(delivery).get("posts", 0) + 1}
    return replace(
        delivery,
        state="unknown",
        address=with_own(delivery.address, **memory),
        attempts=delivery.attempts + 1,
        next_try_at=after(now, patience.send + patience.look_for),
    )


def now_shown(before: Delivery, drawn: Delivery, version: int) -> Delivery:
    """The outlet drew this version; of the way there only a second copy is remembered as one."""
    address = with_own(drawn.address, again=is_second_copy(before))
    return replace(before, state="shown", shown=version, address=address, attempts=0, next_try_at=None, problem=None)


def found(delivery: Delivery, address: Mapping[str, Any]) -> Delivery:
    """The message is there after all (looked up, or revealed by a click); what it shows is not known, so draw it anew."""
    return now_shown(delivery, replace(delivery, address=address), 0)


def put_back(delivery: Delivery, now: datetime, seconds: float) -> Delivery:
    """Nothing was done and nothing is wrong: its turn comes later."""
    return replace(delivery, next_try_at=after(now, seconds))


def retry(delivery: Delivery, now: datetime, patience: Patience, problem: str, least: float = 0.0) -> Delivery:
    attempts = delivery.attempts + 1
    later = after(now, max(least, patience.backoff(attempts)))
    return replace(delivery, attempts=attempts, next_try_at=later, problem=problem)


def look_for_soon(delivery: Delivery, now: datetime, patience: Patience, problem: str) -> Delivery:
    """A post just ended without telling how."""
    return replace(delivery, next_try_at=after(now, patience.look_for), problem=problem)


def posted_by(delivery: Delivery, now: datetime) -> Delivery:
    """A post from the future was made before the clock was set back, nobody knows when; its patience begins anew."""
    if _posted_at(delivery) <= now:
        return delivery
    return replace(delivery, address=with_own(delivery.address, **own(delivery) | {"posted_at": now.isoformat()}))


def post_again_at(delivery: Delivery, patience: Patience) -> datetime:
    """When a post of unknown outcome that cannot be found may be repeated."""
    posts = own(delivery).get("posts", 1)
    return after(_posted_at(delivery), min(patience.again * 2.0 ** (posts - 1), patience.longest * 3))


def post_blindly_at(delivery: Delivery, patience: Patience) -> datetime:
    """When one may be repeated that no look has told anything of."""
    return after(_posted_at(delivery), patience.blindly)


def _posted_at(delivery: Delivery) -> datetime:
    return datetime.fromisoformat(own(delivery)["posted_at"])


def was_posted_enough(delivery: Delivery, patience: Patience) -> bool:
    return bool(own(delivery).get("posts", 0) >= patience.posts)


def is_second_copy(delivery: Delivery) -> bool:
    return bool(own(delivery).get("again"))


def vanished(delivery: Delivery, problem: str) -> Delivery:
    """Somebody deleted the message: a new one takes its place. Once: a second time somebody does not want it there."""
    return replace(
        delivery,
        state="new",
        shown=0,
        address=with_own({}, again=True),
        attempts=0,
        next_try_at=None,
        problem=problem,
    )


def lost(delivery: Delivery, problem: str) -> Delivery:
    return replace(delivery, state="lost", next_try_at=None, problem=problem[:500])


# --------------------------------------------------------------------------------------------------------------- notices


def about_to_tell(notice: Notice) -> Notice:
    """Written before it goes out; where nothing else is written afterwards, this is how it ends."""
    return replace(notice, state="unknown", attempts=notice.attempts + 1, next_try_at=None)


def now_told(announced: Notice, said: Notice) -> Notice:
    return replace(announced, state="sent", address=dict(said.address))


def tell_later(notice: Notice, now: datetime, seconds: float, attempts: int) -> Notice:
    return replace(notice, state="due", attempts=attempts, next_try_at=after(now, seconds))


def untold(notice: Notice) -> Notice:
    return replace(notice, state="lost", next_try_at=None)


def seq(notice: Notice) -> int:
    """The place of its event in the request's story."""
    return int(notice.event.rpartition(":")[2])
