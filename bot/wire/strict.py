"""Reading JSON from strangers: no duplicate keys, no NaN, no NUL, no lone surrogates, no deep nesting, no big integers.

Every refusal is an `Invalid` that names the field and never repeats the value: what was sent may hold a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, NoReturn, TypeVar
from urllib.parse import urlsplit

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails

from core.errors import Invalid
from core.model.digest import LARGEST_INTEGER
from core.model.visible import says_something
from core.phrases import phrase

DEPTH: Final = 16
"""Deepest nesting of a whole body; free-form objects inside are held to 8 of their own."""

FREE_DEPTH: Final = 8
FREE_BYTES: Final = 64 * 1024


class Shape(BaseModel):
    """What comes in: nothing unknown, nothing converted. Made ready when the first one comes: there are a hundred."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)


# --------------------------------------------------------------------------------------------------------------- bytes


def load_json(body: bytes) -> Any:
    """The value in `body`, if it is JSON that every reader understands alike."""
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise Invalid(phrase("The body is not UTF-8; send JSON encoded in UTF-8.")) from None
    except RecursionError:
        raise Invalid(phrase("The body is nested more than {depth} deep; flatten it.", depth=DEPTH)) from None
    except json.JSONDecodeError as problem:
        raise Invalid(
            phrase("The body is not JSON (stopped at character {pos}); send a JSON object.", pos=problem.pos + 1)
        ) from None
    if body.count(b"{") + body.count(b"[") > DEPTH and depth_of(value) > DEPTH:
        raise Invalid(phrase("The body is nested more than {depth} deep; flatten it.", depth=DEPTH))
    if b"\\u" in body:
        _must_be_plain(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Invalid(phrase("The body names a key twice in one object; name each once."))
    return found


def _no_constant(word: str) -> NoReturn:
    raise Invalid(phrase("{word} is not JSON; send a finite number or null.", word=word))


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST_INTEGER:
        raise Invalid(phrase("Whole numbers must lie within ±(2^53−1); send larger ones as text."))
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise Invalid(phrase("A number is too large; send a finite one."))
    return number


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_integer, parse_float=_finite
)


def depth_of(value: Any) -> int:
    """How many objects and lists lie inside each other."""
    inner: Iterable[Any]
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    else:
        return 0
    return 1 + max(map(depth_of, inner), default=0)


