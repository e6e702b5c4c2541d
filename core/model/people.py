"""Who acts, and what they may do: members, agents, verbs, roles, principals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Final

from core.model.quick import dataclass
from core.phrases import phrase


class Verb(StrEnum):
    READ = "read"
    ASK = "ask"
    APPROVE = "approve"
    EXECUTE = "execute"
    REPORT_CHECK = "report_check"
    MANAGE = "manage"
    BREAK_GLASS = "break_glass"


class Role(StrEnum):
    REQUESTER = "requester"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"
    BREAK_GLASS = "break_glass"


VERBS_OF: dict[Role, frozenset[Verb]] = {
    Role.REQUESTER: frozenset({Verb.ASK}),
    Role.APPROVER: frozenset({Verb.READ, Verb.ASK, Verb.APPROVE}),
    Role.AUDITOR: frozenset({Verb.READ}),
    Role.ADMIN: frozenset(Verb) - {Verb.BREAK_GLASS},
    Role.BREAK_GLASS: frozenset({Verb.READ, Verb.BREAK_GLASS}),
}
"""What each role may do. Reading one's own requests needs no verb; breaking glass needs to be named for it, admins too."""


ADMINS: Final = "role:admin:everywhere"
"""The principal of whoever is admin of the whole organisation; admins of one project are not. Stored, never to be renamed."""


def verbs_of(roles: Iterable[Role]) -> frozenset[Verb]:
    return frozenset[Verb]().union(*(VERBS_OF[role] for role in roles))


class Way(StrEnum):
    """The way in by which a command came."""

    SLACK = "slack"
    TOKEN = "token"  # noqa: S105 (a way in, not a secret)
    OIDC = "oidc"
    KEY = "key"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that this person decided.

    `issuer` is the Slack team or token issuer, `user` its user id, `payload` the SHA-256 (hex) of the signed bytes
    where there were any.
    """

    kind: Way
    issuer: str
    user: str
    at: datetime
    payload: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A member as seen from one project, read live.

    `principals` are the names under which a requirement may call for this person: `member:<id>`, `group:<id>`,
    `role:<role>:<project>`, `anyone:<project>` where the person may approve, and `ADMINS`.
    `pinned` is true while one pinned identity of this person exists. `came` is since when they are in those of their
    groups that mirror a Slack user group. `stands_in_for` are those who have delegated to this person for now; none of
    these has anybody in turn, for a delegation is never passed on.
    """

    id: str
    name: str
    email: str
    active: bool
    pinned: bool
    roles: frozenset[Role]
    principals: frozenset[str]
    verbs: frozenset[Verb] = frozenset()
    came: Mapping[str, datetime] = field(default_factory=dict)
    stands_in_for: tuple[Absent, ...] = ()

    def may(self, verb: Verb) -> bool:
        return self.active and verb in self.verbs


@dataclass(frozen=True, slots=True)
class Absent:
    """Somebody who has delegated: the member as seen from the project, and the delegation's id."""

    person: Person
    delegation: str


def principals_of(
    member: str, groups: Iterable[str], roles: Iterable[Role], project: str, everywhere: Iterable[Role] = ()
) -> frozenset[str]:
    """Every name under which this member can be waited for in this project; `everywhere` are roles in the organisation."""
    held = frozenset(roles)
    names = {f"member:{member}", *(f"group:{group}" for group in groups)}
    names |= {f"role:{role}:{project}" for role in held}
    if Verb.APPROVE in verbs_of(held):
        names.add(f"anyone:{project}")
    if Role.ADMIN in everywhere:
        names.add(ADMINS)
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever issues a command, as the edge authenticated them.

    `kind` is `member`, `agent`, `system` (the clock, an operator on the host) or `stranger` (authenticated by Slack but
    mapped to no member; `id` is then `<team>/<user>`). `may_decide` is false for credentials without that right.
    `verbs` bounds what an API key may do; None means no bound of its own. `projects` likewise. `credential` is the id of
    that key. `locale` is how to speak to them (`de-DE`), where that is known.
    """

    kind: str
    id: str
    name: str
    organisation: str
    way: Way
    may_decide: bool = False
    proof: Proof | None = None
    team: str | None = None
    verbs: frozenset[Verb] | None = None
    projects: frozenset[str] | None = None
    facts: dict[str, object] = field(default_factory=dict)
    credential: str | None = None
    locale: str | None = None

    @property
    def is_member(self) -> bool:
        return self.kind == "member"

    @property
    def only_asks(self) -> bool:
        """Here by a personal token without the tick for more than reading and asking."""
        return self.is_member and not self.may_decide

    @property
    def is_agent(self) -> bool:
        return self.kind == "agent"

    @property
    def key(self) -> str:
        """Names the actor in the ledger: `member:<id>`, `agent:<id>`, `system:clock`, `stranger:<team>/<user>`."""
        return f"{self.kind}:{self.id}"


def clock_actor(organisation: str) -> Actor:
    return Actor("system", "clock", phrase("the clock"), organisation, Way.SYSTEM)
