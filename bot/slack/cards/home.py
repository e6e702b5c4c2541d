"""App Home, the inbox: what waits for me, to be decided in place; what I asked; what I decided. Paged and narrowed.

Admins also see how the place fares, and what needs their care.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.wording import MARKS, money, say
from bot.slack.look import EVERYTHING, Look
from core.cares.base import Care
from core.masking import mask_text
from core.model.request import Request
from core.notices import how_it_ended
from core.phrases import phrase, phrases
from core.standing import say_waited_for
from core.veil import veil

WAITING: Final = 10
OTHERS: Final = 5
CARES: Final = 5
CURSOR: Final = 500
PLENTY: Final = 100
"""So much is counted of what waits for one person, each time they look: nobody reads on as far as that."""

MANY: Final = 1_000
"""And so much of what all wait for."""

ALL: Final = "*"
"""The choice that narrows nothing."""

CAN_HOLD: Final = 2 * WAITING - 1
"""Rows of a narrowed page, which is put together from pages of the whole list."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How the place fares: open requests, rules that judge, rules that watch, unsealed events; beyond `MANY` it is many."""

    open: int = 0
    rules: int = 0
    shadow: int = 0
    unsealed: int = 0


@dataclass(frozen=True, slots=True)
class Inbox:
    """One page. `projects` and `types` are names by id and word; `next` is where it goes on.

    `total` counts what waits for this person; beyond `PLENTY` it is plenty.

    `figures` and `care` are for admins.
    """

    waiting: Sequence[Request]
    asked: Sequence[Request]
    decided: Sequence[Request]
    projects: Mapping[str, str]
    total: int
    types: Mapping[str, str] = field(default_factory=dict)
    next: str | None = None
    look: Look = EVERYTHING
    figures: Figures | None = None
    care: Sequence[Care] = ()


def draw(inbox: Inbox) -> Json:
    blocks = [
        b.header(_waiting_title(inbox), "home.waiting"),
        *_narrowing(inbox),
        *_waiting(inbox),
        *_turn(inbox),
        b.divider("home.others"),
        *_part(
            phrase("Asked by me"),
            "asked",
            inbox.asked,
            phrase("Nothing. Ask with the button below or /countersign ask."),
        ),
        *_part(phrase("Decided by me"), "decided", inbox.decided, phrase("Nothing yet.")),
        *_admins(inbox),
        b.divider("home.line"),
        b.actions(
            "home.actions",
            [
                b.button(phrase("Ask for approval"), "home.ask", "new"),
                b.button(phrase("Refresh"), "home.refresh", "0"),
                b.button(phrase("Help"), "home.help", "0"),
            ],
        ),
    ]
    return b.home(blocks, str(inbox.look))


def unmapped(sentence: str) -> Json:
    """For somebody who is nobody here: why, and what to do."""
    said = [b.header(phrase("Countersign"), "home.title"), b.section(b.plain(sentence, 2_900), "home.unmapped")]
    return b.home([*said, b.actions("home.actions", [b.button(phrase("Try again"), "home.first", "0")])])


def _waiting_title(inbox: Inbox) -> str:
    if not inbox.total:
        return phrase("Nothing waits for you")
    counted = str(inbox.total) if inbox.total <= PLENTY else phrase("over 100")
    return phrase("Waiting for me: {counted}", counted=counted)


def _counted(number: int) -> str:
    return str(number) if number <= MANY else phrase("over 1,000")


def _narrowing(inbox: Inbox) -> list[Json]:
    """Menus to narrow the list by, where there is something to choose."""
    look, menus = inbox.look, []
    if not inbox.total and not look.is_narrowed:
        return []
    if len(inbox.projects) > 1:
        menus.append(_menu("home.project", phrase("All projects"), inbox.projects, look.project))
    if len(inbox.types) > 1:
        menus.append(_menu("home.type", phrase("All types"), inbox.types, look.type))
    return [b.actions(f"home.narrowing.{look.project or ''}.{look.type or ''}"[:200], menus)] if menus else []


