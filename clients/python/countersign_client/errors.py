"""Everything that can go wrong, as a tree.

CountersignError
├── Unreachable                 no answer came, or none that can be relied on; whether it was done is unknown unless retried
├── NotUnderstood               something answered, and not as Countersign would: a wrong address, a proxy's page
├── NotLoggedIn                 there is no credential to send
├── WrongAddress                what should be a server's or a proxy's address is none; nothing was sent
├── ReceiptRefused              (in `receipts`) a receipt proves nothing, or something else; `reason` is one stable word
├── NotApproved                 (in `outcomes`) raised by whatever goes on only after a yes; `outcome` says why there was none
│   └── EditsNotAccepted        approved, but not as asked
└── Refused                     the server's own no: `status`, `code` (stable), `detail` (a sentence), `problem` (all of it)
    ├── Invalid                 400, 413, 422
    ├── Unauthorized            401
    ├── Forbidden               403: KeyCannotDecide, OwnRequest, NotAnApprover
    ├── NotFound                404
    ├── Conflict                409: AlreadyDecided, ApprovalExpired, NotOpen, StaleRevision, StaleStage, IdempotencyConflict,
    │                                AlreadyExecuting, ExecutionExpired, ActionChanged
    ├── RateLimited             429: `retry_after`, in seconds
    └── ServerFailed            5xx
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final


class CountersignError(Exception):
    """Whatever this package raises."""


class Unreachable(CountersignError):
    """`sent` is False where it is certain that the server never saw the call."""

    def __init__(self, sentence: str, *, sent: bool = True) -> None:
        super().__init__(sentence)
        self.sent = sent


class NotUnderstood(CountersignError): ...


class NotLoggedIn(CountersignError): ...


class WrongAddress(CountersignError): ...


class Refused(CountersignError):
    """The server said no."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: float | None = None) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or f"The server answered {status}."))
        self.status, self.problem, self.retry_after = status, dict(problem), retry_after

    @property
    def code(self) -> str:
        return str(self.problem.get("code", ""))

    @property
    def detail(self) -> str:
        return str(self)

    @property
    def field(self) -> str | None:
        """Which part of what was sent is meant, as a dotted path."""
        found = self.problem.get("field")
        return None if found is None else str(found)


class Invalid(Refused): ...


class Unauthorized(Refused): ...


class Forbidden(Refused): ...


class KeyCannotDecide(Forbidden): ...


class OwnRequest(Forbidden): ...


class NotAnApprover(Forbidden): ...


class NotFound(Refused): ...


class Conflict(Refused): ...


class AlreadyDecided(Conflict): ...


class ApprovalExpired(Conflict): ...


class NotOpen(Conflict): ...


class StaleRevision(Conflict): ...


class StaleStage(Conflict): ...


class IdempotencyConflict(Conflict): ...


class AlreadyExecuting(Conflict): ...


class ExecutionExpired(Conflict): ...


class ActionChanged(Conflict): ...


class RateLimited(Refused): ...


class ServerFailed(Refused): ...


BY_CODE: Final[Mapping[str, type[Refused]]] = {
    "key_cannot_decide": KeyCannotDecide,
    "own_request": OwnRequest,
    "not_an_approver": NotAnApprover,
    "already_decided": AlreadyDecided,
    "approval_expired": ApprovalExpired,
    "not_open": NotOpen,
    "stale_revision": StaleRevision,
    "stale_stage": StaleStage,
    "idempotency_conflict": IdempotencyConflict,
    "already_executing": AlreadyExecuting,
    "execution_expired": ExecutionExpired,
    "action_changed": ActionChanged,
}

BY_STATUS: Final[Mapping[int, type[Refused]]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    422: Invalid,
    429: RateLimited,
}


def refusal(status: int, problem: Mapping[str, Any], retry_after: float | None = None) -> Refused:
    """The exception for a problem document: by its code where that has one of its own, else by its status."""
    kind = BY_CODE.get(str(problem.get("code")))
    if kind is None:
        kind = ServerFailed if status >= 500 else BY_STATUS.get(status, Refused)
    return kind(status, problem, retry_after)
