"""The product's source as these tests read it: every module, and every import in it, wherever it stands."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("bot", "core")


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    def at(self, node: ast.expr | ast.stmt) -> str:
        return f"{self.path.relative_to(ROOT)}:{node.lineno}"


@dataclass(frozen=True)
class Import:
    """One imported name; imports inside functions and under TYPE_CHECKING count like all others."""

    importer: Module
    imported: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}: {self.importer.name} imports {self.imported}"


@cache
def modules() -> dict[str, Module]:
    found = (read(path) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return {module.name: module for module in found}


def read(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, path, ast.parse(path.read_text(), str(path)))


@cache
def imports() -> tuple[Import, ...]:
    return tuple(found for module in modules().values() for found in imports_of(module))


def imports_of(module: Module) -> Iterator[Import]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (Import(module, alias.name, module.at(node)) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (Import(module, full_name(node.module, alias.name), module.at(node)) for alias in node.names)


def full_name(module: str, name: str) -> str:
    """`from core.model import request` imports a module, `from core.model.request import Request` a name of one."""
    inner = f"{module}.{name}"
    return inner if inner in modules() else module


def within(name: str, *rooms: str) -> bool:
    """Whether a module is one of these rooms or lies inside one."""
    return any(name == room or name.startswith(f"{room}.") for room in rooms)
