"""Judging a revision: one pure function from what is asked and what is set up to an explained plan.

Deny comes first, then everything that asks, then what may answer for the people, then the project's default. Whatever
cannot be told asks people: it is never a yes, and never a no.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta

from core.model.absence import MAY_STAND_IN
from core.model.altered import altered
from core.model.organisation import Project, RequestType
from core.model.quick import dataclass
from core.model.request import BEFORE_PEOPLE, Escalates, Judgement, Outcome, Plan, Requester, Stage
from core.model.requirement import Bind, Requirement, Source
from core.model.rule import Effect, Mode, Rule
from core.phrases import phrase
from core.requirements.approvals import Approvals
from core.requirements.check import Check
from core.rulebook import outcomes as o
from core.rulebook.binding import ANYONE, bind_stages, binder, is_unbound, sources_of
from core.rulebook.explain import (
    Fates,
    could_not_tell,
    explanation,
    narrowest_allowing,
    policies_seen,
    policy_asks,
)
from core.rulebook.given import NOTHING, Given, PolicyAnswer, PolicyState
from core.rulebook.merging import BEFORE, Asker, Merged, merge
from core.rulebook.rulebook import Look, Looked

__all__ = ["ANYONE", "can_be_spared", "default_stage", "judge", "who_ask"]

SHADOWS = 20
"""Rules in shadow that are tried out on one revision; more of them only watch."""

REQUEST = phrase("the request")
PROJECT = phrase("the project")


def judge(
    *,
    asking: frozenset[str],
    project: Project,
    type: RequestType,
    named: tuple[Stage, ...],
    distinct: bool,
    notify: tuple[str, ...],
    given: Given = NOTHING,
) -> Judgement:
    """Named people only add; where nothing asks for anybody, the project's `when_no_rule` decides.

    `asking` are the members it is asked by or for (`who_ask`). Says the same of the same as long as one language is spoken.
    """
    frame = _frame(asking, project, type, distinct=distinct, notify=notify)
    return _Case(project, named, frame, given, binder(project.id, given.stands_for), _sorted(given.looked)).judged()


def who_ask(requester: Requester, on_behalf_of: str | None) -> frozenset[str]:
    """The members it is asked by or for; they may not decide it, unless their project lets them."""
    asking = {requester.id} if requester.kind == "member" else set()
    return frozenset(asking | ({on_behalf_of} if on_behalf_of else set()))


def can_be_spared(given: Given, named: tuple[Stage, ...]) -> bool:
    """Whether a lease or trust could answer for anybody here, be it only if a rule in shadow were on.

    Not where a rule already allows it, nor where the request itself names people and no rule that asks can be set aside.
    """
    looks = given.looked.looks
    allowed = [look.rule.scope.narrowness for look in looks if _allows(look)]
    if allowed and max(allowed) == narrowest_allowing(given.looked):
        return False
    return not _calls_for_people(named) or any(look.rule.waivable and look.bites for look in looks)


def _allows(look: Look) -> bool:
    return look.rule.effect is Effect.ALLOW and look.rule.mode is Mode.ON and look.holds


_Looks = Mapping[tuple[Mode, Effect], tuple[Look, ...]]


def _sorted(looked: Looked) -> _Looks:
    found: defaultdict[tuple[Mode, Effect], list[Look]] = defaultdict(list)
    for look in looked.looks:
        found[(look.rule.mode, look.rule.effect)].append(look)
    return {key: tuple(looks) for key, looks in found.items()}


@dataclass(frozen=True, slots=True)
class _Yes:
    """What answers for the people: its cause, the sentence that says so, and the rule where it is one."""

    cause: str
    sentence: str
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """One revision before its judge."""

    project: Project
    named: tuple[Stage, ...]
    frame: Plan
    given: Given
    bind: Bind
    looks: _Looks

    def judged(self) -> Judgement:
        judgement = self._with_policies(self.weighed())
        watching = [look for look in self.given.looked.looks if look.rule.mode is Mode.SHADOW and look.bites]
        if not watching:
            return judgement
        shadows = tuple(self._shadow(look, judgement) for look in watching[:SHADOWS])
        seen = judgement.plan.explanation
        if seen is None:
            return judgement
        return altered(judgement, plan=altered(judgement.plan, explanation=Fates(seen).with_shadows(shadows)))

    def _with_policies(self, judgement: Judgement) -> Judgement:
        seen, policies = judgement.plan.explanation, policies_seen(self.given)
        if seen is None or not policies:
            return judgement
        return altered(judgement, plan=altered(judgement.plan, explanation=altered(seen, policies=policies)))

    def weighed(self) -> Judgement:
        return self._denied() or self._asked()

    # Deny.

    def _denied(self) -> Judgement | None:
        rule = next((look.rule for look in self._on(Effect.DENY) if look.holds), None)
        if rule is not None:
            return self._over(Outcome.DENY, o.rule_denies(rule=rule.name), rule.cause, frozenset({rule.id}))
        policy = next((policy for policy in self.given.policies if policy.denies), None)
        if policy is not None:
            sentence = o.with_reasons(o.policy_rejects(policy=policy.name), policy.reasons)
            return self._over(Outcome.DENY, sentence, policy.cause)
        return None

    def _over(self, outcome: Outcome, why: str, cause: str, decided: frozenset[str] = frozenset()) -> Judgement:
        seen = explanation(self.given.looked, why, decided=decided, notes=self._notes())
        return Judgement(outcome, altered(self.frame, why=(why,), explanation=seen), cause)

    # Require and allow.

    def _asked(self) -> Judgement:
        yes = self._yes()
        rules = tuple([look.rule for look in self._asking_looks() if not (yes and look.rule.waivable)])
        askers = [*self._before(), *map(self._rule_asks, rules), *self._policies_ask(), *self._request_asks()]
        merged = merge(askers)
        if not _calls_for_people(merged.stages):
            missing = self._default(yes, asked=any(asker.id != PROJECT for asker in askers))
            if isinstance(missing, Judgement):
                return missing
            yes = missing if isinstance(missing, _Yes) else yes
            merged = merge([*askers, missing]) if isinstance(missing, Asker) else merged
        return self._planned(merged, rules, yes)

    def _yes(self) -> _Yes | None:
        """The allow rule, else what else may answer for the people."""
        rule = self._allow_rule()
        if rule is not None:
            return _Yes(rule.cause, o.rule_allows(rule=rule.name), rule)
        policy = next((policy for policy in self.given.policies if policy.allows), None)
        if policy is not None:
            return _Yes(policy.cause, o.with_reasons(o.policy_passed(policy=policy.name), policy.reasons))
        offer = next(iter(self.given.offers), None)
        return None if offer is None else _Yes(offer.cause, offer.sentence)

    def _allow_rule(self) -> Rule | None:
        """Only the narrowest scope is looked at, so that a broader rule never rescues what a narrower one left out."""
        narrow = self._narrowest()
        return next((look.rule for look in narrow if look.holds), None)

    def _narrowest(self) -> tuple[Look, ...]:
        allowing = self._on(Effect.ALLOW)
        narrow = narrowest_allowing(self.given.looked) if allowing else 0
        return tuple([look for look in allowing if look.rule.scope.narrowness == narrow])

    def _asking_looks(self) -> tuple[Look, ...]:
        return tuple([look for look in self._on(Effect.REQUIRE) if look.bites])

    def _on(self, effect: Effect) -> tuple[Look, ...]:
        return self.looks.get((Mode.ON, effect), ())

    # Who asks for what.

    def _before(self) -> tuple[Asker, ...]:
        """Checks of the project, and policies that have not answered, hold everything up before people are asked."""
        checks: list[Requirement] = [Check("", name) for name in self.given.checks]
        waiting = (policy for policy in self.given.policies if policy.state is PolicyState.WAITING)
        checks += [Check("", policy.cause, o.policy_wants(policy.name)) for policy in waiting]
        return (Asker(PROJECT, PROJECT, (Stage(BEFORE, BEFORE_PEOPLE, tuple(checks)),)),) if checks else ()

    def _rule_asks(self, rule: Rule) -> Asker:
        return Asker(rule.cause, phrase("rule {rule}", rule=rule.name), bind_stages(rule.stages, self.bind))

    def _policies_ask(self) -> tuple[Asker, ...]:
        policies = (policy for policy in self.given.policies if policy.stages)
        return tuple(self._policy_asks(policy) for policy in policies)

    def _policy_asks(self, policy: PolicyAnswer) -> Asker:
        return Asker(policy.cause, o.policy_wants(policy.name), bind_stages(policy.stages, self.bind))

    def _request_asks(self) -> tuple[Asker, ...]:
        return (Asker(REQUEST, REQUEST, self.named),) if self.named else ()

    # Nobody is asked.

    def _default(self, yes: _Yes | None, *, asked: bool) -> Judgement | Asker | _Yes | None:
        """Default routing, or what spares it, or the end."""
        doubts = self._doubts()
        if doubts:
            return self._default_asker(doubts[0])
        if yes is not None:
            return yes
        default = self.project.settings.when_no_rule
        if default == "allow":
            return _Yes(
                "no_rule",
                o.project_allows(project=self.project.name),
            )
        waiting = any(policy.state is PolicyState.WAITING for policy in self.given.policies)
        if default == "deny" and not asked:
            why = o.project_denies(project=self.project.name)
            return None if waiting else self._over(Outcome.DENY, why, "no_rule")
        return self._default_asker(phrase("default routing"))

    def _default_asker(self, name: str) -> Asker:
        return Asker("default", name, (default_stage(self.project),))

    def _doubts(self) -> tuple[str, ...]:
        """Who wants a person to look, whoever that is."""
        denials = (look for look in self._on(Effect.DENY) if look.cannot_tell)
        rules = (o.rule_doubts(rule=look.rule.name, why=look.answer.why) for look in denials)
        policies = (policy.doubt for policy in self.given.policies if policy.wants_people)
        return (*rules, *policies)

    # The plan.

    def _planned(self, merged: Merged, rules: tuple[Rule, ...], yes: _Yes | None) -> Judgement:
        asking = frozenset([look.rule.id for look in self._asking_looks()])
        waived = asking - {rule.id for rule in rules} if asking else asking
        people = _calls_for_people(merged.stages)
        why = self._why(merged, waived, yes, people=people)
        seen = explanation(
            self.given.looked,
            why[0],
            decided=frozenset({yes.rule.id} if yes and yes.rule else ()),
            waived=waived,
            waived_by=yes.sentence if yes else "",
            people=merged.because,
            notes=self._notes(),
        )
        plan = altered(
            self._with_rules(rules, merged) if rules else self.frame,
            stages=merged.stages,
            why=why,
            explanation=seen,
            allowed_by=yes.cause if yes and not people else None,
        )
        spared_by = yes.cause if yes and (waived or not people) else None
        if merged.stages or yes is None:
            return Judgement(Outcome.ASK, plan, spared_by=spared_by)
        return Judgement(Outcome.ALLOW, plan, yes.cause, spared_by)

    def _why(self, merged: Merged, waived: frozenset[str], yes: _Yes | None, *, people: bool) -> tuple[str, ...]:
        said: list[str] = []
        if yes is not None and (waived or not people):
            said.append(yes.sentence)
        said += [_asks(look) for look in self._asking_looks() if look.rule.id not in waived]
        said += [policy_asks(policy.name) for policy in self.given.policies if policy.stages]
        if self.named:
            said.append(phrase("The request names its approvers."))
        said += [o.somebody_must_look(doubt=doubt) for doubt in self._doubts()]
        if not said and any(because.asked_by == ("default routing",) for because in merged.because):
            said.append(o.nobody_named(anyone=ANYONE, project=self.project.name))
        return tuple(said) or (phrase("Checks must pass first."),)

    def _with_rules(self, rules: tuple[Rule, ...], merged: Merged) -> Plan:
        """Shortest windows, every reminder, every place to tell; each escalation acts on its own rule's requirements."""
        frame = self.frame
        bars = (self.given.behind.get(source.principal, frozenset()) for rule in rules for source in rule.not_from)
        return altered(
            frame,
            reply_window=_shortest(frame.reply_window, *(rule.reply_window for rule in rules)),
            execution_window=_shortest(frame.execution_window, *(rule.execution_window for rule in rules)),
            remind=tuple(sorted({*frame.remind, *(at for rule in rules for at in rule.remind)})),
            distinct=frame.distinct or any(rule.distinct for rule in rules),
            comment_on_reject=frame.comment_on_reject or any(rule.comment_on_reject for rule in rules),
            delegation=max((rule.delegation for rule in rules), key=MAY_STAND_IN.index, default=frame.delegation),
            barred=frame.barred.union(*bars),
            notify=tuple(dict.fromkeys((*frame.notify, *(place for rule in rules for place in rule.notify)))),
            tell=tuple(dict.fromkeys(bound for rule in rules for to in rule.tell for bound in self.bind(to))),
            escalations=tuple(self._escalates(rule, merged) for rule in rules if rule.escalate is not None),
        )

    def _escalates(self, rule: Rule, merged: Merged) -> Escalates:
        if rule.escalate is None:
            raise ValueError("only for rules that escalate")
        to = tuple(dict.fromkeys(bound for source in rule.escalate.to for bound in self.bind(source)))
        return Escalates(rule.escalate.after, to, merged.ids.get(rule.cause, ()), rule.escalate.reassign)

    def _notes(self) -> tuple[str, ...]:
        """What admins should mend: fields that were missing, names that stand for nobody."""
        unsure = (look for look in self.given.looked.looks if look.cannot_tell and look.rule.mode is Mode.ON)
        notes = [could_not_tell(look.rule.name, look.answer.why or "") for look in unsure]
        for look in self._asking_looks():
            rule = look.rule
            sources = (*rule.not_from, *sources_of(rule.stages))
            notes += [_nobody(rule, source) for source in sources if self._is_nobody(rule, source)]
        for policy in self.given.policies:
            notes += [_names_nobody(policy, source) for source in sources_of(policy.stages) if self._stands_not(source)]
            if policy.state is PolicyState.UNCLEAR:
                notes.append(o.with_reasons(o.policy_unclear(policy=policy.name), policy.reasons))
        return tuple(dict.fromkeys(notes))

    def _is_nobody(self, rule: Rule, source: Source) -> bool:
        if not is_unbound(source):
            return False
        if source in rule.not_from:
            return not self.given.behind.get(source.principal)
        return self._stands_not(source)

    def _stands_not(self, source: Source) -> bool:
        return is_unbound(source) and not self.given.stands_for.get(source.principal)

    # Shadow.

    def _shadow(self, look: Look, judgement: Judgement) -> tuple[Look, str]:
        """What would have become of this had the rule been on."""
        on = altered(look, rule=altered(look.rule, mode=Mode.ON))
        looks = tuple(on if one is look else one for one in self.given.looked.looks)
        looked = altered(self.given.looked, looks=looks)
        would = altered(self, given=altered(self.given, looked=looked), looks=_sorted(looked)).weighed()
        return look, _difference(judgement, would)


