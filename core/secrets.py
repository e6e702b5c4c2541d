"""Secrets we hand out and never keep: API keys, personal tokens, login codes. Only keyed hashes are stored.

The secrets are random, so a fast keyed hash suffices: without the pepper a stolen database opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

KEY: Final = "csk_"
TOKEN: Final = "cst_"  # noqa: S105 - the prefix, not a secret
LOGIN: Final = "login"
LOGIN_TO_DECIDE: Final = "login-to-decide"

_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that looks like something else
_CODE: Final = 10
_LOOKALIKES: Final = str.maketrans("", "", "- ")


def new_secret(prefix: str) -> str:
    """256 random bits behind a prefix that secret scanners can know."""
    return prefix + secrets.token_urlsafe(32)


def new_login_code() -> str:
    """Ten characters (49 bits) to be typed by hand within five minutes, e.g. `7KQ2M-X9D4T`."""
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE))
    return f"{drawn[:5]}-{drawn[5:]}"


def plain_code(typed: str) -> str:
    """The code as people type it: case, hyphens and spaces do not matter."""
    return typed.translate(_LOOKALIKES).upper()


class Pepper:
    """The key of all keyed hashes. It is kept apart from the database."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError("a pepper has at least 16 bytes")
        self._key = key

    def __repr__(self) -> str:
        return "Pepper(…)"

    def hash(self, secret: str, purpose: str = "") -> str:
        """Hex HMAC-SHA256. One secret has another hash for another purpose."""
        return hmac.new(self._key, f"{purpose}:{secret}".encode(), hashlib.sha256).hexdigest()
