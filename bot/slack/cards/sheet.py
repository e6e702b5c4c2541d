"""One thing that is set up, looked at closely, in a modal: what it says in words, its figures, its text, what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json


@dataclass(frozen=True, slots=True)
class Act:
    """A button; with `sure` Slack asks that question first."""

    text: str
    action: str
    value: str
    style: str | None = None
    sure: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`state` is the small line under the name, `figures` are labels and values, `text` is shown as it is written."""

    title: str
    name: str
    state: str = ""
    words: str = ""
    figures: Sequence[tuple[str, str]] = ()
    text: str = ""
    acts: Sequence[Act] = ()
    note: str = ""


def draw(sheet: Sheet) -> Json:
    blocks = [b.header(sheet.name, "sheet.name")]
    if sheet.state:
        blocks.append(b.context("sheet.state", b.plain(sheet.state, 500)))
    if sheet.words:
        blocks.append(b.section(b.plain(sheet.words), "sheet.words"))
    if sheet.figures:
        blocks.append(b.rich("sheet.figures", b.bullets([_figure(*one) for one in sheet.figures[:40]])))
    if sheet.text:
        blocks.append(b.rich("sheet.text", b.code(sheet.text)))
    if sheet.acts:
        blocks.append(b.actions("sheet.acts", [_act(one) for one in sheet.acts]))
    if sheet.note:
        blocks.append(b.context("sheet.note", b.plain(sheet.note, 1_000)))
    return b.modal("sheet", sheet.title, blocks)


def _figure(label: str, value: str) -> list[Json]:
    return [b.words(f"{b.cut(label, 60)}: ", 70, "bold"), b.words(value, 600)]


def _act(act: Act) -> Json:
    made = b.button(act.text, act.action, act.value, style=act.style)
    if not act.sure:
        return made
    return {**made, "confirm": b.confirm(f"{act.text}?", act.sure, act.text, style=act.style)}


MEMBER = Card(
    "sheet",
    {
        "rule": lambda: draw(
            Sheet(
                "Rule",
                "prod deploys",
                "Requires · on · version 3 · used 12 times",
                'prod deploys: when type == "deploy" anywhere in the organisation, these must say yes:\n1. Platform: 1 of @platform',
                (("Author", "Alice Archer"), ("Changed", "2026-11-20 12:00 UTC")),
                'name: prod deploys\nwhen: type == "deploy"\neffect: require\n',
                (
                    Act("Edit", "rules.edit", "rul_1"),
                    Act("Remove", "rules.remove", "rul_1", "danger", "It judges no request any more."),
                ),
            )
        ),
        "bare": lambda: draw(Sheet("Group", "@platform")),
        "hostile": lambda: draw(
            Sheet(
                "x" * 99,
                "<!here>" * 99,
                "*s*" * 400,
                "<@U1> " * 900,
                [("l" * 200, "v" * 900)] * 80,
                "`" * 5_000,
                (),
                "n",
            )
        ),
    },
)
