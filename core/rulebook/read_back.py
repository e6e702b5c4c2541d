"""A rule, a policy or a check read back in plain words."""

from __future__ import annotations

from collections.abc import Iterable

from core.model.absence import NOBODY, SAME_GROUP
from core.model.check import CheckDefinition
from core.model.duration import say_duration
from core.model.policy import Policy
from core.model.requirement import Source
from core.model.rule import Effect, Mode, Rule, Scope
from core.phrases import listed, phrase


def read_back(rule: Rule) -> str:
    """Sentences, the stages numbered, each on a line of its own."""
    lines = [f"{rule.name}: {_when(rule.when, rule.scope)}, {_DOES[rule.effect]}"]
    lines += [f"{stage.number}. {stage.said}: {listed(r.label for r in stage.requirements)}" for stage in rule.stages]
    said = " ".join(sentence for sentence in (*_people(rule), *_times(rule), *_limits(rule)) if sentence)
    return "\n".join([*lines, said] if said else lines)


def read_back_policy(policy: Policy) -> str:
    when = _when(policy.when, policy.scope)
    asked = phrase("{name}: {when}, the policy at {url} is asked.", name=policy.name, when=when, url=policy.url)
    return " ".join([asked, _PASSED[policy.on_pass], _FAILED[policy.on_fail], *_MODES[policy.mode]])


_PASSED = {
    "approve": phrase("Where it passes and asks for nobody, no person is needed for its sake."),
    "manual": phrase("Where it passes and asks for nobody, somebody who may approve still looks."),
}
_FAILED = {
    "reject": phrase("Where it fails, the request is rejected at once."),
    "manual": phrase("Where it fails, somebody who may approve looks."),
}
_MODES = {
    Mode.ON: (),
    Mode.SHADOW: (phrase("It is in shadow: asked, without effect."),),
    Mode.OFF: (phrase("It is off: not asked."),),
}


def read_back_check(check: CheckDefinition) -> str:
    when = _when(check.when, check.scope) if check.required else phrase("where a rule names it")
    called = phrase(
        "{name}: {when}, {who} must report that it passed.", name=check.name, when=when, who=_reporting(check)
    )
    again = phrase("It may be run again.") if check.rerun else phrase("It is run once for each revision.")
    return " ".join([called, _STOPPED[check.on_failed], again])


def _reporting(check: CheckDefinition) -> str:
    called = [] if check.url is None else [phrase("the system at {url}", url=check.url)]
    return listed([*called, *([] if check.reporter is None else [check.reporter.label])], either=True)


_STOPPED = {
    "block": phrase("Where it fails, the request waits until it passes."),
    "reject": phrase("Where it fails, the request is rejected at once."),
}

_DOES = {
    Effect.REQUIRE: phrase("these must say yes:"),
    Effect.ALLOW: phrase("no person needs to be asked."),
    Effect.DENY: phrase("it is rejected at once."),
}


def _when(when: str, scope: Scope) -> str:
    condition = phrase("for every request") if when == "true" else phrase("when {when}", when=when)
    return f"{condition} {_scope(scope)}"


def _scope(scope: Scope) -> str:
    kinds = (("agent", scope.agents), ("team", scope.teams), ("project", scope.projects))
    parts = [f"{kind} {listed((place.label for place in places), either=True)}" for kind, places in kinds if places]
    return phrase("of {parts}", parts=" and ".join(parts)) if parts else phrase("anywhere in the organisation")


def _people(rule: Rule) -> Iterable[str]:
    yield phrase("Each requirement needs different people.") if rule.distinct else ""
    yield (
        phrase("Nobody from {people} may decide.", people=listed(_labels(rule.not_from), either=True))
        if rule.not_from
        else ""
    )
    told = [*rule.notify, *_labels(rule.tell)]
    yield (
        phrase("{people} {verb} told.", people=listed(told), verb=phrase("is") if len(told) == 1 else phrase("are"))
        if told
        else ""
    )
    yield phrase("Rejecting takes a reason.") if rule.comment_on_reject else ""
    yield phrase("Nobody may decide in anybody's place.") if rule.delegation == NOBODY else ""
    same = phrase("Only somebody of the same group may decide in anybody's place.")
    yield same if rule.delegation == SAME_GROUP else ""


def _times(rule: Rule) -> Iterable[str]:
    yield (
        phrase("Without an answer it expires after {duration}.", duration=say_duration(rule.reply_window))
        if rule.reply_window
        else ""
    )
    yield phrase("Reminders come after {times}.", times=listed(map(say_duration, rule.remind))) if rule.remind else ""
    if rule.escalate is not None:
        people, after = listed(_labels(rule.escalate.to)), say_duration(rule.escalate.after)
        place = phrase("are asked instead") if rule.escalate.reassign else phrase("are asked too")
        yield phrase("After {after} {people} {place}.", after=after, people=people, place=place)
    yield (
        phrase("After the yes there are {duration} to act.", duration=say_duration(rule.execution_window))
        if rule.execution_window
        else ""
    )


def _limits(rule: Rule) -> Iterable[str]:
    yield phrase("A rule that allows may set this aside.") if rule.waivable else ""
    yield phrase("It ends on {until:%Y-%m-%d at %H:%M %Z}.", until=rule.until) if rule.until else ""
    yield phrase("It can be used {uses} times.", uses=rule.uses) if rule.uses and rule.uses > 1 else ""
    yield phrase("It can be used once.") if rule.uses == 1 else ""
    yield phrase("It is in shadow: it only says what it would have done.") if rule.mode is Mode.SHADOW else ""
    yield phrase("It is off.") if rule.mode is Mode.OFF else ""
    yield phrase("Reason: {reason}", reason=rule.reason) if rule.reason else ""


def _labels(sources: Iterable[Source]) -> list[str]:
    return [source.label for source in sources]
