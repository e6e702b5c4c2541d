"""One call of one endpoint: signed, sent through the guard, and what came of it in a sentence for its admin."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Final

from bot.guard import Answer, Guard, NotReached
from bot.webhook.letters import Letters
from bot.webhook.signature import new_secret, signed
from bot.wire.announcing import announce_test
from core.model.endpoint import Endpoint, Outcome, message_id
from core.ports import LedgerRow

SECONDS: Final = 10.0
"""What an endpoint may take to answer."""

MOST_READ: Final = 2000
"""Bytes of an answer that are read; what it says counts for nothing."""


class Teller:
    """Implements `core.administration.webhooks.Teller`."""

    def __init__(self, guard: Guard, letters: Letters) -> None:
        self._guard, self._letters = guard, letters

    def check(self, url: str) -> str:
        return self._guard.check(url)

    def new_secret(self) -> str:
        return new_secret()

    async def test(self, endpoint: Endpoint, secrets: tuple[str, ...], id: str, at: datetime) -> Outcome:
        body = announce_test(id, endpoint.organisation, endpoint.id, at)
        return await self.tell(endpoint.url, secrets, id, body)

    async def again(self, endpoint: Endpoint, secrets: tuple[str, ...], row: LedgerRow) -> Outcome | None:
        found = await self._letters.of([row])
        body = found.get((row.request, row.seq))
        return None if body is None else await self.tell(endpoint.url, secrets, message_id(row.request, row.seq), body)

    async def tell(self, url: str, secrets: tuple[str, ...], id: str, body: bytes) -> Outcome:
        """Signed by the real time, whatever the product's clock was turned to: receivers compare it with theirs."""
        headers = {"Content-Type": "application/json", **signed(secrets, id, time.time(), body)}
        began = time.monotonic()
        try:
            answer = await self._guard.call("POST", url, seconds=SECONDS, headers=headers, body=body, most=MOST_READ)
        except NotReached as trouble:
            return Outcome(delivered=False, status=None, milliseconds=_since(began), problem=trouble.sentence)
        return _outcome(answer, _since(began))


def _outcome(answer: Answer, milliseconds: int) -> Outcome:
    status = answer.status
    if 200 <= status < 300:
        return Outcome(delivered=True, status=status, milliseconds=milliseconds, problem=None)
    return Outcome(
        delivered=False,
        status=status,
        milliseconds=milliseconds,
        problem=_problem(status),
        wait=_wait(answer),
        gone=status == 410,
    )


def _problem(status: int) -> str:
    if 300 <= status < 400:
        return f"It answered {status}, a redirect, which is not followed; give the address it leads to."
    if status == 410:
        return "It answered 410: it is gone for good; change the address, or remove the webhook."
    return f"It answered {status}; only 2xx means that it took the message."


def _wait(answer: Answer) -> float | None:
    said = next((value for name, value in answer.headers.items() if name.lower() == "retry-after"), "")
    return float(said) if said.isdecimal() and said.isascii() and len(said) < 8 else None


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
