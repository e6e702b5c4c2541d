"""Brings the catalogues of `bot/languages` up to the code: `python -m tests.house.words`.

What is new stands empty in other languages than English until somebody translates it; what is said no more is taken out.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from bot.languages import ENGLISH, LANGUAGES

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "bot" / "languages"
SPEAKING: Final = ("bot", "core")
KEYWORDS: Final[dict[str, Any]] = {"phrase": None, "phrases": (1, 2)}
NO_DATE: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Git knows when a catalogue was changed."""

FLEETING: Final = ('"Generated-By:', '"Report-Msgid-Bugs-To:', '"POT-Creation-Date:', '"PO-Revision-Date:')


def said() -> Catalog:
    """Every phrase of the code, with the files it is said in."""
    found = _empty(ENGLISH)
    for path in _modules():
        name = str(path.relative_to(ROOT))
        for _, message, _, _ in extract_from_file("python", path, keywords=KEYWORDS):
            found.add(message, message if isinstance(message, str) else tuple(message), locations=[(name, 0)])
    return found


def written(language: str, code: Catalog) -> str:
    """The catalogue as it should be, with the translations it has."""
    if language == ENGLISH:
        return _text(code)
    made = _empty(language)
    path = FOLDER / f"{language}.po"
    with io.BytesIO(path.read_bytes() if path.exists() else b"") as file:
        known = read_po(file, locale=language)
    for message in code:
        if message.id:
            before = known.get(message.id)
            made.add(message.id, None if before is None else before.string, locations=message.locations)
    return _text(made)


def _modules() -> Iterator[Path]:
    for top in SPEAKING:
        yield from sorted((ROOT / top).rglob("*.py"))


def _empty(language: str) -> Catalog:
    made = Catalog(
        locale=language,
        project="Countersign",
        version="",
        copyright_holder="the authors of Countersign",
        msgid_bugs_address="",
        last_translator="the authors of Countersign",
        language_team=LANGUAGES[language],
        creation_date=NO_DATE,
        revision_date=NO_DATE,
        fuzzy=False,
    )
    made.header_comment = f"# What Countersign says, in {LANGUAGES[language]}. Names in braces stay as they are."
    return made


def _text(catalog: Catalog) -> str:
    file = io.BytesIO()
    write_po(file, catalog, width=120, sort_by_file=True, include_lineno=False)
    lines = file.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(FLEETING))


def main() -> None:
    code = said()
    for language in LANGUAGES:
        (FOLDER / f"{language}.po").write_text(written(language, code))


if __name__ == "__main__":
    main()