def _menu(action: str, everything: str, named: Mapping[str, str], chosen: str | None) -> Json:
    """The block's id changes with what is chosen, since Slack keeps what a person picked in a menu of the same id."""
    whole = b.option(everything, ALL)
    offered = [b.option(name, id) for id, name in named.items() if len(id) <= b.OPTION_VALUE]
    shown = [whole, *sorted(offered, key=lambda one: str(one["text"]["text"]).lower())][: b.SELECT_OPTIONS]
    return b.select(action, shown, next((one for one in shown if one["value"] == chosen), whole))


def _waiting(inbox: Inbox) -> Iterable[Json]:
    if not inbox.waiting:
        yield b.section(b.plain(_calm(inbox)), "home.calm")
    for request in inbox.waiting[:CAN_HOLD]:
        yield b.divider(f"line.{request.id}")
        yield b.rich(f"row.{request.id}", b.paragraph(*_headline(request, inbox)), b.paragraph(*_summary(request)))
        yield _buttons(request)


def _calm(inbox: Inbox) -> str:
    if inbox.next is not None:
        return phrase("Nothing like this among the oldest; look further with More.")
    if inbox.look.is_narrowed:
        return phrase("Nothing like this waits for you; choose all again to see the rest.")
    return phrase("When somebody needs your yes, it appears here.")


def _headline(request: Request, inbox: Inbox) -> list[Json]:
    project = inbox.projects.get(request.project, phrase("a project"))
    title = b.one_line(mask_text(veil(request).content.title))
    return [b.words(title, 200, "bold"), b.words(f"  #{request.number} · {project}", 100)]


def _summary(request: Request) -> list[Json]:
    content = veil(request).content
    said = [phrase("{requester} asks", requester=request.requester.name)]
    if content.cost is not None:
        said.append(phrase("costs {money}", money=money(content.cost)))
    if content.side_effects:
        said.append(say([mask_text(effect) for effect in content.side_effects], 120))
    line = [b.words(" · ".join(said), 300)]
    return [*line, b.words(" · "), b.moment(request.expires_at, phrase("expires "))] if request.expires_at else line


def _buttons(request: Request) -> Json:
    target = str(parts.target_of(request))
    return b.actions(
        f"decide.{request.id}.{request.version}",
        [
            b.button(phrase("Approve"), "request.approve", target, style="primary"),
            b.button(phrase("Reject"), "request.reject", target, style="danger"),
            b.button(phrase("Details"), "request.details", target),
        ],
    )


def _turn(inbox: Inbox) -> list[Json]:
    offered = []
    if inbox.look.cursor is not None:
        offered.append(b.button(phrase("First page"), "home.first", "0"))
    if inbox.next is not None and len(inbox.next) <= CURSOR:
        offered.append(b.button(phrase("More"), "home.next", inbox.next, label=phrase("More of what waits for me")))
    return [b.actions("home.turn", offered)] if offered else []


def _part(title: str, key: str, requests: Sequence[Request], nothing: str) -> list[Json]:
    head = b.header(title, f"home.{key}")
    if not requests:
        return [head, b.context(f"none.{key}", b.plain(nothing))]
    rows = [_row(request, key) for request in requests[:OTHERS]]
    if len(requests) < OTHERS:
        return [head, *rows]
    return [
        head,
        *rows,
        b.actions(
            f"all.{key}",
            [b.button(phrase("See all"), f"home.{key}", "0", label=phrase("See all: {title}", title=title))],
        ),
    ]


# -------------------------------------------------------------------------------------------------------------- admins


def _admins(inbox: Inbox) -> list[Json]:
    figures = inbox.figures
    if figures is None:
        return []
    return [
        b.header(phrase("For admins"), "home.admins"),
        b.section(b.plain(_health(figures, inbox.care), 500), "home.health"),
        b.actions(
            "home.topics",
            [b.button(phrase("Rules"), "home.rules", "0"), b.button(phrase("Settings"), "home.settings", "0")],
        ),
        *_care(inbox.care),
    ]


