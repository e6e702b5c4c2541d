"""What is fetched before a revision is judged: rules and policies are asked side by side, with one deadline.

A plan says what to ask (`core.rulebook.asking`); what could not be had in time is a value, *waiting*, and its inquiry is
saved with the request, so that whoever is up then asks again and has it judged anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from core.desk.books import Book
from core.desk.facts import type_called
from core.desk.weighing import PolicyAsked, Revision, Weighed, ask_rules, bind
from core.errors import Invalid
from core.model import event as e
from core.model.check import CheckDefinition
from core.model.inquiry import Inquiry, Kind, Progress
from core.model.policy import Policy
from core.model.request import Request, Stage, unnamed
from core.model.requirement import Source
from core.model.rule import Mode
from core.naming import RuleNames
from core.outside import NoAnswer, PolicyEngine, Verdict, WantedStage
from core.phrases import phrase
from core.ports import Reader, Store, Transaction
from core.requirements.approvals import Approvals
from core.requirements.check import checks_in
from core.rulebook.asking import Outside, to_ask
from core.rulebook.condition import Conditions
from core.rulebook.given import Given, PolicyAnswer, PolicyState
from core.rulebook.source import source_called
from core.veil import veil_content

DEADLINE: Final = 0.8
"""Seconds a create waits for all policies together."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """`engines` are those policies may name, by their words."""

    store: Store
    conditions: Conditions
    engines: Mapping[str, PolicyEngine]

    async def weigh(self, book: Book, revision: Revision, *, of: Request | None, known: bool) -> Weighed:
        """What rules and policies say of a revision. `known`: of the present revision of `of`, so nobody is asked anew."""
        outside = self._to_ask(book, revision)
        rules = ask_rules(self.store, book.rulebook, self.conditions, revision)
        if not outside.policies:
            weighed = await rules
            return replace(weighed, given=replace(weighed.given, checks=outside.checks)) if outside.checks else weighed
        asking = self._answers(book, revision, outside.policies, of, known=known)
        weighed, asked = await asyncio.gather(rules, asking)
        answers = await self._bound(revision, asked)
        given = replace(
            weighed.given,
            policies=tuple(answer for policy, answer in answers if policy.mode is Mode.ON),
            watching=tuple(answer for policy, answer in answers if policy.mode is Mode.SHADOW),
            checks=outside.checks,
        )
        given = await self._with_people(revision, given)
        return replace(weighed, given=given, asked=asked)

    def _to_ask(self, book: Book, revision: Revision) -> Outside:
        if not book.policies and not book.checks:
            return Outside()
        view = self.conditions.view(
            revision.content,
            project=revision.project.name,
            requester=revision.requester,
            on_behalf_of=revision.on_behalf_of,
        )
        return to_ask(
            book.policies,
            book.checks,
            conditions=self.conditions,
            view=view,
            project=revision.project.id,
            requester=revision.requester,
        )

    # Policies.

    async def _answers(
        self, book: Book, revision: Revision, policies: Sequence[Policy], of: Request | None, *, known: bool
    ) -> tuple[PolicyAsked, ...]:
        if known and of is not None:
            return await self.store.read(lambda reader: _answered_before(reader, of, policies))
        number = 1 if of is None else of.revision + 1
        secret = type_called(book.types, revision.content.type).secret
        about = await self.store.read(lambda reader: data_of(reader, revision, secret, number))
        found = await asyncio.gather(*(self._ask(policy, about) for policy in policies))
        return tuple(PolicyAsked(policy, verdict) for policy, verdict in zip(policies, found, strict=True))

    async def _ask(self, policy: Policy, about: Mapping[str, Any]) -> Verdict | None:
        """None where there was no answer in time."""
        seconds = min(DEADLINE, policy.deadline.total_seconds())
        try:
            async with asyncio.timeout(seconds):
                return await engine_of(self.engines, policy).ask(policy, about, seconds=seconds)
        except (TimeoutError, NoAnswer):
            return None

    # Whom they name.

    async def _bound(self, revision: Revision, asked: Iterable[PolicyAsked]) -> list[tuple[Policy, PolicyAnswer]]:
        asked = [one for one in asked if one.verdict is not None or one.policy.mode is Mode.ON]
        if not any(one.verdict is not None and one.verdict.stages for one in asked):
            return [(one.policy, _answer(one, ())) for one in asked]

        def look(reader: Reader) -> list[tuple[Policy, PolicyAnswer]]:
            names = RuleNames(reader, revision.project.organisation)
            return [(one.policy, _answer(one, _stages(one, names))) for one in asked]

        return await self.store.read(look)

    async def _with_people(self, revision: Revision, given: Given) -> Given:
        stages = tuple(stage for policy in given.policies for stage in policy.stages)
        if not stages:
            return given
        found = await self.store.read(lambda reader: bind(reader, revision, (), stages))
        return replace(given, stands_for={**given.stands_for, **found.stands_for})


def engine_of(engines: Mapping[str, PolicyEngine], policy: Policy) -> PolicyEngine:
    found = engines.get(policy.engine)
    if found is None:
        raise NoAnswer(phrase("This process asks no policies; the server does."))
    return found


def data_of(reader: Reader, revision: Revision, secret: tuple[str, ...], number: int) -> Mapping[str, Any]:
    """A revision as policies see it (`input`): every field is there, null where it was not declared; `secret` is hidden."""
    content, requester = revision.content, revision.requester
    shown = veil_content(content, secret) if secret else content
    asked_for = revision.on_behalf_of
    behalf = None if asked_for is None else reader.member(revision.project.organisation, asked_for)
    cost, subject = shown.cost, shown.subject
    return {
        "project": revision.project.name,
        "type": shown.type,
        "title": shown.title,
        "description": shown.description,
        "action": shown.action,
        "params": dict(shown.params),
        "subject": None if subject is None else {"kind": subject.kind, "id": subject.id, "url": subject.url},
        "reasoning": shown.reasoning,
        "cost": {"usd": None, "tokens": None} if cost is None else {"usd": cost.usd, "tokens": cost.tokens},
        "side_effects": list(shown.side_effects),
        "if_denied": shown.if_denied,
        "facts": dict(shown.facts),
        "metadata": dict(shown.metadata),
        "links": [{"title": link.title, "url": link.url} for link in shown.links],
        "requester": {"kind": requester.kind, "id": requester.id, "name": requester.name, "team": requester.team},
        "on_behalf_of": behalf.email if behalf else None,
        "revision": number,
    }


def _answered_before(reader: Reader, request: Request, policies: Iterable[Policy]) -> tuple[PolicyAsked, ...]:
    """What these versions of the policies have said of this revision; others are still to be asked."""
    found = reader.inquiries(request.id, request.revision)
    answers = {(one.about, one.version): one.answer for one in found if one.kind is Kind.POLICY}
    kept = ((policy, answers.get((policy.id, policy.version))) for policy in policies)
    return tuple(PolicyAsked(policy, None if answer is None else verdict_from(answer)) for policy, answer in kept)


def _answer(asked: PolicyAsked, stages: tuple[Stage, ...]) -> PolicyAnswer:
    policy, verdict = asked.policy, asked.verdict
    return PolicyAnswer(
        id=policy.id,
        name=policy.name,
        state=PolicyState.WAITING if verdict is None else verdict.state,
        on_pass=policy.on_pass,
        on_fail=policy.on_fail,
        reasons=() if verdict is None else verdict.reasons,
        stages=stages,
    )


def _stages(asked: PolicyAsked, names: RuleNames) -> tuple[Stage, ...]:
    """What the policy asks for, one stage per number. A name nobody bears stays: nobody can answer in its place."""
    wanted = () if asked.verdict is None else asked.verdict.stages
    numbers = sorted({one.stage for one in wanted})
    return tuple(_stage(number, [one for one in wanted if one.stage == number], names) for number in numbers)


def _stage(number: int, wanted: Sequence[WantedStage], names: RuleNames) -> Stage:
    requirements = tuple(
        Approvals(f"s{number}r{place}", one.min, tuple(dict.fromkeys(_source(name, names) for name in one.sources)))
        for place, one in enumerate(wanted, start=1)
    )
    return Stage(number, next((one.name for one in wanted if one.name), unnamed(number)), requirements)


def _source(name: str, names: RuleNames) -> Source:
    try:
        return source_called(name, names)
    except Invalid:
        return Source(f"field:{name}", name)


# ----------------------------------------------------------------------------------------------------------- in the store


def verdict_to(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON, to be kept."""
    stages = [
        {"stage": one.stage, "min": one.min, "sources": list(one.sources), "name": one.name} for one in verdict.stages
    ]
    return {"state": verdict.state.value, "reasons": list(verdict.reasons), "stages": stages}


