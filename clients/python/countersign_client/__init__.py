"""Ask people for a yes, wait for it, and do exactly what they said yes to.

    from countersign_client import Approved, Countersign

    match Countersign().approval("deploy", "Deploy payments 4.2", approvers=["@platform"]):
        case Approved() as yes: ...

`Countersign` blocks, `AsyncCountersign` is awaited, `@needs_approval` guards a function.
"""

from countersign_client.client import AsyncCountersign, Countersign
from countersign_client.digest import action_digest, digest_for
from countersign_client.environment import Remote, keep_login, login_file, remote
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
)
from countersign_client.exchange import VERSION
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
    "__version__",
    "action_digest",
    "digest_for",
    "keep_login",
    "login_file",
    "needs_approval",
    "remote",
]
