"""Why this request needs these people: what became of every rule that was looked at, kept with the plan and read aloud."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.model.explanation import Because, Explanation, RuleSeen
from core.model.rule import Effect, Mode
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
    seen = [_seen(look, looked, decided, waived, waived_by) for look in looked.looks]
    idle = [one for one in seen if one.fate == "no_match"]
    kept = [one for one in seen if one.fate != "no_match" or one in idle[:LISTED]] if len(idle) > LISTED else seen
    return Explanation(outcome, looked.rulebook, tuple(kept), people, notes, len(seen) - len(kept))


def _seen(look: Look, looked: Looked, decided: frozenset[str], waived: frozenset[str], waived_by: str) -> RuleSeen:
    rule = look.rule
    fate, sentence = _fate(look, looked, decided, waived, waived_by)
    effect, answer = rule.effect.value, look.answer.truth.value
    return RuleSeen(rule.id, rule.name, rule.version, effect, answer, fate, sentence, look.answer.why)


def _fate(
    look: Look, looked: Looked, decided: frozenset[str], waived: frozenset[str], waived_by: str
) -> tuple[str, str]:
    rule = look.rule
    if rule.mode is Mode.SHADOW:
        return "shadow", "only watches"
    if rule.id in waived:
        return "waived", f"set aside: {waived_by}"
    if not (look.holds or (look.cannot_tell and rule.effect is not Effect.ALLOW)):
        return _idle(look)
    match rule.effect:
        case Effect.REQUIRE:
            return "asks", "matches, so its people are asked" if look.holds else "cannot tell, so its people are asked"
        case Effect.DENY if look.cannot_tell:
            return "questions", "cannot tell, so somebody must look"
        case Effect.DENY:
            return ("denies", "matches, so this is denied") if rule.id in decided else _after("denies", "also denies")
        case Effect.ALLOW:
            return ("allows", "allows what needs no person but for it") if rule.id in decided else _passed(look, looked)


def _after(fate: str, sentence: str) -> tuple[str, str]:
    return fate, f"{sentence}; an older rule already did"


def _idle(look: Look) -> tuple[str, str]:
    if look.spent:
        return "no_match", f"no longer allows: {look.answer.why}"
    if look.cannot_tell:
        return "no_match", "cannot tell, so it does not allow"
    return "no_match", "does not match"


def _passed(look: Look, looked: Looked) -> tuple[str, str]:
    """An allow rule that holds and yet does not decide."""
    on = (one.rule for one in looked.looks if one.rule.mode is Mode.ON and one.rule.effect is Effect.ALLOW)
    if look.rule.scope.narrowness < max(rule.scope.narrowness for rule in on):
        return "passed_over", "matches, but a narrower rule speaks for this agent"
    return "passed_over", "matches, but an older rule of the same scope or a denial decides"


@dataclass(frozen=True, slots=True)
class Fates:
    """An explanation whose shadow rules are still to be filled in."""

    seen: Explanation

    def with_shadows(self, shadows: Iterable[tuple[Look, str]]) -> Explanation:
        would = {look.rule.id: sentence for look, sentence in shadows}
        rules = (replace(one, sentence=would.get(one.rule, one.sentence)) for one in self.seen.rules)
        return replace(self.seen, rules=tuple(rules))


def read_out(seen: Explanation) -> tuple[str, ...]:
    """The explanation as lines of plain words, for Details, `why` and the API."""
    lines = [seen.outcome]
    lines += [f"Stage {one.stage}: {one.label}, asked by {_listed(one.asked_by)}." for one in seen.people]
    lines += [f"Rule {one.name} (version {one.version}) {_said(one)}." for one in seen.rules]
    if seen.others:
        lines.append(f"{seen.others} more rules were looked at and did not match.")
    return (*lines, *seen.notes)


def _said(one: RuleSeen) -> str:
    doubt = f" ({one.why})" if one.why and one.answer == "cannot_tell" else ""
    return f"{'is in shadow and ' if one.fate == 'shadow' else ''}{one.sentence}{doubt}"


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
