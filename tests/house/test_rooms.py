"""How rooms and files look: what each folder says of itself, what it is called, how long its functions are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

import pytest

from tests.house.source import PACKAGES, ROOT, Module, modules, within
from tests.house.test_directions import COLLECTIONS

DRAWERS: Final = {"common", "utils", "util", "helpers", "helper", "services", "managers", "misc", "shared"}
EMPTY_NAMES: Final = ("Manager", "Service", "Helper", "Util", "Utils")
UNFINISHED: Final = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")


def folders() -> Iterator[Path]:
    return (
        folder for package in PACKAGES for folder in sorted({path.parent for path in (ROOT / package).rglob("*.py")})
    )


def test_every_folder_says_what_it_is_for() -> None:
    silent = [module.name for module in modules().values() if module.is_package and not ast.get_docstring(module.tree)]
    missing = [str(folder.relative_to(ROOT)) for folder in folders() if not (folder / "__init__.py").exists()]
    assert silent + [folder for folder in missing if "migrations" not in folder] == []


def test_every_module_says_what_it_is_in_one_to_six_lines() -> None:
    lengths = {name: prose_lines(ast.get_docstring(module.tree) or "") for name, module in modules().items()}
    assert {name: length for name, length in lengths.items() if not within_limits(name, length)} == {}


def prose_lines(docstring: str) -> int:
    """Empty lines and drawings are not counted."""
    return sum(bool(line) and not line.startswith((" ", "├", "└", "│")) for line in docstring.splitlines())


def within_limits(name: str, length: int) -> bool:
    """A folder may say more than a file."""
    return 1 <= length <= (20 if modules()[name].is_package else 6)


def test_no_folder_is_a_drawer_for_odds_and_ends() -> None:
    assert [str(folder) for folder in folders() if folder.name in DRAWERS] == []
    assert [name for name in modules() if name.rpartition(".")[2] in DRAWERS] == []


def test_no_class_hides_behind_an_empty_name() -> None:
    assert [name for _, name in classes() if name.endswith(EMPTY_NAMES)] == []


def classes() -> Iterator[tuple[Module, str]]:
    for module in modules().values():
        yield from ((module, node.name) for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef))


def test_nothing_is_left_unfinished() -> None:
    assert [name for name, module in modules().items() if UNFINISHED.search(module.path.read_text())] == []


def test_only_settings_reads_the_environment() -> None:
    readers = [
        module.at(node)
        for name, module in modules().items()
        if not within(name, "bot.settings")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert readers == []


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_file_of_a_collection_exports_one_member(collection: str) -> None:
    files = [module for name, module in modules().items() if name.rpartition(".")[0] == collection]
    without = [module.name for module in files if module.path.stem != "base" and not exports_member(module)]
    assert without == []


def exports_member(module: Module) -> bool:
    targets = [node.targets for node in module.tree.body if isinstance(node, ast.Assign)]
    annotated = [[node.target] for node in module.tree.body if isinstance(node, ast.AnnAssign)]
    names = [name.id for found in targets + annotated for name in found if isinstance(name, ast.Name)]
    return names.count("MEMBER") == 1


def test_functions_are_short() -> None:
    lengths = [length for module in modules().values() for length in function_lengths(module)]
    if lengths:
        assert median(lengths) <= 10
        assert sum(length > 50 for length in lengths) <= len(lengths) * 0.01


def function_lengths(module: Module) -> Iterator[int]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1
