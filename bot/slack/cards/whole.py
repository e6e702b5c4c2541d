"""Everything that is asked, in full and page by page: texts and values that the card and Details had to cut."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop
from bot.slack.drawing.wording import changes, edit_lines
from core.masking import mask, mask_text
from core.model.request import Content, Request
from core.phrases import phrase
from core.veil import veil

CHUNK: Final = 2_800
PAGE: Final = 6
"""Chunks on a page: far from the 250 kB a view may be, whatever they hold."""


def draw(request: Request, backdrop: Backdrop, page: int = 0) -> Json:
    """`page` counts from 0; one that is not there is the last."""
    chunks = list(_chunks(request, backdrop))
    last = max(0, (len(chunks) - 1) // PAGE)
    page = min(max(page, 0), last)
    shown = chunks[page * PAGE : (page + 1) * PAGE]
    blocks = [
        parts.title(request, "whole"),
        *([b.context("whole.place", b.plain(_place(page, last)))] if last else []),
        *(
            b.rich(f"whole.{place}", b.paragraph(b.words(label, 100, "bold")), b.code(text, 3_000))
            for place, (label, text) in enumerate(shown)
        ),
        *([] if shown else [b.section(b.plain(phrase("There is nothing more than the card shows.")), "whole.nothing")]),
        *_links(veil(request).content, page),
        *_turns(request, page, last),
    ]
    return b.modal("whole", phrase("In full"), blocks, metadata=str(parts.target_of(request)))


def _place(page: int, last: int) -> str:
    return phrase("Page {page} of {pages}", page=page + 1, pages=last + 1)


def _chunks(request: Request, backdrop: Backdrop) -> Iterator[tuple[str, str]]:
    """Label and text of each part, long ones in several."""
    for label, text in _texts(request, backdrop):
        for place, piece in enumerate(_pieces(text)):
            yield (phrase("{label} (continued)", label=label) if place else label), piece


def _pieces(text: str) -> Iterator[str]:
    """Cut between lines where that can be, and counted as Slack counts."""
    while text:
        piece = text[:CHUNK]
        while b.width(piece) > CHUNK:
            piece = piece[: len(piece) - max(1, (b.width(piece) - CHUNK) // 2)]
        end = piece.rfind("\n") + 1
        piece = piece[:end] if len(piece) < len(text) and end > CHUNK // 2 else piece
        yield piece
        text = text[len(piece) :]


def _texts(request: Request, backdrop: Backdrop) -> Iterator[tuple[str, str]]:
    content = veil(request).content
    if changed := _changed(request, backdrop):
        yield phrase("What changed"), b.clean("\n".join(changed))
    written = (
        (phrase("Description"), content.description),
        (phrase("Action"), content.action),
        (phrase("Reasoning"), content.reasoning),
        (phrase("Side effects"), "\n".join(content.side_effects)),
        (phrase("If refused"), content.if_denied),
    )
    for label, text in written:
        if text and text.strip():
            yield label, b.clean(mask_text(text))
    values = (
        (phrase("Parameters"), content.params),
        (phrase("Facts"), content.facts),
        (phrase("Metadata"), content.metadata),
    )
    for label, value in values:
        if value:
            yield label, b.clean(_json(value))


def _changed(request: Request, backdrop: Backdrop) -> list[str]:
    if request.edits:
        return edit_lines(request)
    if backdrop.previous is None:
        return []
    return changes(backdrop.previous, request.content, request.plan.secret)


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(mask(dict(values)), indent=2, ensure_ascii=False, sort_keys=True)


def _links(content: Content, page: int) -> list[Json]:
    """All of them, on the first page."""
    if page or not content.links:
        return []
    rows = [[b.link(link.url, b.one_line(mask_text(link.title)))] for link in content.links[:20]]
    return [b.rich("whole.links", b.paragraph(b.words(phrase("Links"), 30, "bold")), b.bullets(rows))]


def _turns(request: Request, page: int, last: int) -> list[Json]:
    target = parts.target_of(request)
    offered = []
    if page:
        offered.append(b.button(phrase("Back"), "request.whole.back", f"{target}/{page - 1}"))
    if page < last:
        offered.append(b.button(phrase("Next page"), "request.whole.more", f"{target}/{page + 1}"))
    return [b.actions("whole.turn", offered)] if offered else []


def _long() -> Request:
    content = replace(
        samples.CONTENT,
        description="\n".join(f"+ line {n} of the plan" for n in range(900)),
        metadata={f"key_{n}": f"value {n} " * 20 for n in range(200)},
    )
    return samples.pending(content=content, original=content)


MEMBER = Card(
    "whole",
    {
        "short": lambda: draw(samples.pending(), samples.BACKDROP),
        "first": lambda: draw(_long(), samples.BACKDROP),
        "last": lambda: draw(_long(), samples.BACKDROP, 999),
        "revised": lambda: draw(samples.revised(), samples.REVISED_BACKDROP),
        "hostile": lambda: draw(samples.hostile(), samples.BACKDROP),
    },
)