def default_stage(project: Project) -> Stage:
    """One approval from anyone who may approve in the project."""
    anyone = Source(f"anyone:{project.id}", ANYONE)
    return Stage(1, "Approval", (Approvals("s1r1", 1, (anyone,)),))


def _frame(
    asking: frozenset[str], project: Project, type: RequestType, *, distinct: bool, notify: tuple[str, ...]
) -> Plan:
    """What holds whoever is asked. Plans are copied seldom: they have two dozen fields."""
    settings = project.settings
    return Plan(
        reply_window=_shortest(settings.reply_window, type.reply_window),
        remind=tuple(sorted(settings.remind)),
        execution_window=_shortest(settings.execution_window, type.execution_window),
        execution_timeout=settings.execution_timeout,
        auto_execute=settings.auto_execute,
        comment_on_reject=settings.comment_on_reject or type.comment_on_reject,
        barred=frozenset() if settings.self_approval else asking,
        decide_in=settings.decide_in,
        secret=type.secret,
        bounds=type.bounds,
        late_members=settings.late_members,
        distinct=distinct,
        notify=tuple(dict.fromkeys((*settings.notify, *notify))),
    )


def _shortest(*windows: timedelta | None) -> timedelta | None:
    return min((window for window in windows if window is not None), default=None)


