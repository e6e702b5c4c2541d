"""Our own words: written in English where they are said, said in the language of whoever hears them.

A catalogue knows other languages' patterns by the English ones. What people wrote (titles, comments, names) goes into a
pattern as it is and is never looked up. A phrase remembers how it was made, so that what was said in one place (a refusal in a
transaction, a table of labels) can be said again in another's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from typing import Any, Final, Protocol


class Catalogue(Protocol):
    """One language other than English."""

    def find(self, pattern: str) -> str | None:
        """Its pattern for an English one, with the same names in braces."""

    def find_many(self, one: str, many: str, count: int) -> str | None:
        """Likewise, as this language counts."""


_spoken: Final[ContextVar[Catalogue | None]] = ContextVar("spoken", default=None)


_JSON: Final = (str, int, float, bool, type(None), Mapping)


@contextmanager
def speaking(catalogue: Catalogue | None) -> Iterator[None]:
    """Everything phrased within is said in this language; None is English."""
    before = _spoken.set(catalogue)
    try:
        yield
    finally:
        _spoken.reset(before)


def language_now() -> Catalogue | None:
    """The language phrases are said in; None is English."""
    return _spoken.get()


class Phrase(str):
    """A text that can be said again in another language."""

    __slots__ = ("given", "language", "number", "one", "several")
    language: Catalogue | None
    """The one it is said in."""
    one: str
    several: str | None
    number: int
    given: Mapping[str, Any]

    def __format__(self, spec: str, /) -> str:
        """Set into another text, it is said in the language spoken there."""
        return str.__format__(again(self), spec)


def phrase(pattern: str, /, **given: Any) -> str:
    """`pattern` with `given` in its braces; without any, braces are just braces."""
    return _said(pattern, None, 0, given)


def phrases(one: str, many: str, count: int, /, **given: Any) -> str:
    """`one` where `count` is 1, else `many`; `count` is given too."""
    return _said(one, many, count, {"count": count, **given})


def listed(words: Iterable[str], *, either: bool = False) -> str:
    """`a, b and c`, or with `either` `a, b or c`."""
    said = list(words)
    if len(said) < 2:
        return said[0] if said else ""
    first = reduce(_and_then, said[:-1])
    return (
        phrase("{first} or {last}", first=first, last=said[-1])
        if either
        else phrase("{first} and {last}", first=first, last=said[-1])
    )


def _and_then(said: str, more: str) -> str:
    """A row of names is a text like any other; one with phrases in it can be said again."""
    if isinstance(said, Phrase) or isinstance(more, Phrase):
        return phrase("{said}, {more}", said=said, more=more)
    return f"{said}, {more}"


def again(text: str) -> str:
    """The text in the language spoken now; whatever is no phrase, or is said in that language, stays as it is."""
    if not isinstance(text, Phrase) or text.language is _spoken.get():
        return text
    return _said(text.one, text.several, text.number, text.given)


def _said(one: str, many: str | None, count: int, given: Mapping[str, Any]) -> str:
    """What is set into it and is a phrase itself is said in the same language by `Phrase.__format__`."""
    catalogue = _spoken.get()
    pattern = one if many is None or count == 1 else many
    if catalogue is not None:
        found = catalogue.find(one) if many is None else catalogue.find_many(one, many, count)
        pattern = pattern if found is None else found
    made = Phrase(pattern.format_map(given) if given else pattern)
    made.language, made.one, made.several, made.number, made.given = catalogue, one, many, count, given
    return made


def kept(text: str) -> str:
    """Our own words that were stored in English, where the language spoken now knows them as they are."""
    catalogue = _spoken.get()
    return (None if catalogue is None else catalogue.find(text)) or text


def pack(text: str) -> Mapping[str, Any] | None:
    """A phrase as JSON, to be said later in a language not known yet; None for any other text."""
    if not isinstance(text, Phrase):
        return None
    given: dict[str, Any] = {}
    for name, value in text.given.items():
        given[name] = (pack(value) or value) if isinstance(value, Phrase) else value
        if not isinstance(given[name], _JSON):
            return None
    return {"one": text.one, "several": text.several, "number": text.number, "given": given}


def unpack(packed: Mapping[str, Any]) -> str:
    """What was packed, in the language spoken now."""
    given = {name: unpack(value) if isinstance(value, Mapping) else value for name, value in packed["given"].items()}
    return _said(packed["one"], packed["several"], packed["number"], given)
