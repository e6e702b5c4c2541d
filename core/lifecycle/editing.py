"""Approve with edits: which fields, within which bounds, and what the content becomes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.errors import Invalid
from core.lifecycle.fields import misfits
from core.model.digest import LARGEST_INTEGER
from core.model.organisation import Bounds, RequestType
from core.model.request import Content, Cost, Decision, Request
from core.phrases import phrase


def editable_fields(request: Request, type: RequestType) -> dict[str, Bounds]:
    """Dotted paths an approver may change: the type's, and the parameters the request declares.

    The request may put bounds on a field of the type that has none; bounds an admin set stand.
    """
    return _with_declared(request, type.editable)


def _with_declared(request: Request, own: Mapping[str, Bounds]) -> dict[str, Bounds]:
    declared = {path: _bounds(spec) for path, spec in request.content.editable.items()}
    return {**declared, **{path: said for path, said in own.items() if said.bounded or path not in declared}}


def _bounds(spec: Mapping[str, Any]) -> Bounds:
    return Bounds(spec.get("kind", "any"), spec.get("minimum"), spec.get("maximum"), tuple(spec.get("choices", ())))


def must_declare_well(content: Content, type: RequestType) -> None:
    """`editable` names parameters or fields of the type, each with bounds that mean something."""
    for path, spec in content.editable.items():
        field = f"editable.{path}"
        if path not in type.editable and not _is_parameter(path):
            offered = ", ".join(("params.<name>", *sorted(type.editable)))
            raise Invalid(
                phrase("'{path}' cannot be made editable; what can is: {offered}.", path=path, offered=offered),
                field=field,
            )
        if not _is_spec(spec):
            raise Invalid(
                phrase("The bounds of '{path}' are kind, minimum, maximum and choices, nothing else.", path=path),
                field=field,
            )


def _is_parameter(path: str) -> bool:
    head, *keys = path.split(".")
    return head == "params" and bool(keys) and all(keys)


def _is_spec(spec: Any) -> bool:
    if not isinstance(spec, Mapping) or spec.keys() - {"kind", "minimum", "maximum", "choices"}:
        return False
    ends = (spec.get("minimum"), spec.get("maximum"))
    choices = spec.get("choices", [])
    return (
        spec.get("kind", "any") in {"any", *_KINDS}
        and all(end is None or _is_number(end) for end in ends)
        and isinstance(choices, list | tuple)
    )


def apply_edits(request: Request, edits: Mapping[str, Any], type: RequestType) -> Content:
    """The edited content; `Invalid` names the path that cannot be so."""
    if not edits:
        raise Invalid(phrase("There are no edits; change something, or approve as it is."), field="edits")
    allowed = editable_fields(request, type)
    content = request.content
    for path, value in edits.items():
        if path not in allowed:
            offered = ", ".join(sorted(allowed)) or "nothing"
            raise Invalid(
                phrase("'{path}' cannot be edited here; what can is: {offered}.", path=path, offered=offered),
                field=f"edits.{path}",
            )
        _check(path, value, value_at(content, path), allowed[path])
        content = _put(content, path, value)
    if misfit := next(iter(misfits(type, content)), None):
        raise Invalid(misfit.sentence, field=f"edits.{misfit.field}")
    if content == request.content:
        raise Invalid(phrase("The edits change nothing; change something, or approve as it is."), field="edits")
    return content


def bounds_in_sight(request: Request, type: RequestType) -> tuple[Mapping[str, Bounds], ...]:
    """What whoever approves now may have seen of the type's bounds: a card is not drawn again when they change."""
    before, now = request.plan.bounds, type.bounds
    if before == now:
        return (now,) if now else ()
    return before, now


def covers(request: Request, approval: Decision, edits: Mapping[str, Any]) -> bool:
    """Whether every edit lies inside bounds that stood on the card when it was approved, so that the approval may stay."""
    return all(
        _lies_inside(path, value, value_at(request.content, path), bounds.get(path, Bounds()))
        for bounds in (_with_declared(request, own) for own in approval.bounds or ({},))
        for path, value in edits.items()
    )


