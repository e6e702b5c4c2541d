"""Ask people for a yes, wait for it, and do exactly what they said yes to.

    from countersign_client import Approved, Countersign

    match Countersign().approval("deploy", "Deploy payments 4.2", approvers=["@platform"]):
        case Approved() as yes: ...

`Countersign` blocks, `AsyncCountersign` is awaited, `@needs_approval` guards a function.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from countersign_client.calls import VERSION
from countersign_client.errors import (
    ActionChanged,
    AlreadyDecided,
    AlreadyExecuting,
    ApprovalExpired,
    Conflict,
    CountersignError,
    ExecutionExpired,
    Forbidden,
    IdempotencyConflict,
    Invalid,
    KeyCannotDecide,
    NotAnApprover,
    NotFound,
    NotLoggedIn,
    NotOpen,
    NotUnderstood,
    OwnRequest,
    RateLimited,
    Refused,
    ServerFailed,
    StaleRevision,
    StaleStage,
    Unauthorized,
    Unreachable,
    WrongAddress,
)

if TYPE_CHECKING:
    from countersign_client.client import AsyncCountersign, Countersign
    from countersign_client.digest import action_digest, digest_for
    from countersign_client.environment import Remote, keep_login, login_file, remote
    from countersign_client.flow import Patience
    from countersign_client.github import GitHub
    from countersign_client.guard import needs_approval
    from countersign_client.models import (
        Batch,
        Cost,
        Decision,
        Done,
        Edits,
        Event,
        Execution,
        Link,
        Login,
        Page,
        Question,
        Request,
        Requester,
        Requirement,
        Source,
        Stage,
        Subject,
        Summary,
    )
    from countersign_client.outcomes import (
        Approved,
        ApprovedWithEdits,
        Cancelled,
        EditsNotAccepted,
        Expired,
        NotApproved,
        Outcome,
        Rejected,
        StillOpen,
    )
    from countersign_client.receipts import Decider, Expected, Receipt, ReceiptRefused
    from countersign_client.requests import LOW, NORMAL, URGENT

__version__ = VERSION

__all__ = [
    "LOW",
    "NORMAL",
    "URGENT",
    "ActionChanged",
    "AlreadyDecided",
    "AlreadyExecuting",
    "ApprovalExpired",
    "Approved",
    "ApprovedWithEdits",
    "AsyncCountersign",
    "Batch",
    "Cancelled",
    "Conflict",
    "Cost",
    "Countersign",
    "CountersignError",
    "Decider",
    "Decision",
    "Done",
    "Edits",
    "EditsNotAccepted",
    "Event",
    "Execution",
    "ExecutionExpired",
    "Expected",
    "Expired",
    "Forbidden",
    "GitHub",
    "IdempotencyConflict",
    "Invalid",
    "KeyCannotDecide",
    "Link",
    "Login",
    "NotAnApprover",
    "NotApproved",
    "NotFound",
    "NotLoggedIn",
    "NotOpen",
    "NotUnderstood",
    "Outcome",
    "OwnRequest",
    "Page",
    "Patience",
    "Question",
    "RateLimited",
    "Receipt",
    "ReceiptRefused",
    "Refused",
    "Rejected",
    "Remote",
    "Request",
    "Requester",
    "Requirement",
    "ServerFailed",
    "Source",
    "Stage",
    "StaleRevision",
    "StaleStage",
    "StillOpen",
    "Subject",
    "Summary",
    "Unauthorized",
    "Unreachable",
    "WrongAddress",
    "__version__",
    "action_digest",
    "digest_for",
    "keep_login",
    "login_file",
    "needs_approval",
    "remote",
]

HOMES: Final = {
    "client": {"AsyncCountersign", "Countersign"},
    "digest": {"action_digest", "digest_for"},
    "environment": {"Remote", "keep_login", "login_file", "remote"},
    "flow": {"Patience"},
    "github": {"GitHub"},
    "guard": {"needs_approval"},
    "models": {
        *("Batch", "Cost", "Decision", "Done", "Edits", "Event", "Execution", "Link", "Login", "Page", "Question"),
        *("Request", "Requester", "Requirement", "Source", "Stage", "Subject", "Summary"),
    },
    "outcomes": {
        *("Approved", "ApprovedWithEdits", "Cancelled", "EditsNotAccepted", "Expired", "NotApproved", "Outcome"),
        *("Rejected", "StillOpen"),
    },
    "receipts": {"Decider", "Expected", "Receipt", "ReceiptRefused"},
    "requests": {"LOW", "NORMAL", "URGENT"},
}
"""What lives where. Each is loaded when it is first named: a start pays for what it uses, and for no more."""


if not TYPE_CHECKING:  # else a checker takes every name for one of ours

    def __getattr__(name: str) -> Any:
        if name in HOMES:
            return import_module(f"{__name__}.{name}")
        home = next((home for home, names in HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
