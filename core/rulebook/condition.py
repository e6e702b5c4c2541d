"""When a rule applies: a CEL expression over a request, answered true, false or *cannot tell*.

The engine bounds its own work (recursion, RE2), knows no clock and no I/O; macros that loop are switched off. A missing
field or an error at run time is *cannot tell*, never true and never false, unless the expression is decided without it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from core.errors import Invalid
from core.model.request import Content, Requester
from core.phrases import phrase
from core.rulebook.answer import NO, YES, Answer, Truth
from core.rulebook.mistake import pointing
from core.rulebook.pattern import MOST_STATES, joins_too_much, not_written_out, plain, states_in
from core.rulebook.skeleton import patterns_in, skeleton, types_in

if TYPE_CHECKING:
    from core.rulebook.engine import Engine, Program

LONGEST: Final = 500
"""Characters of one expression."""

KEPT: Final = 20_000
"""Parsed expressions kept for the next rulebook."""

FIELDS: Final = {
    "type": "text",
    "title": "text",
    "description": "text",
    "action": "text",
    "params": "map",
    "reasoning": "text",
    "cost": "map",
    "side_effects": "texts",
    "if_denied": "text",
    "facts": "map",
    "metadata": "map",
    "subject": "map",
    "project": "text",
    "requester": "map",
}
"""What an expression may speak of. Numbers come from JSON, so maps hold anything and comparison mixes whole and real."""

_CONTAINER = "request"
"""`type` is a word of CEL's own; inside this container ours is found first."""

Path = tuple[str, ...]


class View:
    """One revision as expressions see it; made once, asked by many conditions, and each answer kept."""

    __slots__ = ("activation", "answers", "data")

    def __init__(self, data: Mapping[str, Any], activation: Any) -> None:
        self.data = data
        self.activation = activation
        self.answers: dict[str, Answer] = {}

    def has(self, path: Path) -> bool:
        value: Any = self.data
        for key in path:
            if not isinstance(value, Mapping) or key not in value:
                return False
            value = value[key]
        return True


class Condition:
    """A parsed expression. `fields` are the paths it speaks of; `types` those it is about, where it says so."""

    __slots__ = ("_program", "fields", "text", "types")

    def __init__(self, text: str, program: Program) -> None:
        self.text = text
        self.fields = fields_in(text)
        self.types = types_in(text)
        self._program = program

    def ask(self, view: View) -> Answer:
        known = view.answers.get(self.text)
        if known is None:
            known = view.answers[self.text] = self._answer(view)
        return known

    def _answer(self, view: View) -> Answer:
        answer = self._program.answer(view.activation)
        if isinstance(answer, bool):
            return YES if answer else NO
        missing = sorted(".".join(path) for path in self.fields if not view.has(path))
        return Answer(Truth.CANNOT_TELL, phrase("{missing} is missing", missing=missing[0]) if missing else answer)


class Conditions:
    """Parses expressions and makes views; holds the one engine they belong to."""

    def __init__(self) -> None:
        self._parsed: dict[str, Condition] = {}
        self._made: dict[str, Engine] = {}

    @property
    def _engine(self) -> Engine:
        """Made when the first condition is read; of two made in one moment by two threads both use the one kept."""
        if not self._made:
            from core.rulebook.engine import Engine  # noqa: PLC0415 (see there)

            self._made.setdefault(_CONTAINER, Engine(_CONTAINER, FIELDS))
        return self._made[_CONTAINER]

    def parse(self, text: str) -> Condition:
        """The condition, or `Invalid` whose `position` (from 0) says where and whose sentence says what was expected."""
        known = self._parsed.get(text)
        if known is None:
            known = self._parse(text)
            if len(self._parsed) < KEPT:
                self._parsed[text] = known
        return known

    def _parse(self, text: str) -> Condition:
        if not text.strip():
            raise Invalid(phrase("The condition is empty; write 'true' if it shall always hold."), position=0)
        if len(text) > LONGEST:
            raise Invalid(
                phrase("The condition is longer than {longest} characters; split the rule.", longest=LONGEST),
                position=LONGEST,
            )
        if unreadable := _UNREADABLE.search(text):
            raise Invalid(
                phrase("The condition holds a character that is no text; write it anew."), position=unreadable.start()
            )
        try:
            program = self._engine.compile(text)
        except RuntimeError as error:
            raise _complaint(text, str(error)) from None
        if program.other_kind is not None:
            raise Invalid(
                phrase("The condition gives a {kind}, but must be true or false.", kind=program.other_kind),
                position=0,
            )
        self._must_match_well(text)
        return Condition(text, program)

    def _must_match_well(self, text: str) -> None:
        """A pattern that is no regular expression, or of unbounded work, is refused now, not felt at every request."""
        taken = not_written_out(text)
        if taken is not None:
            raise Invalid(
                phrase('A pattern must be written out, in quotes and after a dot: action.matches("^restart ").'),
                position=taken,
            )
        joined = joins_too_much(text)
        if joined is not None:
            raise Invalid(
                phrase("A condition with a pattern may join few texts; match each by itself."), position=joined
            )
        nothing, states = self._engine.activation({}), 0
        for pattern in patterns_in(text):
            states += _states(pattern[1], pattern.start(1))
            if states > MOST_STATES:
                raise Invalid(
                    phrase("The patterns of this condition are too long, or repeat too often; make them simpler."),
                    position=pattern.start(1),
                )
            tried = self._engine.compile(f'"".matches({pattern[1]})').answer(nothing)
            if not isinstance(tried, bool):
                sentence = phrase("This pattern cannot be used: {why} (RE2 syntax).", why=tried)
                raise Invalid(sentence, position=pattern.start(1))

    def view(self, content: Content, *, project: str, requester: Requester, on_behalf_of: str | None = None) -> View:
        """The revision as data: what was not declared is absent, so that nothing can be concluded from it."""
        data = {name: value for name, value in _data(content).items() if value is not None}
        asking = {"kind": requester.kind, "name": requester.name, "team": requester.team, "on_behalf_of": on_behalf_of}
        data |= {"project": project, "requester": _declared(asking)}
        return View(data, self._engine.activation(data))


