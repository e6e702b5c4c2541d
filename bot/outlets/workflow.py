"""Completes steps of Slack's Workflow Builder: nothing is shown while a request is open, and its end is told once.

The courier sees to it that it is told. Telling an end twice does no harm: Slack takes the first one and refuses the second.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.drawing.wording import MARKS
from core.courier import OutcomeUnknown, OutletBusy, OutletRefused, Pace, Spot
from core.masking import mask_text
from core.model.request import Request, Verdict
from core.notices import how_it_ended
from core.ports import Delivery, Notice
from core.veil import veil

PLACE: Final = "workflow:"
"""Stands before an execution's id in a delivery's place. Stored; may never be renamed."""

GO_ON: Final = "go_on"
DONE: Final = "done"
"""Keys of the delivery's address: whether the workflow goes on after a no, and that Slack has been told. Stored."""

BUSY: Final = frozenset({"ratelimited", "rate_limited"})
UNKNOWN: Final = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
MENDABLE: Final = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"}
)
LONGEST: Final = 2_000

log = structlog.get_logger()


class WorkflowOutlet:
    """`client` never retries by itself and its session has a total timeout."""

    word: ClassVar[str] = "workflow"

    def __init__(self, client: AsyncWebClient, *, pace: Pace | None = None) -> None:
        self._client = client
        self._pace = pace or Pace()

    @property
    def pace(self) -> Pace:
        return self._pace

    async def spot(self, organisation: str, place: str, address: Mapping[str, Any]) -> Spot:
        """Steps belong to the app's own workspace alone."""
        return Spot(self.word, place)

    async def show(self, delivery: Delivery, request: Request) -> Delivery:
        """Tell the end, once; before it there is nothing to do."""
        if request.is_open or delivery.address.get(DONE) or not delivery.place.startswith(PLACE):
            return delivery
        execution = delivery.place.removeprefix(PLACE)
        await self._told(execution, request, go_on=bool(delivery.address.get(GO_ON)))
        return replace(delivery, address={**delivery.address, DONE: True})

    async def tell(self, notice: Notice, request: Request, cards: Sequence[Delivery]) -> Notice:
        """A workflow hears the end alone."""
        return notice

    async def find(self, delivery: Delivery) -> Mapping[str, Any] | None:
        """Nothing is ever posted, so whatever was begun may be begun again."""
        return dict(delivery.address)

    async def _told(self, execution: str, request: Request, *, go_on: bool) -> None:
        try:
            if request.is_yes or go_on:
                await self._client.functions_completeSuccess(
                    function_execution_id=execution, outputs=outputs_of(request)
                )
            else:
                await self._client.functions_completeError(function_execution_id=execution, error=_error(request))
        except SlackApiError as error:
            _refused(error, execution)
        except aiohttp.ClientConnectorError as error:
            raise OutletBusy(5.0) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise OutcomeUnknown(type(error).__name__) from error


def outputs_of(request: Request) -> dict[str, Any]:
    """What the next steps of the workflow may use, as the manifest declares it."""
    shown = veil(request)
    decided = [decision for decision in shown.decisions if decision.counts]
    last = decided or [decision for decision in shown.decisions if decision.verdict is Verdict.REJECTED]
    return {
        "approved": request.is_yes,
        "outcome": request.status.value,
        "decided_by": ", ".join(dict.fromkeys(decision.name for decision in last))[:LONGEST],
        "comment": mask_text(next((decision.comment for decision in reversed(last) if decision.comment), ""))[:LONGEST],
        "edits": mask_text(json.dumps(dict(shown.edits), sort_keys=True, default=str))[:LONGEST] if shown.edits else "",
        "request": f"#{request.number}",
    }


def _error(request: Request) -> str:
    """What whoever looks at the workflow reads."""
    said = mask_text(how_it_ended(veil(request)))
    return f"Request #{request.number}: {said or MARKS[request.status]}"[:LONGEST]


def _refused(error: SlackApiError, execution: str) -> None:
    """Whatever is neither passing nor mendable means that Slack waits for this execution no longer."""
    reason = str(error.response.get("error") or "")
    if reason in BUSY:
        raise OutletBusy(30.0) from error
    if reason in UNKNOWN or not reason:
        raise OutcomeUnknown(reason) from error
    if reason in MENDABLE:
        raise OutletRefused(reason, permanent=False) from error
    log.warning("workflow.no_longer_waits", execution=execution, reason=reason)


MEMBER = WorkflowOutlet
