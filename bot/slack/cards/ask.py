"""Ask for approval: the form of a request by a person. Everything but the title may be left out."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack import blocks as b
from bot.slack.blocks import Json
from bot.slack.cards.base import Card
from bot.slack.wording import type_title
from core.model.organisation import BUILT_IN_TYPES


def draw(projects: Sequence[str], *, type: str = "custom", title: str = "", description: str = "") -> Json:
    types = [b.option(type_title(word), word) for word in BUILT_IN_TYPES]
    chosen = next((option for option in types if option["value"] == type), types[-1])
    blocks = [
        b.field("title", "What should be approved?", b.text_input("text", initial=title, most=200)),
        b.field("type", "Type", b.select("type", types, chosen)),
        *_project(projects),
        b.field("description", "Why, and what matters", _lines(description), optional=True),
        b.field("action", "What exactly would be done", b.text_input("text", lines=True, most=2_000), optional=True),
        b.field("cost", "Cost in US dollars", b.number_input("number", decimals=True, low="0"), optional=True),
        b.field("side_effects", "Side effects", b.text_input("text", lines=True, hint="One per line"), optional=True),
        b.field("if_denied", "If refused", b.text_input("text", most=1_000), optional=True),
        b.field(
            "approvers",
            "Approvers",
            _people(),
            optional=True,
            hint="All of them must approve. Without any, one of those who may approve in the project.",
        ),
        b.field("link", "Link", {"type": "url_text_input", "action_id": "url"}, optional=True),
    ]
    return b.modal("ask", "Ask for approval", blocks, submit="Ask")


def _lines(text: str) -> Json:
    return b.text_input("text", lines=True, initial=text)


def _people() -> Json:
    return {"type": "multi_users_select", "action_id": "users", "max_selected_items": 20}


def _project(projects: Sequence[str]) -> list[Json]:
    """Only where there is something to choose."""
    if len(projects) < 2:
        return []
    options = [b.option(name, name[:75]) for name in dict.fromkeys(name[:75] for name in projects)]
    initial = next((option for option in options if option["value"] == "default"), options[0])
    return [b.field("project", "Project", b.select("project", options, initial))]


MEMBER = Card(
    "ask",
    {
        "one_project": lambda: draw(["default"]),
        "many_projects": lambda: draw([f"project {n}" for n in range(200)], type="deploy"),
        "about_a_message": lambda: draw(["default"], title="t" * 500, description="<!channel> " * 900),
    },
)
