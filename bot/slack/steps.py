"""The step "Ask for approval" of Slack's Workflow Builder: its inputs become a request, whose end completes it.

A workflow cannot prove who runs it: whoever built it fills in all of its inputs. So it asks as an agent that an admin has let
in by adding it, never as a person; rules, limits and suspension hold for it as for any other machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from ulid import ULID

from bot.slack.afterwards import Afterwards
from bot.slack.drawing.blocks import clean, cut
from bot.slack.entrance.payload import Happening, fingerprint
from bot.slack.people.actor import KIND
from bot.slack.room import Room
from core.desk import Draft
from core.errors import ApprovalError, Invalid, NotAllowed, Unavailable
from core.model.people import Actor, Verb, Way
from core.model.request import Content, Request, Subject
from core.phrases import phrase
from core.ports import Delivery, Idempotency, Reader

STEP: Final = "ask_for_approval"
AGENT: Final = "workflow-builder"
SUBJECT: Final = "workflow_step"
OUTLET: Final = "workflow"
PLACE: Final = "workflow:"
"""As the outlet stores them; none of these may be renamed."""

LONGEST: Final = 200
TRIES: Final = 3

log = structlog.get_logger()


class Steps:
    def __init__(self, room: Room, client: AsyncWebClient, afterwards: Afterwards) -> None:
        self._room = room
        self._client = client
        self._afterwards = afterwards

    async def executed(self, happening: Happening) -> None:
        """Settled before the acknowledgement: one execution is one request, however often Slack tells of it."""
        event = happening.event
        function, execution = event.get("function"), event.get("function_execution_id")
        if not isinstance(function, Mapping) or function.get("callback_id") != STEP:
            return
        if not isinstance(execution, str) or not 0 < len(execution) <= LONGEST or not execution.isalnum():
            return
        inputs = event.get("inputs")
        try:
            await self._ask(execution, inputs if isinstance(inputs, Mapping) else {})
        except Unavailable:
            raise
        except ApprovalError as error:
            self._afterwards(self._refuse(execution, error.sentence))

    async def _ask(self, execution: str, inputs: Mapping[str, Any]) -> None:
        actor = await self._room.read(self._agent)
        draft = await self._room.read(lambda reader: self._draft(reader, execution, inputs))
        once = Idempotency(f"slack:workflow/{self._room.installation.issuer}", execution, fingerprint(execution))
        done = await self._room.desk.create(actor, draft, once=once)
        waiting = _waiting(done.request, execution, go_on=inputs.get("go_on") is True)
        await self._room.store.transact(lambda tx: tx.deliver([waiting]))

    def _agent(self, reader: Reader) -> Actor:
        organisation = self._room.installation.organisation
        agent = next((one for one in reader.agents(organisation) if one.name == AGENT), None)
        if agent is None:
            raise NotAllowed(
                phrase(
                    "Workflows may not ask here yet; an admin lets them with /countersign agents add {agent}.",
                    agent=AGENT,
                )
            )
        if agent.suspended:
            raise NotAllowed(
                phrase("Agent {agent} is suspended, so workflows ask for nothing; ask an admin.", agent=AGENT)
            )
        verbs = frozenset({Verb.ASK, Verb.READ})
        return Actor("agent", agent.id, agent.name, organisation, Way.SLACK, team=agent.team, verbs=verbs)

    def _draft(self, reader: Reader, execution: str, inputs: Mapping[str, Any]) -> Draft:
        title = _text(inputs, "title")
        if not title:
            raise Invalid(phrase("The step has no title; fill in what should be approved."), field="title")
        content = Content(
            type=_text(inputs, "type") or "custom",
            title=cut(title, 200),
            description=_text(inputs, "description") or None,
            subject=Subject(SUBJECT, execution, None),
        )
        approver, behalf, channel = (_text(inputs, name) for name in ("approver", "requested_for", "channel"))
        hours = inputs.get("hours")
        within = isinstance(hours, int | float) and not isinstance(hours, bool) and 0 < hours <= 24 * 365
        return Draft(
            content,
            _text(inputs, "project") or None,
            (self._member(reader, approver, "approver"),) if approver else (),
            notify=(f"channel:{channel}",) if channel else (),
            on_behalf_of=self._member(reader, behalf, "requested_for") if behalf else None,
            expires_at=reader.now() + timedelta(hours=float(hours or 0)) if within else None,
        )

    def _member(self, reader: Reader, user: str, field: str) -> str:
        identity = reader.identity(KIND, self._room.installation.issuer, user)
        if identity is None or identity.organisation != self._room.installation.organisation:
            raise Invalid(
                phrase(
                    "The person in '{field}' is no member of Countersign; choose another one, or ask an admin to add them.",
                    field=field,
                ),
                field=field,
            )
        return identity.member

    async def _refuse(self, execution: str, sentence: str) -> None:
        """Nothing was asked, so nothing is kept; a workflow that does not hear it stays open until Slack ends it."""
        for _ in range(TRIES):
            try:
                await self._client.functions_completeError(function_execution_id=execution, error=sentence)
            except SlackApiError as error:
                log.warning("slack.step_not_refused", reason=error.response.get("error"))
                return
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                log.warning("slack.step_not_refused", reason=type(error).__name__)
            else:
                return


def _waiting(request: Request, execution: str, *, go_on: bool) -> Delivery:
    return Delivery(
        f"dlv_{ULID()}",
        request.organisation,
        request.id,
        OUTLET,
        f"{PLACE}{execution}",
        wanted=request.version,
        shown=0,
        state="new",
        address={"go_on": True} if go_on else {},
    )


def _text(inputs: Mapping[str, Any], name: str) -> str:
    """What was filled in; a person or channel may come in a list of one."""
    value = inputs.get(name)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return clean(value).strip() if isinstance(value, str) else ""
