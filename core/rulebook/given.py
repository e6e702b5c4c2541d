"""What was fetched before judging: what the rules answered, and what policies, checks, leases and trust have to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Final

from core.model.quick import dataclass
from core.model.request import Stage
from core.model.requirement import Source
from core.rulebook import outcomes as o
from core.rulebook.rulebook import Looked


class PolicyState(StrEnum):
    """`unclear`: no answer at all, or one outside its schema; `waiting`: not yet an answer, judged again when it is there."""

    PASSED = "passed"
    FAILED = "failed"
    UNCLEAR = "unclear"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """One policy's judgement and what its answer is to mean: `on_pass` approve | manual, `on_fail` reject | manual.

    `stages` are what its `require_approval` results ask for, by the sources that rules use.
    """

    id: str
    name: str
    state: PolicyState
    on_pass: str = "manual"  # noqa: S105 (what passing means, not a secret)
    on_fail: str = "manual"
    reasons: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()

    @property
    def cause(self) -> str:
        return f"policy:{self.id}"

    @property
    def denies(self) -> bool:
        return self.state is PolicyState.FAILED and self.on_fail == "reject"

    @property
    def allows(self) -> bool:
        return self.state is PolicyState.PASSED and self.on_pass == "approve" and not self.stages  # noqa: S105

    @property
    def wants_people(self) -> bool:
        """Neither a yes nor a no: somebody must look."""
        return self.state is not PolicyState.WAITING and not (self.denies or self.allows or self.stages)

    @property
    def doubt(self) -> str:
        """Who wants a person to look, and why."""
        said = {PolicyState.FAILED: o.policy_failed, PolicyState.UNCLEAR: o.policy_told_nothing}
        return said.get(self.state, o.policy_wants)(self.name)


@dataclass(frozen=True, slots=True)
class Offer:
    """A lease or the trust budget would answer for the people; `sentence` says how it comes to that."""

    cause: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Given:
    """Nothing was fetched where nothing is said.

    `stands_for` maps `field:…` and `oncall:…` sources to the people they mean in this request, and may give members
    their names; `behind` maps the sources of rules' `not_from` to member ids. `checks` are those required here, by name.
    `watching` are policies in shadow, whose answers change nothing.
    """

    looked: Looked = field(default_factory=Looked)
    stands_for: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    behind: Mapping[str, frozenset[str]] = field(default_factory=dict)
    policies: tuple[PolicyAnswer, ...] = ()
    watching: tuple[PolicyAnswer, ...] = ()
    checks: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()


NOTHING: Final = Given()
"""Where there are no rules, and nothing else has a say."""
