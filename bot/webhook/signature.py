"""Signatures as Standard Webhooks defines them (v1, HMAC-SHA256): who knows the secret knows the message is ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

PREFIX: Final = "whsec_"
BYTES: Final = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def signed(known: Iterable[str], id: str, at: float, body: bytes) -> dict[str, str]:
    """The three headers; with several secrets, as during a rotation, one signature each."""
    moment = str(int(at))
    message = f"{id}.{moment}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(_key(one), message, hashlib.sha256)).decode() for one in known)
    return {
        "webhook-id": id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX))
