"""Workloads: which tokens of GitHub, GitLab or another issuer stand for which agent. Nothing secret is kept for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.administration.agents import MACHINE_VERBS, ids_of, must_act_for_somebody, the_agent
from core.administration.office import Office, four_eyes, must_manage, must_oversee
from core.errors import Conflict, Invalid, NotFound
from core.model.people import Actor, Verb
from core.model.workload import LONGEST_PATTERN, PLATFORMS, Workload, is_anchored
from core.phrases import phrase
from core.ports import Idempotency, Reader, Transaction


class Workloads(Office):
    async def list(self, actor: Actor, agent: str) -> Sequence[Workload]:
        """Of an agent, by id or name; those that were revoked too."""

        def look(reader: Reader) -> Sequence[Workload]:
            owner = the_agent(reader, actor, agent, may=must_oversee).id
            return [one for one in reader.workloads(actor.organisation) if one.agent == owner]

        return await self._store.read(look)

    @four_eyes("keys")
    async def add(
        self,
        actor: Actor,
        agent: str,
        issuer: str,
        subject: str,
        *,
        verbs: Iterable[Verb] = (Verb.ASK,),
        projects: Iterable[str] | None = None,
        facts: Mapping[str, Any] | None = None,
        once: Idempotency | None = None,
    ) -> Workload:
        """`issuer` is `github`, `gitlab` or the address of another; `subject` is a pattern. It can never decide or manage."""
        held, at = frozenset(verbs), PLATFORMS.get(issuer, issuer)
        repeat = await self._replayed(once)

        def look(reader: Reader) -> tuple[str, frozenset[str] | None]:
            found = the_agent(reader, actor, agent)
            _must_be_sound(at, subject, held)
            must_act_for_somebody(reader, actor, facts or {})
            if not repeat:
                _must_be_new(reader, actor.organisation, at, subject)
            return found.id, ids_of(reader, actor.organisation, projects)

        owner, places = await self._store.read(look)

        def work(tx: Transaction) -> str:
            made = Workload(
                id=f"wkl_{self._fresh()}",
                organisation=actor.organisation,
                agent=owner,
                issuer=at,
                subject=subject,
                verbs=held,
                projects=places,
                facts=dict(facts or {}),
                created_at=tx.now(),
                revoked_at=None,
            )
            tx.put(made)
            tx.log(actor.organisation, "workload_added", actor, _payload(made))
            return made.id

        made = await self._change(work, once)
        return await self._get(actor, owner, made.id)

    async def revoke(self, actor: Actor, agent: str, workload: str) -> Workload:
        """From now on such tokens stand for nobody; revoking twice is no error."""
        owner = (await self._store.read(lambda reader: the_agent(reader, actor, agent))).id
        found = await self._get(actor, owner, workload)
        return await self._revoke(actor, found, "workload_revoked", {"workload": workload, "agent": owner})

    async def _get(self, actor: Actor, agent: str, workload: str) -> Workload:
        def look(reader: Reader) -> Workload | None:
            must_manage(reader, actor)
            mine = (one for one in reader.workloads(actor.organisation) if one.agent == agent)
            return next((one for one in mine if one.id == workload), None)

        found = await self._store.read(look)
        if found is None:
            raise NotFound(phrase("This agent has no such workload; look at its list of workloads."))
        return found


def _must_be_sound(issuer: str, subject: str, verbs: frozenset[Verb]) -> None:
    if not verbs or not verbs <= MACHINE_VERBS:
        raise Invalid(
            phrase("A workload can hold read, ask, execute and report_check; deciding and managing are for people."),
            field="verbs",
        )
    if not issuer.startswith(("https://", "http://")) or issuer != issuer.strip():
        raise Invalid(phrase("issuer must be github, gitlab or an address that begins with https://."), field="issuer")
    if not subject.isprintable() or not 0 < len(subject) <= LONGEST_PATTERN:
        raise Invalid(
            phrase("subject must have 1 to {most} characters, all of them visible.", most=LONGEST_PATTERN),
            field="subject",
        )
    if not is_anchored(issuer, subject):
        raise Invalid(
            phrase(
                "This pattern would let strangers in, since anybody can have a token of this issuer; begin it with what is "
                "yours alone, like repo:acme/shop:ref:refs/heads/main or project_path:acme/shop:ref_type:branch:ref:main."
            ),
            field="subject",
        )


def _must_be_new(reader: Reader, organisation: str, issuer: str, subject: str) -> None:
    if any(one.subject == subject for one in reader.workloads(organisation, issuer)):
        raise Conflict(
            phrase("This pattern stands for an agent already; revoke that workload first."), code="already_exists"
        )


def _payload(workload: Workload) -> dict[str, Any]:
    return {
        "workload": workload.id,
        "agent": workload.agent,
        "issuer": workload.issuer,
        "subject": workload.subject,
        "verbs": sorted(workload.verbs),
        "projects": None if workload.projects is None else sorted(workload.projects),
    }
