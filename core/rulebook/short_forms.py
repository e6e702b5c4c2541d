"""Other systems' short forms, strict about their keys, become the same expressions everybody else writes."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import Invalid
from core.phrases import phrase


def to_expression(match: Mapping[str, Any]) -> str:
    """All keys must hold. An unknown key is refused, never ignored."""
    if not match:
        raise Invalid(
            phrase("An empty match would match everything; write {'always': true} if you mean that."), field="match"
        )
    return " && ".join(_one(key, value) for key, value in match.items())


def _one(key: str, value: Any) -> str:
    write = SHORT_FORMS.get(key)
    if write is None:
        near = difflib.get_close_matches(key, SHORT_FORMS, n=1)
        hint = (
            phrase("did you mean '{near}'?", near=near[0])
            if near
            else phrase("there are {short_forms}.", short_forms=", ".join(SHORT_FORMS))
        )
        raise Invalid(
            phrase("'{key}' is not something a match can ask for; {hint}", key=key, hint=hint), field=f"match.{key}"
        )
    return write(key, value)


def _more_than(field: str) -> Callable[[str, Any], str]:
    return lambda key, value: f"{field} > {_number(key, value)}"


def _at_most(field: str) -> Callable[[str, Any], str]:
    return lambda key, value: f"{field} <= {_number(key, value)}"


def _number(key: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**53:
        raise Invalid(phrase("'{key}' must be a number.", key=key), field=f"match.{key}")
    return json.dumps(value)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Invalid(phrase("'{key}' must be a text.", key=key), field=f"match.{key}")
    return _quoted(value)


def _quoted(text: str) -> str:
    """As JSON quotes it, which CEL reads alike but for pairs of surrogates: so letters stay letters."""
    return json.dumps(text, ensure_ascii=False)


def _only_true(expression: str) -> Callable[[str, Any], str]:
    def write(key: str, value: Any) -> str:
        if value is not True:
            raise Invalid(phrase("'{key}' can only be true; leave it out otherwise.", key=key), field=f"match.{key}")
        return expression

    return write


def _whole(key: str, value: Any) -> str:
    """The whole action must match, so that a harmless word inside a harmful action opens nothing."""
    _text(key, value)
    return f"action.matches({_quoted(f'^(?:{value})$')})"


SHORT_FORMS: Mapping[str, Callable[[str, Any], str]] = {
    "always": _only_true("true"),
    "destroyed_gt": _more_than("facts.destroyed"),
    "added_gt": _more_than("facts.added"),
    "changed_gt": _more_than("facts.changed"),
    "trigger_is": lambda key, value: f"facts.trigger == {_text(key, value)}",
    "action.prefix": lambda key, value: f"action.startsWith({_text(key, value)})",
    "action.regex": _whole,
    "cost.usd.max": _at_most("cost.usd"),
    "cost.tokens.max": _at_most("cost.tokens"),
    "sideEffects.none": _only_true("size(side_effects) == 0"),
}
