"""Floor of a create: FastAPI with the product's strict shapes in and out, and nothing in between."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI

from bench.uvicorn_ready import serve
from bot.wire.asking import NewRequest
from bot.wire.showing import RequesterView, RequestView, RequirementView, SourceView, StageView

WHO = RequesterView(kind="agent", id="agt_1", name="Deploy bot", email=None, team="platform")


def answer(asked: NewRequest) -> RequestView:
    """What was asked, with all a real answer adds to it: one stage that waits."""
    now = datetime.now(UTC)
    content = asked.model_dump(include={"type", "title", "description", "action", "params", "reasoning", "cost",
        "side_effects", "if_denied", "facts", "metadata", "links", "editable", "subject"})  # fmt: skip
    return RequestView(**content, **_frame(now), stages=[_stage()])


def _frame(now: datetime) -> dict[str, Any]:
    return {
        "id": "req_01JDXXXXXXXXXXXXXXXXXXXXXX",
        "number": 1,
        "version": 3,
        "project": "prj_1",
        "organisation": "org_1",
        "status": "pending",
        "cause": None,
        "ended_by": None,
        "end_comment": None,
        "execution_status": None,
        "requester": WHO,
        "on_behalf_of": None,
        "revision": 1,
        "stage": 1,
        "created_at": now,
        "revised_at": now,
        "expires_at": now,
        "decided_at": None,
        "waiting_for": [SourceView(principal="group:grp_1", label="@platform")],
        "batch": None,
        "digest": "0" * 64,
        "action_digest": "0" * 64,
        "supersede_key": None,
        "approvers": [],
        "why": ["The request names its approvers."],
        "decisions": [],
        "questions": [],
        "checks": [],
        "break_glass": [],
        "hints": [],
        "edits": None,
        "execution": None,
        "discarded": False,
        "superseded_by": None,
    }


def _stage() -> StageView:
    waited = SourceView(principal="group:grp_1", label="@platform")
    requirement = RequirementView(
        id="s1r1",
        stage=1,
        stage_name="Platform",
        kind="approvals",
        label="1 of @platform",
        people=[waited],
        min=1,
        approved=0,
        approved_by=[],
        satisfied=False,
        active=True,
        sentence="Waiting for 1 of @platform.",
        waiting_for=[waited],
    )
    return StageView(number=1, name="Platform", state="open", requirements=[requirement])


def build() -> FastAPI:
    api = FastAPI()

    @api.post("/v1/requests", status_code=201)
    async def create(body: NewRequest) -> RequestView:
        return answer(body)

    return api


if __name__ == "__main__":
    serve(build())
