"""Lease: let the next likes of a machine's request pass unasked, so many, for so long, and no more than was on the card."""

from __future__ import annotations

from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop
from core.masking import mask_text
from core.model.lease import MOST_USES, Kind
from core.model.request import Content, Request
from core.phrases import phrase

LASTS: Final = (
    ("30m", phrase("30 minutes")),
    ("1h", phrase("1 hour")),
    ("4h", phrase("4 hours")),
    ("8h", phrase("8 hours")),
    ("24h", phrase("24 hours")),
)
USUAL: Final = ("5", "4h")
ACTION: Final = 300


def draw(request: Request, backdrop: Backdrop, kind: Kind) -> Json:
    """`kind` is what exactly this request would be leased as."""
    options = [b.option(text, word) for word, text in LASTS]
    usual = next(option for option in options if option["value"] == USUAL[1])
    blocks = [
        parts.title(request, "lease"),
        parts.eyebrow(request, backdrop, "lease"),
        b.rich("lease.covers", b.paragraph(*_covers(request, kind))),
        b.field(
            "uses",
            phrase("How many"),
            b.number_input("uses", decimals=False, initial=USUAL[0], low="1", high=str(MOST_USES)),
        ),
        b.field("lasts", phrase("For how long"), b.select("lasts", options, usual)),
        *_action(request.content),
        b.context(
            "lease.note",
            b.plain(
                phrase(
                    "Titles, parameters and facts may differ from this one's. Rules that cannot be waived still ask. Everybody sees this lease, and you or an admin can take it back."
                )
            ),
        ),
    ]
    return b.modal(
        "lease", phrase("Let its like pass"), blocks, submit=phrase("Grant"), metadata=str(parts.target_of(request))
    )


def _covers(request: Request, kind: Kind) -> list[Json]:
    cost = phrase("that say no cost") if kind.usd is None else phrase("that cost at most ${usd:.2f}", usd=kind.usd)
    subject = phrase(", about a {subject_kind}", subject_kind=kind.subject_kind) if kind.subject_kind else ""
    effects = (
        phrase("with no side effects") if not kind.side_effects else phrase("with no other side effects than this one")
    )
    return [
        b.words(f"{b.cut(request.requester.name, 60)} ", 70, "bold"),
        b.words(
            phrase(
                "may then do the like without asking: requests of type {type}{subject}, {cost}, {effects}.",
                type=kind.type,
                subject=subject,
                cost=cost,
                effects=effects,
            ),
            500,
        ),
    ]


def _action(content: Content) -> list[Json]:
    """What is masked or too long for the field stays exactly as it is."""
    action = content.action
    if action is None or mask_text(action) != action or len(action) > ACTION:
        return []
    field = b.text_input("action", initial=action, most=ACTION)
    return [
        b.field(
            "action", phrase("Action"), field, hint=phrase("Exactly this one. End it with * to let anything follow.")
        )
    ]


def _kind(content: Content) -> Kind:
    subject = None if content.subject is None else content.subject.kind
    usd = None if content.cost is None else content.cost.usd
    return Kind(content.type, content.action, subject, usd, None, content.side_effects)


MEMBER = Card(
    "lease",
    {
        "plain": lambda: draw(samples.pending(), samples.BACKDROP, _kind(samples.pending().content)),
        "bare": lambda: draw(samples.pending(), samples.BACKDROP, Kind("deploy")),
        "hostile": lambda: draw(samples.hostile(), samples.BACKDROP, _kind(samples.hostile().content)),
    },
)
