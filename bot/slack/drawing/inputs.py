"""The fields of a type as inputs of a form, and what was typed into them as the values a request carries.

Slack has one kind of input per kind of value; what it cannot hold to by itself (a bound that excludes its own end, say)
the desk judges, and says under the same field.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from core.errors import Invalid
from core.model.organisation import RequestType
from core.phrases import listed, phrase
from core.veil import is_secret

MOST: Final = 40
"""Inputs of a type in one form; a view holds a hundred blocks."""

PATH: Final = 200
"""A block id holds 255 characters."""

LINE: Final = 150
"""Characters up to which a text fits one line."""

PICKED: Final = 10
"""Choices up to which they are shown as boxes to tick."""

UNTYPED: Final = phrase("A number, true or false, or words")


@dataclass(frozen=True, slots=True)
class Entry:
    """One input: what it fills (`params.usd`), what it is called, and what the schema says of it."""

    path: str
    label: str
    schema: Mapping[str, Any]
    required: bool = False
    secret: bool = False

    @property
    def block(self) -> str:
        return f"ask.{self.path}"

    @property
    def kind(self) -> str:
        """Which input it gets."""
        said = self.schema.get("type")
        if "enum" in self.schema and len(self.schema["enum"]) <= b.SELECT_OPTIONS:
            return "choice"
        match said:
            case "string":
                return str(self.schema.get("format", "text"))
            case "array":
                return _kind_of_items(self.schema.get("items", {}))
            case "integer" | "number" | "boolean":
                return str(said)
            case "object":
                return "json"
            case _:
                return "anything"


def entries(type: RequestType) -> tuple[Entry, ...]:
    """Every input of the type, what must be filled in first; a constant needs none."""
    fields = list(_fields(type.fields, "params", type))
    facts = [Entry(f"facts.{name}", _humane(name), {}, required=True, secret=is_secret(f"facts.{name}", type.secret))
             for name in type.required_facts]  # fmt: skip
    found = [entry for entry in (*fields, *facts) if len(entry.path) <= PATH]
    return tuple(sorted(found, key=lambda entry: not entry.required))


def _fields(
    schema: Mapping[str, Any], path: str, type: RequestType, label: str = "", *, required: bool = True
) -> Iterator[Entry]:
    must = set(schema.get("required", ()))
    for name, inner in schema.get("properties", {}).items():
        here, wanted = f"{path}.{name}", required and name in must
        called = f"{label}{inner.get('title') or _humane(name)}"
        if "const" in inner or inner.get("type") == "null" or "." in name:
            continue
        if inner.get("type") == "object" and inner.get("properties"):
            yield from _fields(inner, here, type, f"{called} › ", required=wanted)
        else:
            yield Entry(here, called, inner, wanted, is_secret(here, type.secret))


def label_of(type: RequestType, path: str) -> str:
    """What the type calls this field; its path where it says nothing of it."""
    return next((entry.label for entry in entries(type) if entry.path == path), path.removeprefix("params."))


def _humane(name: str) -> str:
    """`refund_reason` as `Refund reason`."""
    said = name.replace("_", " ").replace("-", " ").strip() or name
    return said[:1].upper() + said[1:]


def _kind_of_items(items: Mapping[str, Any]) -> str:
    if 0 < len(items.get("enum", ())) <= b.SELECT_OPTIONS:
        return "choices"
    return {"string": "texts", "integer": "numbers", "number": "numbers"}.get(str(items.get("type", "string")), "json")


# ------------------------------------------------------------------------------------------------------------- drawing


def draw(entry: Entry) -> Json:
    hints = [str(entry.schema["description"])] if entry.schema.get("description") else []
    hints += [bounds] if (bounds := say_bounds(entry.schema)) else []
    hints += [phrase("Hidden from everybody but those who carry it out.")] if entry.secret else []
    return b.field(
        entry.block, b.cut(entry.label, 150), _element(entry), optional=not entry.required, hint=" ".join(hints)
    )


def _element(entry: Entry) -> Json:
    schema, start = entry.schema, entry.schema.get("default")
    match entry.kind:
        case "choice":
            return _select(schema["enum"], start)
        case "choices":
            return _many(schema["items"]["enum"], start)
        case "boolean":
            return _select([True, False], start)
        case "integer" | "number":
            return _number(schema, whole=entry.kind == "integer")
        case "date":
            return {"type": "datepicker", "action_id": "date"}
        case "date-time":
            return {"type": "datetimepicker", "action_id": "moment"}
        case "text":
            return _text(schema, start if isinstance(start, str) else "")
        case "texts" | "numbers":
            return b.text_input("texts", lines=True, hint=phrase("One per line"))
        case "json":
            return b.text_input("json", lines=True, hint=phrase("As JSON"))
        case _:
            return b.text_input("anything", hint=UNTYPED)


def _text(schema: Mapping[str, Any], start: str) -> Json:
    most = min(schema.get("maxLength", b.INPUT_LENGTH), b.INPUT_LENGTH) or 1
    made = b.text_input("text", lines=most > LINE, initial=start, most=most)
    least = min(schema.get("minLength", 0), most)
    return {**made, "min_length": least} if least else made


def _number(schema: Mapping[str, Any], *, whole: bool) -> Json:
    start = schema.get("default")
    initial = _say(start) if isinstance(start, int | float) and not isinstance(start, bool) else ""
    low, high = schema.get("minimum"), schema.get("maximum")
    return b.number_input(
        "number",
        decimals=not whole,
        initial=initial,
        low="" if low is None else _say(low),
        high="" if high is None else _say(high),
    )


def _say(number: float) -> str:
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e15 else json.dumps(number)


def _select(choices: Sequence[Any], start: Any) -> Json:
    options = [b.option(_called(choice), _key(choice)) for choice in choices]
    initial = next((option for option in options if start is not None and option["value"] == _key(start)), None)
    return b.select("choice", options, initial)


def _many(choices: Sequence[Any], start: Any) -> Json:
    options = [b.option(_called(choice), _key(choice)) for choice in choices]
    wanted = {_key(each) for each in start} if isinstance(start, list) else set()
    initial = [option for option in options if option["value"] in wanted]
    kind = "checkboxes" if len(options) <= PICKED else "multi_static_select"
    made: Json = {"type": kind, "action_id": "choices", "options": options}
    return {**made, "initial_options": initial} if initial else made


def _called(choice: Any) -> str:
    match choice:
        case bool():
            return phrase("Yes") if choice else "No"
        case str():
            return choice
        case _:
            return json.dumps(choice, ensure_ascii=False)


def _key(choice: Any) -> str:
    """What names a choice in the form: itself, or its hash where it is too long for Slack."""
    written = json.dumps(choice, sort_keys=True)
    return written if len(written) <= b.OPTION_VALUE else hashlib.sha256(written.encode()).hexdigest()


def say_bounds(schema: Mapping[str, Any]) -> str:
    """Like `At least 1 and at most 500.`, or nothing where the schema says neither."""
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    said = [phrase("at least {bound}", bound=_say(low))] if low is not None else []
    said += [phrase("more than {bound}", bound=_say(above))] if above is not None else []
    said += [phrase("at most {bound}", bound=_say(high))] if high is not None else []
    said += [phrase("less than {bound}", bound=_say(below))] if below is not None else []
    return f"{listed(said).capitalize()}." if said else ""


# ------------------------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form gives: parameters and facts, and what could not be understood, by block."""

    params: Mapping[str, Any]
    facts: Mapping[str, Any]
    errors: Mapping[str, str]


