"""The list of what the source systems do is held against the tests that show it."""

import ast

from tests.house.sources import HERE, LIST, docstrings_in, listed, shown, written


def test_every_line_is_listed_once_and_in_order() -> None:
    rows = [
        row.split("|")[1].strip() for row in LIST.read_text().splitlines() if row.startswith("| ") and "-" in row[:6]
    ]
    assert rows == sorted(set(rows))
    assert rows == list(listed(LIST.read_text()))


def test_every_line_a_test_names_is_listed() -> None:
    assert sorted(shown().keys() - listed(LIST.read_text()).keys()) == []


def test_the_list_names_exactly_the_tests_that_name_its_lines() -> None:
    """When this fails: `python -m tests.house.sources` writes the list anew."""
    text = LIST.read_text()
    assert text == written(text, shown())


def test_every_line_owed_by_the_main_job_has_a_test() -> None:
    tests = shown()
    assert [line for line, owed in listed(LIST.read_text()).items() if owed == HERE and line not in tests] == []


def test_a_line_is_shown_by_a_test_function_alone() -> None:
    module = ast.parse('def helps():\n    """A-36"""\n\nasync def test_it():\n    """A-37, and why"""\n')
    assert list(docstrings_in(module)) == [("test_it", "A-37, and why")]


def test_the_last_column_follows_the_docstrings() -> None:
    text = "| A-36 | Twice counts once | main | `gone` |\nwords\n"
    assert written(text, {"A-36": ["tests/x.py::test_a", "tests/y.py::test_b"]}) == (
        "| A-36 | Twice counts once | main | `tests/x.py::test_a`<br>`tests/y.py::test_b` |\nwords\n"
    )
    assert written(text, {}) == "| A-36 | Twice counts once | main | — |\nwords\n"