def _health(figures: Figures, care: Sequence[Care]) -> str:
    shadow = phrase(", {shadow} in shadow", shadow=figures.shadow) if figures.shadow else ""
    rules = phrases("{count} rule in force{shadow}", "{count} rules in force{shadow}", figures.rules, shadow=shadow)
    sealed = (
        phrase("the ledger is sealed")
        if not figures.unsealed
        else phrase("{counted} events not sealed yet", counted=_counted(figures.unsealed))
    )
    well = phrase("Nothing needs your care.") if not care else ""
    return phrase(
        "{counted} open · {rules} · {sealed}. {well}",
        counted=_counted(figures.open),
        rules=rules,
        sealed=sealed,
        well=well,
    )


def _care(care: Sequence[Care]) -> list[Json]:
    if not care:
        return []
    rows = [parts.care(one, f"care.{place}") for place, one in enumerate(care[:CARES])]
    more = b.actions(
        "care.more",
        [
            b.button(
                phrase("See all {count}", count=len(care)), "home.care", "0", label=phrase("See all that needs care")
            )
        ],
    )
    head = b.rich("care.head", b.paragraph(b.words(phrase("Needs care: {count}", count=len(care)), 60, "bold")))
    return [head, *rows, *([more] if len(care) > CARES else [])]


def _row(request: Request, key: str) -> Json:
    """One line and its Details button; plain text, since a section takes no rich text."""
    title = b.cut(b.one_line(mask_text(veil(request).content.title)), 150)
    said = f"{MARKS[request.status]} · {title}  #{request.number}\n{_state(request)}"
    button = b.button(phrase("Details"), "request.details", str(parts.target_of(request)))
    return b.section(b.plain(said, 600), f"{key}.{request.id}", button)


def _state(request: Request) -> str:
    if request.is_open:
        return phrase("Waits for {say_waited_for}", say_waited_for=say_waited_for(request) or phrase("nobody"))
    return b.one_line(mask_text(how_it_ended(veil(request))))


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


_CARE: Final = (
    Care(
        "webhooks",
        "ci",
        phrase("It took nothing for days and is not tried any more; mend it, then resume it."),
        "webhooks",
    ),
    Care(
        "rules",
        phrase("prod deploys"),
        phrase("Too few people can approve as @platform; add people there, or change the rule."),
    ),
)


def _many(number: int) -> list[Request]:
    return [replace(samples.hostile(), id=f"req_01JD5Z3F6Q8W9X0Y1Z2A3B{place:04}") for place in range(number)]


def _full() -> Inbox:
    """As much as one Home can hold, hostile in every word."""
    names = {f"prj_{place:026}": "<!here>" * 40 for place in range(300)}
    care = [Care("people", "*x*" * 200, "<@U1> " * 400, "members")] * 50
    many, look = _many(60), Look(cursor="c" * 400, project="prj_" + "0" * 26)
    return Inbox(many, many, many, names, 5_000, names, "c" * 400, look, Figures(5_000, 1, 2, 5_000), care)


MEMBER = Card(
    "home",
    {
        "some": lambda: draw(_example()),
        "empty": lambda: draw(Inbox((), (), (), {}, 0)),
        "admin": lambda: draw(replace(_example(), figures=Figures(12, 3, 1), care=_CARE)),
        "well": lambda: draw(Inbox((), (), (), {}, 0, figures=Figures(0, 1))),
        "narrowed": lambda: draw(
            Inbox(
                (),
                (),
                (),
                {samples.PROJECT: "payments", "prj_2": "data"},
                12,
                {"deploy": "Deploy", "merge": "Merge"},
                look=Look(project="prj_2", type="deploy"),
            )
        ),
        "full": lambda: draw(_full()),
        "unmapped": lambda: unmapped("You are not linked to a member of this organisation yet."),
    },
)
