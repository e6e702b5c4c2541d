"""Proof of the ledger for people who may read: of one request, and where the organisation's chain of seals stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.administration.office import Office, verbs
from core.errors import NotAllowed
from core.ledger.verify import Report, SealedHead, verify_request
from core.model.people import Actor, Verb
from core.model.request import Request
from core.phrases import phrase
from core.ports import Reader, Store


class Audits(Office):
    """`keys` are the public keys that seals may be signed with, by key id."""

    def __init__(self, store: Store, fresh: Callable[[], str], keys: Mapping[str, Ed25519PublicKey]) -> None:
        super().__init__(store, fresh)
        self._keys = keys

    async def of(self, request: Request) -> Report:
        """Of a request that its reader has been given already."""
        return await self._store.read(
            lambda reader: verify_request(reader, request.organisation, request.id, keys=self._keys)
        )

    async def head(self, actor: Actor) -> tuple[SealedHead, int] | None:
        """The last seal and the position it reaches to; None while nothing is sealed. For who may read everything."""

        def look(reader: Reader) -> tuple[SealedHead, int] | None:
            if Verb.READ not in verbs(reader, actor, None):
                raise NotAllowed(
                    phrase(
                        "The ledger's head is for those who may read the whole organisation; of a request you may read, "
                        "ask /countersign audit #n."
                    )
                )
            last = reader.last_seal(actor.organisation)
            return None if last is None else (SealedHead(last.number, last.hash), last.last)

        return await self._store.read(look)
