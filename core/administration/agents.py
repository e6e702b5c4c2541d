"""Agents, machines that ask, and their API keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from core.administration.leases import Leases
from core.administration.office import Office, four_eyes, must_manage, must_oversee, the_member, the_project
from core.administration.rehearsal import first_id
from core.desk import Desk
from core.errors import Conflict, Invalid, NotFound
from core.model.change import PREFIX
from core.model.command import Cancel
from core.model.organisation import Agent, ApiKey
from core.model.people import Actor, Verb
from core.model.request import OPEN, ExecutionStatus, Request
from core.phrases import phrase, speaking
from core.ports import Filter, Idempotency, Page, Reader, Store, Transaction
from core.rulebook.outcomes import agent_was_suspended
from core.secrets import KEY, Pepper, new_secret

MACHINE_VERBS = frozenset({Verb.READ, Verb.ASK, Verb.EXECUTE, Verb.REPORT_CHECK})
ACTS_FOR = ("always", "sometimes", "never")


SHOWN_AGAIN: Final = 500
"""Requests handed over in the whole organisation that are looked through for a suspended agent's."""


class Agents(Office):
    def __init__(self, store: Store, fresh: Callable[[], str], desk: Desk, leases: Leases) -> None:
        super().__init__(store, fresh)
        self._desk = desk
        self._leases = leases

    async def list(self, actor: Actor) -> Sequence[Agent]:
        def look(reader: Reader) -> Sequence[Agent]:
            must_oversee(reader, actor)
            return reader.agents(actor.organisation)

        return await self._store.read(look)

    async def get(self, actor: Actor, wanted: str) -> Agent:
        """By id or name."""
        return await self._store.read(lambda reader: the_agent(reader, actor, wanted, may=must_oversee))

    @four_eyes("agents")
    async def add(
        self,
        actor: Actor,
        name: str,
        *,
        team: str | None = None,
        acts_for: str = "sometimes",
        owners: Iterable[str] = (),
        once: Idempotency | None = None,
    ) -> Agent:
        """Owners are members by id or e-mail."""
        repeat = await self._replayed(once)

        def look(reader: Reader) -> tuple[str, ...]:
            must_manage(reader, actor)
            if acts_for not in ACTS_FOR:
                raise Invalid(
                    phrase("acts_for must be one of {acts_for}.", acts_for=", ".join(ACTS_FOR)), field="acts_for"
                )
            ids = [the_member(reader, actor, owner, field="owners").id for owner in owners]
            if not repeat and any(agent.name == name for agent in reader.agents(actor.organisation)):
                raise Conflict(
                    phrase("There already is an agent {name}; give it another name.", name=name), code="already_exists"
                )
            return tuple(dict.fromkeys(ids))

        ids = await self._store.read(look)

        def work(tx: Transaction) -> str:
            id = f"agt_{self._fresh()}"
            tx.put(Agent(id, actor.organisation, name, team, acts_for, ids, suspended=False, created_at=tx.now()))
            payload = {"agent": id, "name": name, "team": team, "acts_for": acts_for, "owners": list(ids)}
            tx.log(actor.organisation, "agent_added", actor, payload)
            return id

        made = await self._change(work, once)
        return await self.get(actor, made.id)

    @four_eyes("agents", unless="suspended")
    async def suspend(
        self, actor: Actor, wanted: str, *, suspended: bool = True, once: Idempotency | None = None
    ) -> Agent:
        """Blocks its keys and claims at once and cancels what it has open, takes its leases back; the inverse brings back the keys alone."""
        agent = await self._store.read(lambda reader: the_agent(reader, actor, wanted))

        def work(tx: Transaction) -> str:
            present = tx.agent(agent.id) or agent
            if present.suspended != suspended:
                tx.put(replace(present, suspended=suspended))
                word = "agent_suspended" if suspended else "agent_resumed"
                tx.log(actor.organisation, word, actor, {"agent": agent.id, "name": agent.name})
                tx.show_again(_waiting_to_be_claimed(tx, agent))
            return agent.id

        await self._change(work, once)
        if suspended:
            await self._leases.revoke_all(actor, agent.id)
            await self._cancel_open(actor, agent)
        return await self.get(actor, agent.id)

    async def _cancel_open(self, actor: Actor, agent: Agent) -> None:
        cursor: str | None = None
        while True:
            page = await self._open_ones(agent, cursor)
            for request in page.requests:
                await self._cancel(actor, request.id, agent.name)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _open_ones(self, agent: Agent, cursor: str | None) -> Page:
        wanted = Filter(statuses=frozenset(status.value for status in OPEN), agent=agent.id)
        return await self._store.read(
            lambda reader: reader.requests(agent.organisation, wanted, cursor=cursor, limit=100)
        )

    async def _cancel(self, actor: Actor, request: str, name: str) -> None:
        with speaking(None):  # it is kept, and read by others
            why = Cancel(agent_was_suspended(name))
        try:
            await self._desk.do(actor, request, why)
        except Conflict:
            return  # it ended meanwhile


