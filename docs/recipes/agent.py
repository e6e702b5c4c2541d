"""An agent whose tools ask first: whatever the model wants to do, it happens only after a yes, once, and as it was shown."""

import json
import sys
from collections.abc import Callable
from typing import Any

from countersign_client import NotApproved, needs_approval


@needs_approval(
    "custom",
    title="Refund {amount_eur} € to {customer}",
    timeout=3600,
    accept_edits=True,
    editable={"params.amount_eur": {"kind": "number", "minimum": 0}},
    facts_from=lambda amount_eur, **_: {"amount_eur": amount_eur},
)
def refund(customer: str, amount_eur: float, reason: str) -> dict[str, Any]:
    """Pay somebody back. Approvers may lower the amount; then the lower amount is paid."""
    return {"refunded_eur": amount_eur, "customer": customer, "reason": reason}


@needs_approval("custom", title="Delete {table} of the staging database", timeout=3600)
def drop_table(table: str) -> dict[str, Any]:
    """Delete a table."""
    return {"dropped": table}


TOOLS: dict[str, Callable[..., dict[str, Any]]] = {"refund": refund, "drop_table": drop_table}


def use(name: str, arguments: dict[str, Any]) -> str:
    """What the model hears back: the result, or why there is none, in a sentence it can act on."""
    try:
        return json.dumps(TOOLS[name](**arguments))
    except NotApproved as refused:
        return json.dumps({"not_done": str(refused), "said": refused.outcome.comment})


if __name__ == "__main__":
    for line in sys.stdin:  # one tool call of the model per line: {"name": …, "arguments": {…}}
        call = json.loads(line)
        print(use(call["name"], call["arguments"]), flush=True)
