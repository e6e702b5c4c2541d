"""A rule read back in plain words, before anybody confirms it."""

from __future__ import annotations

from collections.abc import Iterable

from core.model.absence import NOBODY, SAME_GROUP
from core.model.duration import say_duration
from core.model.requirement import Source
from core.model.rule import Effect, Mode, Rule, Scope
from core.phrases import listed, phrase


def read_back(rule: Rule) -> str:
    """Sentences, the stages numbered, each on a line of its own."""
    lines = [f"{rule.name}: {_when(rule)}, {_DOES[rule.effect]}"]
    lines += [f"{stage.number}. {stage.name}: {listed(r.label for r in stage.requirements)}" for stage in rule.stages]
    said = " ".join(sentence for sentence in (*_people(rule), *_times(rule), *_limits(rule)) if sentence)
    return "\n".join([*lines, said] if said else lines)


_DOES = {
    Effect.REQUIRE: phrase("these must say yes:"),
    Effect.ALLOW: phrase("no person needs to be asked."),
    Effect.DENY: phrase("it is rejected at once."),
}


def _when(rule: Rule) -> str:
    condition = phrase("for every request") if rule.when == "true" else phrase("when {when}", when=rule.when)
    return f"{condition} {_scope(rule.scope)}"


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
