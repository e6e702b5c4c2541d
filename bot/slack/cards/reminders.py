"""Several things that wait, in one message: to a person with a button for each, or into a channel with whom each waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Drawing
from core.masking import mask_text
from core.model.request import Request
from core.phrases import phrase, phrases
from core.standing import say_waited_for
from core.veil import veil


@dataclass(frozen=True, slots=True)
class Line:
    """One request that waits; `said` stands instead of whom it waits for, `users` are mentioned."""

    request: Request
    said: str = ""
    users: Sequence[str] = ()


def draw(lines: Sequence[Line], more: int, *, direct: bool) -> Drawing:
    """`direct` is a direct message: there each can be opened."""
    count = len(lines) + more
    heading = _heading(count, direct=direct)
    blocks = [b.rich("reminders.heading", b.paragraph(b.words(f"⏰  {heading}", 200, "bold")))]
    if direct:
        blocks += [_with_button(line, place) for place, line in enumerate(lines)]
    else:
        blocks.append(b.rich("reminders.lines", b.bullets([_plain(line) for line in lines])))
    if more:
        note = phrases("and {count} more: /countersign list", "and {count} more: /countersign list", more)
        blocks.append(b.context("reminders.more", b.plain(note, 100)))
    named = "; ".join(_name(line.request) for line in lines[:5])
    users = " ".join(f"<@{user}>" for line in lines for user in line.users)
    return Drawing(b.gist(f"{heading} {named}") + (f" {users}" if users else ""), b.fitted(blocks))


def _heading(count: int, *, direct: bool) -> str:
    if direct:
        return phrases("One request waits for you.", "{count} requests wait for you.", count)
    return phrases("One request still waits here.", "{count} requests still wait here.", count)


def _name(request: Request) -> str:
    return f"#{request.number} {b.one_line(mask_text(veil(request).content.title))}"


def _with_button(line: Line, place: int) -> Json:
    request = line.request
    said = line.said or phrase("asked by {name}", name=request.requester.name)
    text = (
        f"{b.escape(b.cut(_name(request), 150))}\n{b.escape(b.cut(b.one_line(said), 200))}{_until(request.expires_at)}"
    )
    target = str(parts.target_of(request))
    name = b.cut(_name(request), 60)
    button = b.button(phrase("Show request"), "request.details", target, label=phrase("Show {name}", name=name))
    return b.section(b.mrkdwn(text), f"reminders.{place}", button)


def _until(at: datetime | None) -> str:
    return "" if at is None else f" · {b.date_text(at, phrase('until '))}"


def _plain(line: Line) -> list[Json]:
    said = line.said or phrase("waits for {whom}", whom=say_waited_for(line.request))
    end = (
        [] if line.request.expires_at is None else [b.words(" · "), b.moment(line.request.expires_at, phrase("until "))]
    )
    named: list[Json] = []
    for user in line.users:
        named += [b.words(" "), {"type": "user", "user_id": user}]
    return [b.words(_name(line.request), 150, "bold"), b.words(f" {b.one_line(mask_text(said))}", 200), *end, *named]


def _lines() -> list[Line]:
    return [Line(samples.pending()), Line(samples.question(), users=("U0BOB00002",)), Line(samples.hostile())]


MEMBER = Card(
    "reminders",
    {
        "direct": lambda: draw(_lines(), 0, direct=True).as_json(),
        "direct_more": lambda: draw(_lines() * 5, 12, direct=True).as_json(),
        "channel": lambda: draw(_lines(), 3, direct=False).as_json(),
    },
)
