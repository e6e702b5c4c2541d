"""A rule in one line, as people type it in chat, and back.

add "prod deploys" for project payments when type == "deploy" require 1 of @platform then 2 of @security and check ci
distinct expire 4h remind 30m, 1h in #deploys not from metadata.author escalate after 3h to @managers waivable shadow

A line is read into the same document that YAML holds, which alone says what it means; complaints point at the character.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final, NoReturn

from core.errors import Invalid
from core.model.absence import ANYONE
from core.model.duration import say_duration
from core.model.request import Stage
from core.model.rule import Effect, Mode, Rule
from core.phrases import phrase
from core.rulebook.condition import Conditions
from core.rulebook.document import read_rule, stage_name
from core.rulebook.mistake import pointing, said_alone
from core.rulebook.part import Part, nearest
from core.rulebook.skeleton import skeleton, without_comments
from core.rulebook.source import Names

LONGEST: Final = 3000

_TYPED_QUOTES: Final = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " "})
_WORD = re.compile(r'[^\s,"“”„]+')
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_NUMBER = re.compile(r"\d{1,6}(?=\s+of(?!\S))")
_EFFECT = re.compile(r"(?<![\w.])(require|allow|deny)(?!\w)")
_EXPECTED_EFFECT: Final = phrase("require, allow or deny")


def read_line(text: str, names: Names, conditions: Conditions) -> Rule:
    """The rule, not yet saved; `Invalid` carries the `position` (from 0) and says what was expected there.

    Chat programs replace straight quotes by typographic ones: read again with straight ones where that is the trouble.
    """
    if len(text) > LONGEST:
        raise Invalid(
            phrase("The line is longer than {longest} characters; write the rule as YAML.", longest=LONGEST),
            position=LONGEST,
        )
    try:
        return _Line(text).rule(names, conditions)
    except Invalid:
        straight = text.translate(_TYPED_QUOTES)
        if straight == text:
            raise
        return _Line(straight).rule(names, conditions)


class _Line:
    """A cursor over the line, filling a document and remembering where each part of it was read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.document: dict[str, Any] = {}
        self.where: dict[str, int] = {"": 0}

    def rule(self, names: Names, conditions: Conditions) -> Rule:
        self._read()
        try:
            return read_rule(Part(self.document), names, conditions)
        except Invalid as error:
            path = str(error.fields.get("path") or "")
            inside = error.fields.get("position") or 0
            self._refuse(said_alone(error), (nearest(path, self.where) or 0) + inside, path)

    # The whole.

    def _read(self) -> None:
        self.take("add")
        self._put("name", self.name(phrase("the rule's name in quotes")))
        while self.take("for"):
            self._scope()
        self.must("when")
        self._condition()
        effect = self.word(_EXPECTED_EFFECT)
        self._put("effect", effect)
        if effect == Effect.REQUIRE:
            self._stages()
        while not self._is_over():
            self._clause()

    def _scope(self) -> None:
        start = self.start()
        kind = self.word(phrase("agent, team or project"))
        if kind.removesuffix("s") not in {"agent", "team", "project"}:
            self.expect(phrase("agent, team or project"), start)
        self.document.setdefault("scope", {})[kind] = self.list("scope", f"a {kind.removesuffix('s')}", self.name)

    def _condition(self) -> None:
        """Up to the effect: a word of ours that stands in no quotes and behind no dot."""
        start = self.start()
        self.where["when"] = start
        if self.text.startswith("{", start):
            self._short_form(start)
            return
        bones = skeleton(self.text[start:])
        ends = (word.start() for word in _EFFECT.finditer(bones) if not bones[: word.start()].rstrip().endswith("."))
        end = next(ends, None)
        if end is None:
            missing = _EXPECTED_EFFECT if bones.strip() else "a condition"
            self.expect(missing, len(self.text))
        self.document["when"] = self.text[start : start + end].strip()
        self.at = start + end

    def _short_form(self, start: int) -> None:
        try:
            self.document["when"], self.at = json.JSONDecoder().raw_decode(self.text, start)
        except (ValueError, RecursionError):
            self.expect(phrase('a condition, or a mapping like {"destroyed_gt": 5}'), start)

    # Stages.

    def _stages(self) -> None:
        stages: list[dict[str, Any]] = []
        while True:
            stages.append(self._stage(f"stages[{len(stages)}]"))
            if not self.take("then"):
                break
        self.document["stages"] = stages

    def _stage(self, path: str) -> dict[str, Any]:
        self.where[path] = self.start()
        named = _STRING.match(self.text, self.start())
        stage = {"name": self.name(phrase("a stage's name"))} if named else {}
        if named and not self.take(":"):
            self.expect(phrase("a colon after the stage's name"), self.start())
        requirements = [self._requirement(f"{path}.requirements[0]")]
        while self.take("and"):
            requirements.append(self._requirement(f"{path}.requirements[{len(requirements)}]"))
        return {**stage, "requirements": requirements}

    def _requirement(self, path: str) -> dict[str, Any]:
        self.where[path] = self.start()
        if not self.take("either"):
            return self._simple(path)
        ways = [self._simple(f"{path}.any_of[0]")]
        while self.take("or", "else"):
            ways.append(self._simple(f"{path}.any_of[{len(ways)}]"))
        return {"any_of": ways}

    def _simple(self, path: str) -> dict[str, Any]:
        self.where[path] = self.start()
        if self.take("check"):
            return {"check": {"name": self.name(phrase("a check's name"))}}
        if self.take("all", "of"):
            return {"approvals": {"all": True, "from": self._people(f"{path}.approvals.from")}}
        number = _NUMBER.match(self.text, self.start())
        if number:
            self.at = number.end()
            self.take("of")
        least = int(number[0]) if number else 1
        return {"approvals": {"min": least, "from": self._people(f"{path}.approvals.from")}}

    def _people(self, path: str) -> list[str]:
        expected = phrase("whom to ask, like 1 of @platform, ada@example.com or check ci,")
        people = [self._person(f"{path}[0]", expected)]
        while not self.sees("or", "else") and self.take("or"):
            people.append(self._person(f"{path}[{len(people)}]", expected))
        return people

    def _person(self, path: str, expected: str) -> str:
        start = self.start()
        word = self.word(expected)
        if word in _RESERVED:
            self.expect(expected, start)
        self.where[path] = start
        return word

    # Clauses.

    def _clause(self) -> None:
        start = self.start()
        word = self.word(_EXPECTED_CLAUSE)
        read = _CLAUSES.get(word)
        if read is None:
            self.expect(_EXPECTED_CLAUSE, start)
        key, value = read(self)
        if key in self.document:
            self._refuse(phrase("'{word}' is said twice; keep one.", word=word), start, key)
        self.document[key] = value
        self.where[key] = start

    def list(self, path: str, expected: str, read: Callable[[str], str]) -> list[str]:
        found: list[str] = []
        while True:
            start = self.start()
            found.append(read(expected))
            self.where[f"{path}[{len(found) - 1}]"] = start
            if not self.take(","):
                return found

    # Words.

    def start(self) -> int:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.at

    def _is_over(self) -> bool:
        return self.start() >= len(self.text)

    def sees(self, *words: str) -> int:
        """Where reading goes on after these words, or 0 where they do not stand here."""
        at = self.start()
        for word in words:
            while at < len(self.text) and self.text[at].isspace():
                at += 1
            if not self.text.startswith(word, at):
                return 0
            at += len(word)
            if word[-1].isalpha() and _WORD.match(self.text, at):
                return 0
        return at

    def take(self, *words: str) -> bool:
        after = self.sees(*words)
        self.at = after or self.at
        return bool(after)

    def must(self, *words: str) -> None:
        if not self.take(*words):
            self.expect(f"'{' '.join(words)}'", self.start())

    def word(self, expected: str) -> str:
        match = _WORD.match(self.text, self.start())
        if match is None:
            self.expect(expected, self.at)
        self.at = match.end()
        return match[0]

    def name(self, expected: str) -> str:
        """In quotes, or a single word."""
        quoted = _STRING.match(self.text, self.start())
        if quoted is None:
            return self.word(expected)
        self.at = quoted.end()
        try:
            return str(json.loads(quoted[0], strict=False))
        except ValueError:
            self.expect(expected, quoted.start())

    def _put(self, key: str, value: Any) -> None:
        self.where[key] = self.at - len(str(value))
        self.document[key] = value

    def expect(self, expected: str, at: int) -> NoReturn:
        self._refuse(phrase("Here {expected} is expected", expected=expected), at)

    def _refuse(self, mistake: str, at: int, path: str | None = None) -> NoReturn:
        raise pointing(mistake, self.text, min(at, len(self.text)), path=path)


