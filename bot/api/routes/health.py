"""`/healthz`, `/readyz`, `/metrics`: for whoever operates the server; nothing of what is asked shows here."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.api.exchange import house
from bot.api.routes.base import Direct, Routes

router = APIRouter(tags=["operations"], route_class=Direct)


@router.get("/healthz", summary="Is the process there?", response_model=None)
async def healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


@router.get(
    "/readyz",
    summary="Can it do its work?",
    response_model=None,
    responses={503: {"description": "Not now; the reasons are given."}},
)
async def readyz(request: Request) -> Response:
    """503 with the reasons while it cannot: the sweep is late, the database is away, the clock is off."""
    reasons = await house(request).troubles()
    if reasons:
        return JSONResponse({"status": "not ready", "reasons": reasons}, 503)
    return JSONResponse({"status": "ready"})


@router.get("/metrics", summary="Prometheus metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    return Response(house(request).metrics.page(), media_type=CONTENT_TYPE_LATEST)


MEMBER = Routes("health", router)
