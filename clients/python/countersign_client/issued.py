"""Tokens that live for minutes: asked for anew before they end, and when the server takes one no longer.

Whoever waits for people outlives them many times over, so a source of tokens may stand where a token stands.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from countersign_client.errors import NotLoggedIn

Source = Callable[[], str]
AwaitedSource = Callable[[], Awaitable[str]]

MARGIN: Final = 30
"""Seconds before its end at which a token is no longer sent: the call takes time, and clocks differ."""


@dataclass(slots=True)
class Issued:
    """What a source gave last; `ends` is None where the token does not say. May be used by several threads."""

    source: Source | AwaitedSource = field(repr=False)
    token: str | None = field(default=None, repr=False)
    ends: float | None = None

    @property
    def is_wanted(self) -> bool:
        return self.token is None or (self.ends is not None and time.time() > self.ends - MARGIN)

    def keep(self, token: object) -> None:
        if not isinstance(token, str):
            if hasattr(token, "close"):
                token.close()  # a coroutine nobody will await
            raise NotLoggedIn("The function for tokens gave no text; one that is awaited is for AsyncCountersign.")
        self.token, self.ends = token, _end(token)

    def forget(self, token: str | None) -> None:
        """Unless somebody has already asked for another one."""
        if self.token == token:
            self.token = None


def _end(token: str) -> float | None:
    """When a JWT ends, as it says itself. Nothing follows from it but asking again: whether it is good, the server says."""
    try:
        payload = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(said["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None
