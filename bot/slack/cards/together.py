"""The card of a batch: what was asked together, a row for each as it now stands, decided together or one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop, Drawing
from bot.slack.drawing.wording import asks, ending, execution_line, leaves, money, say
from core.lifecycle.executing import can_be_run
from core.masking import mask_text
from core.model.batch import item_of, write_items
from core.model.emergency import CAUSE
from core.model.people import Way
from core.model.request import Content, Cost, Request, Status, Verdict
from core.phrases import listed, phrase, phrases
from core.standing import say_waited_for
from core.veil import veil

ROWS: Final = 20
"""Rows of one card: each is one of Slack's fifty blocks, and stays readable."""

VALUES: Final = 4
"""Parameters in a row."""

MARKS: Final[Mapping[Status, str]] = {
    Status.PENDING: "⏳",
    Status.ASKED_QUESTION: "💬",
    Status.APPROVED: "✅",
    Status.APPROVED_WITH_EDITS: "✅",
    Status.AUTO_APPROVED: "✅",
    Status.REJECTED: "⛔",
    Status.AUTO_REJECTED: "⛔",
    Status.EXPIRED: "⌛",
    Status.CANCELLED: "🚫",
}
"""In front of words that say the same."""


def draw(requests: Sequence[Request], backdrop: Backdrop, elsewhere: Sequence[Request] = ()) -> Drawing:
    """`requests` are shown here, at least one; `elsewhere` are those of the batch nobody is asked about here."""
    shown, key = list(requests[:ROWS]), str(sum(request.version for request in requests))
    waiting = [request for request in shown if request.is_open]
    common = _common(waiting)
    blocks = [
        b.context(f"eyebrow.{key}", b.plain(_eyebrow(shown, backdrop), 300)),
        b.header(_heading(shown), f"title.{key}"),
        _lead(shown, backdrop, key),
        *_for_each(waiting, common, key),
        *(_row(request, place, common) for place, request in enumerate(shown)),
        *_elsewhere(elsewhere, key),
        *_waits(common, key),
        *([_buttons(waiting, key)] if waiting else []),
    ]
    return Drawing(b.gist(_gist(shown, backdrop)), b.fitted(blocks))


def minimal(requests: Sequence[Request], backdrop: Backdrop) -> Drawing:
    """When Slack refuses the card's blocks: only text, and the buttons, so that it can be decided."""
    shown, key = list(requests[:ROWS]), f"plain.{sum(request.version for request in requests)}"
    waiting = [request for request in shown if request.is_open]
    text = _gist(shown, backdrop)
    said = b.section(b.plain(text, 2_000), f"gist.{key}")
    return Drawing(b.gist(text), [said, *([_buttons(waiting, key)] if waiting else [])])


# ----------------------------------------------------------------------------------------------------------------- above


def _heading(shown: Sequence[Request]) -> str:
    return phrase("{count} requests asked together", count=len(shown))


def _eyebrow(shown: Sequence[Request], backdrop: Backdrop) -> str:
    type = backdrop.title_of(shown[0].content.type)
    return f"{_how_far(shown)} · #{shown[0].number}–#{shown[-1].number} · {type} · {backdrop.project}"


def _how_far(shown: Sequence[Request]) -> str:
    """How many wait, and what became of the others."""
    waiting = sum(request.is_open for request in shown)
    if waiting == len(shown):
        return phrase("⏳ Approval needed for {count}", count=waiting)
    said = [phrase("{count} wait", count=waiting)] if waiting else []
    ended = Counter(_end_of(request) for request in shown if not request.is_open)
    said += [_ended(end, count) for end, count in ended.items()]
    return f"{'⏳' if waiting else '■'} {', '.join(said)}"


def _end_of(request: Request) -> Status:
    if request.is_yes:
        return Status.APPROVED
    return Status.REJECTED if request.status is Status.AUTO_REJECTED else request.status


