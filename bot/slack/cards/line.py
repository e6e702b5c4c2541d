"""A line of talk: in the thread under a card, or as a direct message. A question brings its Answer button."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Drawing
from core.masking import mask_text
from core.model.request import Request
from core.notices import LINKED
from core.phrases import phrase

USERS: Final = "users"
"""Where the Slack ids of those it mentions stand."""

MARKS: Final[Mapping[str, str]] = {
    "approved": "✓",
    "question": "💬",
    "answer": "💬",
    "comment": "💬",
    "reminder": "⏰",
    "revised": "✎",
    "edited": "✎",
    "ended": "■",
}


def draw(request: Request, word: str, sentence: str, extra: Mapping[str, Any], *, direct: bool) -> Drawing:
    """`direct` is a direct message, which offers to show the request; in a thread the card stands right above."""
    said = b.one_line(mask_text(sentence))
    mark = MARKS.get(word, "·")
    text = b.paragraph(b.words(f"{mark}  "), b.words(said, 2_500), *_moment(extra), *_users(extra))
    blocks = [b.rich(f"line.{word}", text)]
    if offered := _buttons(request, word, extra, direct=direct):
        blocks.append(b.actions(f"line.buttons.{word}", offered))
    named = "".join(f" <@{user}>" for user in extra.get(USERS, ()))
    return Drawing(b.gist(f"{said}{_moment_text(extra)}") + named, blocks)


def _users(extra: Mapping[str, Any]) -> list[Json]:
    """Mentions of those who want to be told so."""
    return [part for user in extra.get(USERS, ()) for part in (b.words(" "), {"type": "user", "user_id": user})]


def _at(extra: Mapping[str, Any]) -> datetime | None:
    at = extra.get("expires_at")
    return datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else None


def _moment(extra: Mapping[str, Any]) -> list[Json]:
    at = _at(extra)
    return [] if at is None else [b.words(" "), b.moment(at, phrase("It is now ")), b.words(".")]


def _moment_text(extra: Mapping[str, Any]) -> str:
    at = _at(extra)
    return "" if at is None else phrase(" It is now {utc}.", utc=b.utc(at))


def _buttons(request: Request, word: str, extra: Mapping[str, Any], *, direct: bool) -> list[Json]:
    target = str(parts.target_of(request))
    offered = []
    question = extra.get("question")
    if isinstance(question, str) and any(q.id == question for q in request.open_questions):
        offered.append(b.button(phrase("Answer"), "question.answer", f"{target}/{question}", style="primary"))
    if direct and word == "reminder" and request.is_open:
        offered.append(b.button(phrase("I'm looking"), "request.looking", target))
    if direct and word != LINKED:
        offered.append(b.button(phrase("Show request"), "request.details", target))
    return offered


MEMBER = Card(
    "line",
    {
        "approved": lambda: draw(
            samples.approved(), "approved", "Bob Baker approved as @platform: Fine.", {}, direct=False
        ).as_json(),
        "question": lambda: draw(
            samples.question(),
            "question",
            "Bob Baker asks: Is the rollback tested?",
            {"question": "qst_1"},
            direct=False,
        ).as_json(),
        "extended": lambda: draw(
            samples.pending(), "extended", "The deadline was moved.", {"expires_at": 1795197600.0}, direct=False
        ).as_json(),
        "reminder": lambda: draw(
            samples.pending(), "reminder", "#1042 Deploy api 2.3 still waits for you.", {}, direct=True
        ).as_json(),
        "hostile": lambda: draw(
            samples.hostile(), "comment", "<!channel> <@U1> *x* token: abcdef123456 & " * 300, {}, direct=True
        ).as_json(),
    },
)
