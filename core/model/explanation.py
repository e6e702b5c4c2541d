"""Why a judgement came out as it did: which rules were looked at, what each answered, and who asked for what."""

from __future__ import annotations

from core.model.quick import dataclass


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """One rule that was looked at. `answer` is `true`, `false` or `cannot_tell`; `why` names the field or the trouble.

    `fate` is one word for what became of it: `asks`, `allows`, `denies`, `questions` (a deny that could not tell),
    `waived`, `passed_over`, `no_match`, `shadow`; `sentence` says the same to people.
    """

    rule: str
    name: str
    version: int
    effect: str
    answer: str
    fate: str
    sentence: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class PolicySeen:
    """One policy that was asked. `state` is `passed`, `failed`, `unclear` or `waiting`; `reasons` are its own words.

    `fate` is one word for what became of it: `allows`, `denies`, `asks`, `waits`, or `shadow`; `sentence` says the same.
    """

    policy: str
    name: str
    state: str
    fate: str
    sentence: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Because:
    """One requirement of the plan and who asked for it: rules, policies, the project, the request itself."""

    requirement: str
    label: str
    stage: int
    asked_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """`outcome` is the one sentence on top; `others` counts rules that did not match and are not listed.

    `notes` are what admins should know: fields that were missing, names that stand for nobody.
    """

    outcome: str
    rulebook: int = 0
    rules: tuple[RuleSeen, ...] = ()
    people: tuple[Because, ...] = ()
    notes: tuple[str, ...] = ()
    others: int = 0
    policies: tuple[PolicySeen, ...] = ()
