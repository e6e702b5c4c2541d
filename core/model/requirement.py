"""A condition inside a stage, and the explained answer to it. The kinds live in `core.requirements`, one per file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Source:
    """Where deciders come from: a principal (`member:…`, `group:…`, `role:…`, `anyone:…`) and how people call it."""

    principal: str
    label: str


@dataclass(frozen=True, slots=True)
class Vote:
    """One live approval, as a requirement sees it: who, and under which names they may be counted."""

    member: str
    name: str
    principals: frozenset[str]


@dataclass(frozen=True, slots=True)
class Result:
    """One explained answer: met or unmet, why, whom it waits for; `parts` explain it further."""

    label: str
    met: bool
    sentence: str
    have: int = 0
    need: int = 0
    by: tuple[str, ...] = ()
    waiting_on: tuple[Source, ...] = ()
    parts: tuple[Result, ...] = ()


class Requirement(ABC):
    """One condition of a stage. Frozen; parameters are fields; knows how it stands and whom it calls for."""

    __slots__ = ()

    word: ClassVar[str]
    id: str

    @property
    @abstractmethod
    def label(self) -> str:
        """How people call this condition, e.g. `2 of @security`."""

    @property
    @abstractmethod
    def sources(self) -> tuple[Source, ...]:
        """Whom it calls for."""

    @property
    def fixes_people(self) -> bool:
        """Whether its people are fixed when the stage opens."""
        return False

    @abstractmethod
    def accepts(self, vote: Vote, fixed: frozenset[str] | None) -> bool:
        """Whether this vote may count here."""

    @abstractmethod
    def standing(self, votes: tuple[Vote, ...], fixed: frozenset[str] | None) -> Result:
        """How it stands with these votes; `fixed` are its people where they were fixed when the stage opened."""

    @abstractmethod
    def slots(self, fixed: frozenset[str] | None) -> int:
        """How many different people it needs; 0 where it needs no person."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Its parameters as JSON, with its word as the only key."""

    @classmethod
    @abstractmethod
    def from_json(cls, data: Mapping[str, Any]) -> Requirement:
        """The inverse of `to_json` for a stored requirement."""

    def names(self, principals: frozenset[str]) -> frozenset[str]:
        """Those of the principals by which this requirement calls for somebody."""
        return frozenset(source.principal for source in self.sources) & principals
