"""Rate limits: Slack's tiers per method, workspace and token; about one post a second per channel.

Slack publishes tiers but no burst sizes; here a tier tolerates a burst of one minute's worth, a channel three posts.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

TIERS = {1: 1, 2: 20, 3: 50, 4: 100, 5: 600}  # calls per minute; 5 stands for Slack's "special" methods
POSTS_PER_CHANNEL_BURST = 3
POSTS_PER_MINUTE = 300  # "several hundred" per workspace


@dataclass
class Bucket:
    capacity: float
    per_second: float
    filled: float
    at: float

    def take(self, now: float) -> float:
        """Seconds to wait, 0 when one was taken."""
        self.filled = min(self.capacity, self.filled + (now - self.at) * self.per_second)
        self.at = now
        if self.filled >= 1:
            self.filled -= 1
            return 0.0
        return (1 - self.filled) / self.per_second


@dataclass
class Rates:
    """`multiplier` scales every limit; None switches them off."""

    multiplier: float | None = 1.0
    now: Callable[[], float] = time.monotonic
    _buckets: dict[tuple[str, ...], Bucket] = field(default_factory=dict)

    def wait(self, method: str, token: str, tier: int, channel: str = "") -> int:
        """Whole seconds for Retry-After; 0 when the call may go ahead."""
        if self.multiplier is None:
            return 0
        if method == "chat.postMessage":
            return self._wait_to_post(token, channel)
        return self._wait((method, token), TIERS[tier], TIERS[tier] / 60)

    def _wait_to_post(self, token: str, channel: str) -> int:
        wait = self._wait(("post", token, channel), POSTS_PER_CHANNEL_BURST, 1.0)
        return wait or self._wait(("post", token), POSTS_PER_MINUTE, POSTS_PER_MINUTE / 60)

    def _wait(self, key: tuple[str, ...], capacity: float, per_second: float) -> int:
        factor = self.multiplier or 1.0
        size = max(1.0, capacity * factor)
        bucket = self._buckets.get(key)
        if bucket is None or bucket.capacity != size:
            bucket = self._buckets[key] = Bucket(size, per_second * factor, size, self.now())
        return math.ceil(bucket.take(self.now()))
