"""What endpoints are told: the event, and the request as the change left it that made the event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from bot.wire.showing import DecisionView, Emails, QuestionView, RequestView, View, show
from core.masking import mask
from core.model.endpoint import TEST, message_id
from core.model.request import Request
from core.phrases import phrase
from core.ports import LedgerRow


class AnnouncedView(View):
    """`position` is the event's place in the feed. `decision`, `question` or `stage` is what the event is about, if so.

    `receipt` comes with `execution.requested`; it is signed, and never masked.
    """

    event: str
    organisation: str
    position: int | None
    actor: str
    way: str
    request: RequestView
    decision: DecisionView | None = None
    question: QuestionView | None = None
    stage: int | None = None
    receipt: str | None = None


class Announcement(View):
    """The body of a webhook. `type` is the event's word; `data.event` is the `webhook-id`."""

    type: str
    timestamp: datetime
    data: AnnouncedView


class TestData(View):
    event: str
    organisation: str
    endpoint: str
    message: str


class TestAnnouncement(View):
    type: str = TEST
    timestamp: datetime
    data: TestData


def announce(row: LedgerRow, word: str, then: Request, emails: Emails, receipt: str | None = None) -> bytes:
    """The body: what a type keeps secret is hidden, and whatever has the name or shape of a secret."""
    shown = show(then, emails)
    payload = row.payload or {}
    data = AnnouncedView(
        event=message_id(row.request, row.seq),
        organisation=row.organisation,
        position=row.position,
        actor=row.actor,
        way=row.way,
        request=shown,
        decision=_one(shown.decisions, payload.get("decision")),
        question=_one(shown.questions, payload.get("question")),
        stage=payload.get("stage") if word == "stage.passed" else None,
    )
    plain = Announcement(type=word, timestamp=row.at, data=data).model_dump(mode="json", exclude_none=False)
    return orjson.dumps(plain | {"data": mask(plain["data"]) | {"receipt": receipt}})


def announce_test(id: str, organisation: str, endpoint: str, at: datetime) -> bytes:
    said = phrase("This is a test: the address is reached, and the signature can be checked with this message.")
    data = TestData(event=id, organisation=organisation, endpoint=endpoint, message=said)
    return TestAnnouncement(timestamp=at, data=data).model_dump_json().encode()


def _one(shown: list[Any], said: Any) -> Any:
    """The one of this id; the ledger names it by its id or keeps it whole."""
    id = said.get("id") if isinstance(said, Mapping) else said
    return next((one for one in shown if one.id == id), None)
