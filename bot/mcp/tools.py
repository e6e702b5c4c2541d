"""The tools an agent sees. None of them decides: there is no way to say yes here, whatever the credential."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any, Final, Literal

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from bot.mcp.said import Asked, Standing, asked, standing
from bot.mcp.together import MOST, OneOfSeveral, Together, all_decided, said, together
from countersign_client import AsyncCountersign, Batch, CountersignError, RateLimited, Refused, Request, digest_for

Call = Context[Any, Any]
Reach = Callable[[Call], AsyncCountersign]
"""The client that speaks for whoever makes this call."""

LONGEST_WAIT: Final = 600.0
USUAL_WAIT: Final = 25.0
"""Well below the minute after which most clients give up on a call."""

MOST_QUESTIONS: Final = 20
"""Requests whose open questions are handed over at once."""

Ticket = Annotated[str, Field(description="What request_approval gave you, or a request's number.")]
Seconds = Annotated[
    float,
    Field(
        ge=0,
        le=LONGEST_WAIT,
        description="How long you can wait in this call; keep it below your own time limit for calls. When it is over "
        "you get the request as it stands, and can wait again.",
    ),
]
Action = Annotated[str | None, Field(description="Exactly what will be done: a command, a call, a statement.")]
Params = Annotated[
    dict[str, Any] | None, Field(description="The values it will be done with. People may be allowed to change them.")
]
Facts = Annotated[dict[str, Any] | None, Field(description="Measured facts that rules judge by.")]
Subject = Annotated[dict[str, Any] | None, Field(description="What it is about: {kind, id, url}.")]
Effects = Annotated[list[str] | None, Field(description="What else will happen, in plain words.")]
Usd = Annotated[float | None, Field(ge=0, description="What it will cost, in dollars. Leave out only if unknown.")]
Links = Annotated[list[dict[str, str]] | None, Field(description="[{title, url}], for people to look at.")]
Text = Annotated[str | None, Field()]


class Tools:
    """`reach` says on whose behalf a call is made."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    @property
    def all(self) -> tuple[Callable[..., Any], ...]:
        return (
            self.request_approval,
            self.request_batch,
            self.get_request,
            self.wait_for_decision,
            self.wait_for_batch,
            self.answer_question,
            self.revise,
            self.cancel,
            self.claim_execution,
            self.report_execution,
        )

    async def request_approval(  # noqa: PLR0913, PLR0917 - its arguments are the tool's schema
        self,
        ctx: Call,
        title: Annotated[str, Field(description="What you want to do, so that a person understands it at a glance.")],
        action: Action = None,
        params: Params = None,
        reasoning: Annotated[str | None, Field(description="Why it should be done.")] = None,
        if_denied: Annotated[str | None, Field(description="What you will do if the answer is no.")] = None,
        side_effects: Effects = None,
        cost_usd: Usd = None,
        type: Annotated[
            str, Field(description="custom, deploy, merge, or one your organisation has added.")
        ] = "custom",
        description: Text = None,
        facts: Facts = None,
        metadata: Annotated[dict[str, Any] | None, Field(description="Whatever else people should see.")] = None,
        links: Links = None,
        subject: Subject = None,
        approvers: Annotated[
            list[str] | None,
            Field(description="E-mail addresses or @groups, all of whom must agree, besides the rules'."),
        ] = None,
        project: Text = None,
        on_behalf_of: Annotated[str | None, Field(description="The e-mail address of the person you act for.")] = None,
        supersede_key: Annotated[
            str | None, Field(description="A newer request with the same key takes the place of an older one.")
        ] = None,
        expires_in_minutes: Annotated[float | None, Field(gt=0, description="Shortens the time to answer.")] = None,
        idempotency_key: Annotated[
            str | None, Field(description="Give the same one again to get the same request instead of a second one.")
        ] = None,
        wait_seconds: Seconds = 0,
    ) -> Standing:
        """Ask people for a yes before you do something that should not happen without one.

        Nothing may be done until the answer says so. Returns at once with a ticket, or waits up to wait_seconds.
        """
        content = {
            "action": action,
            "params": params,
            "reasoning": reasoning,
            "if_denied": if_denied,
            "side_effects": side_effects,
            "cost_usd": cost_usd,
            "description": description,
            "facts": facts,
            "metadata": metadata,
            "links": links,
            "subject": subject,
            "approvers": approvers,
            "project": project,
            "on_behalf_of": on_behalf_of,
            "supersede_key": supersede_key,
            "expires_in_minutes": expires_in_minutes,
        }
        async with self._speaking(ctx) as client:
            given: Any = said(content)
            made = await client.requests.create(type, title, idempotency_key=idempotency_key, **given)
            if wait_seconds and made.is_open:
                made = await _waited(client, made.id, wait_seconds)
            return await _told(client, made)

    async def request_batch(
        self,
        ctx: Call,
        requests: Annotated[list[OneOfSeveral], Field(min_length=1, max_length=MOST)],
        type: Annotated[str, Field(description="Of all of them, as in request_approval.")] = "custom",
        project: Text = None,
        idempotency_key: Annotated[
            str | None, Field(description="Give the same one again to get the same requests instead of new ones.")
        ] = None,
        wait_seconds: Seconds = 0,
    ) -> Together:
        """Ask for several like things together: people see them on one card, and decide them together or one by one.

        All are asked for, or, where one is refused, none. Each has a ticket and is claimed, done and reported by itself.
        """
        alike = said({"type": type, "project": project})
        async with self._speaking(ctx) as client:
            each = [{**alike, **one.said()} for one in requests]
            made = await client.requests.create_batch(each, idempotency_key=idempotency_key)
            return await _told_together(client, made, wait_seconds)

    async def get_request(self, ctx: Call, ticket: Ticket) -> Standing:
        """How a request stands now."""
        async with self._speaking(ctx) as client:
            return await _told(client, await client.requests.get(ticket))

    async def wait_for_decision(self, ctx: Call, ticket: Ticket, wait_seconds: Seconds = USUAL_WAIT) -> Standing:
        """Wait for the people. Comes back when they have decided or ask you something, at the latest after wait_seconds.

        While status is pending, call it again; people may take hours.
        """
        async with self._speaking(ctx) as client:
            return await _told(client, await _waited(client, ticket, wait_seconds))

    async def wait_for_batch(
        self,
        ctx: Call,
        batch: Annotated[str, Field(description="What request_batch gave you.")],
        wait_seconds: Seconds = USUAL_WAIT,
    ) -> Together:
        """Wait for the people who decide a batch. Comes back when all is decided or they ask you something.

        At the latest after wait_seconds; with 0 at once. While all_decided is false, call it again, or go on with those
        that may be claimed.
        """
        async with self._speaking(ctx) as client:
            return await _told_together(client, await client.requests.batch(batch), wait_seconds)

    async def answer_question(
        self,
        ctx: Call,
        ticket: Ticket,
        answer: Annotated[str, Field(description="For the person who asked.")],
        question: Annotated[
            str | None, Field(description="The question's id; leave it out if only one is open.")
        ] = None,
    ) -> Standing:
        """Answer what an approver asked. The request stays open."""
        async with self._speaking(ctx) as client:
            done = await client.requests.answer(ticket, answer, question=question)
            return await _told(client, done.request)

    async def revise(  # noqa: PLR0913, PLR0917 - likewise
        self,
        ctx: Call,
        ticket: Ticket,
        revision: Annotated[int, Field(ge=1, description="The revision you have seen and are changing.")],
        title: Text = None,
        action: Action = None,
        params: Params = None,
        reasoning: Text = None,
        if_denied: Text = None,
        side_effects: Effects = None,
        cost_usd: Usd = None,
        description: Text = None,
        facts: Facts = None,
        metadata: Annotated[dict[str, Any] | None, Field()] = None,
        links: Links = None,
        subject: Subject = None,
    ) -> Standing:
        """Change what you ask for, while it is open. It is judged anew and decisions so far no longer count.

        What you leave out stays as it is.
        """
        content = {
            "title": title,
            "action": action,
            "params": params,
            "reasoning": reasoning,
            "if_denied": if_denied,
            "side_effects": side_effects,
            "cost_usd": cost_usd,
            "description": description,
            "facts": facts,
            "metadata": metadata,
            "links": links,
            "subject": subject,
        }
        changed: Any = said(content)
        async with self._speaking(ctx) as client:
            done = await client.requests.revise(ticket, revision=revision, **changed)
            return await _told(client, done.request)

    async def cancel(self, ctx: Call, ticket: Ticket, reason: Text = None) -> Standing:
        """Take your request back: it is no longer needed."""
        async with self._speaking(ctx) as client:
            done = await client.requests.cancel(ticket, comment=reason)
            return await _told(client, done.request)

    async def claim_execution(
        self, ctx: Call, ticket: Ticket, action: Action = None, params: Params = None
    ) -> Standing:
        """Take what was approved, exactly once, just before you do it. Act only if this succeeds.

        Say the action and params you are about to use: anything else than what was approved is refused.
        """
        async with self._speaking(ctx) as client:
            request = await client.requests.get(ticket)
            digest = _digest(request, action, params)
            done = await client.requests.claim(request.id, action_digest=digest)
            return await _told(client, done.request)

    async def report_execution(
        self,
        ctx: Call,
        ticket: Ticket,
        status: Annotated[Literal["success", "failed"], Field(description="How what you claimed has ended.")],
        detail: Annotated[str | None, Field(description="For people, in a sentence.")] = None,
    ) -> Standing:
        """Say how what you claimed has ended."""
        async with self._speaking(ctx) as client:
            done = await client.requests.report(ticket, status, detail=detail)
            return await _told(client, done.request)

    @asynccontextmanager
    async def _speaking(self, ctx: Call) -> AsyncIterator[AsyncCountersign]:
        with _refusals():
            async with self._reach(ctx) as client:
                yield client