def _calls_for_people(stages: Iterable[Stage]) -> bool:
    return any(sources_of(stages))


def _asks(look: Look) -> str:
    if look.cannot_tell:
        return o.rule_unsure(rule=look.rule.name, why=look.answer.why)
    asks = o.rule_asks_people if _calls_for_people(look.rule.stages) else o.rule_asks_checks
    return asks(rule=look.rule.name)


def _nobody(rule: Rule, source: Source) -> str:
    return o.rule_names_nobody(rule=rule.name, source=source.label)


def _names_nobody(policy: PolicyAnswer, source: Source) -> str:
    return o.policy_names_nobody(policy=policy.name, source=source.label)


def _difference(real: Judgement, would: Judgement) -> str:
    """In a few words: what another judgement would have done otherwise."""
    if would.outcome is not real.outcome:
        words = {
            Outcome.DENY: phrase("would have rejected it"),
            Outcome.ALLOW: phrase("would have let it through"),
            Outcome.ASK: phrase("would have asked people"),
        }
        return words[would.outcome]
    more, less = _labels(would) - _labels(real), _labels(real) - _labels(would)
    said = [phrase("would have asked {more}", more=" and ".join(sorted(more)))] if more else []
    said += [phrase("would not have asked {less}", less=" and ".join(sorted(less)))] if less else []
    return "; ".join(said) or phrase("would have changed nothing")


def _labels(judgement: Judgement) -> set[str]:
    return {requirement.label for stage in judgement.plan.stages for requirement in stage.requirements}
