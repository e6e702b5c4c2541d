"""What is sent and seen of emergencies: broken glass, its review, freezes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from bot.wire.showing import View
from bot.wire.strict import Moment, Shape, Words, some
from core.model import command as c
from core.model.emergency import Finding, Freeze, Review


class BreakGlassIn(Shape):
    """`revision` may be left out only while there has been just one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Checkout is down.", "revision": 1}]})

    reason: Words
    revision: Annotated[int, Field(ge=1)] | None = None

    def to_command(self) -> c.BreakGlass:
        return c.BreakGlass(self.reason, self.revision)


class ReviewIn(Shape):
    """`glass` may be left out; the last one that owes its review is meant then."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"finding": "justified", "remark": "The graphs agree; nobody was awake."}]}
    )

    finding: Literal["justified", "not_justified"]
    remark: Words
    glass: Annotated[str, some(64)] | None = None

    def to_command(self) -> c.CloseReview:
        return c.CloseReview(Finding(self.finding), self.remark, self.glass)


class ReviewView(View):
    """A review that is owed: whose break-glass, on which request, until when."""

    glass: str
    request: str
    number: int
    project: str
    member: str
    name: str
    opened_at: datetime
    review_by: datetime


class FreezeIn(Shape):
    """`project` by id or name; left out, the whole organisation. Without `until` it holds until it is lifted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"project": "payments", "reason": "Black Friday", "until": "2126-11-28T08:00:00Z"}]
        }
    )

    reason: Annotated[str, some(500)]
    project: Annotated[str, some(64)] | None = None
    until: Moment | None = None


class LiftIn(Shape):
    """`project` by id or name; left out, what was frozen as the whole organisation."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"project": "payments"}]})

    project: Annotated[str, some(64)] | None = None


class FreezeView(View):
    """Nothing is claimed there while it holds."""

    id: str
    project: str | None
    reason: str
    by: str
    by_name: str
    at: datetime
    until: datetime | None


def show_freeze(freeze: Freeze) -> FreezeView:
    return FreezeView(
        id=freeze.id,
        project=freeze.project,
        reason=freeze.reason,
        by=freeze.by,
        by_name=freeze.by_name,
        at=freeze.at,
        until=freeze.until,
    )


def show_review(review: Review) -> ReviewView:
    return ReviewView(
        glass=review.glass,
        request=review.request,
        number=review.number,
        project=review.project,
        member=review.member,
        name=review.name,
        opened_at=review.opened_at,
        review_by=review.review_by,
    )
