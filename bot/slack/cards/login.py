"""The one-time login code, privately."""

from __future__ import annotations

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.drawn import Drawing
from core.phrases import phrase


def draw(code: str, *, may_decide: bool) -> Drawing:
    """`code` stands alone so that it is easily copied; it is shown to this person only, once, and lives five minutes."""
    right = phrase("may read, ask and decide for you.") if may_decide else phrase("may read and ask, not decide.")
    said = phrase(
        "Run countersign login in your terminal and type this code there within five minutes. The token you get "
        "{right} Whoever has the code can act as you: show it to nobody.",
        right=right,
    )
    shown = [b.paragraph(b.words(said, 300)), b.code(code, 100)]
    return Drawing(phrase("Your one-time login code is shown below."), [b.rich("login", *shown)])


MEMBER = Card("login", {"plain": lambda: draw("7KQ2M-X9D4T", may_decide=False).as_json()})
