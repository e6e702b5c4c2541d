"""What rules answer of one revision, and whom their names stand for in it: fetched before the transaction that judges."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from core.model.explanation import Explanation
from core.model.organisation import Project
from core.model.policy import Policy
from core.model.quick import dataclass
from core.model.request import Content, Judgement, Plan, Requester, Stage
from core.model.requirement import Source
from core.model.rule import Effect, Rule
from core.naming import find_group, find_member
from core.outside import Verdict
from core.ports import Reader, StaleVersion, Store, Transaction
from core.rulebook.binding import sources_of
from core.rulebook.condition import Conditions
from core.rulebook.given import Given
from core.rulebook.rulebook import Look, Looked, Rulebook

MANY: Final = 50
"""Candidates from which on asking them all is done beside the loop."""

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Whether a rule's time is over is asked inside the transaction, by its clock."""

ALL: Final = 100_000
"""People behind one name of `not_from`: none of them may slip through."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What is asked, by whom and where."""

    content: Content
    requester: Requester
    project: Project
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyAsked:
    """A policy and what it answered in time, if it did."""

    policy: Policy
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Weighed:
    """What rules of this `version` say of a revision; `revision` is the number it was made for (None: a new request).

    `asked` are the policies that look at it, those in shadow among them.
    """

    version: int = 0
    revision: int | None = None
    given: Given = field(default_factory=Given)
    asked: tuple[PolicyAsked, ...] = ()

    def at(self, now: datetime, tx: Transaction, before: Plan | None = None) -> Given:
        """Without the rules whose time was over by now, and with those spent that were used as often as they may.

        `before` is the plan of this very revision, where it is judged anew: what it has used is its own.
        """
        looked = self.given.looked
        if not [look for look in looked.looks if look.rule.until is not None or look.rule.uses is not None]:
            return self.given
        kept = tuple(look for look in looked.looks if look.rule.until is None or now < look.rule.until)
        uses = tx.rule_uses(look.rule.id for look in kept if look.rule.uses is not None)
        own = frozenset[str]() if before is None else uses_in(before)
        kept = tuple(look.after(uses.get(look.rule.id, 0) - (look.rule.id in own)) for look in kept)
        return replace(self.given, looked=replace(looked, looks=kept))


async def ask_rules(store: Store, rulebook: Rulebook, conditions: Conditions, revision: Revision) -> Weighed:
    """Where no rule could be meant nothing is read."""
    requester, project = revision.requester, revision.project
    candidates = rulebook.candidates(
        type=revision.content.type,
        project=project.id,
        agent=requester.id if requester.kind == "agent" else None,
        team=requester.team,
        now=LONG_AGO,
    )
    if not candidates:
        return Weighed(rulebook.version, given=Given(Looked(rulebook.version)))
    look = partial(_look, rulebook, conditions, revision, candidates)
    looked = look() if len(candidates) < MANY else await asyncio.to_thread(look)
    rules = tuple(look.rule for look in looked.looks if look.rule.effect is Effect.REQUIRE and not _is_no(look))
    if not rules:
        return Weighed(rulebook.version, given=Given(looked))
    given = await store.read(lambda reader: bind(reader, revision, rules))
    return Weighed(rulebook.version, given=replace(given, looked=looked))


def _is_no(look: Look) -> bool:
    return not (look.holds or look.cannot_tell)


def _look(rulebook: Rulebook, conditions: Conditions, revision: Revision, candidates: Iterable[Rule]) -> Looked:
    view = conditions.view(
        revision.content,
        project=revision.project.name,
        requester=revision.requester,
        on_behalf_of=revision.on_behalf_of,
    )
    return rulebook.look_at(candidates, view)


def count_use(
    tx: Transaction, weighed: Weighed | None, judgement: Judgement | None, before: Plan | None = None
) -> None:
    """One more use of the allow rule that spared people; begun again if somebody else has used it meanwhile.

    `before` is the plan of this very revision, where it is judged anew: what it has used is not counted twice.
    """
    if weighed is None or judgement is None:
        return
    most = {look.rule.id: look.rule.uses for look in weighed.given.looked.looks if look.rule.uses is not None}
    if not most:
        return
    using = uses_in(judgement.plan)
    for rule in sorted(using - (frozenset[str]() if before is None else uses_in(before))):
        if rule in most:
            used = tx.rule_uses([rule]).get(rule, 0)
            if used >= most[rule]:
                raise StaleVersion(rule)
            tx.use_rule(rule, used)


