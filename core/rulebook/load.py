"""Rules from text and back: YAML, of which JSON is a part. The only reader of YAML here; it builds nothing but plain values.

Reads the parser's events itself, so that anchors (bombs), depth, size and repeated keys are refused while reading, and
every value keeps the line it stands in. Words are YAML 1.2's: `on` and `no` are texts, and times stay texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from core.errors import Invalid
from core.model.rule import Rule
from core.phrases import phrase
from core.rulebook.condition import Conditions
from core.rulebook.document import read_rule, write_rule
from core.rulebook.part import Part, nearest
from core.rulebook.source import Names

LARGEST: Final = 256 * 1024
DEEPEST: Final = 12
MOST_VALUES: Final = 50_000

# PyYAML is loaded by whoever first brings YAML: most servers never see any.

_INTEGER = re.compile(r"[-+]?\d{1,16}")
_NUMBER = re.compile(r"[-+]?(?:\d{1,16}\.\d{0,16}|\.\d{1,16}|\d{1,16})(?:[eE][-+]?\d{1,2})?")
_WORDS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING: Final = {"", "~", "null", "Null", "NULL"}

_Where = dict[str, tuple[int, int]]
"""Path to line and column, both from 1."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document's plain value, and where each part of it stands."""

    value: Any
    where: _Where

    def complain(self, error: Invalid) -> NoReturn:
        """The same complaint, with line and column."""
        line, column = nearest(str(error.fields.get("path") or ""), self.where) or (1, 1)
        fields = {**error.fields, "line": line, "column": column}
        raise Invalid(
            phrase("Line {line}, column {column}: {sentence}", line=line, column=column, sentence=error.sentence),
            **fields,
        ) from None


def load_rules(text: str, names: Names, conditions: Conditions) -> tuple[Rule, ...]:
    """Every rule of the text: one document per rule, or lists of rules. `Invalid` names line and column."""
    rules: list[Rule] = []
    for document in documents(text):
        whole = Part(document.value)
        try:
            parts = tuple(whole.items(10_000)) if isinstance(document.value, list) else (whole,)
            rules += [read_rule(part, names, conditions) for part in parts]
        except Invalid as error:
            document.complain(error)
    if not rules:
        raise Invalid(
            phrase("There is no rule in this text; write at least a name, a condition and an effect."), line=1, column=1
        )
    return tuple(rules)


def to_yaml(*rules: Rule) -> str:
    """The inverse of `load_rules`."""
    written = [write_rule(rule) for rule in rules]
    return dump(written[0] if len(written) == 1 else written)


def dump(value: Any) -> str:
    """A plain value as YAML that `documents` reads again."""
    import yaml  # noqa: PLC0415 - see above

    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120))


def documents(text: str) -> Iterator[Document]:
    import yaml  # noqa: PLC0415 - see above

    # libyaml's where PyYAML was built with it: the same events, ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if len(text.encode("utf-8", "replace")) > LARGEST:
        raise Invalid(
            phrase("The text is larger than {largest} KiB; split it.", largest=LARGEST // 1024), line=1, column=1
        )
    try:
        yield from _Builder().build(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Invalid(
            phrase("Line {line}, column {column}: {problem}.", line=line, column=column, problem=error.problem),
            line=line,
            column=column,
        ) from None
    except yaml.YAMLError:
        raise Invalid(
            phrase("The text holds characters that YAML does not allow; leave them out."), line=1, column=1
        ) from None


class _Builder:
    """Plain values from the parser's events."""

    def __init__(self) -> None:
        self._open: list[tuple[Any, str]] = []
        self._key: list[str | None] = []
        self._where: _Where = {}
        self._values = 0
        self._value: Any = None

    def build(self, events: Iterator[Any]) -> Iterator[Document]:
        import yaml  # noqa: PLC0415 - see above

        for event in events:
            match event:
                case yaml.DocumentStartEvent():
                    self._where, self._value = {}, None
                case yaml.DocumentEndEvent() if self._value is not None:
                    yield Document(self._value, self._where)
                case yaml.AliasEvent():
                    _refuse(event, phrase("Anchors and aliases are not taken; write the value out."))
                case yaml.ScalarEvent():
                    self._scalar(event)
                case yaml.MappingStartEvent():
                    self._begin({}, event)
                case yaml.SequenceStartEvent():
                    self._begin([], event)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._open.pop()
                    self._key.pop()
                case _:
                    pass

    def _scalar(self, event: Any) -> None:
        _plain(event)
        if self._open and isinstance(self._open[-1][0], dict) and self._key[-1] is None:
            self._name(event)
        else:
            self._put(_read(event), event)

    def _name(self, event: Any) -> None:
        mapping, path = self._open[-1]
        if event.value in mapping:
            _refuse(event, phrase("'{value}' is written twice; keep one.", value=event.value))
        self._key[-1] = event.value
        self._where[_join(path, event.value)] = _place(event)

    def _begin(self, value: Any, event: Any) -> None:
        _plain(event)
        if len(self._open) >= DEEPEST:
            _refuse(event, phrase("This is nested deeper than {deepest} levels; flatten it.", deepest=DEEPEST))
        if self._open and isinstance(self._open[-1][0], dict) and self._key[-1] is None:
            _refuse(event, phrase("A name is expected here, not a list or mapping."))
        path = self._put(value, event)
        self._open.append((value, path))
        self._key.append(None)

    def _put(self, value: Any, event: Any) -> str:
        """Into the mapping or list that is open; the path it now has."""
        self._values += 1
        if self._values > MOST_VALUES:
            _refuse(event, phrase("This holds too many values; split it."))
        path = ""
        if not self._open:
            self._value = value
        elif isinstance(self._open[-1][0], dict):
            key = self._key[-1]
            path = _join(self._open[-1][1], str(key))
            self._open[-1][0][key] = value
            self._key[-1] = None
        else:
            path = f"{self._open[-1][1]}[{len(self._open[-1][0])}]"
            self._open[-1][0].append(value)
        self._where.setdefault(path, _place(event))
        return path


def _plain(event: Any) -> None:
    if event.anchor is not None:
        _refuse(event, phrase("Anchors and aliases are not taken; write the value out."))
    if event.tag is not None and event.tag != "!":
        _refuse(event, phrase("Tags are not taken; write a plain value."))


def _read(event: Any) -> Any:
    text = event.value
    if event.style:
        return text
    if text in _NOTHING:
        return None
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _refuse(event: Any, sentence: str) -> NoReturn:
    line, column = _place(event)
    raise Invalid(
        phrase("Line {line}, column {column}: {sentence}", line=line, column=column, sentence=sentence),
        line=line,
        column=column,
    )
