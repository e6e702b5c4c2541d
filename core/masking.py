"""Hides what looks like a secret before it is shown: fields by their name, and known shapes of tokens in any text.

Only what is shown is masked; digests cover the real values. A shape stands here because its issuer documents it or gives
it a fixed prefix; what merely looks random is left alone, or commit hashes and ids would be unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

HIDDEN: Final = "••••••"

_SECRET_WORDS: Final = frozenset(
    {"password", "passwd", "passphrase", "pwd", "secret", "token", "key", "apikey", "credential", "bearer", "cookie"}
    | {
        "authorization",
        "passcode",
        "pin",
        "otp",
        "dsn",
        "privatekey",
        "accesskey",
        "secretkey",
        "authtoken",
        "signature",
    }
)
_SECRET_PAIRS: Final = frozenset({("session", "id"), ("connection", "string"), ("access", "code"), ("auth", "header")})
_HARMLESS_PAIRS: Final = frozenset(
    {("primary", "key"), ("foreign", "key"), ("public", "key"), ("sort", "key"), ("partition", "key"), ("key", "id")}
    | {("idempotency", "key"), ("cache", "key"), ("supersede", "key"), ("issue", "key"), ("key", "name")}
)
_WORDS_OF_NAME = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_SHAPES: Final = (
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----[\s\S]*?(-----END [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----|\Z)",
    r"\bAGE-SECRET-KEY-1[0-9A-Z]{20,}",
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",  # JWT
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b",  # AWS
    r"\bgh[pousr]_[A-Za-z0-9]{20,}",  # GitHub
    r"\bgithub_pat_[A-Za-z0-9_]{20,}",
    r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas)-[A-Za-z0-9_.-]{16,}",  # GitLab
    r"\bxox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}",  # Slack
    r"\bxapp-\d-[A-Za-z0-9-]{10,}",
    r"\bhooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{12,}",
    r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}",  # Stripe
    r"\bwhsec_[A-Za-z0-9+/=_-]{16,}",
    r"\bcsk_[A-Za-z0-9_-]{16,}",  # our own agents' keys
    r"\bcst_[A-Za-z0-9_-]{16,}",  # our own personal tokens
    r"\bsk-(?:ant-|proj-|svcacct-|admin-|or-v1-|lf-)?[A-Za-z0-9_-]{20,}",  # OpenAI, Anthropic and their like
    r"\bAIza[0-9A-Za-z_-]{30,}",  # Google
    r"\bya29\.[0-9A-Za-z_-]{20,}",
    r"\bGOCSPX-[0-9A-Za-z_-]{20,}",
    r"\bhf_[A-Za-z0-9]{20,}",
    r"\bnpm_[A-Za-z0-9]{30,}",
    r"\bpypi-[A-Za-z0-9_-]{30,}",
    r"\brubygems_[a-f0-9]{40,}",
    r"\bcio[A-Za-z0-9]{32}\b",  # crates.io
    r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}",
    r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",  # SendGrid
    r"\b(?:SK|AC)[0-9a-f]{32}\b",  # Twilio
    r"\bkey-[0-9a-f]{32}\b",  # Mailgun
    r"\bdo[opr]_v1_[a-f0-9]{40,}",  # DigitalOcean
    r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}",  # Vault
    r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{40,}",  # Terraform
    r"\bATATT3[A-Za-z0-9_=-]{20,}",  # Atlassian
    r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{30,}",  # Shopify
    r"\bdapi[a-f0-9]{32}\b",  # Databricks
    r"\blin_(?:api|oauth)_[A-Za-z0-9]{20,}",  # Linear
    r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{30,}",  # Doppler
    r"\bsq0[a-z]{3}-[A-Za-z0-9_-]{20,}",  # Square
    r"\bglc_[A-Za-z0-9+/=]{30,}",  # Grafana
    r"\bglsa_[A-Za-z0-9_]{30,}",
    r"\bNRAK-[A-Z0-9]{20,}",  # New Relic
    r"\bsntry[su]_[A-Za-z0-9_=+/-]{20,}",  # Sentry
    r"\bPMAK-[a-f0-9-]{30,}",  # Postman
    r"\b\d{8,10}:AA[A-Za-z0-9_-]{32,}",  # Telegram
    r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}",  # Discord
    r"\bAccountKey=[A-Za-z0-9+/=]{40,}",  # Azure
)
_SHAPE = re.compile("|".join(f"(?:{shape})" for shape in _SHAPES))
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,200}:)[^\s/@]{1,500}(@)", re.IGNORECASE)
_HEADER = re.compile(r"(\b(?:bearer|basic|token)\s+)(?=[^\s]*[0-9_=.\-])[A-Za-z0-9+/=._~-]{12,}", re.IGNORECASE)
_NAMED = re.compile(
    r"((?<![A-Za-z0-9])[\"']?[A-Za-z0-9_-]{0,40}?(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key"
    r"|private[_-]?key|credential)s?[\"']?\s{0,3}(?:=|:)\s{0,3})(\"[^\"\n]{1,500}\"|'[^'\n]{1,500}'|[^\s,;\"'}\])&]{4,500})",
    re.IGNORECASE,
)
_FLAG = re.compile(
    r"(--?[A-Za-z-]{0,30}(?:password|passwd|pwd|secret|token|api-?key)(?:\s+|=))([^\s-][^\s]{3,500})", re.IGNORECASE
)


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds something that must not be shown."""
    parts = [part.lower() for part in _WORDS_OF_NAME.findall(name)]
    pairs = set(pairwise(parts))
    if pairs & _HARMLESS_PAIRS:
        return False
    return any(part.rstrip("s") in _SECRET_WORDS or part in _SECRET_WORDS for part in parts) or bool(
        pairs & _SECRET_PAIRS
    )


def mask_text(text: str) -> str:
    """The text with everything that has the shape of a secret hidden."""
    shown = _SHAPE.sub(HIDDEN, text)
    for pattern in (_USERINFO,):
        shown = pattern.sub(rf"\g<1>{HIDDEN}\g<2>", shown)
    for pattern in (_HEADER, _NAMED, _FLAG):
        shown = pattern.sub(rf"\g<1>{HIDDEN}", shown)
    return shown


def mask(value: Any, secret: bool = False) -> Any:  # noqa: FBT001, FBT002 - the recursion passes on what a name said
    """A JSON value with secret fields and shapes hidden; numbers and truth values say little and stay."""
    match value:
        case str():
            return HIDDEN if secret and value else mask_text(value)
        case Mapping():
            return {
                mask_text(str(name)): mask(inner, secret or is_secret_name(str(name))) for name, inner in value.items()
            }
        case list() | tuple():
            return [mask(inner, secret) for inner in value]
        case _:
            return value


def mask_path(path: str, value: Any) -> Any:
    """A value as shown at a dotted path, any part of which may name it a secret."""
    return mask(value, any(is_secret_name(part) for part in path.split(".")))
