"""Cards in a language of marks: whatever of ours stands unmarked would stay English for everybody; nothing hangs on colour."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from bot.slack import cards
from bot.slack.drawing import samples
from core.model.organisation import BUILT_IN_TYPES
from core.phrases import speaking
from tests.cards.test_stored import EXAMPLES, drawn

NAMES: Final = {"utc", "countersign", "true", "metadata", "null", "deploys", "english", "deutsch", "amp"}
"""Called so in every language: a time zone, the command, words of conditions, an example of a label, languages, `&amp;`."""

NOTHING_TO_SAY: Final = [("whisper", "empty")]

_WORD: Final = re.compile(r"[A-Za-z]{3,}")
_MARKED: Final = re.compile(r"‹[^‹›]*(?:›|$)")


class Marks:
    """A language that says the same between marks; what is set into a pattern is left outside of them."""

    def find(self, pattern: str) -> str:
        try:
            parts = list(string.Formatter().parse(pattern))
        except ValueError:
            return f"‹{pattern}›"
        if not any(name for _, name, _, _ in parts):
            return f"‹{pattern}›"
        return "".join(_marked(*part) for part in parts)

    def find_many(self, one: str, many: str, count: int) -> str:
        return self.find(one if count == 1 else many)


def _marked(said: str, name: str | None, spec: str | None, conversion: str | None) -> str:
    text = said.replace("{", "{{").replace("}", "}}")
    marked = f"‹{text}›" if text.strip() else text
    if name is None:
        return marked
    return f"{marked}{{{name}{f'!{conversion}' if conversion else ''}{f':{spec}' if spec else ''}}}"


@pytest.mark.parametrize(("word", "name"), EXAMPLES)
def test_all_of_a_card_that_is_ours_is_said_in_the_readers_language(word: str, name: str) -> None:
    with speaking(Marks()):
        texts = list(_texts(drawn(word, name)))
    given = _of_samples(word)
    left = {each.lower() for text in texts for each in _WORD.findall(_unmarked(text))} - given
    assert {each for each in left if not _is_cut_or_filling(each, given)} == set()


@pytest.mark.parametrize(("word", "name"), EXAMPLES)
def test_a_message_says_all_of_it_without_its_blocks(word: str, name: str) -> None:
    """A-65"""
    card = drawn(word, name)
    if "type" not in card and (word, name) not in NOTHING_TO_SAY:
        assert _WORD.search(card["text"]), "notifications and screen readers say nothing else"
        heading = next(_texts(card["blocks"]), "")
        assert len(card["text"]) >= min(len(heading), 40)


@pytest.mark.parametrize(("word", "name"), EXAMPLES)
def test_nothing_is_meant_by_colour_or_picture_alone(word: str, name: str) -> None:
    """What can be pressed or chosen says in words what it does, and no line is a mark without words."""
    for element in _elements(drawn(word, name)):
        if element.get("type") == "button" or ("value" in element and "text" in element):
            assert re.search(r"\w", str(element["text"]["text"])), element
        if element.get("type") in {"rich_text_section", "rich_text_quote"}:
            said = "".join(_texts(element))
            assert re.search(r"\w", said) or said.strip() in {"", "–"}, element


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from _texts(each)
    elif isinstance(part, dict):
        for key, each in part.items():
            if isinstance(each, str):
                if key in {"text", "fallback", "accessibility_label"}:
                    yield each
            else:
                yield from _texts(each)


def _elements(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, list):
        for each in part:
            yield from _elements(each)
    elif isinstance(part, dict):
        yield part
        for each in part.values():
            yield from _elements(each)


def _unmarked(text: str) -> str:
    """What is left of it; dates are Slack's own words."""
    return re.sub(r"<!date\^\d+\^|\{\w+\}", " ", _MARKED.sub(" ", text))


def _is_cut_or_filling(word: str, given: set[str]) -> bool:
    """Long texts of examples are one letter many times, or end in the middle of a word."""
    return len(set(word)) == 1 or any(each.startswith(word) for each in given)


def _of_samples(word: str) -> set[str]:
    """The words of the example's own data: what its card's module gives it, the samples of requests, the built-in types."""
    module = Path(str(cards.__file__)).with_name(f"{word}.py")
    given = [*_given(ast.parse(module.read_text())), *_constants(_tree(samples)), *_titles()]
    return {each.lower() for text in given for each in _WORD.findall(text)} | NAMES


def _titles() -> Iterator[str]:
    for type in BUILT_IN_TYPES.values():
        yield f"{type.word} {type.title}"


def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(Path(str(module.__file__)).read_text())


def _given(tree: ast.Module) -> Iterator[str]:
    """The texts of `MEMBER` and of the private names it uses, but for those which draw."""
    defined = {name: node for node in tree.body for name in _names_of(node)}
    drawing = _used(defined, [name for name in defined if name in {"draw", "modal", "greeting", "message", "unmapped"}])
    for name in _used(defined, ["MEMBER"]) - drawing | {"MEMBER"}:
        yield from _constants(defined[name])


def _used(defined: dict[str, ast.stmt], names: list[str]) -> set[str]:
    found: set[str] = set()
    while names:
        name = names.pop()
        if name in defined and name not in found:
            found.add(name)
            names += [each.id for each in ast.walk(defined[name]) if isinstance(each, ast.Name)]
    return found


def _names_of(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef():
            return [node.name]
        case ast.Assign():
            return [target.id for target in node.targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            return []


def _constants(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
