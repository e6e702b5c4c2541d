"""Other languages are longer than English: what stands on buttons and in the heads of windows fits there uncut."""

import ast
from collections.abc import Iterator
from typing import Final

import pytest
from babel.messages.pofile import read_po

from bot.languages import ENGLISH, LANGUAGES
from bot.slack.drawing import blocks as b
from tests.house.words import FOLDER, ROOT

OTHERS: Final = [language for language in LANGUAGES if language != ENGLISH]

WHERE: Final = {
    ("button", 0): b.BUTTON,
    ("modal", 1): b.TITLE,
    ("modal", "submit"): b.TITLE,
    ("modal", "close"): b.TITLE,
    ("confirm", 2): 30,
    ("confirm", 3): 30,
    ("done", 0): b.TITLE,
    ("Whisper", 1): b.TITLE,
    ("option", 0): b.OPTION,
    ("option", 2): b.OPTION,
}
"""Where a phrase is cut, by the builder and its argument, and after how many characters."""


@pytest.mark.parametrize("language", OTHERS)
def test_labels_and_titles_are_not_cut(language: str) -> None:
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    said = {message.id: str(message.string) for message in catalogue if isinstance(message.id, str)}
    limits = dict(_limits())
    assert len(limits) > 100
    cut = {said[text]: limit for text, limit in limits.items() if "{" not in text and b.width(said[text]) > limit}
    assert cut == {}


def _limits() -> Iterator[tuple[str, int]]:
    for path in sorted((ROOT / "bot" / "slack").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                given = [*enumerate(node.args), *((one.arg, one.value) for one in node.keywords)]
                for place, value in given:
                    if (called, place) in WHERE and (text := _phrase(value)) is not None:
                        yield text, WHERE[called, place]


def _phrase(node: ast.expr) -> str | None:
    """The pattern of `phrase("…")`."""
    match node:
        case ast.Call(func=ast.Name(id="phrase"), args=[ast.Constant(value=str(text))]):
            return text
        case _:
            return None
