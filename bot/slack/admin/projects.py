"""Projects by chat: sheets with every setting, and a setting typed as people type: `4h`, `none`, `yes`, `#deploys, #ops`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from bot.slack.cards import rows, sheet
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Sheet
from bot.slack.drawing.blocks import Json
from bot.slack.room import Room
from bot.wire.setting_up import SettingsIn
from bot.wire.strict import read
from core.errors import Invalid
from core.model.duration import say_duration
from core.model.organisation import Project
from core.model.people import Actor
from core.phrases import phrase, phrases

SCHEMA: Final[Mapping[str, Any]] = SettingsIn.model_json_schema()["properties"]
"""Every setting there is, as the API describes it: what is added there can be set here too."""

YES: Final = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
NOTHING: Final = frozenset({"none", "no", "never", "nobody", "-"})


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.projects.list(actor)
    page = [Row(one.name, _line(one), "projects.show", one.id) for one in found[start : start + PAGE]]
    heading = phrases("{count:,} project.", "{count:,} projects.", len(found))
    note = phrase("Add one with /countersign projects add NAME.")
    return rows.draw(phrase("Projects"), heading, page, turn="projects", start=start, total=len(found), note=note)


def _line(project: Project) -> str:
    said = values_of(project)
    without = {"ask": "somebody is asked", "allow": "nobody is asked", "deny": "it is rejected"}[said["when_no_rule"]]
    return phrase(
        "without a rule {without} · cards in {channels} · {window} to answer",
        without=without,
        channels=said["notify"],
        window=said["reply_window"],
    )


async def shown(room: Room, actor: Actor, wanted: str) -> Json:
    project = await room.administration.projects.get(actor, wanted)
    figures = [(name, f"{value} — {allowed(name)}") for name, value in values_of(project).items()]
    note = phrase(
        "Change one with /countersign projects set {project} SETTING VALUE; open requests keep what they have.",
        project=project.name,
    )
    return sheet.draw(
        Sheet(phrase("Project"), project.name, phrase("Settings, and what each may be"), figures=figures, note=note)
    )


def values_of(project: Project) -> dict[str, str]:
    """Every setting as it could be typed."""
    return {name: _typed(getattr(project.settings, name), SCHEMA[name].get("enum", ())) for name in SCHEMA}


def _typed(value: Any, words: Sequence[str] = ()) -> str:
    match value:
        case bool() if words:
            return words[0] if value else words[1]
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return say_duration(value)
        case frozenset() | tuple():
            parts = [_typed(one) for one in value]
            return ", ".join(sorted(parts) if isinstance(value, frozenset) else parts) or "none"
        case _:
            return "none" if value is None else str(value)


def allowed(name: str) -> str:
    """What a setting may be, in words."""
    schema = SCHEMA[name]
    match schema.get("type"):
        case "boolean":
            return phrase("yes or no")
        case "integer":
            return phrase("a whole number from {least:,} to {most:,}", least=schema["minimum"], most=schema["maximum"])
        case "array" if "enum" in schema["items"]:
            return phrase("some of {choices}", choices=", ".join(schema["items"]["enum"]))
        case "array":
            return phrase(
                "one or more, like {example}; or none", example=", ".join(schema.get("default") or ["#deploys"])
            )
        case _ if "enum" in schema:
            return phrase("{choices} or {last}", choices=", ".join(schema["enum"][:-1]), last=schema["enum"][-1])
        case _:
            return phrase("a duration like {example}, or none", example=schema.get("default") or "4h")


def setting(name: str, typed: str) -> dict[str, Any]:
    """The change, as the office takes it; `Invalid` says what may be typed."""
    if name not in SCHEMA:
        near = difflib.get_close_matches(name, SCHEMA, n=1)
        hint = (
            phrase("did you mean {near}?", near=near[0])
            if near
            else phrase("there are {names}.", names=", ".join(SCHEMA))
        )
        raise Invalid(phrase("There is no setting '{name}'; {hint}", name=name[:40], hint=hint), field=name)
    if not typed:
        raise Invalid(
            phrase("What shall {name} be? It may be {allowed}.", name=name, allowed=allowed(name)), field=name
        )
    try:
        return read(SettingsIn, {name: _value(SCHEMA[name], typed)}, what="The setting").changes()
    except Invalid as error:
        raise Invalid(
            phrase(
                "'{typed}' is not for {name}: it may be {allowed}.", typed=typed[:60], name=name, allowed=allowed(name)
            ),
            **error.fields,
        ) from None


def _value(schema: Mapping[str, Any], typed: str) -> Any:
    word = typed.strip().lower()
    match schema.get("type"):
        case "boolean":
            return YES.get(word, typed)
        case "integer":
            return int(word.replace(",", "")) if re.fullmatch(r"[\d,]{1,9}", word) else typed
        case "array":
            return [] if word in NOTHING else [one for one in re.split(r"[,\s]+", typed) if one]
        case _ if "anyOf" in schema:
            return None if word in NOTHING else typed
        case _:
            return word
