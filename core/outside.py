"""What core needs of judges outside: an engine that answers for a policy, and somebody who calls a check.

Neither ever says yes by accident: whatever is no answer is `NoAnswer`, and whatever cannot be understood is an unclear one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from core.model.check import CheckDefinition
from core.model.inquiry import Inquiry
from core.model.policy import Policy
from core.model.request import Request
from core.rulebook.given import PolicyState


class NoAnswer(Exception):
    """There was no answer, and there may be one later; the message is the sentence for admins."""


@dataclass(frozen=True, slots=True)
class WantedStage:
    """People a policy asks for, by the names that rules use."""

    stage: int
    min: int
    sources: tuple[str, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A policy's answer. `reasons` are its own words; of an unclear one they say what could not be understood."""

    state: PolicyState
    reasons: tuple[str, ...] = ()
    stages: tuple[WantedStage, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What a check answered when it was called: `passed`, `failed` or `pending`."""

    state: str
    summary: str | None = None
    url: str | None = None


class PolicyEngine(Protocol):
    def check(self, url: str) -> str:
        """The address as it will be called; `Invalid` where it never can be."""

    async def ask(self, policy: Policy, about: Mapping[str, Any], *, seconds: float) -> Verdict:
        """The policy's answer about what is asked, within so many seconds; else `NoAnswer`."""


class CheckCaller(Protocol):
    def check(self, url: str) -> str: ...

    async def call(self, check: CheckDefinition, inquiry: Inquiry, request: Request) -> Said:
        """Call the check about the present revision; `NoAnswer` where that came to nothing."""


@dataclass(frozen=True, slots=True)
class Judges:
    """How judges outside are reached from this process: `engines` by their words."""

    engines: Mapping[str, PolicyEngine]
    caller: CheckCaller


def token_place(organisation: str, url: str) -> str:
    """A token opens at one address alone: who gives the policy another one gains nothing by the old token."""
    return f"policies/{organisation}/{url}"


def secret_place(organisation: str, check: str) -> str:
    return f"checks/{organisation}/{check}"
