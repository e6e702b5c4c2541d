"""Model dataclasses to plain JSON values and back, for everything that is stored.

Times are ISO 8601 in UTC with `Z`, durations seconds, enums their value, sets sorted lists, requirements `{word: {…}}`. A stored
request leaves out what is empty by default; any other default is written, so that another one, one day, changes no request
asked before. Its plan is a text within the text, by which it is known: of a hundred requests most are judged alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin

import orjson
from cattrs import Converter
from cattrs.fns import identity
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from core.model.event import WORD, WORDS, Event
from core.model.in_hand import InHand
from core.model.organisation import Settings
from core.model.request import Content, Plan, Request
from core.model.requirement import Requirement

K = TypeVar("K")
T = TypeVar("T")
V = TypeVar("V")

MOST_SETTINGS: Final = 256
"""Projects whose settings are kept as read."""

MOST_PLANS: Final = 256
"""Plans kept as read, and texts of plans kept as written."""

MOST_MOMENTS: Final = 64
"""Texts of moments kept: one command writes the same few again and again."""

Reader = Callable[[Mapping[str, Any]], Event]

_PLAIN: Final = frozenset({str, int, float, bool, Any})


class Late(dict[K, V]):
    """Makes what is missing when it is asked for. Two threads at once make the same twice, which does no harm."""

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        made = self[key] = self._make(key)
        return made


class Codec:
    """Reads and writes the nouns. Safe to share between threads; hooks are compiled when they are first wanted.

    Kinds of requirement are given by their words, so that nothing is imported in circles.
    """

    def __init__(self, kinds: Mapping[str, type[Requirement]]) -> None:
        self._kinds = dict(kinds)
        self._converter = Converter(detailed_validation=False)
        _register_values(self._converter)
        self._register_requirements()
        self._read_content = self._keep_what_is_built(Content)
        self._keep_what_is_built(Plan)
        self._write_plans_once()
        self._read_request = self._converter.get_structure_hook(Request)
        self._brief = Brief()
        self._plan = lru_cache(maxsize=MOST_PLANS)(self._read_plan)
        self._settings = lru_cache(maxsize=MOST_SETTINGS)(self._read_settings)
        self._to_payload = Late(self._writer)
        self._from_payload: Late[str, Reader] = Late(lambda word: self._reader(WORDS[word]))

    def plain(self, value: Any) -> Any:
        """The value as JSON values."""
        return self._converter.unstructure(value)

    def build(self, plain: Any, kind: type[T]) -> T:
        """The inverse of `plain`."""
        return self._converter.structure(plain, kind)

    def text(self, value: Any) -> str:
        """The value as compact JSON text."""
        return orjson.dumps(self._converter.unstructure(value)).decode()

    def parse(self, text: str, kind: type[T]) -> T:
        """The inverse of `text`."""
        return self._converter.structure(orjson.loads(text), kind)

    def settings(self, text: str) -> Settings:
        """A project's settings, which every command reads and hardly any changes."""
        return self._settings(text)

    def _read_settings(self, text: str) -> Settings:
        return self.parse(text, Settings)

    def request(self, text: str) -> Request:
        """A stored request; no `original` stands for the same as `content`, as it mostly is."""
        plain = orjson.loads(text)
        content = plain["content"] = self._read_content(plain["content"], Content)
        if plain.get("original") is None:
            plain["original"] = content
        if isinstance(plain["plan"], str):  # an object in what was stored before plans were texts
            plain["plan"] = self._plan(plain["plan"])
        request: Request = self._read_request(plain, Request)
        return request

    def _read_plan(self, text: str) -> Plan:
        return self.parse(text, Plan)

    def request_text(self, request: Request) -> str:
        """The inverse of `request`."""
        return self._brief.request_text(request)

    def payload(self, event: Event) -> tuple[str, dict[str, Any]]:
        """The event's stored word, and all it says but its moment."""
        kind = type(event)
        return WORD[kind], self._to_payload[kind](event)

    def event(self, word: str, at: datetime, payload: Mapping[str, Any]) -> Event:
        """The inverse of `payload`."""
        return self._from_payload[word]({**payload, "at": at})

    def _register_requirements(self) -> None:
        self._converter.register_unstructure_hook_func(_is_requirement, lambda requirement: requirement.to_json())
        self._converter.register_structure_hook_func(_is_requirement, lambda data, _: self._requirement(data))

    def _keep_what_is_built(self, noun: type[T]) -> Callable[[Any, Any], T]:
        """It may stand among plain values as it is: `content` and `original` are mostly one, a plan is mostly known."""
        build = make_dict_structure_fn(noun, self._converter, _cattrs_detailed_validation=False)

        def read(data: Any, kind: Any) -> T:
            return data if type(data) is noun else build(data, kind)

        self._converter.register_structure_hook(noun, read)
        return read

    def _write_plans_once(self) -> None:
        """A plan that was just written is known; nobody changes what is written of it."""
        write = make_dict_unstructure_fn(Plan, self._converter)
        known = lru_cache(maxsize=MOST_PLANS)(lambda plan: write(plan.held[0]))
        self._converter.register_unstructure_hook(Plan, lambda plan: known(InHand(plan)))

    def _requirement(self, data: Mapping[str, Any]) -> Requirement:
        ((word, parameters),) = data.items()
        return self._kinds[word].from_json(parameters, self._requirement)

    def _writer(self, kind: type[Event]) -> Callable[[Event], dict[str, Any]]:
        return make_dict_unstructure_fn(kind, self._converter, at=override(omit=True))

    def _reader(self, kind: type[Event]) -> Reader:
        read = make_dict_structure_fn(
            kind, self._converter, at=override(struct_hook=_as_it_is), _cattrs_detailed_validation=False
        )
        return lambda payload: read(payload, kind)


