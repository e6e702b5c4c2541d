"""A stored revision and all that judging it takes besides the rules, so that it can be judged once more by others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from core.model.organisation import Project, RequestType
from core.model.request import Content, Judgement, Requester, Stage
from core.model.rule import Rule
from core.rulebook.condition import Conditions, View
from core.rulebook.given import Given
from core.rulebook.judge import who_ask
from core.rulebook.judged import judged
from core.rulebook.rulebook import Looked, Rulebook


@dataclass(frozen=True, slots=True)
class PastRevision:
    """`given` holds what was known besides the rules. `number` is the request's."""

    number: int
    requester: Requester
    project: Project
    type: RequestType
    content: Content
    at: datetime
    on_behalf_of: str | None = None
    named: tuple[Stage, ...] = ()
    distinct: bool = False
    notify: tuple[str, ...] = ()
    given: Given = field(default_factory=Given)

    def view(self, conditions: Conditions) -> View:
        behalf = self.on_behalf_of
        return conditions.view(self.content, project=self.project.name, requester=self.requester, on_behalf_of=behalf)

    @property
    def own(self) -> frozenset[str]:
        """The members who may not decide because it is theirs."""
        return frozenset() if self.project.settings.self_approval else who_ask(self.requester, self.on_behalf_of)

    def candidates_in(self, rulebook: Rulebook) -> tuple[Rule, ...]:
        return rulebook.candidates(
            type=self.content.type,
            project=self.project.id,
            agent=self.requester.id if self.requester.kind == "agent" else None,
            team=self.requester.team,
            now=self.at,
        )

    def looked_at_by(self, rulebook: Rulebook, view: View) -> Looked:
        """How often a rule had been used then is not known any more, so that a count never ends it here."""
        return rulebook.look_at(self.candidates_in(rulebook), view)

    def judged(self, looked: Looked) -> Judgement:
        return judged(
            asking=who_ask(self.requester, self.on_behalf_of),
            project=self.project,
            type=self.type,
            named=self.named,
            distinct=self.distinct,
            notify=self.notify,
            given=replace(self.given, looked=looked),
        )