def _lies_inside(path: str, value: Any, present: Any, bounds: Bounds) -> bool:
    if not bounds.bounded:
        return False
    try:
        _check(path, value, present, bounds)
    except Invalid:
        return False
    return True


def value_at(content: Content, path: str) -> Any:
    """The present value at an editable path; None where nothing was declared."""
    head, _, rest = path.partition(".")
    if head == "cost":
        return None if content.cost is None else getattr(content.cost, rest, None)
    if head == "params":
        return _dig(content.params, rest)
    return getattr(content, head, None)


def _dig(values: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(values, Mapping) or key not in values:
            return None
        values = values[key]
    return values


def _put(content: Content, path: str, value: Any) -> Content:
    head, _, rest = path.partition(".")
    if head == "cost":
        return replace(content, cost=replace(content.cost or Cost(), **{rest: value}))
    if head == "params":
        return replace(content, params=_bury(content.params, rest.split("."), value))
    if head == "side_effects":
        return replace(content, side_effects=tuple(value))
    return replace(content, **{head: value})


def _bury(values: Mapping[str, Any], keys: list[str], value: Any) -> dict[str, Any]:
    head, *rest = keys
    inner = values.get(head)
    below = _bury(inner if isinstance(inner, Mapping) else {}, rest, value) if rest else value
    return {**values, head: below}


def _check(path: str, value: Any, present: Any, bounds: Bounds) -> None:
    if not _is_kind(value, present, bounds.kind):
        raise Invalid(
            phrase("'{path}' must stay {kind}.", path=path, kind=_KINDS.get(bounds.kind, phrase("of its kind"))),
            field=f"edits.{path}",
        )
    if bounds.choices and value not in bounds.choices:
        offered = ", ".join(map(str, bounds.choices))
        raise Invalid(phrase("'{path}' must be one of {offered}.", path=path, offered=offered), field=f"edits.{path}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        _check_number(path, value, present, bounds)


def _check_number(path: str, value: float, present: Any, bounds: Bounds) -> None:
    low = bounds.minimum if bounds.minimum is not None else 0
    if value < low:
        raise Invalid(phrase("'{path}' must be at least {low}.", path=path, low=_say(low)), field=f"edits.{path}")
    high = bounds.maximum
    if high is None and isinstance(present, int | float):
        high = present
    if high is None:
        raise Invalid(
            phrase(
                "'{path}' was not declared, so it has nothing to go down from; leave it as it is, or ask for it to be declared.",
                path=path,
            ),
            field=f"edits.{path}",
        )
    if value > high:
        raise Invalid(
            phrase(
                "'{path}' must be at most {high}; without wider bounds it may only go down.", path=path, high=_say(high)
            ),
            field=f"edits.{path}",
        )


def _say(number: float) -> str:
    """Every digit of it, since what is beyond it by a cent is refused; `48` rather than `48.0`."""
    return str(int(number)) if number == int(number) and abs(number) <= LARGEST_INTEGER else str(number)


_KINDS = {
    "text": "text",
    "number": "a number",
    "integer": phrase("a whole number"),
    "texts": phrase("a list of texts"),
    "boolean": phrase("true or false"),
}


def _is_kind(value: Any, present: Any, kind: str) -> bool:
    match kind:
        case "text":
            return isinstance(value, str) and bool(value.strip())
        case "number":
            return _is_number(value)
        case "integer":
            return _is_number(value) and isinstance(value, int)
        case "texts":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case "boolean":
            return isinstance(value, bool)
        case _:
            return _is_like(value, present)


def _is_number(value: Any) -> bool:
    """A number that canonical JSON can hold; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and (isinstance(value, float) or abs(value) <= LARGEST_INTEGER)


def _is_like(value: Any, present: Any) -> bool:
    """Of the present value's kind; where nothing was declared, any single value."""
    if present is None:
        return isinstance(value, str | bool) or _is_number(value)
    if _is_number(present):
        return _is_number(value)
    return isinstance(value, type(present)) and not isinstance(value, dict | list)