@contextmanager
def _refusals() -> Iterator[None]:
    """What the server refuses is for the model to read: the sentence, and the code by which to know it again."""
    try:
        yield
    except RateLimited as refusal:
        seconds = round(refusal.retry_after or 1)
        raise ToolError(f"{refusal.detail} [{refusal.code}, retry after {seconds} s]") from None
    except Refused as refusal:
        field = f", {refusal.field}" if refusal.field else ""
        raise ToolError(f"{refusal.detail} [{refusal.code}{field}]") from None
    except (CountersignError, ValueError) as failure:
        raise ToolError(str(failure)) from None


async def _waited(client: AsyncCountersign, ticket: str, seconds: float) -> Request:
    outcome = await client.requests.wait(ticket, timeout=seconds, or_question=True)
    return outcome.request


async def _told(client: AsyncCountersign, request: Request) -> Standing:
    return standing(request, await _questions_besides(client, {request.id}))


async def _told_together(client: AsyncCountersign, batch: Batch, seconds: float) -> Together:
    if seconds:
        batch = await all_decided(client, batch, seconds)
    return together(batch, await _questions_besides(client, {request.id for request in batch.requests}))


async def _questions_besides(client: AsyncCountersign, told: set[str]) -> list[Asked]:
    """The questions about this agent's other requests too: it may never ask about those again by itself."""
    page = await client.requests.list(status="asked_question", requester="me", limit=MOST_QUESTIONS)
    found: list[Asked] = []
    for summary in page.data:
        if summary.id not in told:
            found += asked(await client.requests.get(summary.id))
    return found


def _digest(request: Request, action: str | None, params: Mapping[str, Any] | None) -> str | None:
    """Of what is about to be done. Whoever says nothing must at least not have missed that it was changed."""
    if action is None and params is None:
        if request.status == "approved_with_edits":
            raise ToolError(
                f"#{request.number} was approved with changes. Nothing was claimed; call claim_execution again with the "
                "action and params as they stand in the request now."
            )
        return None
    return digest_for(request, action=action, params=params or {})