class Brief:
    """Writes requests: what is empty is left out, and what orjson writes as we do is left to it."""

    def __init__(self) -> None:
        self._converter = Converter(detailed_validation=False)
        self._converter.register_unstructure_hook_factory(is_dataclass, self._without_what_is_empty)
        self._converter.register_unstructure_hook_factory(_is_tuple, lambda kind: _tuple_writer(self._converter, kind))
        self._converter.register_unstructure_hook_factory(
            _is_optional, lambda kind: _optional_writer(self._converter, kind)
        )
        self._converter.register_unstructure_hook_func(_is_left_to_orjson, identity)
        self._converter.register_unstructure_hook_func(_is_requirement, lambda requirement: requirement.to_json())
        apart = {"original": override(omit=True), "plan": override(omit=True)}
        self._write = make_dict_unstructure_fn(Request, self._converter, **(_without_empty(Request) | apart))
        self._plan_text = lru_cache(maxsize=MOST_PLANS)(self._written_plan)

    def request_text(self, request: Request) -> str:
        plain = self._write(request)
        plain["plan"] = self._plan_text(InHand(request.plan))
        if request.original is not request.content and request.original != request.content:
            plain["original"] = self._converter.unstructure(request.original)
        return _text(plain)

    def _written_plan(self, plan: InHand) -> str:
        return _text(self._converter.unstructure(plan.held[0]))

    def _without_what_is_empty(self, noun: Any) -> Callable[[Any], dict[str, Any]]:
        return make_dict_unstructure_fn(noun, self._converter, **_without_empty(noun))


def codec(requirement_kinds: Mapping[str, type[Requirement]]) -> Codec:
    """The codec that knows these kinds of requirement by their words."""
    return Codec(requirement_kinds)


