"""The sentences with names in them that are kept with a plan, in English, and how they are said again in another language.

What is stored stays as it is written. A sentence is recognised by its pattern, so that old requests are read aloud, too;
where a name makes that ambiguous the words are cut elsewhere, never changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from inspect import signature
from typing import Final

from core.model.lease import at_most, lease_answers, of_a
from core.phrases import kept, language_now, phrase, speaking

Sentence = Callable[..., str]


def rule_allows(rule: str) -> str:
    return phrase("Rule {rule} allows this.", rule=rule)


def rule_denies(rule: str) -> str:
    return phrase("Rule {rule} denies this.", rule=rule)


def rule_asks_people(rule: str) -> str:
    return phrase("Rule {rule} asks for people.", rule=rule)


def rule_asks_checks(rule: str) -> str:
    return phrase("Rule {rule} asks for checks.", rule=rule)


def rule_unsure(rule: str, why: str | None) -> str:
    return phrase("Rule {rule} asks, since it cannot tell ({why}).", rule=rule, why=why)


def rule_could_not_tell(rule: str, why: str | None) -> str:
    return phrase("Rule {rule} could not tell: {why}.", rule=rule, why=why)


def rule_names_nobody(rule: str, source: str) -> str:
    return phrase("Rule {rule} names {source}, which stands for nobody here.", rule=rule, source=source)


def rule_doubts(rule: str, why: str | None) -> str:
    return phrase("rule {rule}, which could not tell ({why})", rule=rule, why=why)


def policy_asks(policy: str) -> str:
    return phrase("Policy {policy} asks for people.", policy=policy)


def policy_names_nobody(policy: str, source: str) -> str:
    return phrase("Policy {policy} names {source}, which stands for nobody here.", policy=policy, source=source)


def policy_passed(policy: str) -> str:
    return phrase("Policy {policy} passed", policy=policy)


def policy_unclear(policy: str) -> str:
    return phrase("Policy {policy} gave no clear answer", policy=policy)


def policy_rejects(policy: str) -> str:
    return phrase("Policy {policy} rejects this", policy=policy)


def project_allows(project: str) -> str:
    return phrase("No rule asks for anybody, and project {project} then allows.", project=project)


def project_denies(project: str) -> str:
    return phrase("No rule covers this, and project {project} then denies.", project=project)


def nobody_named(anyone: str, project: str) -> str:
    return phrase("Nobody was named, so one of {anyone} in {project} suffices.", anyone=anyone, project=project)


def somebody_must_look(doubt: str) -> str:
    return phrase("Somebody must look, says {doubt}.", doubt=doubt)


def policy_wants(policy: str) -> str:
    return phrase("policy {policy}", policy=policy)


def policy_failed(policy: str) -> str:
    return phrase("policy {policy}, which failed", policy=policy)


def policy_told_nothing(policy: str) -> str:
    return phrase("policy {policy}, which gave no clear answer", policy=policy)


def trust_answers(alike: str, spent: str, limit: str) -> str:
    return phrase("{alike}; {spent} of {limit} today.", alike=alike, spent=spent, limit=limit)


def alike_approved(approved: str, asked: str) -> str:
    return phrase("{approved} of {asked} alike approved", approved=approved, asked=asked)


def alike_approved_and_failed(approved: str, asked: str, failed: str) -> str:
    return phrase(
        "{approved} of {asked} alike approved, {failed} failed afterwards",
        approved=approved,
        asked=asked,
        failed=failed,
    )


def set_aside(waived_by: str) -> str:
    return phrase("set aside: {waived_by}", waived_by=waived_by)


def agent_was_suspended(name: str) -> str:
    return phrase("Agent {name} was suspended.", name=name)


def rule_is_gone(rule: str) -> str:
    return phrase("rule {rule}", rule=rule)


def no_longer(why: str | None) -> str:
    return phrase("no longer allows: {why}", why=why)


_WHOLE: Final = (
    rule_allows,
    rule_denies,
    rule_asks_people,
    rule_asks_checks,
    rule_unsure,
    rule_could_not_tell,
    rule_names_nobody,
    rule_doubts,
    policy_asks,
    policy_names_nobody,
    project_allows,
    project_denies,
    nobody_named,
    somebody_must_look,
    trust_answers,
    lease_answers,
    set_aside,
    no_longer,
)
_WITH_REASONS: Final = (policy_passed, policy_rejects, policy_unclear)
"""Its own reasons may follow, in the policy's words."""

_OURS: Final[Mapping[str, tuple[Sentence, ...]]] = {
    "anyone": (),
    "doubt": (rule_doubts, policy_failed, policy_told_nothing, policy_wants),
    "waived_by": _WHOLE,
    "alike": (alike_approved_and_failed, alike_approved),
    "what": (at_most, of_a),
}
"""What stands in these braces is our own again, and one of these or what they know; all else is what people call things."""

_SHAPES: Final[Mapping[str, str]] = {"what": ".+", "usd": r"\$[\d.]+", "subject_kind": r"[\w-]+"}
"""What an action's own words could otherwise be taken for."""

_BRACES: Final = re.compile(r"\{(\w+)\}")


def with_reasons(sentence: str, reasons: tuple[str, ...]) -> str:
    return f"{sentence}: {'; '.join(reasons)}." if reasons else f"{sentence}."


def said_again(text: str, among: tuple[Sentence, ...] = _WHOLE) -> str:
    """A kept sentence, one of these, in the language spoken now; one that is not known stays as it is."""
    if language_now() is None:
        return text
    known = kept(text)
    if known != text:
        return known
    for say in among:
        if (found := _reads(say).fullmatch(text)) is not None:
            return _say(say, found.groupdict())
    for say in _WITH_REASONS:
        if (found := _reads(say, rest=r"(?P<rest>(: .+)?\.)").fullmatch(text)) is not None:
            given = found.groupdict()
            rest = given.pop("rest")
            return f"{_say(say, given)}{rest}"
    return text


def ours_again(text: str, among: tuple[Sentence, ...]) -> str:
    """One of these sentences of ours in the language spoken now; whatever else stands in its place was written by people."""
    if language_now() is None:
        return text
    found = ((say, _reads(say).fullmatch(text)) for say in among)
    return next((_say(say, read.groupdict()) for say, read in found if read is not None), text)


def _say(say: Sentence, given: Mapping[str, str]) -> str:
    return say(**{name: said_again(value, _OURS[name]) if name in _OURS else value for name, value in given.items()})


@cache
def _reads(say: Sentence, rest: str = "") -> re.Pattern[str]:
    """The first name is as short as can be, so that what follows it is found first."""
    pieces = _BRACES.split(_pattern(say))
    read = (
        f"(?P<{piece}>{_SHAPES.get(piece, '.+?')})" if place % 2 else re.escape(piece)
        for place, piece in enumerate(pieces)
    )
    return re.compile("".join(read) + rest, re.DOTALL)


def _pattern(say: Sentence) -> str:
    """As it is said in English, with its names in braces."""
    with speaking(None):
        return say(**{name: f"{{{name}}}" for name in signature(say).parameters})
