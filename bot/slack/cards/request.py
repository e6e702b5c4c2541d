"""The card: one request as it now stands. While it is open it can be decided here; when it is over one line says how."""

from __future__ import annotations

from bot.slack.cards.base import Card
from bot.slack.drawing import alarms, parts, samples
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop, Drawing
from bot.slack.drawing.wording import ending, execution_line, gist_of
from core.lifecycle.executing import can_be_run
from core.masking import mask_text
from core.model.emergency import CAUSE
from core.model.request import Request
from core.phrases import phrase
from core.veil import veil

OPEN_LEAD = 700
FINAL_LEAD = 240
WORDS = 3


def draw(request: Request, backdrop: Backdrop) -> Drawing:
    """The whole message, with or without buttons."""
    key = str(request.version)
    shown = _open(request, backdrop, key) if request.is_open else _final(request, backdrop, key)
    head = [parts.eyebrow(request, backdrop, key), parts.title(request, key)]
    return Drawing(b.gist(gist_of(request, backdrop.project)), b.fitted([*head, *shown]))


def _open(request: Request, backdrop: Backdrop, key: str) -> list[Json]:
    return [
        parts.lead(request, backdrop, key, OPEN_LEAD),
        *parts.changed(request, backdrop, key),
        *parts.meaning(request, key),
        *parts.talk(request, key),
        *parts.stages(request, key),
        *parts.looking(request, key),
        *parts.leases(request, key),
        *alarms.glass(request, key),
        *alarms.held(request, backdrop, key),
        *parts.deadline(request, key),
        parts.buttons(request, key),
    ]


def _final(request: Request, backdrop: Backdrop, key: str) -> list[Json]:
    return [
        parts.lead(request, backdrop, key, FINAL_LEAD),
        *(parts.changed(request, backdrop, key) if request.edits else ()),
        *alarms.glass(request, key),
        *_ended(request, key),
        *alarms.held(request, backdrop, key),
        *_run(request, backdrop, key),
        *parts.leases(request, key),
    ]


def _ended(request: Request, key: str) -> list[Json]:
    """What was decided by break-glass has been said already, and louder."""
    is_said = request.cause == CAUSE and request.glass is not None
    said = [*([] if is_said else _result(request)), *_execution(request)]
    return [b.rich(f"result.{key}", *said)] if said else []


def _result(request: Request) -> list[Json]:
    """Who, when, why: one clear line, and what they said."""
    line, said = ending(request)
    when = [] if request.decided_at is None else [b.words("  "), b.moment(request.decided_at)]
    quotes = [b.quote(b.words(b.one_line(mask_text(text)), 500)) for text in said[-WORDS:]]
    return [b.paragraph(b.words(b.one_line(mask_text(line)), 400, "bold"), *when), *quotes]


def _execution(request: Request) -> list[Json]:
    line = execution_line(request)
    if line is None:
        return []
    said, at = line
    return [
        b.paragraph(b.words(said, 500), *([b.words(" "), b.moment(at, phrase("until "))] if at is not None else []))
    ]


def _run(request: Request, backdrop: Backdrop, key: str) -> list[Json]:
    """Offered while it can be taken and nobody has had it run; who may is judged at the click."""
    if not can_be_run(request) or backdrop.suspended or backdrop.freeze is not None:
        return []
    named = b.cut(f"#{request.number} {b.one_line(mask_text(veil(request).content.title))}", 60)
    sure = b.confirm(
        phrase("Run it now?"),
        phrase(
            "{requester} is called upon to do exactly what was approved, once.",
            requester=b.cut(request.requester.name, 80),
        ),
        phrase("Run"),
    )
    label = phrase("Run {named}", named=named)
    button = b.button(phrase("Run"), "request.run", str(parts.target_of(request)), style="primary", label=label)
    return [b.actions(f"run.{key}", [{**button, "confirm": sure}])]


def minimal(request: Request, backdrop: Backdrop) -> Drawing:
    """When Slack refuses the card's blocks: only text, and while it is open the buttons, so that it can be decided."""
    key = f"plain.{request.version}"
    text = gist_of(request, backdrop.project)
    shown = [b.section(b.plain(text, 2_000), f"gist.{key}")]
    return Drawing(b.gist(text), [*shown, parts.buttons(request, key)] if request.is_open else shown)


MEMBER = Card(
    "request",
    {name: (lambda made=made: draw(made(), samples.BACKDROP).as_json()) for name, made in samples.REQUESTS.items()}
    | {
        "revised": lambda: draw(samples.revised(), samples.REVISED_BACKDROP).as_json(),
        "held": lambda: draw(samples.approved(), samples.HELD_BACKDROP).as_json(),
        "minimal": lambda: minimal(samples.pending(), samples.BACKDROP).as_json(),
    },
)
