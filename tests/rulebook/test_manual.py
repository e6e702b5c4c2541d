"""docs/rules.md: every example on it is run, and the schema beside it is the one that is read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import pytest

from bot.cli.app import FAMILIES
from core.errors import Invalid
from core.rulebook.fixture import check_fixtures, read_fixtures
from core.rulebook.line import read_line, write_line
from core.rulebook.load import documents, load_rules
from core.rulebook.part import Part
from core.rulebook.read_back import read_back
from core.rulebook.schema import RULE_SCHEMA
from core.rulebook.short_forms import SHORT_FORMS, to_expression
from core.rulebook.source import AsWritten
from tests.rulebook.kit import CONDITIONS, NINE, rule, rulebook

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
PAGE: Final = (DOCS / "rules.md").read_text()
BLOCKS: Final = re.findall(r"^```([\w-]+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [text for word, text in BLOCKS if word == kind]


def lines(kind: str) -> list[str]:
    return [line for text in blocks(kind) for line in text.splitlines() if line]


def test_every_block_of_the_page_is_of_a_kind_that_is_run() -> None:
    assert {word for word, _ in BLOCKS} == {"rule", "read-back", "yaml", "condition", "fixtures", "wrong", "sh"}


@pytest.mark.parametrize("line", lines("sh"))
def test_a_command_of_the_page_is_one(line: str) -> None:
    program, family, word = line.split()[:3]
    assert program == "countersign"
    assert word in next(tuple(name for name, *_ in commands) for name, _, commands in FAMILIES if name == family)


@pytest.mark.parametrize("line", lines("rule"))
def test_a_rule_of_the_page_is_understood_and_written_again(line: str) -> None:
    read = read_line(line, AsWritten(), CONDITIONS)
    assert read_line(write_line(read), AsWritten(), CONDITIONS) == read


def test_the_first_rule_is_read_back_as_the_page_says_and_is_the_one_in_yaml() -> None:
    first = read_line(lines("rule")[0], AsWritten(), CONDITIONS)
    assert read_back(first) + "\n" == blocks("read-back")[0]
    assert load_rules(blocks("yaml")[0], AsWritten(), CONDITIONS) == (first,)


@pytest.mark.parametrize("text", lines("condition"))
def test_a_condition_of_the_page_is_one(text: str) -> None:
    assert CONDITIONS.parse(text).fields


def test_the_table_of_short_forms_is_true_and_whole() -> None:
    rows = re.findall(r"^\| `(\{.*\})` \| `(.*)` \|$", PAGE, re.MULTILINE)
    plain = [[cell.replace("\\|", "|") for cell in row] for row in rows]
    assert [to_expression(json.loads(form)) for form, _ in plain] == [expression for _, expression in plain]
    assert {key for form, _ in plain for key in json.loads(form)} == set(SHORT_FORMS)


def test_the_fixtures_of_the_page_pass() -> None:
    (document,) = documents(blocks("fixtures")[0])
    book = rulebook(*blocks("rule")[-1].splitlines())
    found = check_fixtures(read_fixtures(Part(document.value), NINE), book, CONDITIONS)
    assert [(one.name, one.differences) for one in found] == [(one.name, ()) for one in found]
    assert len(found) == 3


@pytest.mark.parametrize("example", blocks("wrong")[0].strip().split("\n\n"))
def test_a_complaint_reads_as_the_page_says(example: str) -> None:
    text, said = example.split("\n")
    with pytest.raises(Invalid) as caught:
        rule(text)
    assert caught.value.sentence == said


def test_the_published_schema_is_the_one_that_is_read() -> None:
    assert json.loads((DOCS / "rule.schema.json").read_text()) == RULE_SCHEMA
