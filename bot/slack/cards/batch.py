"""Batch: several like requests on one card, each with what it would do; those ticked are decided together, each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.wording import money, say
from core.masking import mask_text
from core.model.batch import item_of
from core.model.request import Request
from core.phrases import phrase
from core.veil import veil

PAGE: Final = 20
"""Requests in one window: two lists of ten, which is as many as Slack's tick-boxes take, and a line for each."""

TICKS: Final = 10
APPROVE: Final = "approve"
REJECT: Final = "reject"


@dataclass(frozen=True, slots=True)
class Shown:
    """One page of a batch: `title` says what they have in common; `more` wait that are not on it."""

    title: str
    requests: Sequence[Request]
    more: int = 0


def draw(shown: Shown) -> Json:
    """What is ticked carries the digest that is on show here, so that nothing else can be decided by it."""
    page = list(shown.requests[:PAGE])
    blocks = [
        b.section(b.plain(mask_text(shown.title), 500), "batch.title"),
        *(_row(request, place) for place, request in enumerate(page)),
        *(_ticks(page[start : start + TICKS], start // TICKS) for start in range(0, len(page), TICKS)),
        b.field("verdict", phrase("Your decision"), b.radio("value", _verdicts())),
        b.field(
            "comment",
            phrase("Comment, or the reason"),
            b.text_input("text", lines=True, hint=phrase("Said with each; a rejection needs its reason")),
            optional=True,
        ),
        b.context("batch.note", b.plain(_note(shown.more), 500)),
    ]
    return b.modal("batch", phrase("Decide together"), blocks, submit=phrase("Decide"), metadata="batch")


def _note(more: int) -> str:
    each = phrase(
        "Each ticked request is decided by itself, as it is shown here; what has changed since is left alone."
    )
    return each if not more else f"{each} {phrase('{more} more wait; open this again afterwards.', more=more)}"


def _verdicts() -> list[Json]:
    return [
        b.option(phrase("Approve what is ticked"), APPROVE),
        b.option(phrase("Reject what is ticked"), REJECT, phrase("One rejection ends a request")),
    ]


def _row(request: Request, place: int) -> Json:
    named = f"#{request.number}"
    button = b.button(
        phrase("Details"),
        "request.details",
        str(parts.target_of(request)),
        label=phrase("Details of {named}", named=named),
    )
    return b.section(b.plain(f"{named} {_line(request)}", 700), f"batch.{place}", button)


def _line(request: Request) -> str:
    content = veil(request).content
    said = [b.cut(b.one_line(mask_text(content.title)), 150)]
    if content.action:
        said.append(phrase("Action: {action}", action=b.cut(b.one_line(mask_text(content.action)), 150)))
    if content.cost is not None:
        said.append(phrase("Cost: {money}", money=money(content.cost)))
    if content.side_effects:
        said.append(phrase("Side effects: {effects}", effects=mask_text(say(list(content.side_effects), 150))))
    if request.expires_at is not None:
        said.append(phrase("Expires {utc}", utc=b.utc(request.expires_at)))
    return "\n".join(said)


def _ticks(requests: Sequence[Request], place: int) -> Json:
    options = [
        b.option(f"#{one.number} {b.one_line(mask_text(veil(one).content.title))}", str(item_of(one)))
        for one in requests
    ]
    element: Json = {"type": "checkboxes", "action_id": "value", "options": options, "initial_options": options}
    label = phrase("Decide on") if not place else phrase("And on")
    return b.field(f"ticked.{place}", label, element, optional=True)


def why(requests: Sequence[Request], metadata: str) -> Json:
    """Reject what was on a card, with one reason; `metadata` says what that was."""
    named = _numbers([request.number for request in requests])
    blocks = [
        b.section(b.plain(phrase("Reject {numbers}", numbers=named), 500), "batch.named"),
        b.field(
            "comment", phrase("Reason"), b.text_input("text", lines=True, hint=phrase("Why not, and what would help"))
        ),
        b.context(
            "batch.note",
            b.plain(phrase("Each is rejected by itself, as it was on the card; whoever asked sees your reason."), 300),
        ),
    ]
    return b.modal("batch_reject", phrase("Reject together"), blocks, submit=phrase("Reject"), metadata=metadata)


def told(decided: int, verdict: str, refused: Sequence[tuple[str, Sequence[int]]]) -> str:
    """What became of it, with one sentence per reason for what was left alone."""
    done = (
        phrase("{count} approved.", count=decided) if verdict == APPROVE else phrase("{count} rejected.", count=decided)
    )
    lines = [phrase("{numbers}: {why}", numbers=_numbers(numbers), why=why) for why, numbers in refused]
    return "\n".join([done, *lines])


def _numbers(numbers: Sequence[int]) -> str:
    shown = ", ".join(f"#{number}" for number in numbers[:30])
    more = len(numbers) - 30
    return phrase("{shown} and {more} more", shown=shown, more=more) if more > 0 else shown or phrase("One")


def _many(made: Request, count: int) -> list[Request]:
    return [replace(made, id=f"{made.id[:-4]}{n:04d}", number=made.number + n) for n in range(count)]


MEMBER = Card(
    "batch",
    {
        "three": lambda: draw(Shown("3 like requests by Deploy bot in payments: Deploy", _many(samples.pending(), 3))),
        "full": lambda: draw(Shown("120 like requests", _many(samples.pending(), 120), more=100)),
        "hostile": lambda: draw(Shown("<!channel>" * 90, _many(samples.hostile(), 25), more=5)),
        "why": lambda: why(_many(samples.pending(), 20), "req_01JD5Z3F6Q8W9X0Y1Z2A3B4C5D.1.1." + "0" * 32),
    },
)
