"""`countersign rules`: rules kept in files, checked and tested anywhere, tried on and applied to a server.

A file holds rules as YAML: one document per rule, or a list of them; entries with `expect` are fixtures for `rules test`.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.progress import Progress

from bot.cli.ending import USAGE, Ending, complain, tell
from bot.cli.there import server
from core.errors import Invalid
from core.model.rule import Rule
from core.rulebook.condition import Conditions
from core.rulebook.document import read_rule
from core.rulebook.fixture import Checked, Fixture, check_fixtures, read_fixtures
from core.rulebook.lint import Lint, lint
from core.rulebook.load import Document, documents
from core.rulebook.part import Part
from core.rulebook.read_back import read_back
from core.rulebook.rulebook import Rulebook
from core.rulebook.source import AsWritten
from countersign_client import Countersign

Files = Annotated[list[Path], Parameter(help="YAML files.", negative="")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
FAILED = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule or fixture of a file; `written` is as it stands there."""

    file: Path
    document: Document
    part: Part

    @property
    def is_fixture(self) -> bool:
        return isinstance(self.part.value, Mapping) and "expect" in self.part.value

    def complain(self, error: Invalid) -> Ending:
        """The complaint with file, line and column."""
        try:
            self.document.complain(error)
        except Invalid as placed:
            return Ending(f"{self.file}: {placed.sentence}", USAGE)


def check(files: Files, *, json: AsJson = False) -> int:
    """Read rules back in plain words and warn of what looks wrong; needs no server."""
    rules = _rules(_entries(files), Conditions())
    warnings = lint(rules, now=datetime.now(UTC))
    if json:
        found = [{"rule": one.rule, "code": one.word, "sentence": one.sentence} for one in warnings]
        tell({"rules": [{"name": rule.name, "words": read_back(rule)} for rule in rules], "warnings": found})
        return 0
    for rule in rules:
        print(f"{read_back(rule)}\n")
    _warn(warnings)
    print(_count(len(rules), "rule", "is", "are") + " well written.")
    return 0


def judge_fixtures(files: Files, *, json: AsJson = False) -> int:
    """Judge the files' fixtures by the files' rules; exit 1 when one comes out otherwise than expected."""
    conditions, entries = Conditions(), _entries(files)
    rules = _rules(entries, conditions)
    fixtures = tuple(fixture for entry in entries if entry.is_fixture for fixture in _fixtures(entry))
    if not fixtures:
        raise Ending("There is no fixture in these files; write entries with a name, a request and expect.", USAGE)
    checked = check_fixtures(fixtures, Rulebook(1, rules, conditions), conditions)
    failed = [one for one in checked if not one.passed]
    if json:
        tell([{"name": one.name, "passed": one.passed, "differences": list(one.differences)} for one in checked])
    else:
        _say_checked(checked)
    return FAILED if failed else 0


def apply(files: Files, *, prune: bool = False, yes: bool = False) -> int:
    """Show what would be different on the server, ask, and make it so. A rule is known by its name.

    Parameters
    ----------
    prune
        Remove rules that stand in none of the files.
    yes
        Do not ask.
    """
    entries = [entry for entry in _entries(files) if not entry.is_fixture]
    _rules(entries, Conditions())
    with server() as client:
        return _apply(client, entries, prune=prune, yes=yes)


def _apply(client: Countersign, entries: Sequence[Entry], *, prune: bool, yes: bool) -> int:
    present = {rule["name"].lower(): rule for rule in client.call("GET", "rules")["data"]}
    steps = list(_steps(client, entries, present, prune=prune))
    if not steps:
        print("Nothing is different.")
        return 0
    for step in steps:
        print("".join(step.difference), end="")
    if not yes and not _agreed(len(steps)):
        raise Ending("Nothing was changed.", FAILED)
    for done, step in enumerate(steps):
        answer = step.take(client)
        if answer.get("asked") is not None:
            return _wait_for_others(answer["asked"]["number"], answer["detail"], done, len(steps) - done - 1)
    print(_count(len(steps), "change", "was", "were") + " made.")
    return 0


def _wait_for_others(number: int, detail: str, done: int, left: int) -> int:
    """With four eyes a change is agreed to upon one rulebook, which the change before it would move on."""
    made = f"{_count(done, 'change', 'was', 'were')} made. " if done else ""
    print(f"{made}{detail}")
    if left:
        print(f"{_count(left, 'change', 'is', 'are')} left; run this again once #{number} is agreed to.")
    return 0


def try_out(files: Files, *, days: int = 30, json: AsJson = False) -> int:
    """Try rules on the server's past requests: who would be asked more or less, what would pass or be blocked.

    Parameters
    ----------
    days
        How far to look back.
    """
    entries = [entry for entry in _entries(files) if not entry.is_fixture]
    _rules(entries, Conditions())
    body = {"rules": [entry.part.value for entry in entries], "days": days}
    tried = _tried(body)
    if json:
        tell(tried)
        return 0
    for line in tried["words"]:
        print(line)
    return 0