def uses_in(plan: Plan) -> frozenset[str]:
    """The allow rules that spared people in this plan, everybody or some."""
    seen = plan.explanation
    if seen is None or not (plan.allowed_by or _waived(seen)):
        return frozenset()
    return frozenset(one.rule for one in seen.rules if one.fate == "allows")


def _waived(seen: Explanation) -> bool:
    return any(one.fate == "waived" for one in seen.rules)


# ------------------------------------------------------------------------------------------------ whom names stand for


def bind(reader: Reader, revision: Revision, rules: Iterable[Rule], stages: Iterable[Stage] = ()) -> Given:
    """People by their names, fields by the people they name, and everybody behind the names of `not_from`.

    `stages` are what is asked for beside rules.
    """
    rules = tuple(rules)
    values = values_of(reader, revision)
    organisation = revision.project.organisation
    named = {source.principal for rule in rules for source in _named(rule)}
    named |= {source.principal for source in sources_of(stages)}
    barring = {source.principal: source for rule in rules for source in rule.not_from}
    stands_for = {
        principal: found
        for principal in named
        if (found := _stands_for(reader, organisation, principal, values)) is not None
    }
    behind = {principal: _behind(reader, revision.project, principal, values) for principal in barring}
    return Given(stands_for=stands_for, behind=behind)


def _named(rule: Rule) -> Iterable[Source]:
    yield from sources_of(rule.stages)
    yield from rule.tell
    if rule.escalate is not None:
        yield from rule.escalate.to


def _stands_for(
    reader: Reader, organisation: str, principal: str, values: Mapping[str, Any]
) -> tuple[Source, ...] | None:
    kind, _, rest = principal.partition(":")
    if kind == "field":
        found = (_called(reader, organisation, name) for name in names_at(values, rest))
        return tuple(dict.fromkeys(source for source in found if source is not None))
    if kind == "oncall":
        schedule = reader.schedule(organisation, rest)
        return () if schedule is None else (Source(schedule.principal, schedule.label),)
    if kind == "member":
        member = reader.member(organisation, rest)
        return None if member is None else (Source(principal, member.name),)
    return None


def _called(reader: Reader, organisation: str, name: str) -> Source | None:
    if name.startswith(("@", "grp_")):
        group = find_group(reader, organisation, name)
        return None if group is None else Source(f"group:{group.id}", f"@{group.name}")
    member = find_member(reader, organisation, name)
    return None if member is None or not member.active else Source(f"member:{member.id}", member.name)


def _behind(reader: Reader, project: Project, principal: str, values: Mapping[str, Any]) -> frozenset[str]:
    kind, _, rest = principal.partition(":")
    if kind == "oncall":
        schedule = reader.schedule(project.organisation, rest)
        return frozenset() if schedule is None else reader.roster(schedule.principal, project.id, ALL)
    if kind != "field":
        return frozenset({rest}) if kind == "member" else reader.roster(principal, project.id, ALL)
    found = (_called(reader, project.organisation, name) for name in names_at(values, rest))
    people = (_behind(reader, project, source.principal, values) for source in found if source is not None)
    return frozenset[str]().union(*people)


def values_of(reader: Reader, revision: Revision) -> Mapping[str, Any]:
    """What a field in a rule may speak of."""
    content, requester, subject = revision.content, revision.requester, revision.content.subject
    agent = reader.agent(requester.id) if requester.kind == "agent" else None
    asking = {"name": requester.name, "id": requester.id, "on_behalf_of": revision.on_behalf_of}
    return {
        "metadata": content.metadata,
        "facts": content.facts,
        "params": content.params,
        "subject": {} if subject is None else {"kind": subject.kind, "id": subject.id},
        "requester": asking,
        "agent": {} if agent is None else {"name": agent.name, "owners": list(agent.owners)},
    }


def names_at(values: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """A text, or a list of texts; anything else names nobody."""
    found: Any = values
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    names = found if isinstance(found, list | tuple) else [found]
    return tuple(name for name in names if isinstance(name, str) and name)
