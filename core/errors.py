"""Every way we say no: one root, six kinds.

ApprovalError
├── Invalid       what was sent cannot be understood or is out of bounds
├── NotAllowed    understood, but not by this person or key
├── NotFound      does not exist, or must not be known to exist
├── Conflict      was possible once, or will be, but not as things stand
├── TooSoon       allowed again after a wait
└── Unavailable   something we depend on did not answer in time

Edges map the kinds, never the leaves. A sentence is written for whoever reads it and ends with what to do.
"""

from __future__ import annotations

from typing import Any, ClassVar


class ApprovalError(Exception):
    """A refusal with a stable code, named fields and one sentence for whoever reads it.

    `code` is for machines and never changes its meaning. `fields` holds what a program may want to
    know besides (current revision, seconds to wait …) as JSON values.
    """

    code: ClassVar[str] = "error"

    def __init__(self, sentence: str, *, code: str | None = None, **fields: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.word = code or type(self).code
        self.fields = fields


class Invalid(ApprovalError):
    """What was sent cannot be understood or is out of bounds."""

    code = "validation_error"


class NotAllowed(ApprovalError):
    """Understood, but not by this person or with this key."""

    code = "forbidden"


class NotFound(ApprovalError):
    """It does not exist, or must not be known to exist."""

    code = "not_found"


class Conflict(ApprovalError):
    """It was possible once, or will be, but not as things stand."""

    code = "conflict"


class TooSoon(ApprovalError):
    """It is allowed again after `retry_after` seconds."""

    code = "rate_limited"

    def __init__(self, sentence: str, *, retry_after: int, **fields: Any) -> None:
        super().__init__(sentence, retry_after=retry_after, **fields)
        self.retry_after = retry_after


class Unavailable(ApprovalError):
    """Something we depend on did not answer in time; nothing was done."""

    code = "unavailable"
