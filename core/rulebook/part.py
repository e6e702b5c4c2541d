"""A part of a document and the path that leads to it, so that every complaint says where."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVar

from core.errors import Invalid
from core.model.duration import parse_duration
from core.phrases import phrase
from core.rulebook.mistake import Mistake

T = TypeVar("T")


TEXT = 2000
_UNWRITABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Part:
    """`path` is like `stages[0].requirements[1].min`; empty for the whole."""

    value: Any
    path: str = ""

    def refuse(self, sentence: str) -> NoReturn:
        whole = f"{self.path or 'This'}: {sentence}"
        raise Mistake(whole, sentence, path=self.path, field=self.path or None)

    def at(self, key: str) -> Part:
        return Part(self.value[key], f"{self.path}.{key}" if self.path else key)

    def mapping(self, known: Iterable[str], needed: Iterable[str] = ()) -> dict[str, Part]:
        """Its keys, all of them known; an unknown key is refused, never ignored."""
        if not isinstance(self.value, Mapping):
            self.refuse(phrase("a mapping with {listed} is expected here.", listed=_listed(known)))
        for key in self.value:
            if key not in set(known):
                self._unknown(str(key), list(known))
        for key in needed:
            if key not in self.value:
                self.refuse(phrase("'{key}' is missing.", key=key))
        return {key: self.at(key) for key in self.value}

    def _unknown(self, key: str, known: list[str]) -> NoReturn:
        near = difflib.get_close_matches(key, known, n=1)
        hint = (
            phrase("did you mean '{near}'?", near=near[0])
            if near
            else phrase("there are {listed}.", listed=_listed(known))
        )
        path = f"{self.path}.{key}" if self.path else key
        raise Invalid(
            phrase("'{key}' is not something to write here; {hint}", key=key, hint=hint), path=path, field=path
        )

    def items(self, most: int, least: int = 1) -> Iterator[Part]:
        if not isinstance(self.value, list | tuple):
            self.refuse(phrase("a list is expected here."))
        if not least <= len(self.value) <= most:
            self.refuse(
                phrase(
                    "{least} to {most} entries are expected here, not {count}.",
                    least=least,
                    most=most,
                    count=len(self.value),
                )
            )
        return (Part(value, f"{self.path}[{place}]") for place, value in enumerate(self.value))

    def one_or_more(self, most: int) -> Iterator[Part]:
        """A list, or its only entry alone."""
        return iter((self,)) if isinstance(self.value, str) else self.items(most)

    def text(self, longest: int = TEXT) -> str:
        if not isinstance(self.value, str) or not self.value.strip():
            self.refuse(phrase("a text is expected here."))
        if len(self.value) > longest:
            self.refuse(phrase("this is longer than {longest} characters; shorten it.", longest=longest))
        if _UNWRITABLE.search(self.value):
            self.refuse(phrase("this holds characters that are no text; write it anew."))
        return self.value

    def title(self, longest: int) -> str:
        """A text of one line."""
        said = self.text(longest).strip()
        if "\n" in said or "\r" in said:
            self.refuse(phrase("one line is expected here."))
        return said

    def word(self, words: Iterable[str]) -> str:
        known = list(words)
        if self.value not in known or not isinstance(self.value, str):
            near = difflib.get_close_matches(str(self.value), known, n=1)
            self.refuse(
                phrase("one of {listed} is expected here", listed=_listed(known))
                + (phrase("; did you mean '{near}'?", near=near[0]) if near else ".")
            )
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.refuse(phrase("true or false is expected here."))
        return self.value

    def whole(self, least: int, most: int) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not least <= self.value <= most:
            self.refuse(phrase("a whole number from {least} to {most} is expected here.", least=least, most=most))
        return self.value

    def number(self) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or not abs(self.value) < 2**53:
            self.refuse(phrase("a number is expected here."))
        return self.value

    def duration(self) -> timedelta:
        text = self.text(40)
        try:
            return parse_duration(text)
        except Invalid as error:
            is_none = "position" in error.fields  # within the word; a line has a place of its own to point at
            said = phrase("'{text}' is not a duration; write it like 30m, 4h or 2d.", text=text)
            self.refuse(said if is_none else error.sentence)

    def moment(self) -> datetime:
        try:
            at = datetime.fromisoformat(self.text(40))
        except ValueError:
            self.refuse(phrase("a moment like 2027-01-31T18:00:00Z is expected here."))
        if at.tzinfo is None:
            self.refuse(phrase("the moment needs its time zone; end it with Z for UTC."))
        return at


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def nearest(path: str, where: Mapping[str, T]) -> T | None:
    """Where this path stands, or else the part around it."""
    while path and path not in where:
        path = re.sub(r"(\.[^.\[]*|\[\d+\]|^[^.\[]*)$", "", path)
    return where.get(path)