def _ended(end: Status, count: int) -> str:
    match end:
        case Status.APPROVED:
            return phrase("{count} approved", count=count)
        case Status.REJECTED:
            return phrase("{count} rejected", count=count)
        case Status.EXPIRED:
            return phrase("{count} expired", count=count)
        case _:
            return phrase("{count} cancelled", count=count)


def _lead(shown: Sequence[Request], backdrop: Backdrop, key: str) -> Json:
    """Who asks, and what for where all say the same."""
    first = shown[0]
    waiting = next((request for request in shown if request.is_open), first)
    behalf = {request.on_behalf_of for request in shown}
    for_whom = backdrop.name(first.on_behalf_of) if len(behalf) == 1 and first.on_behalf_of is not None else None
    said = [b.paragraph(b.words(f"{asks(waiting, for_whom)}.", 200, "bold"))]
    described = {_described(request) for request in shown}
    if len(described) == 1 and (text := described.pop()):
        said.append(b.quote(b.words(mask_text(text), 500)))
    return b.rich(f"lead.{key}", *said)


def _described(request: Request) -> str:
    content = veil(request).content
    return content.description or content.reasoning or ""


# ------------------------------------------------------------------------------------------------------------------ rows


@dataclass(frozen=True, slots=True)
class Common:
    """What all that wait have in common is said once: what they would do, whom they wait for, until when."""

    what: frozenset[str] = frozenset()
    waits: str | None = None
    until: datetime | None = None


def _common(waiting: Sequence[Request]) -> Common:
    if len(waiting) < 2:
        return Common()
    said = [frozenset(_what(veil(request).content)) for request in waiting]
    until = {request.expires_at for request in waiting}
    shared = until.pop() if len(until) == 1 else None
    waits = {_standing(request, shared) for request in waiting}
    return Common(frozenset.intersection(*said), waits.pop() if len(waits) == 1 else None, shared)


def _row(request: Request, place: int, common: Common) -> Json:
    """Its state, number and title; what it would do that others would not; how it stands, where that differs or is over."""
    content = veil(request).content
    lines = [f"{_mark(request)}  #{request.number}  {b.cut(_line(content.title), 150)}"]
    if not request.is_open:
        lines.append(_how_it_ended(request))
    else:
        own = [line for line in _what(content) if line not in common.what]
        stands = _standing(request, common.until)
        lines += [" · ".join(own)] if own else []
        lines += [stands] if stands != common.waits else []
    return b.section(b.plain("\n".join(lines), 900), f"row.{place}.{request.version}", _menu(request))


def _line(text: str) -> str:
    return b.one_line(mask_text(text))


def _mark(request: Request) -> str:
    return "🚨" if request.is_yes and request.cause == CAUSE else MARKS[request.status]


def _what(content: Content) -> list[str]:
    """What would be done, what it costs, what else it does, what happens without it."""
    said = []
    if content.action:
        said.append(phrase("Action: {action}", action=b.cut(_line(content.action), 200)))
    if content.params:
        said.append(phrase("Parameters: {values}", values=_values(content.params)))
    if content.cost is not None:
        said.append(phrase("Cost: {money}", money=money(content.cost)))
    if content.side_effects:
        said.append(phrase("Side effects: {effects}", effects=mask_text(say(list(content.side_effects), 150))))
    if content.if_denied:
        said.append(phrase("If refused: {otherwise}", otherwise=b.cut(_line(content.if_denied), 150)))
    if content.facts:
        said.append(phrase("Facts: {values}", values=_values(content.facts)))
    if content.metadata:
        said.append(phrase("Metadata: {values}", values=_values(content.metadata)))
    return said


def _values(values: Mapping[str, Any]) -> str:
    """As many as fit; an ellipsis says that Details has more."""
    found = leaves(values)
    shown = ", ".join(f"{b.cut(b.one_line(name), 40)} {say(value, 60)}" for name, value in list(found.items())[:VALUES])
    return shown if parts.is_shown_whole(values) and len(found) <= VALUES else f"{shown} …"


