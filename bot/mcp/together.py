"""What is asked together, as an agent says it, and how all of it stands: in one answer, each request with its own ticket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from bot.mcp.said import Asked, Standing, asked, standing
from countersign_client import AsyncCountersign, Batch, Outcome, StillOpen

MOST: Final = 20
"""Requests in one batch; the server refuses more."""


class OneOfSeveral(BaseModel):
    """What is asked besides type and project, which are the same for all."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(description="What you want to do, so that a person tells it from the others at a glance.")
    action: str | None = Field(default=None, description="Exactly what will be done.")
    params: dict[str, Any] | None = Field(default=None, description="The values it will be done with.")
    reasoning: str | None = None
    if_denied: str | None = None
    side_effects: list[str] | None = None
    cost_usd: float | None = Field(default=None, ge=0, description="Leave out only if unknown.")
    description: str | None = None
    facts: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    links: list[dict[str, str]] | None = None
    subject: dict[str, Any] | None = Field(default=None, description="What it is about: {kind, id, url}.")
    approvers: list[str] | None = None
    on_behalf_of: str | None = None
    supersede_key: str | None = None
    expires_in_minutes: float | None = Field(default=None, gt=0)

    def said(self) -> dict[str, Any]:
        return said(self.model_dump())


class Together(BaseModel):
    """How all that was asked together stands. Each is claimed, done and reported by itself, with its own ticket."""

    sentence: str = Field(description="How they stand and what to do next.")
    batch: str = Field(description="Names them all for wait_for_batch.")
    all_decided: bool
    requests: list[Standing] = Field(description="In the order in which you asked.")
    questions: list[Asked] = Field(
        description="All that wait for an answer of yours, whichever request they are about."
    )


def said(content: Mapping[str, Any]) -> dict[str, Any]:
    """As the client takes it. What was not declared stays undeclared: a cost left out is not zero."""
    given = {name: value for name, value in content.items() if value is not None}
    if "cost_usd" in given:
        given["cost"] = {"usd": given.pop("cost_usd")}
    if "expires_in_minutes" in given:
        given["expires_at"] = timedelta(minutes=given.pop("expires_in_minutes"))
    return given


def together(batch: Batch, others: Sequence[Asked] = ()) -> Together:
    """`others` are open questions about what does not belong to it."""
    stands = [standing(request) for request in batch.requests]
    return Together(
        sentence=_sentence(batch, stands),
        batch=batch.id,
        all_decided=not any(request.is_open for request in batch.requests),
        requests=stands,
        questions=[*(one for request in batch.requests for one in asked(request)), *others],
    )


def _sentence(batch: Batch, stands: Sequence[Standing]) -> str:
    waiting = [request.number for request in batch.requests if request.is_open]
    approved = [one.number for one in stands if one.may_claim]
    parts = []
    if approved:
        how = "call claim_execution for each, with the action and params as they stand here, then act"
        parts.append(f"{_numbers(approved)}: approved; {how}.")
    if waiting:
        parts.append(f"{_numbers(waiting)}: not decided yet; do nothing of it, and call wait_for_batch.")
    if any(one.questions for one in stands):
        parts.append("People ask you something; answer with answer_question.")
    if len(approved) + len(waiting) < len(stands):
        parts.append("The others: as each one's own sentence says.")
    return " ".join(parts)


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(f"#{number}" for number in numbers)


async def all_decided(client: AsyncCountersign, batch: Batch, seconds: float) -> Batch:
    """As they stand when the last is decided, when people ask something, or when the time is over."""
    waits = {
        asyncio.ensure_future(client.requests.wait(request.id, timeout=seconds, or_question=True))
        for request in batch.requests
        if request.is_open
    }
    left = set(waits)
    try:
        while left:
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            if any(_stops(one.result()) for one in done):
                break
    finally:
        for one in left:
            one.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    return await client.requests.batch(batch.id) if waits else batch


def _stops(outcome: Outcome) -> bool:
    """Somebody has asked; one whose time is over stops nothing: that of the others is over, too."""
    return isinstance(outcome, StillOpen) and bool(outcome.questions)
