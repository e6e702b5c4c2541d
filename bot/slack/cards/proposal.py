"""A change of a rule before it is confirmed: read back, what is odd, what it would have done, whether it can ever pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from core.phrases import phrase

PINGS: Final = 5
LINES: Final = 40
BAR: Final = 10


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of it. `tried` is None while past requests are looked at: `seen` of `total` so far.

    `words` hold the condition `when`. `text` is what can be changed and sent again (none: nothing can), `reference` what
    the confirmation is bound to.
    """

    title: str
    name: str
    state: str
    words: str
    when: str
    yes: str
    reference: str
    changes: Sequence[str] = ()
    warnings: Sequence[str] = ()
    passes: str = ""
    seen: int = 0
    total: int = 0
    tried: Sequence[str] | None = None
    pings: Sequence[tuple[str, int, int]] = ()
    text: str = ""
    note: str = ""


def draw(draft: Draft) -> Json:
    blocks = [b.section(b.plain(draft.note, 500), "proposal.note")] if draft.note else []
    blocks += [b.header(draft.name, "proposal.name"), b.context("proposal.state", b.plain(draft.state, 300))]
    blocks.append(_words(draft.words, draft.when))
    if draft.changes:
        blocks.append(
            b.rich(
                "proposal.changes",
                b.paragraph(b.words(phrase("What changes"), 40, "bold")),
                b.code(_lines(draft.changes)),
            )
        )
    if draft.warnings:
        blocks.append(
            _section("proposal.warnings", phrase("Look at this again"), [f"⚠ {one}" for one in draft.warnings])
        )
    blocks += _tried(draft)
    if draft.tried is None:
        return b.modal("rules.looking", draft.title, blocks)
    if draft.passes:
        blocks.append(_section("proposal.passes", phrase("Can it ever pass?"), [draft.passes]))
    if draft.text:
        hint = phrase("Change it here if it is not what you meant: then it is read back and tried anew.")
        blocks.append(
            b.field(
                "text", phrase("The rule as text"), b.text_input("lines", lines=True, initial=draft.text), hint=hint
            )
        )
    return b.modal("rules.confirm", draft.title, blocks, submit=draft.yes, metadata=draft.reference)


def _words(words: str, when: str) -> Json:
    """The condition in the letters of code, each stage on a line of its own."""
    lead, found, tail = words.partition(when)
    first, *others = (tail if found else lead).split("\n")
    said = [b.words(lead, 300), b.words(when, 700, "code"), b.words(first, 1_000)] if found else [b.words(first, 1_500)]
    return b.rich("proposal.words", b.paragraph(*said), *(b.quote(b.words(one, 700)) for one in others[:LINES]))


def _tried(draft: Draft) -> list[Json]:
    title = phrase("On the requests of the last 30 days")
    if draft.tried is None:
        return [_section("proposal.tried", title, [_progress(draft.seen, draft.total)])]
    pings = [
        phrase(
            "{name} would have been asked {after}, not {before}.", name=name, after=_times(after), before=_times(before)
        )
        for name, before, after in draft.pings[:PINGS]
    ]
    more = len(draft.pings) - PINGS
    pings += [phrase("and {more} more", more=more)] if more > 0 else []
    return [_section("proposal.tried", title, [*draft.tried, *pings])]


def _progress(seen: int, total: int) -> str:
    """`▰▰▰▱▱▱▱▱▱▱ 3,000 of 10,000 past requests`."""
    if not total:
        return phrase("⏳ Looking at past requests…")
    done = min(BAR, seen * BAR // total)
    bar = "▰" * done + "▱" * (BAR - done)
    return phrase("{bar} {seen:,} of {total:,} past requests", bar=bar, seen=seen, total=total)


def _times(number: int) -> str:
    return {0: phrase("never"), 1: phrase("once"), 2: phrase("twice")}.get(
        number, phrase("{number:,} times", number=number)
    )


def _section(block: str, title: str, lines: Sequence[str]) -> Json:
    return b.rich(block, b.paragraph(b.words(title, 100, "bold")), b.bullets([[b.words(one, 500)] for one in lines]))


def _lines(lines: Sequence[str]) -> str:
    shown = list(lines[:LINES])
    return "\n".join(
        [*shown, phrase("… {count} more lines", count=len(lines) - LINES)] if len(lines) > LINES else shown
    )


_EXAMPLE: Final = Draft(
    "New rule",
    "prod deploys",
    "New rule · requires · on",
    'When type == "deploy" of project payments, these must say yes:\n1. Platform: 1 of @platform\n2. Security: 2 of @security\nWithout an answer it expires after 4h.',
    'type == "deploy"',
    "Save as version 1",
    '{"kind":"add"}',
    warnings=("It asks for 6 approvals; more than 5 wear people out.",),
    passes="Yes: enough people can say yes to all of it.",
    text='add "prod deploys" when type == "deploy" require @platform',
)

MEMBER = Card(
    "proposal",
    {
        "looking": lambda: draw(_EXAMPLE),
        "half_way": lambda: draw(replace(_EXAMPLE, seen=4_200, total=10_000)),
        "ready": lambda: draw(
            replace(
                _EXAMPLE,
                tried=("9 past requests, 7 of them as before.", "2 would ask for more people (#4, #7)."),
                pings=(("Bob Baker", 1, 3), ("Carol Chen", 0, 2)),
            )
        ),
        "hostile": lambda: draw(
            Draft(
                "t" * 60,
                "<!here>" * 60,
                "*s*" * 200,
                "w\n" * 900,
                "*w*",
                "y" * 60,
                "r" * 3_000,
                ["+ <@U1>" * 30] * 200,
                ["<!channel>" * 90] * 5,
                "p" * 900,
                0,
                0,
                ["x" * 900] * 7,
                [("n" * 900, 1, 2)] * 99,
                "x\n" * 5_000,
                "n" * 900,
            )
        ),
    },
)