_Clause = Callable[[_Line], tuple[str, Any]]


def _flag(key: str, *more: str) -> _Clause:
    def read(line: _Line) -> tuple[str, Any]:
        if more:
            line.must(*more)
        return key, True

    return read


def _mode(mode: Mode) -> _Clause:
    return lambda _: ("mode", mode.value)


def _single(key: str, expected: str, *before: str) -> _Clause:
    def read(line: _Line) -> tuple[str, Any]:
        if before:
            line.must(*before)
        return key, line.word(expected)

    return read


def _several(key: str, expected: str, *before: str) -> _Clause:
    def read(line: _Line) -> tuple[str, Any]:
        if before:
            line.must(*before)
        return key, line.list(key, expected, line.word)

    return read


def _uses(line: _Line) -> tuple[str, Any]:
    at = line.start()
    word = line.word(phrase("how often, like 5,"))
    if not re.fullmatch(r"\d{1,7}", word):
        line.expect(phrase("how often, like 5,"), at)
    return "uses", int(word)


def _reason(line: _Line) -> tuple[str, Any]:
    return "reason", line.name(phrase("the reason in quotes"))


def _escalate(line: _Line) -> tuple[str, Any]:
    line.must("after")
    after = line.word(phrase("a duration like 3h"))
    line.must("to")
    said = {"after": after, "to": line.list("escalate.to", phrase("whom to ask then"), line.word)}
    return "escalate", {**said, "action": "reassign"} if line.take("reassign") else said


