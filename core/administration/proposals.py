"""A change of one rule in two steps: proposed, which reads it back and tries it on the past; then carried out as it was seen.

A proposal is bound to what it would make of the rule and to the rulebook it was made upon (`digest`). Carrying it out
compares the rulebook's version in its own transaction, so that nobody confirms something else than they have read.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from enum import StrEnum

from core.administration.office import must_manage
from core.administration.rules import MOST, RuleOffice, Written, is_called, next_version, the_rule, with_rule
from core.errors import Conflict, Invalid, NotFound
from core.model.people import Actor
from core.model.rule import Mode, Rule
from core.phrases import phrase
from core.ports import Idempotency, Reader, Rules
from core.rulebook.lint import Lint
from core.rulebook.replay import Replayed


class Kind(StrEnum):
    ADD = "add"
    CHANGE = "change"
    SWITCH = "switch"
    REMOVE = "remove"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Wish:
    """What an admin wants of the rules. `rule` is an id or name, but where one is added; `written` is for add and change.

    To add what has the name of a rule that is there is refused, but with `or_change`: then it is a change of that one.
    """

    kind: Kind
    rule: str = ""
    written: Written = ""
    mode: Mode = Mode.ON
    or_change: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """The rule as it is (None: there is none yet) and as it would be (None: gone); `book` is the rulebook's version.

    With `four_eyes` on, carrying it out asks the other admins.
    """

    wish: Wish
    before: Rule | None
    after: Rule | None
    book: int
    warnings: tuple[Lint, ...] = ()
    four_eyes: bool = False

    @property
    def rule(self) -> Rule:
        found = self.after or self.before
        if found is None:
            raise NotFound(phrase("There is no such rule here; look at the list of rules."))
        return found

    @property
    def version(self) -> int:
        """The one it would be saved as."""
        return 1 if self.before is None and self.wish.kind is Kind.ADD else self.rule.version + (self.after is None)

    @property
    def changes_nothing(self) -> bool:
        return self.before is not None and self.after == replace(self.before, version=self.before.version + 1)

    @property
    def digest(self) -> str:
        """Of everything that was read back: what is done to which version of which rule, and what comes of it."""
        said = (self.wish.kind, self.before, self.after, self.book)
        return hashlib.sha256(repr(said).encode()).hexdigest()


class Proposals(RuleOffice):
    async def propose(self, actor: Actor, wish: Wish) -> Proposal:
        """Everything that carrying it out would refuse is refused."""

        def look(reader: Reader) -> Proposal:
            must_manage(reader, actor)
            organisation = reader.organisation(actor.organisation)
            four_eyes = organisation is not None and organisation.four_eyes
            return replace(self._proposed(reader, actor, wish), four_eyes=four_eyes)

        return await self._store.read(look)

    def _proposed(self, reader: Reader, actor: Actor, wish: Wish) -> Proposal:
        kept = reader.rulebook(actor.organisation)
        match wish.kind:
            case Kind.ADD | Kind.CHANGE:
                return self._written(reader, actor, wish, kept)
            case Kind.UNDO:
                return self._undone(reader, actor, wish, kept)
            case _:
                return self._other(reader, actor, wish, kept)

    async def tried(self, actor: Actor, proposal: Proposal, *, days: int = 30) -> AsyncIterator[Replayed]:
        """What it would have changed of past requests, so far, after every slice."""
        before = await self.list(actor)
        after = with_rule(before, proposal.rule.id, proposal.after)
        async for so_far in self._compared(actor, before, after, days=days, most=MOST):
            yield so_far

    async def carry_out(self, actor: Actor, proposal: Proposal, *, once: Idempotency | None = None) -> Rule:
        """Exactly this, upon exactly that rulebook."""
        wish, id, book = proposal.wish, proposal.rule.id, proposal.book
        version = None if proposal.before is None else proposal.before.version
        match wish.kind:
            case Kind.ADD | Kind.CHANGE if proposal.before is None:
                return (await self.add(actor, wish.written, book=book, once=once)).rule
            case Kind.ADD | Kind.CHANGE:
                return (await self.change(actor, id, wish.written, version=version, book=book)).rule
            case Kind.SWITCH:
                return await self.switch(actor, id, wish.mode, book=book, once=once)
            case Kind.UNDO if proposal.after is not None:
                return await self.undo(actor, id, version=version, book=book, once=once)
            case _:
                return await self.remove(actor, id, version=version, book=book)

    # Inside.

    def _written(self, reader: Reader, actor: Actor, wish: Wish, kept: Rules) -> Proposal:
        rule = self._read(reader, actor, wish.written)
        namesake = next((one for one in kept.rules if is_called(one, rule.name)), None)
        present = the_rule(kept, wish.rule) if wish.rule else namesake if wish.or_change else None
        if namesake is not None and (present is None or present.id != namesake.id):
            raise Conflict(
                phrase(
                    "There already is a rule {namesake}; edit that one, or name this one otherwise.",
                    namesake=namesake.name,
                ),
                code="already_exists",
            )
        if len(kept.rules) >= MOST and present is None:
            raise Conflict(
                phrase("There are {most} rules, which is the limit; remove some.", most=MOST), code="too_many"
            )
        checked = self._checked(reader, actor, rule if present is None else next_version(present, rule), kept)
        return Proposal(wish, present, checked.rule, kept.version, checked.warnings)

    def _other(self, reader: Reader, actor: Actor, wish: Wish, kept: Rules) -> Proposal:
        present = the_rule(kept, wish.rule)
        if wish.kind is Kind.REMOVE:
            return Proposal(wish, present, None, kept.version)
        if present.mode is wish.mode:
            raise Invalid(
                phrase(
                    "Rule {present} already is {mode}; nothing needs to be changed.",
                    present=present.name,
                    mode=wish.mode.value,
                )
            )
        switched = next_version(present, replace(present, mode=wish.mode, reason=None))
        checked = self._checked(reader, actor, switched, kept)
        return Proposal(wish, present, checked.rule, kept.version, checked.warnings)

    def _undone(self, reader: Reader, actor: Actor, wish: Wish, kept: Rules) -> Proposal:
        """What was only added is taken back by removing it."""
        versions = reader.rule_versions(actor.organisation, wish.rule)
        versions = versions or reader.rule_versions(actor.organisation, the_rule(kept, wish.rule).id)
        last = versions[0]
        if len(versions) == 1:
            return Proposal(wish, last.rule, None, kept.version)
        before = versions[1].rule
        if any(is_called(rule, before.name) and rule.id != before.id for rule in kept.rules):
            raise Conflict(
                phrase("There is another rule {before} by now; rename that one first.", before=before.name),
                code="already_exists",
            )
        restored = next_version(last.rule, replace(before, reason=f"as version {before.version} was"))
        checked = self._checked(reader, actor, restored, kept)
        return Proposal(wish, last.rule, checked.rule, kept.version, checked.warnings)
