"""Issuers' public keys: fetched when first needed, kept for a while, fetched again when one is not among them."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.guard import Guard, NotReached
from bot.oidc.token import Refused, Unverified, algorithms
from bot.wire.strict import load_json
from core.errors import Invalid, Unavailable
from core.phrases import phrase

FRESH: Final = 10 * 60.0
"""Seconds after which they are looked at anew, so that one that was withdrawn is soon believed no more."""

STALE: Final = 60 * 60.0
"""Seconds for which those known are believed while the issuer cannot be reached."""

PAUSE: Final = 30.0
"""Seconds between two looks, whatever key ids tokens make up."""

SECONDS: Final = 5.0
MOST_BYTES: Final = 256 * 1024
MOST_KEYS: Final = 100

Jwk = Mapping[str, Any]


@dataclass(slots=True)
class _Known:
    """Of one issuer. `tried` is the last look, `fetched` the last that succeeded."""

    keys: tuple[Jwk, ...] = ()
    fetched: float | None = None
    tried: float | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def find(self, token: Unverified) -> Jwk | None:
        """By its id; a token that names none may mean the only one there is."""
        usable = [key for key in self.keys if algorithms(key)]
        if token.key is None:
            return usable[0] if len(usable) == 1 else None
        return next((key for key in usable if key.get("kid") == token.key), None)


class IssuerKeys:
    """Ask it for issuers that somebody has set up alone. `now` counts seconds and never goes back."""

    def __init__(self, guard: Guard, now: Callable[[], float] = time.monotonic) -> None:
        self._guard, self._now = guard, now
        self._known: defaultdict[str, _Known] = defaultdict(_Known)

    async def find(self, token: Unverified) -> Jwk:
        known = self._known[token.issuer]
        found = known.find(token)
        if found is not None and self._is_younger(known.fetched, FRESH):
            return found
        async with known.turn:
            await self._look_again(token, known)
        return self._among(token, known)

    def _among(self, token: Unverified, known: _Known) -> Jwk:
        if not self._is_younger(known.fetched, STALE):
            raise Unavailable(
                phrase(
                    "The keys of {issuer} cannot be had, so nobody is let in by them; try again.", issuer=token.issuer
                )
            )
        found = known.find(token)
        if found is None:
            raise Refused(phrase("This token is signed with a key that its issuer does not have; get a new one."))
        return found

    async def _look_again(self, token: Unverified, known: _Known) -> None:
        """Unless somebody else just has."""
        current = known.find(token) is not None and self._is_younger(known.fetched, FRESH)
        if current or self._is_younger(known.tried, PAUSE):
            return
        known.tried = self._now()
        try:
            known.keys = await self._fetch(token.issuer)
        except (NotReached, Invalid):
            return
        known.fetched = self._now()

    async def _fetch(self, issuer: str) -> tuple[Jwk, ...]:
        about = await self._read(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        where = about.get("jwks_uri")
        if about.get("issuer") != issuer or not isinstance(where, str):
            raise Invalid("This issuer calls itself otherwise.")
        keys = (await self._read(self._guard.check(where))).get("keys")
        if not isinstance(keys, list):
            raise Invalid("These are no keys.")
        return tuple(key for key in keys[:MOST_KEYS] if isinstance(key, dict))

    async def _read(self, url: str) -> dict[str, Any]:
        answer = await self._guard.call(
            "GET", url, seconds=SECONDS, headers={"Accept": "application/json"}, most=MOST_BYTES
        )
        value = load_json(answer.body) if answer.status == 200 and not answer.cut else None
        if not isinstance(value, dict):
            raise Invalid("This is no answer of an issuer.")
        return value

    def _is_younger(self, at: float | None, seconds: float) -> bool:
        return at is not None and self._now() - at < seconds
