"""Webhooks by chat: who is told what, how that goes, what was delivered, and trying it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from bot.slack.answer import Unfold
from bot.slack.cards import rows, sheet, sure
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.drawing.blocks import Json, utc
from bot.slack.room import Room
from core.administration.webhooks import Webhook
from core.errors import ApprovalError
from core.masking import mask_text
from core.model.endpoint import Attempt
from core.model.people import Actor
from core.phrases import phrase, phrases
from core.ports import Reader

STATES = {
    "active": "active",
    "failing": phrase("FAILING, tried again"),
    "paused": "paused",
    "parked": phrase("PARKED: not tried any more"),
    "needs_secret": phrase("WAITS FOR ITS SECRET: rotate it to make one"),
}


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.webhooks.list(actor)
    page = [Row(one.endpoint.name, _line(one), "webhooks.show", one.endpoint.id) for one in found[start : start + PAGE]]
    heading = phrase(
        "{counted}. Each address is told of what happens to requests, signed.",
        counted=phrases("{count:,} webhook", "{count:,} webhooks", len(found)),
    )
    note = phrase("Add one with /countersign webhooks add NAME https://…")
    return rows.draw(phrase("Webhooks"), heading, page, turn="webhooks", start=start, total=len(found), note=note)


def _line(one: Webhook) -> str:
    return f"{STATES[one.state]} · {mask_text(one.endpoint.url)}"


async def shown(room: Room, actor: Actor, wanted: str) -> Json:
    one = await room.administration.webhooks.get(actor, wanted)
    endpoint, progress = one.endpoint, one.progress
    names = {project.id: project.name for project in await room.administration.projects.list(actor)}
    projects = None if endpoint.projects is None else [names.get(id, id) for id in endpoint.projects]
    behind = phrases("{count:,} request", "{count:,} requests", one.behind) + (
        phrase(", {given_up} given up", given_up=one.given_up) if one.given_up else ""
    )
    figures = [
        (phrase("Address"), mask_text(endpoint.url)),
        (phrase("Events"), ", ".join(endpoint.events or ("all",))),
        (phrase("Projects"), ", ".join(projects or ("all",))),
        (phrase("Types"), ", ".join(endpoint.types or ("all",))),
        (phrase("Last delivered"), utc(progress.delivered_at) if progress.delivered_at else "never"),
        *([(phrase("Tried again"), behind)] if one.behind or one.given_up else []),
        *([(phrase("Trouble"), progress.problem)] if progress.problem else []),
        (
            phrase("Added"),
            phrase("{utc} by {created_by}", utc=utc(endpoint.created_at), created_by=endpoint.created_by),
        ),
    ]
    return sheet.draw(Sheet(phrase("Webhook"), endpoint.name, STATES[one.state], figures=figures, acts=_acts(one)))


def _acts(one: Webhook) -> list[Act]:
    id, name = one.endpoint.id, one.endpoint.name
    stopped = one.state in ("paused", "parked") or one.given_up
    go_on = Act(phrase("Resume"), "webhooks.resume", id)
    pause = Act(
        phrase("Pause"),
        "webhooks.pause",
        id,
        sure=phrase("{name} is told nothing until it is resumed; then it hears it all.", name=name),
    )
    return [
        Act(phrase("Send a test"), "webhooks.test", id),
        Act(phrase("Deliveries"), "webhooks.deliveries", id),
        go_on if stopped else pause,
        Act(phrase("New secret"), "webhooks.rotate", id, sure=phrase("The present one signs beside it for 24 hours.")),
        Act(phrase("Remove"), "webhooks.remove", id, "danger"),
    ]


async def deliveries(room: Room, actor: Actor, wanted: str) -> Json:
    one = await room.administration.webhooks.get(actor, wanted)
    found = await room.administration.webhooks.attempts(actor, wanted, before=None, limit=PAGE)
    told = {attempt.request for attempt in found if attempt.request is not None}
    numbers = await room.read(lambda reader: _numbers(reader, told))
    page = [_attempt(one, attempt, numbers) for attempt in found]
    note = phrase(
        "What was tried is kept for 30 days, the newest thousand of each webhook; the API pages through all of it."
    )
    return rows.draw(
        phrase("Deliveries"),
        phrase("{endpoint}: what was tried last, the newest first.", endpoint=one.endpoint.name),
        page,
        note=note,
    )


def _numbers(reader: Reader, requests: set[str]) -> dict[str, int]:
    found = ((id, reader.request(id)) for id in requests)
    return {id: request.number for id, request in found if request is not None}


def _attempt(one: Webhook, attempt: Attempt, numbers: Mapping[str, int]) -> Row:
    said = f"{utc(attempt.at)} · {came_of(attempt)}" + (
        phrase(" · try {attempt}", attempt=attempt.number) if attempt.number > 1 else ""
    )
    name = f"{'✓' if attempt.delivered else '✗'} {attempt.event}"
    if attempt.request is None:
        return Row(name, said)
    name = phrase("{name} of #{number}", name=name, number=numbers.get(attempt.request, "?"))
    return Row(name, said, "webhooks.redeliver", f"{one.endpoint.id}.{attempt.id}", phrase("Send again"))


def came_of(attempt: Attempt) -> str:
    took = phrase("{milliseconds:,} ms", milliseconds=attempt.milliseconds)
    return (
        phrase("answered {status} in {took}", status=attempt.status, took=took)
        if attempt.delivered
        else f"{attempt.problem} ({took})"
    )


async def testing(room: Room, actor: Actor, wanted: str) -> Unfold:
    """The window is there at once; what came of the call follows in its place, however long that takes."""
    one = await room.administration.webhooks.get(actor, wanted)

    async def more() -> AsyncIterator[Json]:
        try:
            attempt = await room.administration.webhooks.test(actor, one.endpoint.id)
        except ApprovalError as refusal:
            yield _called(one, refusal.sentence)
        else:
            yield _called(
                one,
                phrase("The test was not taken: {problem}", problem=attempt.problem)
                if attempt.problem
                else _taken(attempt),
            )

    return Unfold(_called(one, phrase("Calling it …")), more())


async def redelivering(room: Room, actor: Actor, wanted: str) -> Unfold:
    """`wanted` names webhook and delivery."""
    id, _, delivery = wanted.partition(".")
    one = await room.administration.webhooks.get(actor, id)

    async def more() -> AsyncIterator[Json]:
        try:
            attempt = await room.administration.webhooks.redeliver(actor, id, int(delivery))
        except ApprovalError as refusal:
            yield _called(one, refusal.sentence)
        else:
            yield _called(
                one,
                phrase("It was not taken: {problem}", problem=attempt.problem) if attempt.problem else _taken(attempt),
            )

    return Unfold(_called(one, phrase("Calling it …")), more())


def _taken(attempt: Attempt) -> str:
    return phrase("It was taken: the address {came_of}.", came_of=came_of(attempt))


def _called(one: Webhook, said: str) -> Json:
    return sheet.draw(Sheet(phrase("Webhook"), one.endpoint.name, mask_text(one.endpoint.url), said))


async def removing(room: Room, actor: Actor, wanted: str) -> Json:
    one = await room.administration.webhooks.get(actor, wanted)
    consequences = [
        phrase("It is told nothing any more; what waits for it is dropped."),
        phrase("Its list of deliveries goes with it."),
    ]
    question = phrase("Remove the webhook {endpoint}?", endpoint=one.endpoint.name)
    return sure.draw(
        "webhooks.remove",
        phrase("Remove a webhook"),
        question,
        consequences,
        yes=phrase("Remove"),
        metadata=one.endpoint.id,
    )
