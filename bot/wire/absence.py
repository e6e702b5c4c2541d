"""What is sent and seen of delegations, and of how members like to be told."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from bot.wire.showing import View
from bot.wire.strict import Moment, Shape, Who, some
from core.administration.delegations import Given
from core.model.absence import Preferences, Telling

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", json_schema_extra={"example": "09:00"})]
Day = Annotated[int, Field(ge=1, le=7)]


class DelegationIn(Shape):
    """`to` decides for you, by id or e-mail, in one project or in all. `until` is yours to set: at most 366 days from now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"to": "ben@example.com", "until": "2026-12-04T17:00:00Z", "project": "payments"}]
        }
    )

    to: Who
    until: Moment
    starts_at: Moment | None = None
    project: Annotated[str, some(100)] | None = None


class DelegationQuery(Shape):
    """As an admin: `all` for everybody's."""

    whose: Literal["mine", "all"] = "mine"


class DelegationView(View):
    """`taker` decides for `giver`; `project` null means all. `ended_at` is set once it was stopped before its end."""

    id: str
    giver: str
    giver_name: str
    taker: str
    taker_name: str
    project: str | None
    project_name: str | None
    starts_at: datetime
    until: datetime
    created_at: datetime
    ended_at: datetime | None


class PreferencesIn(Shape):
    """How you are reminded of what waits for you. Only what is given changes; none of it moves a deadline.

    `working_days` count from Monday, which is 1. `country` is one whose holidays you keep: `DE`, `DE-BY`.
    `language` is what the app speaks to you in Slack; null is what your Slack profile says.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "told": "digest",
                    "quiet_from": "22:00",
                    "quiet_until": "07:00",
                    "working_days": [1, 2, 3, 4, 5],
                    "time_zone": "Europe/Berlin",
                    "country": "DE-BY",
                    "digest_at": "09:00",
                    "language": "de",
                }
            ]
        }
    )

    told: Literal["dm", "mention", "digest", "nothing"] = "dm"
    quiet_from: Clock | None = None
    quiet_until: Clock | None = None
    working_days: Annotated[list[Day], Field(min_length=1, max_length=7)] = [1, 2, 3, 4, 5, 6, 7]
    time_zone: Annotated[str, some(60)] | None = None
    country: Annotated[str, some(16)] | None = None
    digest_at: Clock = "09:00"
    copies: bool = False
    language: Literal["en", "de"] | None = None

    def changes(self) -> dict[str, Any]:
        """Of what was sent, as the office takes it."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: _meant(name, value) for name, value in sent.items()}


class PreferencesView(View):
    """`zone` is the one that counts: your own, else that of your Slack profile."""

    told: str
    quiet_from: str | None
    quiet_until: str | None
    working_days: list[int]
    time_zone: str | None
    zone: str
    country: str | None
    digest_at: str
    copies: bool
    language: str | None
    next_digest_at: datetime | None


def _meant(name: str, value: Any) -> Any:
    match name:
        case "told":
            return Telling(value)
        case "quiet_from" | "quiet_until" | "digest_at":
            return None if value is None else time.fromisoformat(value)
        case "working_days":
            return frozenset(value)
        case "country":
            return None if value is None else str(value).upper()
        case _:
            return value


def show_delegation(given: Given) -> DelegationView:
    one = given.delegation
    return DelegationView(
        id=one.id,
        giver=one.giver,
        giver_name=given.giver,
        taker=one.taker,
        taker_name=given.taker,
        project=one.project,
        project_name=given.project,
        starts_at=one.starts_at,
        until=one.until,
        created_at=one.made_at,
        ended_at=one.ended_at,
    )


def show_preferences(chosen: Preferences) -> PreferencesView:
    return PreferencesView(
        told=chosen.told.value,
        quiet_from=_clock(chosen.quiet_from),
        quiet_until=_clock(chosen.quiet_until),
        working_days=sorted(chosen.working_days),
        time_zone=chosen.time_zone,
        zone=chosen.zone,
        country=chosen.country,
        digest_at=chosen.digest_at.strftime("%H:%M"),
        copies=chosen.copies,
        language=chosen.language,
        next_digest_at=chosen.digest_due,
    )


def _clock(at: time | None) -> str | None:
    return None if at is None else at.strftime("%H:%M")
