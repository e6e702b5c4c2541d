"""App Home, the inbox: what waits for me, to be decided in place; what I asked; what I decided. Paged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.slack import blocks as b
from bot.slack import parts, samples
from bot.slack.blocks import Json
from bot.slack.cards.base import Card
from bot.slack.wording import MARKS, money, say
from core.masking import mask_text
from core.model.request import Request
from core.notices import how_it_ended
from core.standing import say_waited_for
from core.veil import veil

WAITING: Final = 10
OTHERS: Final = 5
CURSOR: Final = 2_000


@dataclass(frozen=True, slots=True)
class Inbox:
    """One page. `projects` are names by id; `total` counts what waits; `next` is the cursor of the page after."""

    waiting: Sequence[Request]
    asked: Sequence[Request]
    decided: Sequence[Request]
    projects: Mapping[str, str]
    total: int
    next: str | None = None
    first_page: bool = True


def draw(inbox: Inbox) -> Json:
    blocks = [
        b.header(_waiting_title(inbox), "home.waiting"),
        *_waiting(inbox),
        *_turn(inbox),
        b.divider("home.others"),
        *_part("Asked by me", "asked", inbox.asked, "Nothing. Ask with the button below or /countersign ask."),
        *_part("Decided by me", "decided", inbox.decided, "Nothing yet."),
        b.divider("home.line"),
        b.actions(
            "home.actions", [b.button("Ask for approval", "home.ask", "new"), b.button("Refresh", "home.first", "0")]
        ),
    ]
    return b.home(blocks)


def unmapped(sentence: str) -> Json:
    """For somebody who is nobody here: why, and what to do."""
    said = [b.header("Countersign", "home.title"), b.section(b.plain(sentence, 2_900), "home.unmapped")]
    return b.home([*said, b.actions("home.actions", [b.button("Try again", "home.first", "0")])])


def _waiting_title(inbox: Inbox) -> str:
    if not inbox.total:
        return "Nothing waits for you"
    return f"Waiting for me: {inbox.total if inbox.total < 1_000 else 'over 1,000'}"


def _waiting(inbox: Inbox) -> Iterable[Json]:
    if not inbox.waiting:
        yield b.section(b.plain("When somebody needs your yes, it appears here."), "home.calm")
    for request in inbox.waiting[:WAITING]:
        yield b.divider(f"line.{request.id}")
        yield b.rich(f"row.{request.id}", b.paragraph(*_headline(request, inbox)), b.paragraph(*_summary(request)))
        yield _buttons(request)


def _headline(request: Request, inbox: Inbox) -> list[Json]:
    project = inbox.projects.get(request.project, "a project")
    title = mask_text(veil(request).content.title)
    return [b.words(title, 200, "bold"), b.words(f"  #{request.number} · {project}", 100)]


def _summary(request: Request) -> list[Json]:
    content = veil(request).content
    said = [f"{request.requester.name} asks"]
    if content.cost is not None:
        said.append(f"costs {money(content.cost)}")
    if content.side_effects:
        said.append(say([mask_text(effect) for effect in content.side_effects], 120))
    line = [b.words(" · ".join(said), 300)]
    return [*line, b.words(" · "), b.moment(request.expires_at, "expires ")] if request.expires_at else line


def _buttons(request: Request) -> Json:
    target = str(parts.target_of(request))
    return b.actions(
        f"decide.{request.id}.{request.version}",
        [
            b.button("Approve", "request.approve", target, style="primary"),
            b.button("Reject", "request.reject", target, style="danger"),
            b.button("Details", "request.details", target),
        ],
    )


def _turn(inbox: Inbox) -> list[Json]:
    offered = []
    if not inbox.first_page:
        offered.append(b.button("First page", "home.first", "0"))
    if inbox.next is not None and len(inbox.next) <= CURSOR:
        offered.append(b.button("More", "home.next", inbox.next))
    return [b.actions("home.turn", offered)] if offered else []


def _part(title: str, key: str, requests: Sequence[Request], nothing: str) -> list[Json]:
    head = b.header(title, f"home.{key}")
    if not requests:
        return [head, b.context(f"none.{key}", b.plain(nothing))]
    return [head, *(_row(request, key) for request in requests[:OTHERS])]


def _row(request: Request, key: str) -> Json:
    """One line and its Details button; plain text, since a section takes no rich text."""
    said = f"{MARKS[request.status]} · {b.cut(mask_text(veil(request).content.title), 150)}  #{request.number}\n{_state(request)}"
    button = b.button("Details", "request.details", str(parts.target_of(request)))
    return b.section(b.plain(said, 600), f"{key}.{request.id}", button)


def _state(request: Request) -> str:
    if request.is_open:
        return f"Waits for {say_waited_for(request) or 'nobody'}"
    return mask_text(how_it_ended(veil(request)))


def _example() -> Inbox:
    hostile = replace(samples.hostile(), id="req_01JD5Z3F6Q8W9X0Y1Z2A3B4C5E")
    return Inbox(
        waiting=(samples.pending(), hostile),
        asked=(samples.question(),),
        decided=(samples.rejected(), replace(samples.approved(), id="req_01JD5Z3F6Q8W9X0Y1Z2A3B4C5F")),
        projects={samples.PROJECT: "payments"},
        total=12,
        next="cursor",
    )


MEMBER = Card(
    "home",
    {
        "some": lambda: draw(_example()),
        "empty": lambda: draw(Inbox((), (), (), {}, 0)),
        "unmapped": lambda: unmapped("You are not linked to a member of this organisation yet."),
    },
)
