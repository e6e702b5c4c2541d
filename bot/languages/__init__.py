"""What the product says in other languages than English; a catalogue is read when somebody first needs it.

`en.po` lists every phrase, for those who translate; `python -m tests.house.words` brings all catalogues up to the code.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from gettext import c2py
from importlib.resources import files
from typing import Final

from core.phrases import Catalogue, speaking

ENGLISH: Final = "en"
LANGUAGES: Final = {ENGLISH: "English", "de": "Deutsch"}
"""Languages by their codes, as they call themselves."""


class PoCatalogue:
    """One language's phrases, as gettext keeps them."""

    def __init__(self, language: str) -> None:
        from babel.messages.pofile import read_po  # noqa: PLC0415 - most processes never speak anything but English

        with files(__name__).joinpath(f"{language}.po").open("rb") as file:
            read = read_po(file, locale=language)
        self._counted = c2py(read.plural_expr)
        self._one: dict[str, str] = {}
        self._several: dict[tuple[str, str], tuple[str, ...]] = {}
        for message in read:
            if isinstance(message.id, str):
                self._one[message.id] = str(message.string)
            else:
                self._several[message.id[0], message.id[1]] = tuple(message.string or ())

    def find(self, pattern: str) -> str | None:
        return self._one.get(pattern) or None

    def find_many(self, one: str, many: str, count: int) -> str | None:
        forms = self._several.get((one, many), ())
        return forms[self._counted(count)] or None if forms else None


def language_of(locale: str | None) -> str:
    """The language we have for a locale as Slack writes it (`de-DE`); English where there is none."""
    language = (locale or "").replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else ENGLISH


def spoken(locale: str | None) -> Catalogue | None:
    """The catalogue for a locale or language; None is English."""
    language = language_of(locale)
    return None if language == ENGLISH else _catalogue(language)


def speaking_to(locale: str | None) -> AbstractContextManager[None]:
    """Everything phrased within is said in the language of this locale."""
    return speaking(spoken(locale))


@cache
def _catalogue(language: str) -> PoCatalogue:
    return PoCatalogue(language)
