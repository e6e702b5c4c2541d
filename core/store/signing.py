"""Keys that sign receipts, as they are kept: the private halves encrypted by whoever gives them here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, insert, select, update

from core.model.signing import SigningKey
from core.store.driver import Session
from core.store.tables import signing_keys

_ALL: Final = select(*(signing_keys.c[name] for name in SigningKey.__dataclass_fields__)).order_by(
    signing_keys.c.made_at, signing_keys.c.id
)
_ADD: Final = insert(signing_keys)
_REVOKE: Final = (
    update(signing_keys)
    .where(signing_keys.c.id == bindparam("b_id"), signing_keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("revoked_at"))
)


class SigningReads:
    """The part of a reader that receipts need."""

    _db: Session

    def signing_keys(self) -> Sequence[SigningKey]:
        return [SigningKey(*row) for row in self._db.rows(_ALL)]


class Signing(SigningReads):
    """The part of a transaction that keeps them."""

    def add_signing_key(self, key: SigningKey) -> None:
        self._db.send(_ADD, [{name: getattr(key, name) for name in SigningKey.__dataclass_fields__}])

    def revoke_signing_key(self, id: str, at: datetime) -> bool:
        return self._db.run(_REVOKE, {"b_id": id, "revoked_at": at}) > 0
