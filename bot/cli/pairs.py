"""`name=text` and `name:=json`, as requests are put together on a command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from cyclopts import Parameter

from bot.cli.ending import USAGE, Ending


def _no_option(_kind: object, value: object) -> None:
    if str(value).startswith("-") and str(value) != "-":
        raise ValueError(f"{value} is no option here, and no file; look at --help.")


FILE: Final = Parameter(allow_leading_hyphen=True, validator=_no_option)
"""Of whatever takes a file: without it the parser takes a single `-`, standard input, for an option nobody knows."""


def pairs(said: Iterable[str] | None, option: str) -> dict[str, Any]:
    """`replicas:=6` is a number, `region=eu` is text; the same name twice is refused."""
    found: dict[str, Any] = {}
    for one in said or ():
        name, sign, value = one.partition("=")
        is_json = name.endswith(":")
        name = name.removesuffix(":").strip()
        if not (name and sign):
            raise Ending(f"{option} takes name=text or name:=json, not '{one[:60]}'.", USAGE)
        if name in found:
            raise Ending(f"{option} names {name} twice; name it once.", USAGE)
        found[name] = parsed(value, f"{option} {name}:=…") if is_json else value
    return found


def object_in(file: Path, option: str) -> dict[str, Any]:
    """The JSON object in a file; `-` is standard input."""
    value = parsed(_text(file, option), f"{option} {file}")
    if not isinstance(value, dict):
        raise Ending(f"{option} {file} must hold a JSON object.", USAGE)
    return value


def lines_in(file: Path, option: str) -> list[dict[str, Any]]:
    """The JSON objects in a file, one in each line; empty lines count for nothing."""
    found = []
    for number, line in enumerate(_text(file, option).split("\n"), start=1):
        value = parsed(line, f"{option} {file}, line {number},") if line.strip() else None
        if value is not None and not isinstance(value, dict):
            raise Ending(f"{option} {file}, line {number}, must hold a JSON object.", USAGE)
        found += [] if value is None else [value]
    if not found:
        raise Ending(f"{option} {file} holds nothing; write a request as JSON in each line.", USAGE)
    return found


def _text(file: Path, option: str) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise Ending(f"{option}: {file} cannot be read; is it there, and is it text?", USAGE) from None


def parsed(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as problem:
        raise Ending(f"{what} is no JSON: {problem}.", USAGE) from None
