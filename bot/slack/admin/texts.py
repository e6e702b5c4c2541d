"""What is kept as text and written in a form: read strictly, complaints with line and column, and what was seen of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from bot.slack.admin.written import NAME
from bot.slack.entrance.payload import Submission
from bot.wire.strict import Shape, read
from core.errors import Conflict, Invalid
from core.phrases import phrase
from core.rulebook.load import Document, documents

S = TypeVar("S", bound=Shape)


def the_one(text: str, otherwise: str) -> Document:
    """The only document there may be; `otherwise` says what is expected."""
    found = list(documents(text))
    if len(found) != 1:
        raise Invalid(otherwise, field="text")
    return found[0]


def strictly(shape: type[S], document: Document, what: str) -> S:
    with at_its_line(document):
        return read(shape, document.value, what=what)


@contextmanager
def at_its_line(document: Document, *, but: tuple[str, ...] = ()) -> Iterator[None]:
    """Complaints say line and column; those about a field of `but` are about no part of the text."""
    try:
        yield
    except Invalid as error:
        if error.fields.get("field") in but:
            raise
        document.complain(Invalid(error.sentence, **{**error.fields, "path": error.fields.get("field")}))


def without_nothing(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value not in (None, [], {}, False)}


def reference(id: str, version: int) -> str:
    """Which one a window is about, and what was seen of it."""
    return json.dumps({"id": id, "version": version})


def read_reference(text: str) -> tuple[str, int]:
    try:
        said = json.loads(text)
        return str(said["id"]), int(said["version"])
    except (ValueError, TypeError, KeyError):
        raise Conflict(phrase("This window is from another version of the app; close it and begin again.")) from None


def written_in(sent: Submission) -> str:
    text = sent.text("text")
    if text is None:
        raise Invalid(
            phrase("There is nothing to save; write it as in the example, or look with {name} help.", name=NAME)
        )
    return text