def verdict_from(kept: Mapping[str, Any]) -> Verdict:
    stages = (WantedStage(one["stage"], one["min"], tuple(one["sources"]), one["name"]) for one in kept["stages"])
    return Verdict(PolicyState(kept["state"]), tuple(kept["reasons"]), tuple(stages))


def inquiries_for(
    tx: Transaction,
    after: Request,
    events: Iterable[e.Event],
    weighed: Weighed | None,
    checks: Sequence[CheckDefinition],
) -> bool:
    """Keep what was asked about a plan that has just been judged, and what is still to be; says whether something is."""
    if not after.is_open or not any(isinstance(event, e.Judged) for event in events):
        return False
    asked = () if weighed is None else weighed.asked
    if not asked and not checks:
        return False
    needed, now = frozenset(checks_in(after.plan.stages)), tx.now()
    wanted = [
        _policy_inquiry(after, one, now) for one in asked if one.verdict is not None or one.policy.mode is Mode.ON
    ]
    wanted += [_check_inquiry(after, check, now) for check in checks if check.name in needed]
    if wanted:
        tx.inquire(wanted)
    return any(one.state is Progress.DUE for one in wanted)


def _policy_inquiry(request: Request, asked: PolicyAsked, now: datetime) -> Inquiry:
    return Inquiry(
        organisation=request.organisation,
        request=request.id,
        revision=request.revision,
        kind=Kind.POLICY,
        about=asked.policy.id,
        state=Progress.DUE if asked.verdict is None else Progress.ANSWERED,
        version=asked.policy.version,
        answer=None if asked.verdict is None else verdict_to(asked.verdict),
        next_try_at=now,
    )


def _check_inquiry(request: Request, check: CheckDefinition, now: datetime) -> Inquiry:
    state = Progress.WAITING if check.url is None else Progress.DUE
    about = request.id, request.revision, Kind.CHECK, check.id
    return Inquiry(request.organisation, *about, state, next_try_at=now)
