"""Projects by chat: sheets with every setting, and a setting typed as people type: `4h`, `none`, `yes`, `#deploys, #ops`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from bot.slack.admin.lookup import counted
from bot.slack.blocks import Json
from bot.slack.cards import rows, sheet
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Sheet
from bot.slack.room import Room
from bot.wire.setting_up import SettingsIn
from bot.wire.strict import read
from core.errors import Invalid
from core.model.duration import say_duration
from core.model.organisation import Project
from core.model.people import Actor

SCHEMA: Final[Mapping[str, Any]] = SettingsIn.model_json_schema()["properties"]
"""Every setting there is, as the API describes it: what is added there can be set here too."""

YES: Final = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
NOTHING: Final = frozenset({"none", "no", "never", "nobody", "-"})


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.projects.list(actor)
    page = [Row(one.name, _line(one), "projects.show", one.id) for one in found[start : start + PAGE]]
    heading = f"{counted(len(found), 'project')}."
    note = "Add one with /countersign projects add NAME."
    return rows.draw("Projects", heading, page, turn="projects", start=start, total=len(found), note=note)


def _line(project: Project) -> str:
    said = values_of(project)
    without = {"ask": "somebody is asked", "allow": "nobody is asked", "deny": "it is rejected"}[said["when_no_rule"]]
    return f"without a rule {without} · cards in {said['notify']} · {said['reply_window']} to answer"


async def shown(room: Room, actor: Actor, wanted: str) -> Json:
    project = await room.administration.projects.get(actor, wanted)
    figures = [(name, f"{value} — {allowed(name)}") for name, value in values_of(project).items()]
    note = f"Change one with /countersign projects set {project.name} SETTING VALUE; open requests keep what they have."
    return sheet.draw(Sheet("Project", project.name, "Settings, and what each may be", figures=figures, note=note))


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
            return "yes or no"
        case "integer":
            return f"a whole number from {schema['minimum']:,} to {schema['maximum']:,}"
        case "array" if "enum" in schema["items"]:
            return f"some of {', '.join(schema['items']['enum'])}"
        case "array":
            return f"one or more, like {', '.join(schema.get('default') or ['#deploys'])}; or none"
        case _ if "enum" in schema:
            return f"{', '.join(schema['enum'][:-1])} or {schema['enum'][-1]}"
        case _:
            return f"a duration like {schema.get('default') or '4h'}, or none"


def setting(name: str, typed: str) -> dict[str, Any]:
    """The change, as the office takes it; `Invalid` says what may be typed."""
    if name not in SCHEMA:
        near = difflib.get_close_matches(name, SCHEMA, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(SCHEMA)}."
        raise Invalid(f"There is no setting '{name[:40]}'; {hint}", field=name)
    if not typed:
        raise Invalid(f"What shall {name} be? It may be {allowed(name)}.", field=name)
    try:
        return read(SettingsIn, {name: _value(SCHEMA[name], typed)}, what="The setting").changes()
    except Invalid as error:
        raise Invalid(f"'{typed[:60]}' is not for {name}: it may be {allowed(name)}.", **error.fields) from None


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
