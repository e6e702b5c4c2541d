"""What an admin sets up: organisations, projects, request types, members, groups, agents, keys, identities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any, Final

from core.model.people import Role, Verb
from core.model.quick import dataclass
from core.model.requirement import Source


@dataclass(frozen=True, slots=True)
class Organisation:
    """`four_eyes`: what decides who must say yes is changed only when another admin agrees, asked in `admin_channel` if set.

    `language` (`en`, `de`) is what is spoken in channels, where many people read along.
    """

    id: str
    name: str
    created_at: datetime
    four_eyes: bool = False
    admin_channel: str | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the organisation, known by a verified e-mail (kept lower-case)."""

    id: str
    organisation: str
    email: str
    name: str
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """The pinned link between one outside user and one member.

    `issuer` is a Slack enterprise or team id, or an OIDC issuer; `user` the user id or subject there. `email` is the
    address that proposed the link: when it changes, the link falls.
    """

    id: str
    organisation: str
    kind: str
    issuer: str
    user: str
    member: str
    email: str
    pinned_at: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """A named set of members; `mirrors` is the Slack user group it follows, if it does."""

    id: str
    organisation: str
    name: str
    mirrors: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """One role given to a member or group (`principal`), in one project or (None) everywhere."""

    organisation: str
    project: str | None
    principal: str
    role: Role


AS_THE_ORGANISATION: Final = "organisation"
"""A project's language where it has none of its own; stored, so it may never be renamed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a project behaves. Durations None mean no limit. `remind` counts from the opening of a stage.

    `when_rule_removed` is `keep` or `cancel`: what becomes of open requests whose people only a removed rule had asked.
    `late_members`: whether who comes into a mirrored group while a stage is open counts in that stage.
    `details_in_shared_channels`: whether channels that other organisations read show more than that there is a request.
    `language` is what is spoken of its requests in channels: `organisation` (as that says), or `en`, `de`.
    """

    when_no_rule: str = "ask"
    self_approval: bool = False
    comment_on_reject: bool = False
    decide_in: frozenset[str] = frozenset({"slack", "token", "oidc"})
    reply_window: timedelta | None = timedelta(hours=4)
    remind: tuple[timedelta, ...] = (timedelta(hours=1),)
    execution_window: timedelta | None = timedelta(hours=24)
    execution_timeout: timedelta | None = timedelta(hours=1)
    auto_execute: bool = False
    notify: tuple[str, ...] = ()
    open_requests_per_agent: int = 20
    when_rule_removed: str = "keep"
    late_members: bool = False
    details_in_shared_channels: bool = False
    language: str = AS_THE_ORGANISATION


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    organisation: str
    name: str
    settings: Settings
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an editable field may become. Numbers without `minimum` and `maximum` may only go down."""

    kind: str = "any"
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()

    @property
    def bounded(self) -> bool:
        return self.minimum is not None or self.maximum is not None or bool(self.choices)


@dataclass(frozen=True, slots=True)
class RequestType:
    """An admin's catalogue entry for a kind of request. `merge`, `deploy` and `custom` always exist.

    `fields` is the schema of its parameters, `required_facts` are dotted names within the facts. `may_ask` are principals
    (also `agent:<id>`, `team:<word>`, `role:<role>`); none means whoever may ask in the project. `secret` are dotted paths
    (`params.iban`, `facts.…`, `metadata.…`) whose values are hidden wherever a request is shown.
    """

    word: str
    title: str
    editable: Mapping[str, Bounds] = field(default_factory=dict)
    comment_on_reject: bool = False
    reply_window: timedelta | None = None
    execution_window: timedelta | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    required_facts: tuple[str, ...] = ()
    may_ask: tuple[Source, ...] = ()
    secret: tuple[str, ...] = ()

    @property
    def bounds(self) -> dict[str, Bounds]:
        """Of the fields that may be edited, those that say how far."""
        return {path: own for path, own in self.editable.items() if own.bounded}


_EDITABLE: Mapping[str, Bounds] = {
    "action": Bounds("text"),
    "cost.usd": Bounds("number", minimum=None),
    "cost.tokens": Bounds("integer", minimum=None),
    "side_effects": Bounds("texts"),
    "if_denied": Bounds("text"),
}

BUILT_IN_TYPES: Mapping[str, RequestType] = {
    word: RequestType(word, title, editable=_EDITABLE)
    for word, title in (("merge", "Merge"), ("deploy", "Deploy"), ("custom", "Request"))
}


@dataclass(frozen=True, slots=True)
class Agent:
    """A machine that asks. It can never decide. `acts_for` is `always`, `sometimes` or `never`."""

    id: str
    organisation: str
    name: str
    team: str | None
    acts_for: str
    owners: tuple[str, ...]
    suspended: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A credential of an agent; only its keyed hash is stored. `projects` None means all."""

    id: str
    organisation: str
    agent: str
    label: str
    verbs: frozenset[Verb]
    projects: frozenset[str] | None
    facts: Mapping[str, Any]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A personal token of a member, as `/countersign login` gives it. `may_decide` is a tick-box, off by default."""

    id: str
    organisation: str
    member: str
    label: str
    may_decide: bool
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
