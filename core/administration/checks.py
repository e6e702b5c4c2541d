"""Checks: which requests need which outside system's word, how it is called, and who alone may report it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.administration.judges import MOST, JudgesOffice, Written, must_read_judges
from core.administration.office import Made, four_eyes, must_manage
from core.administration.schedules import Sealing
from core.errors import Conflict, Invalid, NotFound, Unavailable
from core.model.check import CheckDefinition
from core.model.people import Actor
from core.model.requirement import Source
from core.naming import RuleNames
from core.outside import Judges, secret_place
from core.phrases import phrase
from core.ports import Idempotency, Reader, Store, Transaction
from core.requirements.check import checks_in
from core.rulebook.condition import Conditions
from core.rulebook.judges import read_check

PREFIX: Final = "whsec_"


@dataclass(frozen=True, slots=True)
class SeenCheck:
    """`problem` says why it cannot be called at present."""

    check: CheckDefinition
    problem: str | None


class Checks(JudgesOffice):
    """Without `sealing` and `judges` nothing can be set up here."""

    def __init__(
        self,
        store: Store,
        fresh: Callable[[], str],
        conditions: Conditions,
        sealing: Sealing | None,
        judges: Judges | None,
    ) -> None:
        super().__init__(store, fresh, conditions, sealing)
        self._caller = None if judges is None else judges.caller

    async def list(self, actor: Actor) -> Sequence[SeenCheck]:
        """By their names."""

        def look(reader: Reader) -> Sequence[SeenCheck]:
            must_read_judges(reader, actor)
            troubles = reader.outside_troubles(actor.organisation)
            return [SeenCheck(one, troubles.get(one.id)) for one in reader.checks(actor.organisation)]

        return await self._store.read(look)

    async def get(self, actor: Actor, wanted: str) -> SeenCheck:
        """By id or name."""
        found = next((one for one in await self.list(actor) if wanted in (one.check.id, one.check.name)), None)
        if found is None:
            raise NotFound(phrase("There is no such check here; look at the list of checks."))
        return found

    async def add(
        self, actor: Actor, written: Written, secret: str | None = None, *, once: Idempotency | None = None
    ) -> SeenCheck:
        draft = await self._read(actor, written)
        made = await self._add(actor, written, self._sealed(actor, draft, secret), once=once)
        return await self.get(actor, made.id)

    async def change(
        self, actor: Actor, wanted: str, written: Written, secret: str | None = None, *, version: int | None = None
    ) -> SeenCheck:
        """The whole check as it shall be, but for its name; without `secret` it keeps the one it has."""
        draft = await self._read(actor, written)
        present = (await self.get(actor, wanted)).check
        if draft.name != present.name:
            raise Invalid(phrase("A check keeps its name, which rules may use; add another one."), field="name")
        sealed = present.sealed_secret if secret is None else self._sealed(actor, draft, secret)
        await self._change_to(actor, present.id, written, sealed, version=version)
        return await self.get(actor, present.id)

    @four_eyes("checks")
    async def _add(
        self, actor: Actor, written: Written, sealed: str | None, *, once: Idempotency | None = None
    ) -> Made:
        repeat = await self._replayed(once)
        draft = replace(await self._read(actor, written), sealed_secret=sealed)
        _must_sign(draft)
        known = await self.list(actor)
        if not repeat and any(one.check.name == draft.name for one in known):
            raise Conflict(
                phrase("There already is a check {draft}; change that one.", draft=draft.name), code="already_exists"
            )
        if len(known) >= MOST and not repeat:
            raise Conflict(
                phrase("There are {most} checks, which is the limit; remove some.", most=MOST), code="too_many"
            )

        def work(tx: Transaction) -> str:
            added = replace(draft, id=f"chk_{self._fresh()}")
            self._put(tx, actor, added, "check_added")
            return added.id

        return await self._change(work, once)

    @four_eyes("checks")
    async def _change_to(
        self, actor: Actor, id: str, written: Written, sealed: str | None, *, version: int | None = None
    ) -> None:
        draft = replace(await self._read(actor, written), sealed_secret=sealed)
        _must_sign(draft)
        present = (await self.get(actor, id)).check
        if version not in (None, present.version):
            raise Conflict(phrase("The check was changed meanwhile; look at it again."), code="stale_version")

        def work(tx: Transaction) -> None:
            self._put(tx, actor, replace(draft, id=id, version=present.version + 1), "check_changed")
            tx.wake_inquiries(id)

        await self._store.transact(work)

    @four_eyes("checks")
    async def remove(self, actor: Actor, wanted: str) -> CheckDefinition:
        """Only what no rule names any more; requests that wait for it are judged again without it."""
        await self._store.read(lambda reader: must_manage(reader, actor))
        present = (await self.get(actor, wanted)).check
        naming = await self._store.read(lambda reader: _rules_naming(reader, actor.organisation, present.name))
        if naming:
            raise Conflict(
                phrase(
                    "Rule {naming} still names check {present}; change it first.",
                    naming=naming[0],
                    present=present.name,
                ),
                code="still_named",
            )

        def work(tx: Transaction) -> None:
            tx.move_rulebook(actor.organisation, tx.rulebook_version(actor.organisation))
            tx.drop_check(present)
            tx.wake_inquiries(present.id)
            tx.log(actor.organisation, "check_removed", actor, {"check": present.id, "name": present.name})

        await self._store.transact(work)
        return present

    def _put(self, tx: Transaction, actor: Actor, check: CheckDefinition, word: str) -> None:
        tx.move_rulebook(actor.organisation, tx.rulebook_version(actor.organisation))
        whole = replace(check, organisation=actor.organisation, author=actor.name, changed_at=tx.now())
        tx.put_check(whole)
        said = {"check": whole.id, "name": whole.name, "version": whole.version, "url": whole.url}
        reporter = None if whole.reporter is None else whole.reporter.principal
        tx.log(actor.organisation, word, actor, said | {"reporter": reporter, "on_failed": whole.on_failed})

    async def _read(self, actor: Actor, written: Written) -> CheckDefinition:
        def look(reader: Reader) -> CheckDefinition:
            must_manage(reader, actor)
            names = RuleNames(reader, actor.organisation)
            return read_check(
                written, names, self._conditions, lambda word: _reporter(reader, actor.organisation, word)
            )

        draft = await self._store.read(look)
        if draft.url is not None:
            if self._caller is None:
                raise Unavailable(phrase("This process calls no checks; ask the server itself."))
            self._caller.check(draft.url)
        return draft

    def _sealed(self, actor: Actor, draft: CheckDefinition, secret: str | None) -> str | None:
        if secret is None:
            return None
        return self._seal(_must_be_strong(secret), secret_place(actor.organisation, draft.name))


def _must_sign(check: CheckDefinition) -> None:
    if check.url is not None and check.sealed_secret is None:
        raise Invalid(phrase("What is called must be able to tell that it is we: {how}", how=_HOW), field="secret")


_HOW: Final = phrase("give a secret, whsec_ and 24 to 64 random bytes in base64.")


def _must_be_strong(secret: str) -> str:
    try:
        raw = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not secret.startswith(PREFIX) or not 24 <= len(raw) <= 64:
        raise Invalid(phrase("This is no secret that signs: {how}", how=_HOW), field="secret")
    return secret


def _reporter(reader: Reader, organisation: str, wanted: str) -> Source | None:
    """An agent by its name or id, or one of the agents' keys by its id."""
    agents = reader.agents(organisation)
    agent = next((one for one in agents if wanted in (one.id, one.name)), None)
    if agent is not None:
        return Source(f"agent:{agent.id}", agent.name)
    keys = ((one, key) for one in agents for key in reader.keys(organisation, one.id)) if wanted[:4] == "key_" else ()
    found = next(((one, key) for one, key in keys if key.id == wanted and key.revoked_at is None), None)
    return None if found is None else Source(f"key:{found[1].id}", found[1].id)


def _rules_naming(reader: Reader, organisation: str, check: str) -> list[str]:
    return [rule.name for rule in reader.rulebook(organisation).rules if check in checks_in(rule.stages)]
