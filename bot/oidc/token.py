"""A JWT, read before it is believed and believed only when everything about it is as we want it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.wire.strict import load_json
from core.errors import Invalid, NotAllowed
from core.phrases import phrase

LARGEST: Final = 16 * 1024
LEEWAY: Final = 60
"""Seconds that two clocks may differ."""

LONGEST_LIFE: Final = 24 * 60 * 60
"""Seconds; what is good for longer is no token of somebody who is here now."""

FAMILIES: Final[Mapping[tuple[str, str | None], frozenset[str]]] = {
    ("RSA", None): frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA"}),
}
"""What a key may have signed, by its own kind: a token does not choose how it is verified."""

SMALLEST_RSA: Final = 2048


class Refused(NotAllowed):
    """This token lets nobody in."""

    code = "unauthorized"


@dataclass(frozen=True, slots=True)
class Unverified:
    """What a token says of itself; to be believed by nobody yet."""

    raw: str
    algorithm: str
    key: str | None
    issuer: str
    audiences: tuple[str, ...]
    subject: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says whose signature, issuer, audience and times are right. `digest` is SHA-256 of what was signed."""

    issuer: str
    subject: str
    audience: str
    said: Mapping[str, Any]
    digest: str


def looks_like_one(credential: str) -> bool:
    return credential.startswith("eyJ") and credential.count(".") == 2


def peek(raw: str) -> Unverified:
    """Who says to have made it, for whom and about whom: enough to know whose keys to look at."""
    if len(raw) > LARGEST:
        raise Refused(phrase("This token is larger than any that is let in; get one with fewer claims."))
    head, payload = (_part(piece) for piece in raw.split(".")[:2])
    algorithm, key = head.get("alg"), head.get("kid")
    if "crit" in head or not isinstance(algorithm, str) or not isinstance(key, str | None):
        raise Refused(phrase("This token's header asks for what is not understood here; get another kind of token."))
    issuer, subject = payload.get("iss"), payload.get("sub")
    if not isinstance(issuer, str) or not isinstance(subject, str) or not subject:
        raise Refused(phrase("This token does not say who made it, or for whom; get another kind of token."))
    return Unverified(raw, algorithm, key, issuer, _audiences(payload), subject)


def _part(piece: str) -> dict[str, Any]:
    try:
        raw = base64.b64decode(piece + "=" * (-len(piece) % 4), altchars=b"-_", validate=True)
        value = load_json(raw)
    except (binascii.Error, ValueError, Invalid):
        raise Refused(phrase("This token cannot be read; copy it again.")) from None
    if not isinstance(value, dict):
        raise Refused(phrase("This token cannot be read; copy it again."))
    return value


def _audiences(payload: Mapping[str, Any]) -> tuple[str, ...]:
    found = payload.get("aud")
    several = [found] if isinstance(found, str) else found
    if not isinstance(several, list) or not several or not all(isinstance(one, str) for one in several):
        raise Refused(phrase("This token does not say whom it is made out to; get another kind of token."))
    return tuple(several)


def verified(token: Unverified, key: Mapping[str, Any], audience: str) -> Claims:
    """`key` is a JWK of the token's issuer. Every refusal is a sentence for whoever holds the token."""
    import jwt  # noqa: PLC0415 - slow to load, and only wanted where there are such tokens

    if token.algorithm not in algorithms(key):
        raise Refused(
            phrase("This token is signed in a way that its issuer's key is not for; get another kind of token.")
        )
    try:
        public: Any = jwt.PyJWK(dict(key), token.algorithm).key
        if key.get("kty") == "RSA" and public.key_size < SMALLEST_RSA:
            raise Refused(phrase("This token's key is too short to be trusted; its issuer must use a longer one."))
        said: dict[str, Any] = jwt.decode(
            token.raw,
            public,
            algorithms=[token.algorithm],
            audience=audience,
            issuer=token.issuer,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.ExpiredSignatureError:
        raise Refused(phrase("This token has expired; get a new one.")) from None
    except (jwt.ImmatureSignatureError, jwt.InvalidIssuedAtError):
        raise Refused(phrase("This token is not good yet; compare the clocks.")) from None
    except jwt.PyJWTError:
        raise Refused(
            phrase("This token is not signed by its issuer, or lacks what it must say; get a new one.")
        ) from None
    _must_be_short(said)
    _must_be_for_us_alone(token, said, audience)
    signed = token.raw.rpartition(".")[0]
    return Claims(token.issuer, token.subject, audience, said, hashlib.sha256(signed.encode()).hexdigest())


def algorithms(key: Mapping[str, Any]) -> frozenset[str]:
    """What this key may verify; nothing where it is for encryption, secret, or of a kind not known here."""
    kind = key.get("kty")
    curve = None if kind == "RSA" else key.get("crv")
    family = FAMILIES.get((str(kind), curve), frozenset())
    if key.get("use", "sig") != "sig" or "d" in key or "k" in key:
        return frozenset()
    named = key.get("alg")
    return family if named is None else family & {str(named)}


def _must_be_short(said: Mapping[str, Any]) -> None:
    times = [said["exp"], said["iat"]]
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in times):
        raise Refused(phrase("This token's times are no numbers; get another kind of token."))
    if times[0] - times[1] > LONGEST_LIFE:
        raise Refused(
            phrase("This token is good for longer than a day, and such are not let in; get a short-lived one.")
        )


def _must_be_for_us_alone(token: Unverified, said: Mapping[str, Any], audience: str) -> None:
    """Made out to several, it was given to others too: then it must say that we were meant to use it."""
    if len(token.audiences) > 1 and said.get("azp") != audience:
        raise Refused(phrase("This token is made out to others too; get one for this server alone."))