def _for_each(waiting: Sequence[Request], common: Common, key: str) -> list[Json]:
    """What all of them would do alike, and what they cost together."""
    first = _what(veil(waiting[0]).content) if waiting else []
    said = [line for line in first if line in common.what]
    if (costs := _together(waiting)) is not None:
        said.append(phrase("Cost of all {count}: {money}", count=len(waiting), money=money(costs)))
    if not said:
        return []
    head = b.words(phrase("Each of them  "), 60, "bold")
    return [b.rich(f"each.{key}", b.paragraph(head, b.words("\n".join(["", *said]), 900)))]


def _together(waiting: Sequence[Request]) -> Cost | None:
    """Only where each says its own: a cost not declared is not zero."""
    costs = [cost for request in waiting if (cost := request.content.cost) is not None]
    if len(costs) < max(2, len(waiting)):
        return None
    usd, tokens = [cost.usd for cost in costs], [cost.tokens for cost in costs]
    return Cost(
        None if any(one is None for one in usd) else sum(one or 0 for one in usd),
        None if any(one is None for one in tokens) else sum(one or 0 for one in tokens),
    )


def _standing(request: Request, shared: datetime | None) -> str:
    """Whom it waits for; its deadline where it is not the `shared` one."""
    said = [phrase("Waits for {waits}", waits=say_waited_for(request) or phrase("an answer"))]
    given = (one for one in request.decisions if one.counts and one.revision == request.revision)
    if names := dict.fromkeys(one.signed for one in given):
        said.append(phrase("approved so far by {names}", names=listed(names)))
    if question := next(iter(veil(request).open_questions), None):
        said.append(phrase("{name} asks: {question}", name=question.name, question=b.cut(_line(question.text), 150)))
    if request.revision > parts.TRIVIAL:
        said.append(phrase("changed, now revision {revision}", revision=request.revision))
    if request.expires_at is not None and request.expires_at != shared:
        said.append(phrase("expires {utc}", utc=b.utc(request.expires_at)))
    return " · ".join(said)


def _how_it_ended(request: Request) -> str:
    line, said = ending(request)
    words = [_line(line), *(b.cut(_line(text), 150) for text in said[-1:])]
    return " ".join([*words, *_execution(request)])


def _execution(request: Request) -> list[str]:
    line = execution_line(request)
    if line is None:
        return []
    said, at = line
    return [said if at is None else phrase("{said} until {utc}.", said=said, utc=b.utc(at))]


def _menu(request: Request) -> Json:
    """What is done to this one alone. Who may is judged at the click."""
    target = str(parts.target_of(request))
    words = OPEN if request.is_open else (*(RUN if can_be_run(request) else ()), DETAILS)
    return b.overflow("request.more", [b.option(text, f"{word}.{target}") for word, text in words])


DETAILS: Final = ("details", phrase("Details"))
RUN: Final = (("run", phrase("Run it now…")),)
OPEN: Final = (
    ("approve", phrase("Approve this one")),
    ("reject", phrase("Reject this one")),
    ("comment", phrase("Comment")),
    DETAILS,
)


# ----------------------------------------------------------------------------------------------------------------- below


def _elsewhere(requests: Sequence[Request], key: str) -> list[Json]:
    """Others of the batch, by number alone: whoever reads along here may not be asked about them."""
    if not requests:
        return []
    unasked = [request.number for request in requests if request.status is Status.AUTO_APPROVED]
    refused = [request.number for request in requests if request.status is Status.AUTO_REJECTED]
    others = [one.number for one in requests if one.status not in {Status.AUTO_APPROVED, Status.AUTO_REJECTED}]
    said = [
        *([phrase("Approved without asking: {numbers}.", numbers=_numbers(unasked))] if unasked else []),
        *([phrase("Rejected without asking: {numbers}.", numbers=_numbers(refused))] if refused else []),
        *([phrase("Asked of others: {numbers}.", numbers=_numbers(others))] if others else []),
    ]
    return [b.context(f"elsewhere.{key}", b.plain(" ".join(said), 600))]


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(f"#{number}" for number in numbers)


