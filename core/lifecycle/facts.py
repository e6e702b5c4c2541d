"""All that the world outside the request contributes to a judgement of a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from core.model.check import CheckDefinition
from core.model.emergency import Freeze, Review
from core.model.organisation import Agent, Project, RequestType
from core.model.people import Actor, Person, Verb
from core.model.quick import dataclass
from core.model.request import Judgement


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in what was sent that cannot be: the field it is in, and the sentence that says so."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Fetched before deciding. `fresh` is an unused ULID for whatever the command makes.

    `person` is the acting member as seen from the project, `agent` the acting agent, `people` everybody a decision of
    this request or the command names, `rosters` the active members behind principals that were asked for. `number`,
    `judgement`, `problems` and `open_count` are filled where the command makes a revision; `impossible` names what nobody
    could ever meet of what rules ask for, or of what is still to be met when the time is over. `change` is true where
    Countersign itself asks the other admins for a change of what is set up. `check` is the definition of the check the
    command names. `owed` is the review the actor's last break-glass still waits for. `freeze` holds claims here now, and
    `suspended` is whether the agent that asked is.
    """

    now: datetime
    actor: Actor
    fresh: str
    project: Project
    type: RequestType
    person: Person | None = None
    agent: Agent | None = None
    people: Mapping[str, Person] = field(default_factory=dict)
    rosters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    judgement: Judgement | None = None
    problems: tuple[Problem, ...] = ()
    impossible: tuple[str, ...] = ()
    change: bool = False
    check: CheckDefinition | None = None
    owed: Review | None = None
    freeze: Freeze | None = None
    suspended: bool = False
    number: int = 0
    open_count: int = 0

    def may(self, verb: Verb) -> bool:
        """Whether the actor holds the verb on the request's project, within what its credential allows."""
        if not self.present:
            return False
        actor = self.actor
        if actor.is_agent:
            return verb in (actor.verbs or frozenset())
        return self.person is not None and self.person.may(verb) and (actor.verbs is None or verb in actor.verbs)

    @property
    def present(self) -> bool:
        """Whether the actor is an active member or an agent not suspended, with a credential for this project."""
        if self.actor.projects is not None and self.project.id not in self.actor.projects:
            return False
        if self.actor.is_agent:
            return self.agent is not None and not self.agent.suspended
        return self.person is not None and self.person.active