def _must_be_plain(value: Any) -> None:
    """Only escapes can smuggle these in: a raw NUL is no JSON, a raw surrogate no UTF-8."""
    if isinstance(value, str):
        plain_text(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            plain_text(key)
            _must_be_plain(inner)
    elif isinstance(value, list):
        for inner in value:
            _must_be_plain(inner)


def plain_text(text: str) -> str:
    """The text, if it holds no NUL and can be written as UTF-8."""
    if "\x00" in text:
        raise Invalid(phrase("A text holds a NUL character; leave it out."))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Invalid(phrase("A text holds half of a surrogate pair; send whole characters.")) from None
    return text


# --------------------------------------------------------------------------------------------------------------- shapes

S = TypeVar("S", bound=BaseModel)


def read(shape: type[S], value: Any, *, what: str = phrase("The body")) -> S:
    """`value` as the shape; `Invalid` lists every field that cannot be so, without repeating what was sent."""
    if not isinstance(value, dict):
        raise Invalid(phrase("{what} must be a JSON object.", what=what))
    try:
        return shape.model_validate(value)
    except ValidationError as problem:
        errors = [_error(error) for error in problem.errors(include_url=False, include_context=True)[:20]]
        sentences = " ".join(dict.fromkeys(error["sentence"] for error in errors[:3]))
        raise Invalid(sentences, field=errors[0]["field"], errors=errors) from None


def _error(error: ErrorDetails) -> dict[str, str]:
    field = ".".join(str(part)[:60] for part in error["loc"]) or "body"
    return {"field": field, "sentence": _sentence(field, error)}


def _sentence(field: str, error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return phrase("{field} is required.", field=field)
        case "extra_forbidden":
            return phrase("{field} is not known here; check its spelling or leave it out.", field=field)
        case "string_too_long":
            return phrase(
                "{field} is longer than {context} characters; shorten it.", field=field, context=context["max_length"]
            )
        case "string_too_short":
            return phrase("{field} is empty; fill it in.", field=field)
        case "too_long":
            return phrase(
                "{field} holds more than {context} items; shorten it.", field=field, context=context["max_length"]
            )
        case "literal_error" | "enum":
            return phrase("{field} must be {context}.", field=field, context=context["expected"])
        case "value_error":
            return f"{field} {context['error']}."
        case "float_type" | "int_type" | "int_from_float" | "finite_number":
            return phrase(
                "{field} must be a {whole}number.",
                field=field,
                whole=phrase("whole ") if error["type"].startswith("int") else "",
            )
        case _:
            return f"{field}: {error['msg'].removeprefix('Input ')}."


# --------------------------------------------------------------------------------------------------------------- values


def _not_blank(text: str) -> str:
    if not says_something(text):
        raise ValueError("is empty; fill it in")
    return text


_NOT_IN_ADDRESSES = re.compile(r"[\s<>|\"\\^`{}\x00-\x20]")
_PLAIN_ADDRESS = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(/[^\s<>|\"\\^`{}\x00-\x20]*)?")
"""As nearly all are; what else is one is seen by taking it apart."""


def _web_address(text: str) -> str:
    if _PLAIN_ADDRESS.fullmatch(text):
        return text
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or _NOT_IN_ADDRESSES.search(text):
        raise ValueError("must be an http or https address")
    return text


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)")


def read_moment(text: Any) -> datetime:
    """An ISO 8601 moment with its zone, in UTC."""
    if isinstance(text, str) and _MOMENT.fullmatch(text):
        try:
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError("must be a moment with its zone, like 2026-11-21T15:04:05Z")


def _free_form(value: dict[str, Any]) -> dict[str, Any]:
    """A free-form object within 64 KiB and 8 deep."""
    if depth_of(value) > FREE_DEPTH:
        raise ValueError(f"is nested more than {FREE_DEPTH} deep; flatten it")
    if len(orjson.dumps(value)) > FREE_BYTES:
        raise ValueError("is larger than 64 KiB; send a link to the rest")
    return value


def _email(text: str) -> str:
    clean = text.strip().lower()
    if len(clean) > 254 or not re.fullmatch(r"[^\s@<>,;\"()\x00-\x20]+@[^\s@<>,;\"()]+\.[^\s@<>,;\".()]{2,}", clean):
        raise ValueError("must be an e-mail address")
    return clean


def some(longest: int) -> Any:
    """A text with something in it, at most so long."""
    return StringConstraints(min_length=1, max_length=longest)


def text(longest: int) -> Any:
    return StringConstraints(max_length=longest)


def nothing(kind: type[dict[str, Any] | list[Any]]) -> Any:
    """What a field holds that was left out. Of a default pydantic would make a deep copy for each."""
    return Field(default_factory=kind, json_schema_extra={"default": kind()})


Moment = Annotated[datetime, BeforeValidator(read_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
WebAddress = Annotated[
    str, text(2000), AfterValidator(_web_address), WithJsonSchema({"type": "string", "format": "uri"})
]
Free = Annotated[dict[str, Any], AfterValidator(_free_form)]
Email = Annotated[str, text(320), AfterValidator(_email), WithJsonSchema({"type": "string", "format": "email"})]
Title = Annotated[str, some(200), AfterValidator(_not_blank)]
Name = Annotated[str, some(100), AfterValidator(_not_blank)]
Words = Annotated[str, some(3000), AfterValidator(_not_blank)]
Comment = Annotated[str, text(3000)]
Prose = Annotated[str, text(10_000)]
Who = Annotated[str, some(320)]


def example(shape: type[BaseModel]) -> Mapping[str, Any]:
    """The first example a shape brings along."""
    extra = shape.model_config.get("json_schema_extra")
    examples = extra.get("examples") if isinstance(extra, dict) else None
    return examples[0] if isinstance(examples, list) and isinstance(examples[0], dict) else {}