def _waits(common: Common, key: str) -> list[Json]:
    """Whom all of them wait for, and until when; where they differ each row says its own."""
    said = [b.plain(common.waits, 500)] if common.waits else []
    if common.until is not None:
        said.append(b.mrkdwn(b.date_text(common.until, phrase("Expires "))))
    return [b.context(f"waits.{key}", *said)] if said else []


def _buttons(waiting: Sequence[Request], key: str) -> Json:
    """They carry exactly which revisions are on show, by digest: what is another by then is left alone."""
    items, count = write_items([item_of(request) for request in waiting]), len(waiting)
    sure = b.confirm(
        phrases("Approve it?", "Approve all {count}?", count),
        phrase("Each is approved by itself, exactly as it is shown here. What has changed since is left alone."),
        phrases("Approve it", "Approve all {count}", count),
    )
    approve = b.button(phrases("Approve it", "Approve all {count}", count), "batch.approve", items, style="primary")
    return b.actions(
        f"buttons.{key}",
        [
            {**approve, "confirm": sure},
            b.button(phrases("Reject it…", "Reject all {count}…", count), "batch.reject", items, style="danger"),
            b.button(phrase("Choose…"), "batch.choose", items, label=phrase("Choose which ones to decide on")),
        ],
    )


def _gist(shown: Sequence[Request], backdrop: Backdrop) -> str:
    """Everything that matters, for those who see or hear only the notification."""
    head = phrase(
        "{how_far}: {type}, {count} requests asked together by {requester} in {project}.",
        how_far=_how_far(shown),
        type=backdrop.title_of(shown[0].content.type),
        count=len(shown),
        requester=shown[0].requester.name,
        project=backdrop.project,
    )
    return " ".join([head, *(f"#{one.number} {b.cut(_line(veil(one).content.title), 60)};" for one in shown)])


# --------------------------------------------------------------------------------------------------------------- samples


def _some(count: int, **changes: object) -> list[Request]:
    """Alike, with numbers and ids of their own."""
    return [
        samples.pending(
            id=f"req_01JD5Z3F6Q8W9X0Y1Z2A3B{place:04d}",
            number=1042 + place,
            content=replace(
                samples.CONTENT,
                title=f"Migrate shard {place + 1} to schema 8",
                action=f"migrate --shard {place + 1} --to 8",
                params={},
            ),
            **changes,
        )
        for place in range(count)
    ]


def _partly() -> list[Request]:
    ten = _some(6)
    yes = samples.decision("mem_bob", "Bob Baker", comment="Same as staging.", seats=("@platform",))
    no = replace(yes, verdict=Verdict.REJECTED, comment="Shard 3 is being moved.", way=Way.SLACK)
    return [
        replace(ten[0], status=Status.APPROVED, cause="people", decisions=(yes,)),
        ten[1],
        replace(ten[2], status=Status.REJECTED, cause="people", decisions=(no,)),
        replace(ten[3], revision=2, expires_at=samples.AT + timedelta(hours=2)),
        replace(samples.question(), id=ten[4].id, number=ten[4].number),
        replace(ten[5], status=Status.EXPIRED, cause="nobody_answered"),
    ]


def _finished() -> list[Request]:
    return [request for request in _partly() if not request.is_open]


MEMBER = Card(
    "together",
    {
        "pending": lambda: draw(_some(12), samples.BACKDROP).as_json(),
        "full": lambda: draw(_some(25), samples.BACKDROP, _some(2, status=Status.AUTO_APPROVED)).as_json(),
        "partly": lambda: draw(_partly(), samples.BACKDROP).as_json(),
        "finished": lambda: draw(_finished(), samples.BACKDROP).as_json(),
        "hostile": lambda: draw([samples.hostile(), samples.twin()], samples.BACKDROP).as_json(),
        "minimal": lambda: minimal(_some(3), samples.BACKDROP).as_json(),
    },
)
