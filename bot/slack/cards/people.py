"""Who and why: where the reader stands, who can still decide, and which rules asked for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from core.desk.eligible import Able, Seat
from core.masking import mask_text
from core.model.request import Request
from core.phrases import phrase, phrases
from core.veil import conceal, secrets_of

NAMED: Final = 20
REASONS: Final = 25
ABLE: Final = 12


@dataclass(frozen=True, slots=True)
class Who:
    """`seats` are the reader's own, `refusal` why they could not decide now (None: they could)."""

    seats: Sequence[Seat]
    refusal: str | None
    able: Sequence[Able]
    why: Sequence[str]


def draw(request: Request, who: Who) -> Json:
    blocks = [
        parts.title(request, "people"),
        _you(request, who),
        *([b.divider("people.line")] if who.able else []),
        *(b.rich(f"people.able.{place}", *_able(one)) for place, one in enumerate(who.able[:ABLE])),
        *_why(request, who.why),
    ]
    return b.modal("people", phrase("Who and why"), blocks, metadata=str(parts.target_of(request)))


def _you(request: Request, who: Who) -> Json:
    lines = [[b.words(_seat(one), 300)] for one in who.seats] or [[b.words(phrase("No stage asks for you."), 100)]]
    if who.refusal is not None:
        lines.append([b.words(who.refusal, 600)])
    elif request.is_open:
        lines.append([b.words(phrase("You can decide this now."), 100, "bold")])
    return b.rich("people.you", b.paragraph(b.words(phrase("You"), 30, "bold")), b.bullets(lines))


def _seat(seat: Seat) -> str:
    labels = ", ".join(seat.labels)
    if not labels:
        return phrase("You have a say in {stage}.", stage=seat.stage)
    if seat.is_open:
        return phrase("You are asked in {stage}, which is open, as {labels}.", stage=seat.stage, labels=labels)
    return phrase("You are asked in {stage}, as {labels}.", stage=seat.stage, labels=labels)


def _able(able: Able) -> Iterator[Json]:
    state = phrase("open now") if able.is_open else phrase("not open yet")
    missing = max(0, able.need - able.have)
    head = phrases(
        "{label}: {count} more approval wanted", "{label}: {count} more approvals wanted", missing, label=able.label
    )
    yield b.paragraph(b.words(head, 300, "bold"), b.words(f"  {able.stage} · {state}", 200))
    lines = [_can(able)]
    if able.cannot:
        said = phrase("Named, but cannot decide here: {names}.", names=_named(able.cannot))
        lines.append(said)
    if able.late:
        lines.append(
            phrase(
                "Came into the Slack user group while this was asked, so not for this: {names}.",
                names=_named(able.late),
            )
        )
    yield b.bullets([[b.words(line, 1_500)] for line in lines])


def _can(able: Able) -> str:
    if not able.people:
        return phrase("Nobody can decide this as things stand; tell an admin.")
    if able.many:
        return phrase("Can still decide: {names} and others.", names=_named(able.people))
    return phrase("Can still decide: {names}.", names=_named(able.people))


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    listed = ", ".join(b.cut(name, 60) for name in names[:NAMED])
    return phrase("{listed} and {more} more", listed=listed, more=more) if more > 0 else listed


def _why(request: Request, why: Sequence[str]) -> list[Json]:
    if not why:
        return []
    known = secrets_of(request)
    lines = [[b.words(mask_text(conceal(line, known)), 600)] for line in why[:REASONS]]
    title = b.paragraph(b.words(phrase("Why these people"), 60, "bold"))
    return [b.rich("people.why", title, b.bullets(lines))]


_OPEN: Final = Able(
    "stage 1 (Platform)",
    True,
    "@platform",
    1,
    0,
    (phrase("Bob Baker"), phrase("Grace Gray")),
    (phrase("Ada Archer"),),
    False,
)
_LATE: Final = replace(_OPEN, late=("Eve Evans",))
_LATER: Final = Able("stage 2 (Security)", False, "@security", 2, 0, (), (), False)

MEMBER = Card(
    "people",
    {
        "asked": lambda: draw(
            samples.pending(),
            Who(
                [Seat("stage 1 (Platform)", True, ("@platform",))],
                None,
                [_OPEN, _LATER],
                ["Stage 1: @platform, asked by prod deploys."],
            ),
        ),
        "not_asked": lambda: draw(
            samples.pending(), Who([], "Request #1042 does not ask for you; it asks @platform.", [_OPEN], [])
        ),
        "late": lambda: draw(samples.pending(), Who([], None, [_LATE], [])),
        "over": lambda: draw(samples.approved(), Who([], "Request #1042 was already approved by Bob Baker.", [], [])),
        "hostile": lambda: draw(
            samples.hostile(),
            Who(
                [Seat("<!channel>" * 90, True, ("*x*" * 90,))] * 10,
                "<@U1> " * 400,
                [Able("<!here>" * 90, True, "*l*" * 99, 99, 1, ("n" * 400,) * 99, ("m" * 400,) * 99, True)] * 40,
                ["`why` " * 400] * 99,
            ),
        ),
    },
)