def _states(literal: str, position: int) -> int:
    pattern = plain(literal)
    if pattern is None:
        raise Invalid(phrase("Write the characters of a pattern themselves, not by their numbers."), position=position)
    return states_in(pattern)


def _data(content: Content) -> dict[str, Any]:
    cost, subject = content.cost, content.subject
    return {
        "type": content.type,
        "title": content.title,
        "description": content.description,
        "action": content.action,
        "params": dict(content.params),
        "reasoning": content.reasoning,
        "cost": {} if cost is None else _declared({"usd": cost.usd, "tokens": cost.tokens}),
        "side_effects": list(content.side_effects),
        "if_denied": content.if_denied,
        "facts": dict(content.facts),
        "metadata": dict(content.metadata),
        "subject": {} if subject is None else _declared({"kind": subject.kind, "id": subject.id, "url": subject.url}),
    }


def _declared(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


_PATH = re.compile(r"""(?<![\w.])[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*|\[(?:"[^"\\]*"|'[^'\\]*')\])*(?!\w)(\s*\()?""")
_KEY = re.compile(r"""\.\s*([A-Za-z_]\w*)|\["([^"]*)"\]|\['([^']*)'\]""")


def fields_in(text: str) -> frozenset[Path]:
    """The paths spoken of; the last word before a parenthesis is a function's name."""
    bones = skeleton(text)
    matches = (match for match in _PATH.finditer(text) if bones[match.start()] == text[match.start()])
    paths = (_path(match[0], is_call=match[1] is not None) for match in matches)
    return frozenset(path for path in paths if path and path[0] in FIELDS)


def _path(written: str, *, is_call: bool) -> Path:
    head = re.match(r"\w+", written)
    keys = [next(filter(None, key), "") for key in _KEY.findall(written)]
    words = [head[0] if head else "", *keys]
    words = words[:-1] if is_call else words
    return tuple(words[1:] if words[:1] == [_CONTAINER] else words)


_UNREADABLE = re.compile("[\0\ud800-\udfff]")
_WHERE = re.compile(r"<input>:(\d+):(\d+): (.*)")
_UNKNOWN = re.compile(r"undeclared reference to '([^']+)'")


def _complaint(text: str, trouble: str) -> Invalid:
    """The engine's first complaint in our words, with the place it means."""
    match = _WHERE.search(trouble)
    if match is None or int(match[1]) < 1:
        return Invalid(phrase("The condition is nested too deeply, or cannot be read at all; simplify it."), position=0)
    lines = text.split("\n")
    position = sum(len(line) + 1 for line in lines[: int(match[1]) - 1]) + int(match[2]) - 1
    unknown = _UNKNOWN.search(match[3])
    if unknown is not None:
        name = unknown[1].partition(".")[0]
        position = max(0, text.rfind(name, 0, position + 1 + len(name)))
    return pointing(_in_our_words(match[3]), text, position)


def _in_our_words(trouble: str) -> str:
    unknown = _UNKNOWN.search(trouble)
    if unknown is not None:
        name = unknown[1].partition(".")[0]
        near = difflib.get_close_matches(name, FIELDS, n=1)
        hint = (
            phrase("did you mean '{near}'?", near=near[0])
            if near
            else phrase("there are {fields}.", fields=", ".join(FIELDS))
        )
        return phrase("'{name}' is not a field of a request; {hint}", name=name, hint=hint)
    if "<EOF>" in trouble:
        return phrase("The condition ends too early; a value is expected here")
    if "no matching overload" in trouble:
        return phrase(
            "These two cannot be compared or combined like this; compare numbers with numbers, texts with texts"
        )
    return phrase("This cannot be read; a value, a field or an operator like ==, &&, || is expected here")
