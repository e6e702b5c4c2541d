"""Four eyes: what the other admins have agreed to is carried out in the very transaction of the last vote.

So the yes and its effect are one commit: a kill before it leaves neither, a kill after it both, and nothing can ever be
carried out twice or forgotten. A change that cannot be made any more fails by itself: what it wrote is taken back, its
sentence is the execution's, and the vote stands.
"""

from __future__ import annotations

from collections.abc import Callable

from core.errors import ApprovalError
from core.lifecycle.changing import carried_out, not_carried_out
from core.model import event as e
from core.model.change import is_change
from core.model.request import Request
from core.phrases import phrase
from core.ports import Transaction

CarryOut = Callable[[Transaction, Request], None]
"""Makes the change a request asks for. Whatever it raises takes it all back."""


def is_agreed(before: Request | None, after: Request) -> bool:
    """Whether this very step was the yes to a change."""
    return is_change(after) and after.is_yes and not (before is not None and before.is_yes)


def carry_out(tx: Transaction, request: Request, how: CarryOut | None) -> tuple[e.Event, ...]:
    """What is left of it in the request's history."""
    now, owner = tx.now(), request.organisation
    if how is None:
        return not_carried_out(now, owner, phrase("Nobody here can carry it out; ask again."))
    try:
        tx.within(lambda inner, _: how(inner, request))
    except ApprovalError as refusal:
        return not_carried_out(now, owner, refusal.sentence)
    return carried_out(now, owner)
