"""What the desk answers, and how it recognises a call that was already answered."""

from __future__ import annotations

from core.errors import ApprovalError, Conflict, NotFound
from core.model import event as e
from core.model.quick import dataclass
from core.model.request import Decision, Request
from core.phrases import phrase
from core.ports import Idempotency, Transaction


@dataclass(frozen=True, slots=True)
class Done:
    """The request after a command; `decision` is the one given or found, `replayed` true when nothing new happened.

    `inquires`: something is to be asked outside, now.
    """

    request: Request
    decision: Decision | None = None
    replayed: bool = False
    events: tuple[e.Event, ...] = ()
    inquires: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal on its way out of a transaction that must commit."""

    error: ApprovalError


def again(tx: Transaction, once: Idempotency | None, asked: str | None = None) -> Done | None:
    """The stored answer to a repeat of the same key; `asked` is the request it was sent to, if there was one."""
    entry = tx.remembered(once.credential, once.key, then=asked) if once is not None else None
    if once is None or entry is None:
        return None
    if entry.body != once.body or asked not in (None, entry.request):
        raise Conflict(
            phrase("This Idempotency-Key was used before with another body; use a new key for a new wish."),
            code="idempotency_conflict",
        )
    request = tx.request(entry.request, lock=False)
    if request is None:
        raise NotFound(phrase("The request this Idempotency-Key made is gone; use a new key to ask again."))
    decision = next((d for d in request.decisions if d.id == entry.reply.get("decision")), None)
    return Done(request, decision, replayed=True)
