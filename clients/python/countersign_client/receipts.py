"""Checks a receipt: that Countersign signed it, and that it is for this organisation, this agent and exactly this action.

Needs no server, but the key set it publishes at /.well-known/jwks.json. That something is done once only no receipt can
say: claim it. Needs PyJWT: install countersign-client[receipts].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from countersign_client.digest import action_digest
from countersign_client.errors import CountersignError
from countersign_client.models import Json, Subject
from countersign_client.reading import read

TYPE: Final = "countersign-receipt+jwt"
ALGORITHM: Final = "EdDSA"
YES: Final = frozenset({"approved", "approved_with_edits", "auto_approved"})

LEEWAY: Final = 60
"""Seconds the server's clock may be ahead of ours."""

Reason = Literal[
    "malformed",
    "unknown_key",
    "forged",
    "not_approved",
    "other_issuer",
    "other_organisation",
    "other_project",
    "other_type",
    "other_request",
    "other_agent",
    "other_action",
    "edited",
    "too_late",
]


class ReceiptRefused(CountersignError):
    """The receipt proves nothing, or something else; `reason` is one stable word."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Decider:
    """Somebody whose approval counts; `proof` says by what it is known."""

    member: str
    name: str
    stage: int
    at: datetime
    way: str
    proof: Json | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a genuine receipt says. `agent` is whom it was issued to."""

    agent: str = field(metadata={"key": "aud"})
    request: str = field(metadata={"key": "sub"})
    issuer: str = field(metadata={"key": "iss"})
    number: int
    organisation: str
    project: str
    type: str
    requester: str
    revision: int
    digest: str
    action_digest: str
    status: str
    cause: str | None = None
    subject: Subject | None = None
    on_behalf_of: str | None = None
    edits: Json | None = None
    decided_at: datetime | None = None
    deciders: tuple[Decider, ...] = ()
    execute_by: datetime | None = None
    break_glass: Json | None = None
    ledger: Json | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What whoever is about to act knows by themselves; what is None is not looked at.

    `action` and `params` are what will really be done; with either, the action digest is recomputed from both.
    `edits_accepted` False refuses what was approved, but not as asked. `late` lets pass whose window has closed: to look
    back, never to act.
    """

    issuer: str | None = None
    organisation: str | None = None
    project: str | None = None
    type: str | None = None
    request: str | None = None
    agent: str | None = None
    action_digest: str | None = None
    action: str | None = None
    params: Mapping[str, Any] | None = None
    edits_accepted: bool = True
    late: bool = False


def verify(
    receipt: str, keys: Mapping[str, Any], expected: Expected | None = None, *, now: datetime | None = None
) -> Receipt:
    """What it says, if it is genuine and is what was expected; ReceiptRefused if not. `keys` is a JSON Web Key Set."""
    found = read(Receipt, _said(receipt.strip(), keys))
    if found.status not in YES:
        raise ReceiptRefused("not_approved", f"This says that #{found.number} is {found.status}, which is no yes.")
    _must_fit(found, expected or Expected(), now or datetime.now(UTC))
    return found


def _said(receipt: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """The claims, once the signature holds. The algorithm is ours, whatever the header says."""
    try:
        import jwt  # noqa: PLC0415 - needed by those alone who check receipts
    except ImportError:
        raise CountersignError("Receipts are checked with PyJWT; install countersign-client[receipts].") from None
    try:
        header = jwt.get_unverified_header(receipt)
    except jwt.PyJWTError:
        raise ReceiptRefused("malformed", "This is no receipt: it cannot be read.") from None
    if header.get("alg") != ALGORITHM or header.get("typ") != TYPE:
        raise ReceiptRefused("forged", "This is no receipt of Countersign: it is signed in another way, or not at all.")
    try:
        said: dict[str, Any] = jwt.decode(
            receipt,
            _public(str(header.get("kid")), keys),
            algorithms=[ALGORITHM],
            leeway=LEEWAY,
            options={"verify_aud": False, "require": ["iss", "aud", "sub", "iat"]},
        )
    except jwt.ImmatureSignatureError:
        raise ReceiptRefused("forged", "This was signed in the future; look at the clocks.") from None
    except jwt.PyJWTError:
        raise ReceiptRefused("forged", "The signature does not hold: this was changed, or made up.") from None
    return said


def _public(id: str, keys: Mapping[str, Any]) -> Any:
    import jwt  # noqa: PLC0415

    known = keys.get("keys")
    usable = known if isinstance(known, list) else []
    mine = [key for key in usable if isinstance(key, Mapping) and key.get("kid") == id and key.get("crv") == "Ed25519"]
    if not mine:
        raise ReceiptRefused(
            "unknown_key", f"It is signed with a key that is not in the key set ({id[:60]}); fetch the set again."
        )
    return jwt.PyJWK(dict(mine[0]), ALGORITHM).key


def _must_fit(found: Receipt, expected: Expected, now: datetime) -> None:
    for reason, what, wanted, said in (
        ("other_issuer", "was issued by", expected.issuer, found.issuer),
        ("other_organisation", "is of organisation", expected.organisation, found.organisation),
        ("other_project", "is of project", expected.project, found.project),
        ("other_type", "is of type", expected.type, found.type),
        ("other_request", "is of request", expected.request, found.request),
        ("other_agent", "was issued to", expected.agent, found.agent),
    ):
        if wanted is not None and wanted != said:
            raise ReceiptRefused(reason, f"This is genuine, but {what} {said}, not {wanted}.")  # type: ignore[arg-type]
    if not expected.edits_accepted and found.edits:
        raise ReceiptRefused("edited", f"#{found.number} was approved with edits, so not as it was asked.")
    if _about_to_do(found, expected) not in (None, found.action_digest):
        raise ReceiptRefused("other_action", "This is genuine, but what is about to be done is not what was approved.")
    if not expected.late and found.execute_by is not None and now >= found.execute_by:
        raise ReceiptRefused(
            "too_late",
            f"This is genuine, but was to be acted on until {found.execute_by:%Y-%m-%d %H:%M} UTC; ask again.",
        )


def _about_to_do(found: Receipt, expected: Expected) -> str | None:
    if expected.action is None and expected.params is None:
        return expected.action_digest
    return action_digest(
        project=expected.project or found.project,
        type=expected.type or found.type,
        action=expected.action,
        params=expected.params or {},
        subject=found.subject,
    )
