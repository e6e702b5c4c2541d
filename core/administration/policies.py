"""Policies: which outside engine is asked about which requests, and what its yes and its no mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.administration.judges import MOST, JudgesOffice, Written, must_read_judges
from core.administration.office import Made, four_eyes, must_manage
from core.administration.schedules import Sealing
from core.errors import Conflict, Invalid, NotFound, Unavailable
from core.model.people import Actor
from core.model.policy import Policy
from core.naming import RuleNames
from core.outside import Judges, token_place
from core.phrases import phrase
from core.ports import Idempotency, Reader, Store, Transaction
from core.rulebook.condition import Conditions
from core.rulebook.judges import read_policy


@dataclass(frozen=True, slots=True)
class SeenPolicy:
    """`problem` says why it cannot be asked at present."""

    policy: Policy
    problem: str | None


class Policies(JudgesOffice):
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
        self._engines = {} if judges is None else dict(judges.engines)

    async def list(self, actor: Actor) -> Sequence[SeenPolicy]:
        """The oldest first."""

        def look(reader: Reader) -> Sequence[SeenPolicy]:
            must_read_judges(reader, actor)
            troubles = reader.outside_troubles(actor.organisation)
            return [SeenPolicy(one, troubles.get(one.id)) for one in reader.policies(actor.organisation)]

        return await self._store.read(look)

    async def get(self, actor: Actor, wanted: str) -> SeenPolicy:
        """By id or name."""
        return _the_policy(await self.list(actor), wanted)

    async def add(
        self, actor: Actor, written: Written, token: str | None = None, *, once: Idempotency | None = None
    ) -> SeenPolicy:
        draft = await self._read(actor, written)
        made = await self._add(actor, written, self._sealed(actor, draft.url, token), once=once)
        return await self.get(actor, made.id)

    async def change(
        self,
        actor: Actor,
        wanted: str,
        written: Written,
        token: str | None = None,
        *,
        keep_token: bool = False,
        version: int | None = None,
    ) -> SeenPolicy:
        """The whole policy as it shall be. Its token is kept only for the very address it was given for."""
        draft = await self._read(actor, written)
        present = (await self.get(actor, wanted)).policy
        sealed = present.sealed_token if keep_token else self._sealed(actor, draft.url, token)
        if keep_token and sealed is not None and draft.url != present.url:
            raise Invalid(phrase("With another address give the token anew, or null for none."), field="token")
        await self._change_to(actor, present.id, written, sealed, version=version)
        return await self.get(actor, present.id)

    @four_eyes("policies")
    async def _add(
        self, actor: Actor, written: Written, sealed: str | None, *, once: Idempotency | None = None
    ) -> Made:
        repeat = await self._replayed(once)
        draft = await self._read(actor, written)
        known = [seen.policy for seen in await self.list(actor)]
        if not repeat:
            _must_be_new(known, draft.name)
        if len(known) >= MOST and not repeat:
            raise Conflict(
                phrase("There are {most} policies, which is the limit; remove some.", most=MOST), code="too_many"
            )

        def work(tx: Transaction) -> str:
            order = tx.rulebook_version(actor.organisation)
            added = replace(draft, id=f"pol_{self._fresh()}", order=order, sealed_token=sealed)
            self._put(tx, actor, added, "policy_added")
            return added.id

        return await self._change(work, once)

    @four_eyes("policies")
    async def _change_to(
        self, actor: Actor, id: str, written: Written, sealed: str | None, *, version: int | None = None
    ) -> None:
        draft = await self._read(actor, written)
        known = [seen.policy for seen in await self.list(actor)]
        present = _the_policy(await self.list(actor), id).policy
        _must_be_new([one for one in known if one.id != id], draft.name)
        if version not in (None, present.version):
            raise Conflict(phrase("The policy was changed meanwhile; look at it again."), code="stale_version")

        def work(tx: Transaction) -> None:
            changed = replace(draft, id=id, order=present.order, version=present.version + 1, sealed_token=sealed)
            self._put(tx, actor, changed, "policy_changed")
            tx.wake_inquiries(id)

        await self._store.transact(work)

    @four_eyes("policies")
    async def remove(self, actor: Actor, wanted: str) -> Policy:
        """Requests that wait for it are judged again without it."""
        await self._store.read(lambda reader: must_manage(reader, actor))
        present = (await self.get(actor, wanted)).policy

        def work(tx: Transaction) -> None:
            tx.move_rulebook(actor.organisation, tx.rulebook_version(actor.organisation))
            tx.drop_policy(present)
            tx.wake_inquiries(present.id)
            tx.log(actor.organisation, "policy_removed", actor, {"policy": present.id, "name": present.name})

        await self._store.transact(work)
        return present

    def _put(self, tx: Transaction, actor: Actor, policy: Policy, word: str) -> None:
        tx.move_rulebook(actor.organisation, tx.rulebook_version(actor.organisation))
        whole = replace(policy, organisation=actor.organisation, author=actor.name, changed_at=tx.now())
        tx.put_policy(whole)
        said = {"policy": whole.id, "name": whole.name, "version": whole.version, "url": whole.url}
        means = {"on_pass": whole.on_pass, "on_fail": whole.on_fail, "mode": whole.mode.value}
        tx.log(actor.organisation, word, actor, said | means)

    async def _read(self, actor: Actor, written: Written) -> Policy:
        if not self._engines:
            raise Unavailable(phrase("This process asks no policies; ask the server itself."))

        def look(reader: Reader) -> Policy:
            must_manage(reader, actor)
            names = RuleNames(reader, actor.organisation)
            return read_policy(written, names, self._conditions, tuple(self._engines))

        draft = await self._store.read(look)
        self._engines[draft.engine].check(draft.url)
        return draft

    def _sealed(self, actor: Actor, url: str, token: str | None) -> str | None:
        return None if token is None else self._seal(token, token_place(actor.organisation, url))


def _the_policy(known: Sequence[SeenPolicy], wanted: str) -> SeenPolicy:
    found = next((one for one in known if wanted in (one.policy.id, one.policy.name)), None)
    if found is None:
        raise NotFound(phrase("There is no such policy here; look at the list of policies."))
    return found


def _must_be_new(known: Sequence[Policy], name: str) -> None:
    if any(one.name.lower() == name.lower() for one in known):
        raise Conflict(phrase("There already is a policy {name}; change that one.", name=name), code="already_exists")
