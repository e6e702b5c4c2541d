"""Receipts: the signed proof of what exactly was approved, by whom, for which agent and until when; and the keys for it.

A receipt is a JWS (EdDSA, RFC 8037). Keys are made here, kept encrypted, and published before they sign, so that whoever
has fetched the key set lately can check everything without asking.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bot.sealing import Seals
from core.administration import operator
from core.codec import moment_text
from core.errors import Conflict, NotFound, Unavailable
from core.lifecycle.executing import must_be_wanted
from core.masking import mask
from core.model.people import Actor, Proof, Verb
from core.model.request import Decision, Request
from core.model.signing import SigningKey, signs_now
from core.phrases import phrase
from core.ports import Reader, Seal, Store, Transaction
from core.veil import veil

TYPE: Final = "countersign-receipt+jwt"
"""Says in the header what this is, so that nothing else we ever sign can be taken for it. Never to be renamed."""

AHEAD: Final = timedelta(hours=24)
"""How long a new key is published before it signs."""

COUNTED: Final = frozenset({"asks", "allows", "questions"})
"""Rules that had a say in the yes, by their fate."""


class Receipts:
    """Signs receipts and keeps the keys; `issuer` is the server's address."""

    def __init__(self, store: Store, sealing: Seals, issuer: str) -> None:
        self._store, self._sealing, self._issuer = store, sealing, issuer

    async def begin(self) -> None:
        """There is a key from the first start on. Two servers that begin at once may make one each; both are good."""
        if signs_now(await self.keys(), await self._store.read(lambda reader: reader.now())) is None:
            await self.rotate(timedelta())

    async def issue(self, request: Request, actor: Actor) -> tuple[str, dict[str, Any]]:
        """For the agent that calls, if it may act on this; else for whoever asked. The token, and what it says."""
        must_be_wanted(request)
        audience = actor.key if _acts(actor, request) else request.requester.key
        return await self._store.read(lambda reader: self.sign(reader, request, audience, reader.now()))

    def sign(self, reader: Reader, request: Request, audience: str, at: datetime) -> tuple[str, dict[str, Any]]:
        """The same words for the same moment. `Unavailable` where there is no key, as between two commands on the host."""
        import jwt  # noqa: PLC0415 - slow to load, and not wanted before the first receipt

        key = signs_now(reader.signing_keys(), reader.now())
        if key is None:
            raise Unavailable(phrase("There is no key to sign a receipt with; make one with countersign keys rotate."))
        said = claims(request, audience, at, reader.last_seal(request.organisation), self._issuer)
        return jwt.encode(said, self._private(key), "EdDSA", headers={"kid": key.id, "typ": TYPE}), said

    async def key_set(self) -> dict[str, Any]:
        """Everything a receipt can be checked with, as a JSON Web Key Set (RFC 7517); of revoked keys nothing."""
        return {"keys": [jwk(key) for key in await self.keys() if key.revoked_at is None]}

    async def keys(self) -> Sequence[SigningKey]:
        return await self._store.read(lambda reader: reader.signing_keys())

    async def rotate(self, ahead: timedelta = AHEAD) -> SigningKey:
        """A new key, published at once, that signs from then on; what older ones signed is still good."""
        pair = Ed25519PrivateKey.generate()
        public = _base64(pair.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        id = thumbprint(public)
        secret = _base64(pair.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
        sealed = self._sealing.seal(secret, _place(id))
        told = await self._organisations()

        def add(tx: Transaction) -> SigningKey:
            now = tx.now()
            key = SigningKey(id, public, sealed, now, now + ahead)
            tx.add_signing_key(key)
            _log(tx, told, "receipt_key_made", {"key": id, "signs_from": moment_text(key.signs_from)})
            return key

        return await self._store.transact(add)

    async def revoke(self, id: str) -> None:
        """A key that others may know: it signs no more, is no longer published, and what it signed proves nothing."""
        told = await self._organisations()

        def revoke(tx: Transaction) -> None:
            now = tx.now()
            if not tx.revoke_signing_key(id, now):
                raise NotFound(
                    phrase("There is no key {id} that is not revoked already; countersign keys list shows them.", id=id)
                )
            if signs_now(tx.signing_keys(), now) is None:
                raise Conflict(
                    phrase("That is the only key that signs now; first run countersign keys rotate --at-once."),
                    code="last_key",
                )
            _log(tx, told, "receipt_key_revoked", {"key": id})

        await self._store.transact(revoke)

    async def _organisations(self) -> list[str]:
        """Keys are the server's, so each organisation's ledger knows of them."""
        return await self._store.read(lambda reader: [one.id for one in reader.organisations()])

    def _private(self, key: SigningKey) -> Ed25519PrivateKey:
        secret = self._sealing.unseal(key.sealed, _place(key.id))
        return Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(secret + "="))


def _log(tx: Transaction, organisations: Iterable[str], word: str, payload: Mapping[str, Any]) -> None:
    for organisation in organisations:
        tx.log(organisation, word, operator(organisation), payload)


def _acts(actor: Actor, request: Request) -> bool:
    """Whoever may claim it: the agent that asked, or one with execute."""
    return actor.is_agent and (request.requester.is_actor(actor) or Verb.EXECUTE in (actor.verbs or ()))


def claims(request: Request, audience: str, at: datetime, seal: Seal | None, issuer: str) -> dict[str, Any]:
    """What a receipt says. Values a type keeps secret are hidden; the digests cover them as they are."""
    shown, content = veil(request), request.content
    ends = None if request.execution is None else request.execution.window_ends_at
    subject = content.subject
    return {
        "iss": issuer,
        "aud": audience,
        "sub": request.id,
        "iat": int(at.timestamp()),
        "number": request.number,
        "organisation": request.organisation,
        "project": request.project,
        "type": content.type,
        "subject": None if subject is None else {"kind": subject.kind, "id": subject.id, "url": subject.url},
        "requester": request.requester.key,
        "on_behalf_of": request.on_behalf_of,
        "revision": request.revision,
        "digest": request.digest,
        "action_digest": request.action_digest,
        "edits": mask(dict(shown.edits)) or None,
        "status": request.status.value,
        "cause": request.cause,
        "decided_at": None if request.decided_at is None else moment_text(request.decided_at),
        "deciders": [_decider(one) for one in request.decisions if one.counts and one.revision == request.revision],
        "break_glass": _glass(request),
        "rules": _rules(request),
        "execute_by": None if ends is None else moment_text(ends),
        "ledger": None if seal is None else {"seal": seal.number, "hash": seal.hash},
    }


def _decider(decision: Decision) -> dict[str, Any]:
    proof = decision.proof
    return {
        "member": decision.member,
        "name": decision.name,
        "stage": decision.stage,
        "as": list(decision.seats),
        "at": moment_text(decision.at),
        "way": decision.way.value,
        "proof": None if proof is None else _proof(proof),
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "kind": proof.kind.value,
        "issuer": proof.issuer,
        "user": proof.user,
        "at": moment_text(proof.at),
        "payload": proof.payload,
    }


def _glass(request: Request) -> dict[str, Any] | None:
    glass = request.glass
    return None if glass is None else {"member": glass.member, "name": glass.name, "at": moment_text(glass.at)}


def _rules(request: Request) -> list[dict[str, Any]]:
    """Each rule that had a say, at the version it had then."""
    explained = request.plan.explanation
    seen = () if explained is None else (rule for rule in explained.rules if rule.fate in COUNTED)
    return [{"id": rule.rule, "name": rule.name, "version": rule.version, "fate": rule.fate} for rule in seen]


def jwk(key: SigningKey) -> dict[str, Any]:
    return {"kty": "OKP", "crv": "Ed25519", "x": key.public, "kid": key.id, "alg": "EdDSA", "use": "sig"}


def thumbprint(public: str) -> str:
    """RFC 7638."""
    members: Mapping[str, str] = {"crv": "Ed25519", "kty": "OKP", "x": public}
    return _base64(hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _place(id: str) -> str:
    return f"signing key {id}"
