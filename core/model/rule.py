"""A rule: which requests need whom, or no one. Kept as versions; the newest is the one that judges."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from core.model.absence import ANYONE
from core.model.quick import dataclass
from core.model.request import Stage
from core.model.requirement import Source


class Effect(StrEnum):
    REQUIRE = "require"
    ALLOW = "allow"
    DENY = "deny"


class Mode(StrEnum):
    ON = "on"
    SHADOW = "shadow"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Place:
    """An agent, team or project a rule is about: its id, and how it was called when the rule was written."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a rule looks; nothing means the whole organisation."""

    agents: tuple[Place, ...] = ()
    teams: tuple[Place, ...] = ()
    projects: tuple[Place, ...] = ()

    @property
    def narrowness(self) -> int:
        """Agent 3, team 2, project 1, organisation 0."""
        return 3 if self.agents else 2 if self.teams else 1 if self.projects else 0

    def covers(self, *, agent: str | None, team: str | None, project: str) -> bool:
        """Every kind that is given must hold."""
        return _holds(self.agents, agent) and _holds(self.teams, team) and _holds(self.projects, project)


def _holds(places: tuple[Place, ...], wanted: str | None) -> bool:
    return not places or any(place.id == wanted for place in places)


@dataclass(frozen=True, slots=True)
class Escalation:
    """After so long in one stage, `to` are added to the rule's requirements, or take their places (`reassign`)."""

    after: timedelta
    to: tuple[Source, ...]
    reassign: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """`when` is an expression over the request; `not_from` are sources whose people may not decide.

    Sources are named as a rule can: besides `member:<id>` and `group:<id>` there are `role:<role>`, `anyone`,
    `field:<path>` and `oncall:<schedule>`, which stand for people only once there is a request; labels are as written.
    `notify` are channels, `tell` people to tell. `delegation` says who may decide in the place of somebody asked. `until` ends an allow or deny rule, `uses` an allow rule; `waivable` lets
    an allow rule set a require rule aside.

    A rule not yet saved has no `id`. `version` counts its edits, `order` grows with creation: the older of two decides.
    """

    name: str
    effect: Effect
    when: str
    mode: Mode = Mode.ON
    scope: Scope = Scope()
    stages: tuple[Stage, ...] = ()
    not_from: tuple[Source, ...] = ()
    reply_window: timedelta | None = None
    execution_window: timedelta | None = None
    remind: tuple[timedelta, ...] = ()
    escalate: Escalation | None = None
    notify: tuple[str, ...] = ()
    tell: tuple[Source, ...] = ()
    distinct: bool = False
    comment_on_reject: bool = False
    delegation: str = ANYONE
    waivable: bool = False
    until: datetime | None = None
    uses: int | None = None
    reason: str | None = None
    id: str = ""
    organisation: str = ""
    order: int = 0
    version: int = 1
    author: str = ""
    changed_at: datetime | None = None

    @property
    def cause(self) -> str:
        return f"rule:{self.id}"


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """A rule as it was saved once; `removed` when that took it out of the rulebook."""

    rule: Rule
    removed: bool = False
