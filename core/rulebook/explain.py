"""Why this request needs these people: what became of every rule that was looked at, kept with the plan and read aloud."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.model.explanation import Because, Explanation, PolicySeen, RuleSeen
from core.model.request import Plan
from core.model.rule import Effect, Mode
from core.phrases import listed, phrase, speaking
from core.rulebook import outcomes as o
from core.rulebook.given import Given, PolicyAnswer, PolicyState
from core.rulebook.merging import BEFORE
from core.rulebook.outcomes import said_again
from core.rulebook.rulebook import Look, Looked

LISTED = 20
"""Rules that did not match and are still listed one by one; all others are."""


def explanation(
    looked: Looked,
    outcome: str,
    *,
    decided: frozenset[str] = frozenset(),
    waived: frozenset[str] = frozenset(),
    waived_by: str = "",
    people: tuple[Because, ...] = (),
    notes: tuple[str, ...] = (),
) -> Explanation:
    """`decided` and `waived` are rule ids."""
    came = _Came(decided, waived, waived_by, narrowest_allowing(looked))
    idle = [place for place, look in enumerate(looked.looks) if not look.bites]
    left_out = frozenset(idle[LISTED:])
    seen = tuple(came.seen(look) for place, look in enumerate(looked.looks) if place not in left_out)
    return Explanation(outcome, looked.rulebook, seen, people, notes, len(left_out))


def policies_seen(given: Given) -> tuple[PolicySeen, ...]:
    """What became of every policy that was asked."""
    on = (_policy_seen(policy, *_policy_fate(policy)) for policy in given.policies)
    return (*on, *(_policy_seen(policy, "shadow", phrase("but it only watches")) for policy in given.watching))


def _policy_seen(policy: PolicyAnswer, fate: str, sentence: str) -> PolicySeen:
    return PolicySeen(policy.id, policy.name, policy.state.value, fate, sentence, policy.reasons)


def _policy_fate(policy: PolicyAnswer) -> tuple[str, str]:
    if policy.state is PolicyState.WAITING:
        return "waits", phrase("nobody is asked before it has")
    if policy.denies:
        return "denies", phrase("so this is rejected")
    if policy.allows:
        return "allows", phrase("so nobody is asked for its sake")
    return "asks", phrase("so its people are asked") if policy.stages else phrase("so somebody must look")


def narrowest_allowing(looked: Looked) -> int:
    """How narrow the narrowest allow rule is that was looked at."""
    allowing = (look.rule for look in looked.looks if look.rule.effect is Effect.ALLOW)
    return max((rule.scope.narrowness for rule in allowing if rule.mode is Mode.ON), default=0)


@dataclass(frozen=True, slots=True)
class _Came:
    """How it came out, from which each rule's fate follows."""

    decided: frozenset[str]
    waived: frozenset[str]
    waived_by: str
    narrowest: int

    def seen(self, look: Look) -> RuleSeen:
        rule = look.rule
        fate, sentence = self._fate(look)
        effect, answer = rule.effect.value, look.answer.truth.value
        return RuleSeen(rule.id, rule.name, rule.version, effect, answer, fate, sentence, look.answer.why)

    def _fate(self, look: Look) -> tuple[str, str]:
        rule = look.rule
        if rule.mode is Mode.SHADOW and look.bites:
            return "shadow", phrase("only watches")
        if rule.id in self.waived:
            return "waived", o.set_aside(waived_by=self.waived_by)
        if not look.bites:
            return _idle(look)
        match rule.effect:
            case Effect.REQUIRE:
                matches = phrase("matches, so its people are asked")
                return "asks", matches if look.holds else phrase("cannot tell, so its people are asked")
            case Effect.DENY if look.cannot_tell:
                return "questions", phrase("cannot tell, so somebody must look")
            case Effect.DENY:
                decided = rule.id in self.decided
                return "denies", phrase("matches, so this is denied") if decided else phrase(
                    "also denies; an older rule already did"
                )
            case Effect.ALLOW:
                return self._allowing(look)

    def _allowing(self, look: Look) -> tuple[str, str]:
        if look.rule.id in self.decided:
            return "allows", phrase("allows what needs no person but for it")
        if look.rule.scope.narrowness < self.narrowest:
            return "passed_over", phrase("matches, but a narrower rule speaks for this agent")
        return "passed_over", phrase("matches, but an older rule of the same scope or a denial decides")


