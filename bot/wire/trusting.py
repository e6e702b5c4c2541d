"""What is sent and seen of trust, leases and schedules."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from bot.wire.setting_up import Duration
from bot.wire.showing import View
from bot.wire.strict import Shape, some, text
from core.administration.safety import Earned
from core.administration.schedules import OnDuty
from core.masking import mask_text
from core.model.command import GrantLease
from core.model.duration import parse_duration
from core.model.lease import MOST_USES, Lease

ScheduleName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,59}$")]


# -------------------------------------------------------------------------------------------------------------- coming in


class LeaseIn(Shape):
    """Let so many like this request pass unasked. `action` widens what they may do: the beginning, then `*`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"request": "req_01J8ZQ", "uses": 5, "lasts": "4h", "action": "restart worker *"}]
        }
    )

    request: Annotated[str, some(64)]
    uses: Annotated[int, Field(ge=1, le=MOST_USES)]
    lasts: Duration
    action: Annotated[str, text(300)] | None = None

    def wish(self) -> GrantLease:
        return GrantLease(self.uses, parse_duration(self.lasts), self.action)


class ScheduleIn(Shape):
    """An iCalendar feed; whoever an event names by e-mail is on duty while it lasts. Rules write `oncall:<name>`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "primary", "url": "https://calendar.example.com/oncall.ics"}]}
    )

    name: ScheduleName
    url: Annotated[str, some(2000)]


class ScheduleFeed(Shape):
    """Another feed under the same name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"url": "https://calendar.example.com/oncall.ics"}]})

    url: Annotated[str, some(2000)]


# -------------------------------------------------------------------------------------------------------------- going out


class TrustView(View):
    """One agent and type. The score is a lower bound for the share of yeses; nobody can set any of this."""

    agent: str
    agent_name: str
    type: str
    score: float
    approved: int
    edited: int
    rejected: int
    failed: int
    timed_out: int
    spent_today_usd: float
    used_today: int
    sentence: str


def show_trust(one: Earned) -> TrustView:
    record = one.trusted.record
    return TrustView(
        agent=one.trusted.agent,
        agent_name=one.agent_name,
        type=one.trusted.type,
        score=round(one.score, 4),
        approved=record.approved,
        edited=record.edited,
        rejected=record.rejected,
        failed=record.failed,
        timed_out=record.timed_out,
        spent_today_usd=round(one.spent.usd, 6),
        used_today=one.spent.count,
        sentence=one.sentence,
    )


class LeaseView(View):
    """`covers` says in words what its like is; `usd` is the most one may cost, null where none may say its cost."""

    id: str
    agent: str
    agent_name: str
    project: str
    type: str
    action: str | None
    subject_kind: str | None
    usd: float | None
    side_effects: list[str]
    covers: str
    uses: int
    used: int
    until: datetime
    granted_by: str
    granted_by_name: str
    granted_at: datetime
    request: str
    number: int
    revoked_at: datetime | None
    revoked_by: str | None


def show_lease(lease: Lease) -> LeaseView:
    kind = lease.kind
    return LeaseView(
        id=lease.id,
        agent=lease.agent,
        agent_name=lease.agent_name,
        project=lease.project,
        type=kind.type,
        action=None if kind.action is None else mask_text(kind.action),
        subject_kind=kind.subject_kind,
        usd=kind.usd,
        side_effects=[mask_text(effect) for effect in kind.side_effects],
        covers=mask_text(kind.sentence),
        uses=lease.uses,
        used=lease.used,
        until=lease.until,
        granted_by=lease.granted_by,
        granted_by_name=lease.granted_by_name,
        granted_at=lease.granted_at,
        request=lease.request,
        number=lease.number,
        revoked_at=lease.revoked_at,
        revoked_by=lease.revoked_by,
    )


class ScheduleView(View):
    """`on_duty` are members; `unknown` addresses the feed names for now that belong to none; `nobody` says why there is nobody.

    Of the feed's address only the host is ever shown.
    """

    id: str
    name: str
    host: str
    on_duty: list[str]
    unknown: list[str]
    next_change: datetime | None
    fetched_at: datetime | None
    problem: str | None
    nobody: str | None


def show_schedule(one: OnDuty) -> ScheduleView:
    schedule = one.schedule
    return ScheduleView(
        id=schedule.id,
        name=schedule.name,
        host=schedule.host,
        on_duty=list(one.now),
        unknown=list(one.unknown),
        next_change=None if one.next is None else one.next.starts,
        fetched_at=schedule.fetched_at,
        problem=schedule.problem,
        nobody=one.nobody,
    )
