"""Receipts and the keys they are checked with, as they go out."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import ConfigDict

from bot.wire.showing import View

EXAMPLE: Final[dict[str, Any]] = {
    "iss": "https://countersign.example.com",
    "aud": "agent:agt_01JD0000000000000000000000",
    "sub": "req_01JD0000000000000000000000",
    "iat": 1772442000,
    "number": 1042,
    "organisation": "org_01JD0000000000000000000000",
    "project": "prj_01JD0000000000000000000000",
    "type": "deploy",
    "subject": {"kind": "run", "id": "8f2", "url": None},
    "requester": "agent:agt_01JD0000000000000000000000",
    "on_behalf_of": None,
    "revision": 1,
    "digest": "0" * 64,
    "action_digest": "1" * 64,
    "edits": None,
    "status": "approved",
    "cause": "people",
    "decided_at": "2026-03-02T09:00:00Z",
    "deciders": [
        {
            "member": "mem_01JD0000000000000000000000",
            "name": "Ada",
            "stage": 1,
            "as": ["@platform"],
            "at": "2026-03-02T09:00:00Z",
            "way": "slack",
            "proof": {"kind": "slack", "issuer": "T1", "user": "U1", "at": "2026-03-02T09:00:00Z", "payload": None},
        }
    ],
    "break_glass": None,
    "rules": [{"id": "rul_01JD0000000000000000000000", "name": "prod deploys", "version": 3, "fate": "asks"}],
    "execute_by": "2026-03-03T09:00:00Z",
    "ledger": {"seal": 12, "hash": "2" * 64},
}


class ReceiptView(View):
    """`receipt` is a JWS in its compact form; `claims` is what it says, for reading alone: trust only what is verified."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"receipt": "eyJ…", "claims": EXAMPLE}]}
    )

    receipt: str
    claims: dict[str, Any]


class KeyView(View):
    """A public key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: str
    alg: Literal["EdDSA"]
    use: Literal["sig"]


class KeySetView(View):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[KeyView]
