"""Keys that sign receipts: published before they sign, and for as long as anybody may want to check what they signed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.model.quick import dataclass


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 pair. One that was revoked signs nothing, and nothing it has signed is proven any more.

    `id` is the key's thumbprint (RFC 7638), `public` its raw bytes in base64url, `sealed` the private half as it is kept.
    """

    id: str
    public: str
    sealed: str
    made_at: datetime
    signs_from: datetime
    revoked_at: datetime | None = None


def signs_now(keys: Iterable[SigningKey], now: datetime) -> SigningKey | None:
    """The one that began last."""
    begun = (key for key in keys if key.revoked_at is None and key.signs_from <= now)
    return max(begun, key=lambda key: (key.signs_from, key.made_at, key.id), default=None)