def _idle(look: Look) -> tuple[str, str]:
    if look.spent:
        return "no_match", o.no_longer(why=look.answer.why)
    if look.cannot_tell:
        return "no_match", phrase("cannot tell, so it does not allow")
    return "no_match", phrase("does not match")


@dataclass(frozen=True, slots=True)
class Fates:
    """An explanation whose shadow rules are still to be filled in."""

    seen: Explanation

    def with_shadows(self, shadows: Iterable[tuple[Look, str]]) -> Explanation:
        would = {look.rule.id: sentence for look, sentence in shadows}
        rules = (replace(one, sentence=would.get(one.rule, one.sentence)) for one in self.seen.rules)
        return replace(self.seen, rules=tuple(rules))


def read_out(seen: Explanation, plan: Plan | None = None) -> tuple[str, ...]:
    """The explanation as lines of plain words, for Details, `why` and the API; what the plan asks as it says so itself."""
    stages = () if plan is None else plan.stages
    labels = {requirement.id: requirement.label for stage in stages for requirement in stage.requirements}
    people = (replace(one, label=labels.get(one.requirement, one.label)) for one in seen.people)
    lines = [said_again(seen.outcome), *map(_asked, people)]
    lines += [say_policy(one) for one in seen.policies]
    lines += [
        phrase("Rule {one} (version {version}) {said}.", one=one.name, version=one.version, said=_said(one))
        for one in seen.rules
    ]
    if seen.others:
        lines.append(phrase("{others} more rules were looked at and did not match.", others=seen.others))
    with speaking(None):  # as it is kept
        told = {could_not_tell(one.name, one.why or "") for one in seen.rules}
    return (*lines, *(said_again(note) for note in seen.notes if note not in told))


def _asked(one: Because) -> str:
    if one.stage == BEFORE:
        return phrase("Before people are asked: {one}, asked by {listed}.", one=one.label, listed=_askers(one))
    return phrase("Stage {stage}: {one}, asked by {listed}.", stage=one.stage, one=one.label, listed=_askers(one))


def _askers(one: Because) -> str:
    return listed(said_again(asker) for asker in one.asked_by)


def could_not_tell(rule: str, why: str) -> str:
    return o.rule_could_not_tell(rule=rule, why=why)


def policy_asks(policy: str) -> str:
    return o.policy_asks(policy=policy)


_POLICY_SAID = {
    "passed": phrase("passed"),
    "failed": phrase("failed"),
    "unclear": phrase("gave no clear answer"),
    "waiting": phrase("has not answered yet"),
}


def say_policy(one: PolicySeen) -> str:
    """What a policy answered, why, and what that meant."""
    shadow = phrase("is in shadow and ") if one.fate == "shadow" else ""
    why = phrase(" Its reasons: {reasons}.", reasons="; ".join(one.reasons)) if one.reasons else ""
    return phrase(
        "Policy {one} {shadow}{policy_said}, {sentence}.{why}",
        one=one.name,
        shadow=shadow,
        policy_said=_POLICY_SAID[one.state],
        sentence=said_again(one.sentence),
        why=why,
    )


def _said(one: RuleSeen) -> str:
    doubt = f" ({one.why})" if one.why and one.answer == "cannot_tell" else ""
    return f"{phrase('is in shadow and ') if one.fate == 'shadow' else ''}{said_again(one.sentence)}{doubt}"