def _tried(body: dict[str, Any]) -> dict[str, Any]:
    """With a bar on a terminal; a server that tells no progress answers all the same."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Judging past requests once more", total=None)
        last: dict[str, Any] = {}
        with server() as client:
            for last in client.lines("rules", "replay", body=body):
                seen, total = last.get("seen", 0), last.get("total", 0)
                bar.update(task, completed=seen, total=max(total, seen))
    found: dict[str, Any] = last.get("result") or last
    return found


# --------------------------------------------------------------------------------------------------------------- files


def _entries(files: Sequence[Path]) -> list[Entry]:
    if not files:
        raise Ending("Name at least one file with rules.", USAGE)
    return [entry for file in files for entry in _read(file)]


def _read(file: Path) -> Iterator[Entry]:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise Ending(f"{file} cannot be read; is it there, and is it text?", USAGE) from None
    try:
        for document in documents(text):
            whole = Part(document.value)
            parts = whole.items(10_000) if isinstance(document.value, list) else iter((whole,))
            yield from (Entry(file, document, part) for part in parts)
    except Invalid as error:
        raise Ending(f"{file}: {error.sentence}", USAGE) from None


def _rules(entries: Sequence[Entry], conditions: Conditions) -> tuple[Rule, ...]:
    """Each older than the next."""
    written = [entry for entry in entries if not entry.is_fixture]
    if not written:
        raise Ending("There is no rule in these files.", USAGE)
    rules = tuple(
        replace(_rule(entry, conditions), id=f"rule {place}", order=place)
        for place, entry in enumerate(written, start=1)
    )
    names = [rule.name.lower() for rule in rules]
    twice = next((rule.name for rule in rules if names.count(rule.name.lower()) > 1), None)
    if twice is not None:
        raise Ending(f"Two rules are called {twice}; a rule is known by its name.", USAGE)
    return rules


def _rule(entry: Entry, conditions: Conditions) -> Rule:
    try:
        return read_rule(entry.part, AsWritten(), conditions)
    except Invalid as error:
        raise entry.complain(error) from None


def _fixtures(entry: Entry) -> tuple[Fixture, ...]:
    try:
        return read_fixtures(entry.part, datetime.now(UTC))
    except Invalid as error:
        raise entry.complain(error) from None


def _warn(warnings: Sequence[Lint]) -> None:
    for one in warnings:
        complain(f"{one.rule}: {one.sentence}")


def _say_checked(checked: Sequence[Checked]) -> None:
    for one in checked:
        print(f"{'ok  ' if one.passed else 'FAIL'}  {one.name}")
        for difference in one.differences:
            print(f"      {difference}")
    passed = sum(one.passed for one in checked)
    print(f"{passed} of {_count(len(checked), 'fixture', 'came', 'came')} out as expected.")


def _count(number: int, noun: str, one: str, many: str) -> str:
    return f"{number} {noun} {one}" if number == 1 else f"{number} {noun}s {many}"


# --------------------------------------------------------------------------------------------------------------- apply


@dataclass(frozen=True, slots=True)
class Step:
    """One call to the server and what it makes different."""

    method: str
    path: tuple[str, ...]
    body: dict[str, Any] | None
    difference: tuple[str, ...]
    query: dict[str, str] | None = None

    def take(self, client: Countersign) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = client.call(self.method, *self.path, query=self.query, body=self.body)
        return answer


def _steps(client: Countersign, entries: Sequence[Entry], present: Mapping[str, Any], *, prune: bool) -> Iterator[Step]:
    """The server itself says how each rule reads, and refuses it here where it would be refused later."""
    named: set[str] = set()
    for entry in entries:
        name = str(entry.part.value["name"]).strip().lower()
        named.add(name)
        known = present.get(name)
        checked = client.call("POST", "rules", "validate", body={"rule": entry.part.value})
        before, after = "" if known is None else known["yaml"], checked["yaml"]
        if before == after:
            continue
        difference = _difference(checked["name"], before, after)
        if known is None:
            yield Step("POST", ("rules",), {"rule": entry.part.value}, difference)
        else:
            body = {"rule": entry.part.value, "version": known["version"]}
            yield Step("PUT", _path(known), body, difference)
    for name, known in present.items():
        if prune and name not in named:
            difference = _difference(known["name"], known["yaml"], "")
            yield Step("DELETE", _path(known), None, difference, {"version": str(known["version"])})


def _path(rule: Mapping[str, Any]) -> tuple[str, str]:
    return "rules", rule["id"]


def _difference(name: str, before: str, after: str) -> tuple[str, ...]:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    sides = (f"{name} (server)" if before else "/dev/null", f"{name} (files)" if after else "/dev/null")
    return tuple(difflib.unified_diff(old, new, *sides))


def _agreed(number: int) -> bool:
    print(f"Make {_count(number, 'change', 'to', 'to')} the server's rules? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
