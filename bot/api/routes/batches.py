"""`/v1/batches`: what waits for the caller by likeness, and deciding several at once, each by itself."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from bot.api.exchange import actor, answer_list, body_of, house, once
from bot.api.routes.base import Routes, spec
from bot.wire.batching import BatchDecision, BatchView, OutcomeView, show_batch, show_outcome
from bot.wire.showing import ListOf

router = APIRouter(tags=["batches"])
_BATCHES = TypeAdapter(list[BatchView])
_OUTCOMES = TypeAdapter(list[OutcomeView])


@router.get("/v1/batches", **spec("List like requests that wait for you, most first", answer=ListOf[BatchView]))
async def batches(request: Request) -> Response:
    found = await house(request).administration.batches.waiting(actor(request))
    return answer_list(_BATCHES, [show_batch(batch) for batch in found], None)


@router.post(
    "/v1/batches/decide", **spec("Decide several, each by itself", body=BatchDecision, answer=ListOf[OutcomeView])
)
async def decide(request: Request) -> Response:
    said = await body_of(request, BatchDecision)
    outcomes = await house(request).administration.batches.decide(
        actor(request),
        [item.to_item() for item in said.requests],
        said.verdict,
        said.comment,
        once=await once(request),
    )
    return answer_list(_OUTCOMES, [show_outcome(outcome) for outcome in outcomes], None)


MEMBER = Routes("batches", router, (BatchDecision,))
