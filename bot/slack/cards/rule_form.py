"""The form of a new rule: its parts in fields of their own, put together into the one line that could be typed too."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from core.phrases import phrase

EFFECTS = (
    ("require", phrase("People must say yes"), phrase("The stages below, one after the other")),
    (
        "allow",
        phrase("Nobody needs to be asked"),
        phrase("Sets aside what may be waived, and the default of asking somebody"),
    ),
    ("deny", phrase("It is rejected at once"), phrase("Beats everything else")),
)


def draw(projects: Sequence[str]) -> Json:
    effects = [b.option(text, word, description) for word, text, description in EFFECTS]
    blocks = [
        b.field("name", phrase("Name"), b.text_input("text", most=80), hint=phrase("People read it on cards.")),
        *_project(projects),
        b.field(
            "when",
            phrase("When"),
            b.text_input("text", lines=True, hint='type == "deploy" && metadata.env == "production"'),
            hint=phrase("A condition over the request; true means always."),
        ),
        b.field("effect", phrase("Then"), b.radio("effect", effects)),
        b.field(
            "stages",
            phrase("Who must say yes"),
            b.text_input("text", lines=True, hint=phrase("1 of @platform\n2 of @security and check ci")),
            optional=True,
            hint=phrase("One stage per line, in the order in which they are asked. Groups as @name, people by e-mail."),
        ),
        b.field(
            "clauses",
            phrase("Besides"),
            b.text_input("text", hint=phrase("expire 4h remind 30m in #deploys")),
            optional=True,
            hint=phrase("expire, remind, in #channel, not from, escalate, distinct, waivable, shadow …"),
        ),
        b.field(
            "reason",
            phrase("Reason"),
            b.text_input("text", most=500),
            optional=True,
            hint=phrase("Kept with the version."),
        ),
    ]
    return b.modal("rules.form", phrase("New rule"), blocks, submit=phrase("Continue"))


def _project(projects: Sequence[str]) -> list[Json]:
    """Only where there is something to choose."""
    if len(projects) < 2:
        return []
    options = [b.option(name, name[:75]) for name in dict.fromkeys(name[:75] for name in projects)]
    everywhere = b.option(phrase("Everywhere"), "*")
    return [b.field("project", phrase("Where"), b.select("project", [everywhere, *options[:99]], everywhere))]


MEMBER = Card(
    "rule_form",
    {"one_project": lambda: draw(["default"]), "many_projects": lambda: draw([f"project {n}" for n in range(200)])},
)
