"""A rule read back in plain words, before anybody confirms it."""

from __future__ import annotations

from collections.abc import Iterable

from core.model.duration import say_duration
from core.model.requirement import Source
from core.model.rule import Effect, Mode, Rule, Scope


def read_back(rule: Rule) -> str:
    """Sentences, the stages numbered, each on a line of its own."""
    lines = [f"{rule.name}: {_when(rule)}, {_DOES[rule.effect]}"]
    lines += [f"{stage.number}. {stage.name}: {_and(r.label for r in stage.requirements)}" for stage in rule.stages]
    said = " ".join(sentence for sentence in (*_people(rule), *_times(rule), *_limits(rule)) if sentence)
    return "\n".join([*lines, said] if said else lines)


_DOES = {
    Effect.REQUIRE: "these must say yes:",
    Effect.ALLOW: "no person needs to be asked.",
    Effect.DENY: "it is rejected at once.",
}


def _when(rule: Rule) -> str:
    condition = "for every request" if rule.when == "true" else f"when {rule.when}"
    return f"{condition} {_scope(rule.scope)}"


def _scope(scope: Scope) -> str:
    kinds = (("agent", scope.agents), ("team", scope.teams), ("project", scope.projects))
    parts = [f"{kind} {_or(place.label for place in places)}" for kind, places in kinds if places]
    return f"of {' and '.join(parts)}" if parts else "anywhere in the organisation"


def _people(rule: Rule) -> Iterable[str]:
    yield "Each requirement needs different people." if rule.distinct else ""
    yield f"Nobody from {_or(_labels(rule.not_from))} may decide." if rule.not_from else ""
    told = [*rule.notify, *_labels(rule.tell)]
    yield f"{_and(told)} {'is' if len(told) == 1 else 'are'} told." if told else ""
    yield "Rejecting takes a reason." if rule.comment_on_reject else ""


def _times(rule: Rule) -> Iterable[str]:
    yield f"Without an answer it expires after {say_duration(rule.reply_window)}." if rule.reply_window else ""
    yield f"Reminders come after {_and(map(say_duration, rule.remind))}." if rule.remind else ""
    if rule.escalate is not None:
        people, after = _and(_labels(rule.escalate.to)), say_duration(rule.escalate.after)
        place = "are asked instead" if rule.escalate.reassign else "are asked too"
        yield f"After {after} {people} {place}."
    yield f"After the yes there are {say_duration(rule.execution_window)} to act." if rule.execution_window else ""


def _limits(rule: Rule) -> Iterable[str]:
    yield "A rule that allows may set this aside." if rule.waivable else ""
    yield f"It ends on {rule.until:%Y-%m-%d at %H:%M %Z}." if rule.until else ""
    yield f"It can be used {rule.uses} times." if rule.uses and rule.uses > 1 else ""
    yield "It can be used once." if rule.uses == 1 else ""
    yield "It is in shadow: it only says what it would have done." if rule.mode is Mode.SHADOW else ""
    yield "It is off." if rule.mode is Mode.OFF else ""
    yield f"Reason: {rule.reason}" if rule.reason else ""


def _labels(sources: Iterable[Source]) -> list[str]:
    return [source.label for source in sources]


def _and(words: Iterable[str]) -> str:
    return _joined(words, " and ")


def _or(words: Iterable[str]) -> str:
    return _joined(words, " or ")


def _joined(words: Iterable[str], last: str) -> str:
    said = list(words)
    return last.join((", ".join(said[:-1]), said[-1])) if len(said) > 1 else "".join(said)
