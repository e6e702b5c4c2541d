"""How fast one credential may call: a bucket each, filled steadily, emptied call by call. Every process has its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.errors import TooSoon
from core.phrases import phrase

MOST_BUCKETS: Final = 10_000
"""Beyond which those that are full again, and so say nothing, are forgotten."""


@dataclass(slots=True)
class _Bucket:
    """`left` calls as of `at`, in seconds."""

    left: float
    at: float


class Limits:
    """`rate` calls a second on average, `burst` at once; a rate of 0 lets everything pass."""

    def __init__(self, now: Callable[[], datetime], rate: float, burst: int) -> None:
        self._now, self._rate, self._burst = now, rate, burst
        self._buckets: dict[str, _Bucket] = {}

    def take(self, credential: str) -> None:
        """One call by this credential; `TooSoon` says when there is room for the next."""
        if self._rate <= 0:
            return
        at = self._now().timestamp()
        bucket = self._buckets.get(credential)
        if bucket is None:
            self._forget(at)
            bucket = self._buckets[credential] = _Bucket(self._burst, at)
        self._fill(bucket, at)
        if bucket.left < 1:
            wait = max(1, math.ceil((1 - bucket.left) / self._rate))
            raise TooSoon(
                phrase("These are too many calls with one credential; wait {seconds} s, then go slower.", seconds=wait),
                retry_after=wait,
                limit=self._rate,
            )
        bucket.left -= 1

    def _fill(self, bucket: _Bucket, at: float) -> None:
        """A clock that went back fills nothing."""
        bucket.left = min(self._burst, bucket.left + max(0.0, at - bucket.at) * self._rate)
        bucket.at = at

    def _forget(self, at: float) -> None:
        if len(self._buckets) < MOST_BUCKETS:
            return
        for bucket in self._buckets.values():
            self._fill(bucket, at)
        self._buckets = {name: bucket for name, bucket in self._buckets.items() if bucket.left < self._burst}
