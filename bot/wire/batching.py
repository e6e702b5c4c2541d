"""What is sent and seen of batches."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from bot.wire.asking import NewRequest
from bot.wire.showing import RequestView, View
from bot.wire.strict import Comment, Shape, some
from core.administration.batches import Outcome
from core.desk import Draft
from core.desk.together import TOGETHER
from core.model.batch import Batch, Item
from core.model.request import Verdict
from core.veil import veil

_ULID = "01J8ZQ5T8E6M4V0B2N7K9R3C1D"


class ItemIn(Shape):
    """One request exactly as it was seen: `digest` is the request's own."""

    request: Annotated[str, some(64)]
    revision: Annotated[int, Field(ge=1)]
    stage: Annotated[int, Field(ge=0)]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    def to_item(self) -> Item:
        return Item(self.request, self.revision, self.stage, self.digest)


class NewBatch(Shape):
    """Like requests: of one type, in one project. All of them are asked for, or none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "requests": [
                        {"type": "custom", "title": f"Migrate shard {shard}", "action": f"migrate --shard {shard}"}
                        for shard in (1, 2, 3)
                    ]
                }
            ]
        }
    )

    requests: Annotated[list[NewRequest], Field(min_length=1, max_length=TOGETHER)]

    def to_drafts(self) -> list[Draft]:
        return [request.to_draft() for request in self.requests]


class TogetherView(View):
    """What was asked together, in the order of its numbers."""

    id: str
    requests: list[RequestView]


class BatchDecision(Shape):
    """One word for several requests; each is decided by itself. A rejection may need its comment."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "decision": "approved",
                    "comment": "All the same patch.",
                    "requests": [{"request": f"req_{_ULID}", "revision": 1, "stage": 1, "digest": "0" * 64}],
                }
            ]
        }
    )

    decision: Literal["approved", "rejected"]
    requests: Annotated[list[ItemIn], Field(min_length=1, max_length=100)]
    comment: Comment | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.decision)


class ItemView(View):
    """As it is sent back to decide on it."""

    request: str
    number: int
    title: str
    revision: int
    stage: int
    digest: str


class BatchView(View):
    """Requests alike that wait for the caller: in one project, of one type, asked by one requester."""

    project: str
    type: str
    requester: str
    requester_name: str
    requests: list[ItemView]


class OutcomeView(View):
    """What became of one: its status after the decision, or the code and sentence of the refusal."""

    request: str
    number: int | None
    decided: bool
    status: str | None
    decision: str | None
    code: str | None
    detail: str | None


def show_batch(batch: Batch) -> BatchView:
    like = batch.like
    items = [
        ItemView(
            request=one.id,
            number=one.number,
            title=veil(one).content.title,
            revision=one.revision,
            stage=one.stage,
            digest=one.digest,
        )
        for one in batch.requests
    ]
    return BatchView(
        project=like.project,
        type=like.type,
        requester=like.requester.partition(":")[2],
        requester_name=like.requester_name,
        requests=items,
    )


def show_outcome(outcome: Outcome) -> OutcomeView:
    done, refusal = outcome.done, outcome.refusal
    return OutcomeView(
        request=outcome.item.request,
        number=outcome.number,
        decided=done is not None,
        status=None if done is None else done.request.status.value,
        decision=None if done is None or done.decision is None else done.decision.id,
        code=None if refusal is None else refusal.word,
        detail=None if refusal is None else refusal.sentence,
    )
