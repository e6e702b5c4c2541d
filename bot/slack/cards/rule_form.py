"""The form of a new rule: its parts in fields of their own, put together into the one line that could be typed too."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack import blocks as b
from bot.slack.blocks import Json
from bot.slack.cards.base import Card

EFFECTS = (
    ("require", "People must say yes", "The stages below, one after the other"),
    ("allow", "Nobody needs to be asked", "Sets aside what may be waived, and the default of asking somebody"),
    ("deny", "It is rejected at once", "Beats everything else"),
)


def draw(projects: Sequence[str]) -> Json:
    effects = [b.option(text, word, description) for word, text, description in EFFECTS]
    blocks = [
        b.field("name", "Name", b.text_input("text", most=80), hint="People read it on cards."),
        *_project(projects),
        b.field(
            "when",
            "When",
            b.text_input("text", lines=True, hint='type == "deploy" && metadata.env == "production"'),
            hint="A condition over the request; true means always.",
        ),
        b.field("effect", "Then", b.radio("effect", effects)),
        b.field(
            "stages",
            "Who must say yes",
            b.text_input("text", lines=True, hint="1 of @platform\n2 of @security and check ci"),
            optional=True,
            hint="One stage per line, in the order in which they are asked. Groups as @name, people by e-mail.",
        ),
        b.field(
            "clauses",
            "Besides",
            b.text_input("text", hint="expire 4h remind 30m in #deploys"),
            optional=True,
            hint="expire, remind, in #channel, not from, escalate, distinct, waivable, shadow …",
        ),
        b.field("reason", "Reason", b.text_input("text", most=500), optional=True, hint="Kept with the version."),
    ]
    return b.modal("rules.form", "New rule", blocks, submit="Continue")


def _project(projects: Sequence[str]) -> list[Json]:
    """Only where there is something to choose."""
    if len(projects) < 2:
        return []
    options = [b.option(name, name[:75]) for name in dict.fromkeys(name[:75] for name in projects)]
    everywhere = b.option("Everywhere", "*")
    return [b.field("project", "Where", b.select("project", [everywhere, *options[:99]], everywhere))]


MEMBER = Card(
    "rule_form",
    {"one_project": lambda: draw(["default"]), "many_projects": lambda: draw([f"project {n}" for n in range(200)])},
)