def _waiting_to_be_claimed(tx: Transaction, agent: Agent) -> list[str]:
    """Of what it asked for; their cards say that nobody can claim it now."""
    held = (tx.request(id, lock=False) for id in tx.handed_over(agent.organisation, None, tx.now(), SHOWN_AGAIN))
    return [request.id for request in held if request is not None and request.requester.id == agent.id]


def the_agent(
    reader: Reader, actor: Actor, wanted: str, *, may: Callable[[Reader, Actor], None] = must_manage
) -> Agent:
    """By id or name, for those who may change it, or as `may` says."""
    may(reader, actor)
    agent = reader.agent(wanted) if wanted.startswith("agt_") else _by_name(reader, actor, wanted)
    if agent is None or agent.organisation != actor.organisation:
        raise NotFound(phrase("There is no such agent here; look at the list of agents."))
    return agent


def _by_name(reader: Reader, actor: Actor, name: str) -> Agent | None:
    return next((agent for agent in reader.agents(actor.organisation) if agent.name == name), None)


@dataclass(frozen=True, slots=True)
class NewKey:
    """`secret` is there once: it is not stored, and a repeat of the call cannot give it again."""

    key: ApiKey
    secret: str | None


class Keys(Office):
    def __init__(self, store: Store, fresh: Callable[[], str], pepper: Pepper) -> None:
        super().__init__(store, fresh)
        self._pepper = pepper

    async def list(self, actor: Actor, agent: str) -> Sequence[ApiKey]:
        def look(reader: Reader) -> Sequence[ApiKey]:
            return reader.keys(actor.organisation, the_agent(reader, actor, agent, may=must_oversee).id)

        return await self._store.read(look)

    @four_eyes("keys")
    async def add(
        self,
        actor: Actor,
        agent: str,
        *,
        label: str = "",
        verbs: Iterable[Verb] = (Verb.ASK,),
        projects: Iterable[str] | None = None,
        facts: Mapping[str, Any] | None = None,
        expires_at: datetime | None = None,
        once: Idempotency | None = None,
    ) -> NewKey:
        """`projects` by id or name, None for all. A key can never decide or manage.

        One that others had to agree to has no secret yet, and opens nothing: `collect` makes it.
        """
        held = frozenset(verbs)

        def look(reader: Reader) -> tuple[str, frozenset[str] | None]:
            found = the_agent(reader, actor, agent)
            _must_fit_a_machine(held, expires_at, reader.now())
            must_act_for_somebody(reader, actor, facts or {})
            return found.id, ids_of(reader, actor.organisation, projects)

        owner, places = await self._store.read(look)
        secret = None if self._was_asked else new_secret(KEY)

        def work(tx: Transaction) -> str:
            key = ApiKey(
                id=f"key_{self._fresh()}",
                organisation=actor.organisation,
                agent=owner,
                label=label,
                verbs=held,
                projects=places,
                facts=dict(facts or {}),
                created_at=tx.now(),
                expires_at=expires_at,
                revoked_at=None,
            )
            tx.put(key)
            if secret is not None:
                tx.keep_key_hash(key.id, self._pepper.hash(secret, KEY))
            tx.log(actor.organisation, "key_added", actor, _payload(key))
            return key.id

        made = await self._change(work, once)
        return NewKey(await self._get(actor, owner, made.id), None if made.replayed else secret)

    async def collect(self, actor: Actor, request: str, *, once: Idempotency | None = None) -> NewKey:
        """The secret of the key that others agreed to in this request (by id): made now, shown to whoever asked, once."""
        asked = await self._store.read(lambda reader: _agreed(reader, actor, request))
        secret = new_secret(KEY)

        key = await self._store.read(lambda reader: _key_of(reader, asked))

        def work(tx: Transaction) -> str:
            if key.revoked_at is not None or not tx.keep_first_key_hash(key.id, self._pepper.hash(secret, KEY)):
                raise Conflict(
                    phrase(
                        "This key's secret was already collected, and is shown once only; revoke the key and add another."
                    ),
                    code="already_collected",
                )
            tx.log(actor.organisation, "key_collected", actor, {"key": key.id, "agent": key.agent, "request": asked.id})
            return key.id

        made = await self._change(work, once)
        return NewKey(key, None if made.replayed else secret)

    async def revoke(self, actor: Actor, agent: str, key: str) -> ApiKey:
        """From now on the key is unknown; revoking twice is no error."""
        owner = (await self._store.read(lambda reader: the_agent(reader, actor, agent))).id
        found = await self._get(actor, owner, key)
        return await self._revoke(actor, found, "key_revoked", {"key": key, "agent": owner})

    async def _get(self, actor: Actor, agent: str, key: str) -> ApiKey:
        keys = await self._store.read(lambda reader: reader.keys(actor.organisation, agent))
        found = next((one for one in keys if one.id == key), None)
        if found is None:
            raise NotFound(phrase("This agent has no such key; look at its list of keys."))
        return found


