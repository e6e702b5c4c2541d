"""What admins send and see of webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from bot.wire.setting_up import Duration
from bot.wire.showing import View
from bot.wire.strict import Shape, some
from core.administration.webhooks import Webhook
from core.model.endpoint import Attempt

EventWord = Annotated[str, some(60)]
Events = Annotated[list[EventWord], Field(min_length=1, max_length=30)]
Names = Annotated[list[Annotated[str, some(100)]], Field(min_length=1, max_length=100)]
Url = Annotated[str, some(2000)]
WebhookName = Annotated[str, some(60)]


class NewWebhook(Shape):
    """An address to be told. Without `events`, `projects` or `types` it is told of all of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "deploys",
                    "url": "https://ci.example.com/countersign",
                    "events": ["request.approved", "request.rejected", "request.expired"],
                    "projects": ["payments"],
                }
            ]
        }
    )

    name: WebhookName
    url: Url
    events: Events | None = None
    projects: Names | None = None
    types: Names | None = None


class WebhookChange(Shape):
    """What is left out stays; a filter that is null is everything."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"events": ["request.approved"], "projects": None}]})

    name: WebhookName | None = None
    url: Url | None = None
    events: Events | None = None
    projects: Names | None = None
    types: Names | None = None

    def filters(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("events", "projects", "types") if name in self.model_fields_set}


class Rotation(Shape):
    """The secret before signs beside the new one for `overlap`, 24 hours unless said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap": "2h"}]})

    overlap: Duration | None = None


class WebhookView(View):
    """`secret` is there once: when it was made.

    `behind` requests wait to be tried again, `given_up` ones are not tried any more until it is resumed; `waiting` rows of
    the feed have not been looked through for it.
    """

    id: str
    name: str
    url: str
    events: list[str] | None
    projects: list[str] | None
    types: list[str] | None
    state: Literal["active", "failing", "paused", "parked", "needs_secret"]
    problem: str | None
    behind: int
    given_up: int
    waiting: int
    delivered_at: datetime | None
    failed_at: datetime | None
    parked_at: datetime | None
    created_by: str
    created_at: datetime
    secret: str | None = None


class AttemptView(View):
    """One call. `event` is what was told, `request` of which request; `number` counts the tries of this event."""

    id: int
    event: str
    request: str | None
    at: datetime
    delivered: bool
    status: int | None
    milliseconds: int
    number: int
    problem: str | None


def show_webhook(seen: Webhook, secret: str | None = None) -> WebhookView:
    endpoint, progress = seen.endpoint, seen.progress
    return WebhookView.model_validate(
        {
            "id": endpoint.id,
            "name": endpoint.name,
            "url": endpoint.url,
            "events": _listed(endpoint.events),
            "projects": _listed(endpoint.projects),
            "types": _listed(endpoint.types),
            "state": seen.state,
            "problem": progress.problem,
            "behind": seen.behind,
            "given_up": seen.given_up,
            "waiting": seen.waiting,
            "delivered_at": progress.delivered_at,
            "failed_at": progress.failed_at,
            "parked_at": progress.parked_at,
            "created_by": endpoint.created_by,
            "created_at": endpoint.created_at,
            "secret": secret,
        }
    )


def show_attempt(attempt: Attempt) -> AttemptView:
    return AttemptView(
        id=attempt.id,
        event=attempt.event,
        request=attempt.request,
        at=attempt.at,
        delivered=attempt.delivered,
        status=attempt.status,
        milliseconds=attempt.milliseconds,
        number=attempt.number,
        problem=attempt.problem,
    )


def _listed(words: tuple[str, ...] | None) -> list[str] | None:
    return None if words is None else list(words)
