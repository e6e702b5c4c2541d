"""What `/metrics` tells: requests by route and status, how long they took, refusals by code, who is waiting."""

from __future__ import annotations

from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
"""Counted by name; anybody can invent others, and each would have a line of its own for ever."""


class Metrics:
    """A registry of its own, so that two servers in one process do not mix. Each line is looked up by its labels once."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._answers = Counter(
            "countersign_http_requests", "Answers by route and status.", labels, registry=self.registry
        )
        self._seconds = Histogram(
            "countersign_http_seconds",
            "Seconds until the answer, waiting left out.",
            ("route",),
            registry=self.registry,
        )
        self._answered = cache(lambda method, route, status: self._answers.labels(method, route, str(status)))
        self._took = cache(self._seconds.labels)
        self._refusals = Counter("countersign_refusals", "Refusals by code.", ("code",), registry=self.registry)
        self.waiting = Gauge("countersign_waiting", "Long polls being held now.", registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """`seconds` is None for an answer that was held back on purpose."""
        self._answered(method if method in METHODS else "other", route, status).inc()
        if seconds is not None:
            self._took(route).observe(seconds)

    def refused(self, code: str) -> None:
        self._refusals.labels(code).inc()

    def page(self) -> bytes:
        return generate_latest(self.registry)
