"""From a bearer credential to an actor: API keys of agents, personal tokens of members. Decides nothing else."""

from __future__ import annotations

from datetime import datetime

from core.errors import NotAllowed
from core.model.people import Actor, Proof, Way
from core.model.quick import dataclass
from core.ports import Reader
from core.secrets import KEY, TOKEN, Pepper

MISSING = "Send a credential: Authorization: Bearer csk_… of an agent, or cst_… as countersign login gives it."
UNKNOWN = "This credential is unknown, revoked or too old; make a new key, or run countersign login again."


class Unauthorized(NotAllowed):
    """Nobody known asks; who they are must come before what they want."""

    code = "unauthorized"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and under which name their idempotency keys are kept."""

    actor: Actor
    credential: str


def bearer(header: str | None) -> str:
    """The credential in an Authorization header."""
    scheme, _, credential = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        raise Unauthorized(MISSING)
    return credential.strip()


def recognise(reader: Reader, credential: str, pepper: Pepper) -> Caller:
    """The caller behind a credential, as things stand now."""
    if credential.startswith(KEY):
        return _agent(reader, pepper.hash(credential, KEY))
    if credential.startswith(TOKEN):
        return _member(reader, pepper.hash(credential, TOKEN))
    raise Unauthorized(UNKNOWN)


def _agent(reader: Reader, hashed: str) -> Caller:
    key = reader.key_by_hash(hashed)
    if key is None or key.revoked_at is not None or _is_over(key.expires_at, reader.now()):
        raise Unauthorized(UNKNOWN)
    agent = reader.agent(key.agent)
    if agent is None:
        raise Unauthorized(UNKNOWN)
    if agent.suspended:
        raise NotAllowed(f"Agent {agent.name} is suspended, so its keys do nothing; ask an admin.")
    actor = Actor(
        kind="agent",
        id=agent.id,
        name=agent.name,
        organisation=key.organisation,
        way=Way.KEY,
        team=agent.team,
        verbs=key.verbs,
        projects=key.projects,
        facts=dict(key.facts),
        credential=key.id,
    )
    return Caller(actor, f"key:{key.id}")


def _member(reader: Reader, hashed: str) -> Caller:
    token = reader.token_by_hash(hashed)
    now = reader.now()
    if token is None or token.revoked_at is not None or _is_over(token.expires_at, now):
        raise Unauthorized(UNKNOWN)
    member = reader.member(token.organisation, token.member)
    if member is None or not member.active:
        raise Unauthorized("Your account here is not active; ask an admin.")
    actor = Actor(
        kind="member",
        id=member.id,
        name=member.name,
        organisation=token.organisation,
        way=Way.TOKEN,
        may_decide=token.may_decide,
        proof=Proof(Way.TOKEN, token.organisation, token.id, now),
    )
    return Caller(actor, f"token:{token.id}")


def _is_over(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and now >= expires_at
