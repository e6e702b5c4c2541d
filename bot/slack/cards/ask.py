"""Ask for approval: the form of a request by a person, with the inputs of its type. Choosing another type draws it anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import inputs, samples
from bot.slack.drawing.blocks import Json
from core.model.duration import say_duration
from core.model.organisation import BUILT_IN_TYPES, RequestType
from core.phrases import phrase

CHOOSE: Final = "ask.type"

WINDOWS: Final[Mapping[str, str]] = {
    "4h": phrase("4 hours – urgent"),
    "24h": phrase("24 hours – normal"),
    "3d": phrase("3 days – can wait"),
}
"""How long people usually give; each as a duration."""

TITLE: Final = phrase("Say what and where: “Deploy payments 4.2 to production” rather than “Deploy”.")


def draw(
    projects: Sequence[str],
    types: Sequence[RequestType],
    type: RequestType,
    *,
    windows: Sequence[str] = (),
    title: str = "",
    description: str = "",
) -> Json:
    """`types` are those this person may ask for, `windows` those of `WINDOWS` that are not longer than what is allowed."""
    blocks = [
        b.field("title", phrase("What should be approved?"), b.text_input("text", initial=title, most=200), hint=TITLE),
        _types(types, type),
        *_project(projects),
        *_inputs(type),
        b.field("description", phrase("Why, and what matters"), _lines(description), optional=True),
        b.field(
            "action", phrase("What exactly would be done"), b.text_input("text", lines=True, most=2_000), optional=True
        ),
        b.field("cost", phrase("Cost in US dollars"), b.number_input("number", decimals=True, low="0"), optional=True),
        b.field(
            "side_effects",
            phrase("Side effects"),
            b.text_input("text", lines=True, hint=phrase("One per line")),
            optional=True,
        ),
        b.field("if_denied", phrase("If refused"), b.text_input("text", most=1_000), optional=True),
        b.field(
            "approvers",
            phrase("Approvers"),
            _people(),
            optional=True,
            hint=phrase(
                "All of them must approve, so few and specific people answer soonest. Without any, one of those who may "
                "approve in the project, or whom the rules say."
            ),
        ),
        *_windows(windows),
        b.field("link", phrase("Link"), {"type": "url_text_input", "action_id": "url"}, optional=True),
    ]
    return b.modal("ask", phrase("Ask for approval"), blocks, submit=phrase("Ask"))


def _types(types: Sequence[RequestType], type: RequestType) -> Json:
    offered = [b.option(one.title, one.word) for one in types if len(one.word) <= b.OPTION_VALUE]
    chosen = next((option for option in offered if option["value"] == type.word), None)
    hint = (
        ""
        if type.reply_window is None
        else phrase("Whoever is asked has {duration} to answer.", duration=say_duration(type.reply_window))
    )
    return {**b.field("type", phrase("Type"), b.select(CHOOSE, offered, chosen), hint=hint), "dispatch_action": True}


def _inputs(type: RequestType) -> list[Json]:
    """What is left out here can be asked for through the API."""
    wanted = inputs.entries(type)
    shown = [inputs.draw(entry) for entry in wanted[: inputs.MOST]]
    if len(wanted) <= inputs.MOST:
        return shown
    left = phrase(
        "{count} more fields of this type do not fit a form; ask through the API to fill them.",
        count=len(wanted) - inputs.MOST,
    )
    return [*shown, b.context("ask.more", b.plain(left))]


def _lines(text: str) -> Json:
    return b.text_input("text", lines=True, initial=text)


def _people() -> Json:
    return {"type": "multi_users_select", "action_id": "users", "max_selected_items": 20}


def _windows(windows: Sequence[str]) -> list[Json]:
    options = [b.option(said, window) for window, said in WINDOWS.items() if window in windows]
    if not options:
        return []
    hint = phrase("Without one, what the project gives; never longer than that.")
    return [b.field("window", phrase("Answer needed within"), b.select("window", options), optional=True, hint=hint)]


def _project(projects: Sequence[str]) -> list[Json]:
    """Only where there is something to choose."""
    if len(projects) < 2:
        return []
    options = [b.option(name, name[:75]) for name in dict.fromkeys(name[:75] for name in projects)]
    initial = next((option for option in options if option["value"] == "default"), options[0])
    return [b.field("project", phrase("Project"), b.select("project", options, initial))]


def _example(type: RequestType, projects: Sequence[str] = ("default",), title: str = "", text: str = "") -> Json:
    types = (*BUILT_IN_TYPES.values(), samples.REFUND, samples.EVERYTHING)
    return draw(projects, types, type, windows=tuple(WINDOWS), title=title, description=text)


MEMBER = Card(
    "ask",
    {
        "one_project": lambda: _example(BUILT_IN_TYPES["custom"]),
        "many_projects": lambda: _example(BUILT_IN_TYPES["deploy"], [f"project {n}" for n in range(200)]),
        "about_a_message": lambda: _example(BUILT_IN_TYPES["custom"], title="t" * 500, text="<!channel> " * 900),
        "refund": lambda: _example(samples.REFUND),
        "everything": lambda: _example(samples.EVERYTHING),
        "too_many": lambda: _example(
            RequestType(
                "wide",
                "Wide",
                fields={"properties": {f"field_{n}": {} for n in range(90)}},
                reply_window=timedelta(hours=2),
            )
        ),
    },
)