def read(type: RequestType, values: Mapping[str, Any]) -> Filled:
    """The values of the type's inputs; what is constant goes in by itself, what is empty stays out."""
    whole: dict[str, Any] = {"params": _constants(type.fields), "facts": {}}
    errors: dict[str, str] = {}
    for entry in entries(type):
        try:
            value = _value(entry, values.get(entry.block))
        except Invalid as error:
            errors[entry.block] = error.sentence
            continue
        if value is not None:
            _put(whole, entry.path.split("."), value)
    return Filled(whole["params"], whole["facts"], errors)


def _constants(schema: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, inner in schema.get("properties", {}).items():
        if "const" in inner:
            found[name] = inner["const"]
        elif inner.get("properties") and (below := _constants(inner)):
            found[name] = below
    return found


def _put(values: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    for key in keys[:-1]:
        values = values.setdefault(key, {})
    values[keys[-1]] = value


def _value(entry: Entry, typed: Any) -> Any:
    """None where nothing was given. What was typed is never repeated: it may be secret."""
    if typed is None or (isinstance(typed, str) and not typed.strip()) or typed == []:
        return None
    match entry.kind:
        case "choice":
            return _chosen(entry.schema["enum"], typed)
        case "choices":
            return [_chosen(entry.schema["items"]["enum"], each) for each in typed]
        case "boolean":
            return _chosen([True, False], typed)
        case "integer" | "number":
            return _as_number(str(typed), whole=entry.kind == "integer")
        case "date-time":
            return datetime.fromtimestamp(int(typed), UTC).isoformat().replace("+00:00", "Z")
        case "texts":
            return _lines(typed)
        case "numbers":
            whole = entry.schema.get("items", {}).get("type") == "integer"
            return [_as_number(line, whole=whole) for line in _lines(typed)]
        case "json":
            return _as_json(str(typed))
        case "anything":
            return _as_anything(str(typed).strip())
        case _:
            return str(typed).strip()


def _chosen(choices: Sequence[Any], key: Any) -> Any:
    for choice in choices:
        if _key(choice) == key:
            return choice
    raise Invalid(phrase("This choice is no longer offered; open the form again."))


def _lines(typed: Any) -> list[str]:
    return [line.strip() for line in str(typed).splitlines() if line.strip()]


def _as_number(text: str, *, whole: bool) -> int | float:
    try:
        value = json.loads(text.strip())
    except ValueError:
        value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or value in (float("inf"), float("-inf")):
        raise Invalid(phrase("Write a number, for example 30 or 12.50."))
    if value != value:  # noqa: PLR0124 - only what is no number differs from itself
        raise Invalid(phrase("Write a number, for example 30 or 12.50."))
    if whole and isinstance(value, float):
        if not value.is_integer():
            raise Invalid(phrase("Write a whole number, for example 30."))
        return int(value)
    return value


def _as_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Invalid(phrase("This cannot be read as JSON; check brackets, quotes and commas.")) from None


def _refuse(_: str) -> Any:
    raise ValueError("JSON knows no infinity")


def _as_anything(text: str) -> Any:
    """A number or truth value where it reads like one, else the words."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, int | float | bool) else text