_CLAUSES: Final[dict[str, _Clause]] = {
    "distinct": _flag("distinct"),
    "waivable": _flag("waivable"),
    "shadow": _mode(Mode.SHADOW),
    "off": _mode(Mode.OFF),
    "expire": _single("reply_window", phrase("a duration like 4h")),
    "execute": _single("execution_window", phrase("a duration like 24h"), "within"),
    "remind": _several("remind", phrase("a duration like 30m")),
    "in": _several("notify", phrase("a channel like #deploys")),
    "notify": _several("notify", phrase("a channel like #deploys, or @somebody to tell")),
    "not": _several("not_from", phrase("a field like metadata.author, or a group"), "from"),
    "escalate": _escalate,
    "comment": _flag("comment_on_reject", "on", "reject"),
    "delegation": _single("delegation", "anyone, same_group or none"),
    "until": _single("until", phrase("a moment like 2027-01-31T18:00:00Z")),
    "uses": _uses,
    "because": _reason,
}
_EXPECTED_CLAUSE: Final = phrase("the end, or one of {clauses}", clauses=", ".join(_CLAUSES))
_RESERVED: Final = frozenset({*_CLAUSES, "and", "or", "then", "either", "else", "all", "of", "check"})


def write_line(rule: Rule) -> str:
    """The inverse of `read_line`; comments inside the condition are left out."""
    words = [f"add {_quoted(rule.name)}", *_said_scope(rule), f"when {without_comments(rule.when).strip()}"]
    words.append(rule.effect.value)
    words.append(" then ".join(_said_stage(stage) for stage in rule.stages))
    words += [clause for clause in _said_clauses(rule) if clause]
    return " ".join(word for word in words if word)


def _said_scope(rule: Rule) -> list[str]:
    kinds = {"agent": rule.scope.agents, "team": rule.scope.teams, "project": rule.scope.projects}
    return [
        f"for {kind} {', '.join(_bare(place.label) for place in places)}" for kind, places in kinds.items() if places
    ]


def _said_stage(stage: Stage) -> str:
    requirements = " and ".join(requirement.line for requirement in stage.requirements)
    own = stage.name != stage_name(stage.requirements, stage.number)
    return f"{_quoted(stage.name)}: {requirements}" if own else requirements


def _said_clauses(rule: Rule) -> list[str]:
    told = [*rule.notify, *(source.label for source in rule.tell)]
    return [
        "distinct" if rule.distinct else "",
        f"expire {_span(rule.reply_window)}" if rule.reply_window else "",
        f"execute within {_span(rule.execution_window)}" if rule.execution_window else "",
        f"remind {', '.join(map(_span, rule.remind))}" if rule.remind else "",
        f"{'notify' if rule.tell else 'in'} {', '.join(told)}" if told else "",
        f"not from {', '.join(source.label for source in rule.not_from)}" if rule.not_from else "",
        _said_escalation(rule),
        "comment on reject" if rule.comment_on_reject else "",
        f"delegation {rule.delegation}" if rule.delegation != ANYONE else "",
        "waivable" if rule.waivable else "",
        f"until {rule.until.isoformat()}" if rule.until else "",
        f"uses {rule.uses}" if rule.uses else "",
        "" if rule.mode is Mode.ON else rule.mode.value,
        f"because {_quoted(rule.reason)}" if rule.reason else "",
    ]


def _said_escalation(rule: Rule) -> str:
    if rule.escalate is None:
        return ""
    people = ", ".join(source.label for source in rule.escalate.to)
    return f"escalate after {_span(rule.escalate.after)} to {people}{' reassign' if rule.escalate.reassign else ''}"


def _span(duration: Any) -> str:
    return say_duration(duration).replace(" ", "")


def _bare(name: str) -> str:
    return name if _WORD.fullmatch(name) and name not in {"for", "when"} else _quoted(name)


def _quoted(text: str) -> str:
    """Typographic quotes are escaped, so that they are never taken for those around the text."""
    plain = json.dumps(text, ensure_ascii=False)
    return plain.translate({quote: f"\\u{quote:04x}" for quote in _TYPED_QUOTES})
