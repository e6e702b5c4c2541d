"""Every catalogue holds what the code says, all of it, with the same names in braces."""

import string

import pytest
from babel.messages.pofile import read_po

from bot.languages import ENGLISH, LANGUAGES, language_of, spoken
from tests.house.words import FOLDER, said, written

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
CODE = said()
COUNTED = {("count", "")}
"""One thing can be said without its number."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_holds_what_the_code_says_and_nothing_else(language: str) -> None:
    there = (FOLDER / f"{language}.po").read_text()
    assert there == written(language, CODE), "run: python -m tests.house.words"


@pytest.mark.parametrize("language", OTHERS)
def test_everything_is_translated(language: str) -> None:
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    missing = [message.id for message in catalogue if message.id and not all(forms(message.string))]
    assert missing == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_names_in_braces_are_the_same(language: str) -> None:
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    for message in catalogue:
        if message.id:
            wanted = set().union(*(names(form) for form in forms(message.id)))
            for form in forms(message.string):
                assert names(form) | COUNTED >= wanted, form
                assert names(form) <= wanted, form


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ("",))


def names(pattern: str) -> set[tuple[str, str]]:
    """Names and how they are written; a pattern without names may hold any braces."""
    try:
        found = list(string.Formatter().parse(pattern))
    except ValueError:
        return set()
    return {(name, spec or "") for _, name, spec, _ in found if name is not None and name.isidentifier()}


def test_slack_s_locales_find_their_language() -> None:
    assert [language_of(locale) for locale in ("de-DE", "de_AT", "DE", "en-US", "fr-FR", "", None)] == [
        "de",
        "de",
        "de",
        *["en"] * 4,
    ]
    assert spoken("en-GB") is None
    assert spoken("fr-FR") is None


@pytest.mark.parametrize("language", OTHERS)
def test_it_is_spoken(language: str) -> None:
    catalogue = spoken(language)
    assert catalogue is not None
    assert catalogue.find("Approve") not in {None, "", "Approve"}
    assert catalogue.find("A sentence nobody says.") is None