def _agreed(reader: Reader, actor: Actor, id: str) -> Request:
    """The carried out change by which this very actor asked for a key."""
    request = reader.request(id)
    own = request is not None and request.organisation == actor.organisation and request.requester.is_actor(actor)
    if request is None or not own or request.content.type != f"{PREFIX}keys":
        raise NotFound(
            phrase("There is no key here that you asked for; the request's number is in the message about it.")
        )
    must_manage(reader, actor)
    if request.execution is None or request.execution.status is not ExecutionStatus.SUCCESS:
        raise Conflict(
            phrase(
                "This key has not been agreed to, so there is nothing to collect; look at its request, and ask anew where that was refused."
            ),
            code="not_open",
        )
    return request


def _key_of(reader: Reader, request: Request) -> ApiKey:
    id = f"key_{first_id(request.content.params)}"
    agents = reader.agents(request.organisation)
    found = (key for agent in agents for key in reader.keys(request.organisation, agent.id) if key.id == id)
    key = next(found, None)
    if key is None:
        raise NotFound(phrase("This key is gone; ask for another."))
    return key


def _must_fit_a_machine(verbs: frozenset[Verb], expires_at: datetime | None, now: datetime) -> None:
    if not verbs or not verbs <= MACHINE_VERBS:
        raise Invalid(
            phrase("An API key can hold read, ask, execute and report_check; deciding and managing are for people."),
            field="verbs",
        )
    if expires_at is not None and expires_at <= now:
        raise Invalid(phrase("expires_at lies in the past; give a later moment or leave it out."), field="expires_at")


def must_act_for_somebody(reader: Reader, actor: Actor, facts: Mapping[str, Any]) -> None:
    wanted = facts.get("acts_for")
    if wanted is not None:
        the_member(reader, actor, str(wanted), field="facts.acts_for")


def ids_of(reader: Reader, organisation: str, projects: Iterable[str] | None) -> frozenset[str] | None:
    if projects is None:
        return None
    return frozenset(the_project(reader, organisation, name, field="projects").id for name in projects)


def _payload(key: ApiKey) -> dict[str, Any]:
    return {
        "key": key.id,
        "agent": key.agent,
        "label": key.label,
        "verbs": sorted(key.verbs),
        "projects": None if key.projects is None else sorted(key.projects),
        "expires_at": None if key.expires_at is None else key.expires_at.isoformat(),
    }
