"""What a figure is, and the settings all of them are measured with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.outcome import Outcome


class Databases(Protocol):
    """Makes PostgreSQL databases; each answer is an address."""

    def fresh(self) -> str: ...
    def copied(self, url: str) -> str:
        """A copy of a database nobody is connected to."""


@dataclass(frozen=True, slots=True)
class Bench:
    """`quick` measures shorter and smaller; `folder` is empty and gone afterwards; `postgres` makes databases that reach the disk."""

    quick: bool
    folder: Path
    postgres: Databases

    def so_many(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def sqlite(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.db"


@dataclass(frozen=True, slots=True)
class Figure:
    """`measure` takes a while and tells what came of it, row by row."""

    word: str
    measure: Callable[[Bench], Iterable[Outcome]]