@lru_cache(maxsize=MOST_MOMENTS)
def moment_text(at: datetime) -> str:
    """ISO 8601 in UTC with `Z`, microseconds only where there are any."""
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _register_values(converter: Converter) -> None:
    converter.register_structure_hook_func(_is_plain, _as_it_is)
    converter.register_structure_hook_func(_is_set, lambda values, _: frozenset(values))
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    converter.register_unstructure_hook(datetime, moment_text)
    converter.register_structure_hook(timedelta, lambda seconds, _: timedelta(seconds=seconds))
    converter.register_unstructure_hook(timedelta, _seconds)
    converter.register_unstructure_hook_factory(_is_set, lambda _: sorted)
    converter.register_unstructure_hook_factory(_is_tuple, lambda kind: _tuple_writer(converter, kind))
    converter.register_structure_hook_factory(_is_tuple, lambda kind: _tuple_reader(converter, kind))
    converter.register_structure_hook_factory(_is_optional, lambda kind: _optional_reader(converter, kind))
    converter.register_unstructure_hook_factory(_is_optional, lambda kind: _optional_writer(converter, kind))
    converter.register_unstructure_hook_func(_is_json_object, identity)
    converter.register_structure_hook_func(_is_json_object, _as_it_is)
    converter.register_unstructure_hook_func(_is_enum, attrgetter("_value_"))
    converter.register_structure_hook_factory(_is_enum, _enum_reader)


def _as_it_is(value: Any, _kind: Any) -> Any:
    return value


def _seconds(duration: timedelta) -> int | float:
    """Whole seconds as an integer."""
    whole, rest = divmod(duration, timedelta(seconds=1))
    return whole if not rest else duration / timedelta(seconds=1)


def _text(plain: Any) -> str:
    return orjson.dumps(plain, default=_asked_about, option=orjson.OPT_UTC_Z).decode()


def _asked_about(value: Any) -> Any:
    """What orjson has no words of its own for."""
    if isinstance(value, timedelta):
        return _seconds(value)
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def _is_left_to_orjson(kind: Any) -> bool:
    """Values, and tuples, sets and objects of them. Dataclasses are ours, and with them whatever holds one."""
    if isinstance(kind, type):
        return not (is_dataclass(kind) or issubclass(kind, Requirement))
    return all(part is ... or _is_left_to_orjson(part) for part in get_args(kind))


def _without_empty(noun: Any) -> dict[str, Any]:
    return {field.name: override(omit_if_default=True) for field in fields(noun) if _is_empty_by_default(field)}


def _is_empty_by_default(field: Field[Any]) -> bool:
    if field.default is not MISSING:
        return not field.default
    return field.default_factory is not MISSING and not field.default_factory()


def _is_plain(kind: Any) -> bool:
    return kind is str or kind is int or kind is float or kind is bool


def _is_requirement(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Requirement)


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _is_set(kind: Any) -> bool:
    return get_origin(kind) is frozenset


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple and get_args(kind)[1:] == (...,)


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in {Union, UnionType} and len(get_args(kind)) == 2 and NoneType in get_args(kind)


def _is_json_object(kind: Any) -> bool:
    return get_origin(kind) in {Mapping, dict} and get_args(kind)[1] in {Any, object}


def _tuple_writer(converter: Converter, kind: Any) -> Callable[[tuple[Any, ...]], list[Any]]:
    element = get_args(kind)[0]
    if element in _PLAIN:
        return list
    write = converter.get_unstructure_hook(element)
    return lambda values: [write(value) for value in values] if values else []


def _optional_writer(converter: Converter, kind: Any) -> Callable[[Any], Any]:
    """What is written as it is needs no look whether it is there."""
    present = next(part for part in get_args(kind) if part is not NoneType)
    write = converter.get_unstructure_hook(present)
    if present in _PLAIN or write is identity:
        return identity
    return lambda value: None if value is None else write(value)


def _tuple_reader(converter: Converter, kind: Any) -> Callable[[Any, Any], tuple[Any, ...]]:
    element = get_args(kind)[0]
    if element in _PLAIN:
        return lambda values, _: tuple(values)
    read = converter.get_structure_hook(element)
    return lambda values, _: tuple([read(value, element) for value in values])


def _optional_reader(converter: Converter, kind: Any) -> Callable[[Any, Any], Any]:
    present = next(part for part in get_args(kind) if part is not NoneType)
    if present in _PLAIN:
        return _as_it_is
    read = converter.get_structure_hook(present)
    return lambda value, _: None if value is None else read(value, present)


def _enum_reader(kind: type[Enum]) -> Callable[[Any, Any], Enum]:
    members = {member.value: member for member in kind}
    return lambda value, _: members[value]
