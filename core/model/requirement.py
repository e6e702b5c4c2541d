"""A condition inside a stage, and the explained answer to it. The kinds live in `core.requirements`, one per file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self

from core.model.quick import dataclass
from core.phrases import kept, phrase


def any_with(role: str) -> str:
    """How whoever has a role is called. Kept, and so in English; `Source.said` says it in any language."""
    return f"any {role}"


@dataclass(frozen=True, slots=True)
class Source:
    """Where deciders come from: a principal (`member:…`, `group:…`, `role:…`, `anyone:…`) and how people call it."""

    principal: str
    label: str

    @property
    def said(self) -> str:
        """Its label, as far as it is our own words, in the language spoken now."""
        kind, _, rest = self.principal.partition(":")
        word = rest.partition(":")[0]
        if kind == "role" and self.label == any_with(word):
            return phrase("any {word}", word=word)
        return kept(self.label) if kind == "anyone" else self.label


@dataclass(frozen=True, slots=True)
class Delegated:
    """What a delegate decides with besides their own right: whose place it is, and the names that go with it."""

    delegator: str
    name: str
    principals: frozenset[str]
    delegation: str


@dataclass(frozen=True, slots=True)
class Vote:
    """One live approval, as a requirement sees it: who, and under which names they may be counted.

    A delegate's vote may fill a delegator's place instead of their own; still it is one vote, and one place each.
    """

    member: str
    name: str
    principals: frozenset[str]
    delegated: tuple[Delegated, ...] = ()

    @property
    def places(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """Whose place it may fill, the giver's own first, with the names that go with each."""
        return ((self.member, self.principals), *((one.delegator, one.principals) for one in self.delegated))

    def only_for(self, people: AbstractSet[str]) -> Vote:
        """The same vote, filling the place of one of these and of nobody else."""
        kept = tuple(one for one in self.delegated if one.delegator in people)
        own = self.principals if self.member in people else frozenset[str]()
        return replace(self, principals=own, delegated=kept)


@dataclass(frozen=True, slots=True)
class Report:
    """What an outside check says of one revision; `state` is `passed`, `failed` or `pending`."""

    state: str
    revision: int
    at: datetime
    summary: str | None = None
    url: str | None = None


Reports = Mapping[str, Report]
"""The reports on the present revision, by the check's name."""

NO_REPORTS: Final[Reports] = MappingProxyType({})

Bind = Callable[[Source], tuple[Source, ...]]
"""From a source as a rule names it to the sources it stands for in one request."""


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

    @property
    def ways(self) -> tuple[Requirement, ...]:
        """The requirements of which one suffices: itself alone where there is no choice."""
        return (self,)

    @property
    @abstractmethod
    def key(self) -> Hashable:
        """Two requirements with one key are equal but for id and number, and become one when plans are merged."""

    @property
    @abstractmethod
    def line(self) -> str:
        """As it is written in a rule's one line, e.g. `2 of @security`."""

    @abstractmethod
    def joined(self, other: Self) -> Self:
        """The one that asks for as much as both; only for equal keys."""

    @abstractmethod
    def called(self, id: str) -> Self:
        """The same under another id."""

    @abstractmethod
    def bound(self, bind: Bind) -> Self:
        """The same with every source replaced by what it stands for."""

    @abstractmethod
    def fills(self, vote: Vote, fixed: frozenset[str] | None) -> tuple[str, ...]:
        """Whose places this vote may fill here, of which it fills one."""

    def accepts(self, vote: Vote, fixed: frozenset[str] | None) -> bool:
        """Whether this vote may count here."""
        return bool(self.fills(vote, fixed))

    @abstractmethod
    def standing(self, votes: tuple[Vote, ...], fixed: frozenset[str] | None, reports: Reports = NO_REPORTS) -> Result:
        """How it stands with these votes; `fixed` are its people where they were fixed when the stage opened."""

    def is_met(self, votes: tuple[Vote, ...], fixed: frozenset[str] | None, reports: Reports = NO_REPORTS) -> bool:
        """What `standing` says of being met; a kind that many decisions ask says it without putting the rest into words."""
        return self.standing(votes, fixed, reports).met

    @abstractmethod
    def slots(self, fixed: frozenset[str] | None) -> int:
        """How many different people it may need at most; 0 where it needs no person."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Its parameters as JSON, with its word as the only key."""

    @abstractmethod
    def written(self) -> dict[str, Any]:
        """As it is written in a rule's document, with its word as the only key."""

    @classmethod
    @abstractmethod
    def from_json(cls, data: Mapping[str, Any], decode: Decode) -> Requirement:
        """The inverse of `to_json` for a stored requirement; `decode` reads those inside it, whatever their kind."""

    def without_people(self, result: Result, sentence: str) -> Result:
        """How it stands where somebody has broken the glass: what asks for people is met by that, nothing else is."""
        return result

    def names(self, principals: frozenset[str]) -> frozenset[str]:
        """Those of the principals by which this requirement calls for somebody."""
        return principals.intersection([source.principal for source in self.sources])


Decode = Callable[[Mapping[str, Any]], Requirement]
