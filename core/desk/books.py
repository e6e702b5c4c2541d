"""The rulebooks in use: compiled once per organisation and version, loaded anew when a transaction finds another version."""

from __future__ import annotations

from collections.abc import Mapping

from core.model.check import CheckDefinition
from core.model.organisation import BUILT_IN_TYPES, RequestType
from core.model.policy import Policy
from core.model.quick import dataclass
from core.model.trust import OFF, Safety
from core.ports import Store
from core.rulebook.condition import Conditions
from core.rulebook.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Book:
    """What an organisation judges by, as of one version: its rules, its types, the built-in ones among them, its safety.

    And whom it asks outside.
    """

    rulebook: Rulebook
    types: Mapping[str, RequestType]
    safety: Safety = OFF
    policies: tuple[Policy, ...] = ()
    checks: tuple[CheckDefinition, ...] = ()

    @property
    def asks_nobody(self) -> bool:
        return not (self.rulebook.rules or self.policies or self.checks)

    @property
    def version(self) -> int:
        return self.rulebook.version


class Books:
    def __init__(self, store: Store, conditions: Conditions) -> None:
        self._store = store
        self._books: dict[str, Book] = {}
        self.conditions = conditions

    async def of(self, organisation: str) -> Book:
        """The book in use, which may be behind: whoever judges by it compares its version inside the transaction."""
        return self._books.get(organisation) or await self.renew(organisation)

    def safety(self, organisation: str) -> Safety:
        """As last seen, for what need not be exact."""
        book = self._books.get(organisation)
        return OFF if book is None else book.safety

    async def renew(self, organisation: str) -> Book:
        """The newest book."""
        kept = await self._store.read(lambda reader: reader.rulebook(organisation))
        types = {**BUILT_IN_TYPES, **{type.word: type for type in kept.types}}
        rulebook = Rulebook(kept.version, kept.rules, self.conditions)
        book = Book(rulebook, types, kept.safety, kept.policies, kept.checks)
        known = self._books.get(organisation)
        if known is None or known.version < book.version:
            self._books[organisation] = book
        return self._books[organisation]
