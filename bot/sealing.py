"""Secrets at rest: what opens something elsewhere is kept encrypted, bound to the place it is kept in.

AES-256-GCM. The first of `COUNTERSIGN_ENCRYPTION_KEYS` encrypts, any of them decrypts, so that keys can be rotated.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import Unavailable

PREFIX: Final = "v1:"
NONCE: Final = 12


class Seals:
    """Implements `core.administration.schedules.Sealing`. Keys are any bytes; what is used follows from them."""

    __slots__ = ("_ciphers",)

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("at least one key is needed")
        self._ciphers = tuple(AESGCM(hashlib.sha256(b"countersign at rest\0" + key).digest()) for key in keys)

    def __repr__(self) -> str:
        return "Seals(…)"

    def seal(self, secret: str, place: str) -> str:
        nonce = secrets.token_bytes(NONCE)
        sealed = self._ciphers[0].encrypt(nonce, secret.encode(), place.encode())
        return PREFIX + base64.urlsafe_b64encode(nonce + sealed).decode()

    def unseal(self, sealed: str, place: str) -> str:
        raw = base64.urlsafe_b64decode(sealed.removeprefix(PREFIX))
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(raw[:NONCE], raw[NONCE:], place.encode()).decode()
            except InvalidTag:
                continue
        raise Unavailable(
            "A secret kept here cannot be read with the present keys; add the key it was kept with to "
            "COUNTERSIGN_ENCRYPTION_KEYS."
        )
