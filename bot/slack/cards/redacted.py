"""The card for a channel shared with another organisation: that something waits, and nothing of what it is."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.drawn import Drawing
from bot.slack.drawing.wording import MARKS
from core.model.request import Request
from core.phrases import phrase


def draw(request: Request) -> Drawing:
    """People of this organisation open the details; nobody can decide here unseen."""
    state = MARKS[request.status]
    said = phrase(
        "{state}: request #{number}. Its details are not shown in a channel shared with others.",
        state=state,
        number=request.number,
    )
    key = str(request.version)
    open_it = b.button(phrase("Details"), "request.details", str(parts.target_of(request)))
    return Drawing(b.gist(said), [b.section(b.plain(said), f"redacted.{key}", open_it)])


def draw_several(requests: Sequence[Request]) -> Drawing:
    """What was asked together: a line for each, as it would stand by itself."""
    lines = [draw(request) for request in requests]
    blocks = [
        {**block, "block_id": f"{block['block_id']}.{place}"}
        for place, line in enumerate(lines)
        for block in line.blocks
    ]
    return Drawing(b.gist(" ".join(line.text for line in lines)), b.fitted(blocks))


MEMBER = Card(
    "redacted",
    {
        "pending": lambda: draw(samples.pending()).as_json(),
        "several": lambda: draw_several([samples.pending(), samples.rejected()]).as_json(),
    },
)
