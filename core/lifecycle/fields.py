"""The fields of a type: which parameters and facts a request of it must have, in a strict part of JSON Schema.

Only what bounds its own work is taken: no patterns, references or combinations. An unknown keyword is refused, never ignored.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from core.errors import Invalid
from core.lifecycle.facts import Problem
from core.model.organisation import RequestType
from core.model.request import Content
from core.phrases import phrase
from core.veil import PLACES, is_secret

DEEPEST: Final = 6
MOST: Final = 200
"""Properties, or choices, in one schema."""

_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list | tuple),
    "null": lambda value: value is None,
}
_FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "date": lambda text: text[4:5] + text[7:8] + text[10:] == "--" and _parses(date.fromisoformat, text),
    "date-time": lambda text: "T" in text and _has_zone(text),
}
_SAYS: Final = frozenset({"title", "description", "examples", "default", "$schema"})
_NUMBERS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_COUNTS: Final = frozenset({"minLength", "maxLength", "minItems", "maxItems"})
_KNOWN: Final = _SAYS | _NUMBERS | _COUNTS | {"type", "enum", "const", "properties", "required", "items"} | {
    "additionalProperties", "format"
}  # fmt: skip


_EXAMPLES: Final[Mapping[str, str]] = {
    "date": phrase("a date like 2026-11-20"),
    "date-time": phrase("a moment with its zone like 2026-11-20T17:00:00Z"),
}


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _has_zone(text: str) -> bool:
    return _parses(datetime.fromisoformat, text) and datetime.fromisoformat(text).tzinfo is not None


# --------------------------------------------------------------------------------------------------- is it a schema


def must_be_fields(schema: Any, path: str = "fields", depth: int = 0) -> None:
    """`Invalid` names the place that cannot be so."""
    if not isinstance(schema, Mapping):
        raise Invalid(phrase("{path}: a schema must be an object.", path=path), field=path)
    if depth > DEEPEST:
        raise Invalid(
            phrase("{path}: this is nested more than {deepest} deep; flatten it.", path=path, deepest=DEEPEST),
            field=path,
        )
    for key, value in schema.items():
        if key not in _KNOWN:
            near = difflib.get_close_matches(str(key), _KNOWN, n=1)
            hint = (
                phrase("did you mean '{near}'?", near=near[0])
                if near
                else phrase("there are {known}.", known=", ".join(sorted(_KNOWN)))
            )
            raise Invalid(
                phrase("{path}: '{key}' is not taken here; {hint}", path=path, key=key, hint=hint), field=path
            )
        _must_say_well(key, value, f"{path}.{key}", depth)


def _must_say_well(key: str, value: Any, path: str, depth: int) -> None:
    if key == "type" and (not isinstance(value, str) or value not in _TYPES):
        raise Invalid(phrase("{path} must be one of {types}.", path=path, types=", ".join(_TYPES)), field=path)
    if key == "format" and (not isinstance(value, str) or value not in _FORMATS):
        raise Invalid(phrase("{path} must be one of {formats}.", path=path, formats=", ".join(_FORMATS)), field=path)
    if key == "enum" and not (isinstance(value, list) and 0 < len(value) <= MOST):
        raise Invalid(phrase("{path} must be a list of up to {most} values.", path=path, most=MOST), field=path)
    if key == "required" and not (isinstance(value, list) and all(isinstance(name, str) for name in value)):
        raise Invalid(phrase("{path} must be a list of names.", path=path), field=path)
    if key in _NUMBERS and not _TYPES["number"](value):
        raise Invalid(phrase("{path} must be a number.", path=path), field=path)
    if key in _COUNTS and not (_TYPES["integer"](value) and value >= 0):
        raise Invalid(phrase("{path} must be a whole number.", path=path), field=path)
    if key == "additionalProperties" and not isinstance(value, bool):
        raise Invalid(phrase("{path} must be true or false.", path=path), field=path)
    if key == "items":
        must_be_fields(value, path, depth + 1)
    if key == "properties":
        _must_be_properties(value, path, depth)


def _must_be_properties(value: Any, path: str, depth: int) -> None:
    if not isinstance(value, Mapping) or len(value) > MOST:
        raise Invalid(phrase("{path} must be an object of up to {most} schemas.", path=path, most=MOST), field=path)
    for name, inner in value.items():
        must_be_fields(inner, f"{path}.{name}", depth + 1)


def must_keep_secret_well(type: RequestType) -> None:
    """A secret lies in a part that holds values, and is no field an approver would edit without seeing it."""
    for path in type.secret:
        place, _, rest = path.partition(".")
        if place not in PLACES or not all(rest.split(".")):
            places = ", ".join(f"{one}.<name>" for one in PLACES)
            raise Invalid(
                phrase("'{path}' cannot be kept secret; what can is {places}.", path=path, places=places),
                field="secret",
            )
    for path in type.editable:
        if is_secret(path, type.secret):
            raise Invalid(
                phrase("'{path}' is secret: nobody could see what they edit. Drop one of the two.", path=path),
                field="secret",
            )


# ---------------------------------------------------------------------------------------------------------- does it fit


def misfits(type: RequestType, content: Content) -> tuple[Problem, ...]:
    """What of the content is not as its type wants it, at most ten of it; values are never repeated."""
    found = [
        Problem(
            f"facts.{name}", phrase("facts.{name} is required for the type {word}; give it.", name=name, word=type.word)
        )
        for name in type.required_facts
        if not _has(content.facts, name)
    ]
    if type.fields:
        found += [Problem(path, f"{path} {said}.") for path, said in _misfits(type.fields, content.params, "params")]
    return tuple(found[:10])


def _has(values: Any, path: str) -> bool:
    for key in path.split("."):
        if not isinstance(values, Mapping) or key not in values:
            return False
        values = values[key]
    return values is not None


def _misfits(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[tuple[str, str]]:
    wanted = schema.get("type")
    if wanted is not None and not _TYPES[wanted](value):
        yield path, phrase("must be of type {wanted}", wanted=wanted)
        return
    if "enum" in schema and not any(_same(value, choice) for choice in schema["enum"]):
        yield path, phrase("must be one of {choices}", choices=", ".join(map(str, schema["enum"][:20])))
    if "const" in schema and not _same(value, schema["const"]):
        yield path, phrase("must be {constant}", constant=schema["const"])
    if isinstance(value, str) and "format" in schema and not _FORMATS[schema["format"]](value):
        yield path, phrase("must be {examples}", examples=_EXAMPLES[schema["format"]])
    yield from ((path, said) for said in _out_of_bounds(schema, value))
    if isinstance(value, Mapping):
        yield from _in_object(schema, value, path)
    if isinstance(value, list | tuple) and "items" in schema:
        for place, item in enumerate(value):
            yield from _misfits(schema["items"], item, f"{path}[{place}]")


def _same(value: Any, wanted: Any) -> bool:
    """In JSON true is not 1."""
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _out_of_bounds(schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    if _TYPES["number"](value):
        yield from (said for key, said in _number_bounds(schema) if _breaks(key, value, schema[key]))
    for kind, word in ((str, "Length"), (list, "Items")):
        if isinstance(value, kind):
            what = "characters" if word == "Length" else "items"
            if len(value) < schema.get(f"min{word}", 0):
                yield phrase("must have at least {least} {what}", least=schema[f"min{word}"], what=what)
            if len(value) > schema.get(f"max{word}", len(value)):
                yield phrase("must have at most {most} {what}", most=schema[f"max{word}"], what=what)


def _number_bounds(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    words = {
        "minimum": phrase("at least"),
        "maximum": phrase("at most"),
        "exclusiveMinimum": phrase("more than"),
        "exclusiveMaximum": phrase("less than"),
    }
    return (
        (key, phrase("must be {comparison} {bound}", comparison=word, bound=schema[key]))
        for key, word in words.items()
        if key in schema
    )


def _breaks(key: str, value: float, bound: float) -> bool:
    match key:
        case "minimum":
            return value < bound
        case "maximum":
            return value > bound
        case "exclusiveMinimum":
            return value <= bound
        case _:
            return value >= bound


def _in_object(schema: Mapping[str, Any], value: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    properties = schema.get("properties", {})
    yield from ((f"{path}.{name}", phrase("is required")) for name in schema.get("required", ()) if name not in value)
    for name, inner in value.items():
        if name in properties:
            yield from _misfits(properties[name], inner, f"{path}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{path}.{name}", phrase("is not a field of this type")
