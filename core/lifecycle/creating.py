"""How a request and its revisions come to be."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from core.errors import Conflict, Invalid, NotAllowed, TooSoon
from core.lifecycle import who
from core.lifecycle.advancing import enter
from core.lifecycle.changing import must_not_ask_for_a_change, must_not_be_a_change
from core.lifecycle.editing import must_declare_well
from core.lifecycle.evolve import fold
from core.lifecycle.facts import Facts
from core.model import command as c
from core.model import event as e
from core.model.digest import action_digest, request_digest
from core.model.people import Verb
from core.model.request import Content, Judgement, Outcome, Plan, Request, Status
from core.phrases import phrase
from core.scheduling.deadlines import expiry, handed_over
from core.scheduling.escalations import with_escalations

REVISIONS_AN_HOUR = 5


def create(command: c.Create, facts: Facts) -> tuple[e.Event, ...]:
    if not facts.change:
        _may_ask(command, facts)
        must_not_ask_for_a_change(command.content)
    _fits(command, facts)
    created = _created(command, facts)
    judgement = _judgement(facts)
    ends = expiry(facts.now, judgement.plan.reply_window, command.expires_at)
    return follow(None, (created,), judgement, facts, ends)


def _may_ask(command: c.Create, facts: Facts) -> None:
    if not facts.may(Verb.ASK):
        raise NotAllowed(
            phrase(
                "You may not ask for approvals in project {project}; ask an admin for the requester role.",
                project=facts.project.name,
            )
        )
    _may_ask_for_this(facts)
    agent = facts.agent
    if agent is None:
        return
    if facts.open_count >= facts.project.settings.open_requests_per_agent:
        raise TooSoon(
            phrase(
                "{agent} already has {open_count} open requests, which is the limit here; "
                "wait for some to end or cancel them.",
                agent=agent.name,
                open_count=facts.open_count,
            ),
            retry_after=60,
        )
    if agent.acts_for == "always" and command.on_behalf_of is None:
        raise Invalid(
            phrase("{agent} always acts for a person; say for whom in on_behalf_of.", agent=agent.name),
            field="on_behalf_of",
        )
    if agent.acts_for == "never" and command.on_behalf_of is not None:
        raise Invalid(
            phrase("{agent} never acts for a person; leave on_behalf_of out.", agent=agent.name), field="on_behalf_of"
        )


def _may_ask_for_this(facts: Facts) -> None:
    """Some types are not for everybody."""
    if not who.may_ask_for(facts.type, facts.actor, facts.person):
        allowed = ", ".join(source.label for source in facts.type.may_ask)
        raise NotAllowed(
            phrase(
                "Only {allowed} may ask for a {word}; ask one of them, or an admin.",
                allowed=allowed,
                word=facts.type.word,
            )
        )


def _fits(command: c.Create, facts: Facts) -> None:
    if command.expires_at is not None and command.expires_at <= facts.now:
        raise Invalid(phrase("expires_at lies in the past; give a later moment or leave it out."), field="expires_at")
    must_declare_well(command.content, facts.type)
    _no_problems(facts)


def _no_problems(facts: Facts) -> None:
    if facts.problems:
        sentences = " ".join(dict.fromkeys(problem.sentence for problem in facts.problems))
        raise Invalid(sentences, field=facts.problems[0].field)


def _created(command: c.Create, facts: Facts) -> e.Created:
    organisation = facts.project.organisation
    digest = request_digest(
        command.content,
        organisation=organisation,
        project=command.project,
        requester=command.requester,
        on_behalf_of=command.on_behalf_of,
        revision=1,
    )
    return e.Created(
        at=facts.now,
        id=f"req_{facts.fresh}",
        organisation=organisation,
        project=command.project,
        number=facts.number,
        requester=command.requester,
        content=command.content,
        digest=digest,
        action_digest=action_digest(command.content, project=command.project),
        on_behalf_of=command.on_behalf_of,
        supersede_key=command.supersede_key,
        named=command.stages,
        distinct=command.distinct,
        notify=command.notify,
        batch=command.batch,
    )


def _judgement(facts: Facts) -> Judgement:
    if facts.judgement is None:
        raise ValueError("a new revision needs its judgement among the facts")
    return facts.judgement


def judged_expiry(request: Request, plan: Plan, facts: Facts) -> datetime | None:
    """The deadline stays, extensions included; only a window shorter than before brings it nearer, counted from now."""
    before, after = request.plan.reply_window, plan.reply_window
    if after is None or (before is not None and after >= before):
        return request.expires_at
    return expiry(facts.now, after, request.expires_at)


def follow(
    request: Request | None,
    so_far: tuple[e.Event, ...],
    judgement: Judgement,
    facts: Facts,
    ends: datetime | None,
) -> tuple[e.Event, ...]:
    """What has happened to the request `so_far`, and what comes of its judgement: the plan, then the first stage or the end."""
    plan = judgement.plan
    judged = (*so_far, e.Judged(facts.now, plan, ends))
    match judgement.outcome:
        case Outcome.DENY:
            return (*judged, e.Ended(facts.now, Status.AUTO_REJECTED, judgement.cause or "no_rule", None, None))
        case Outcome.ALLOW:
            execution = handed_over(plan, facts.now)
            cause = judgement.cause or "no_rule"
            return (*judged, e.Ended(facts.now, Status.AUTO_APPROVED, cause, None, execution))
        case _:
            return (*judged, *_impossible(facts), *enter(fold(request, judged), facts))


def _impossible(facts: Facts) -> tuple[e.Event, ...]:
    return (e.FoundImpossible(facts.now, facts.impossible),) if facts.impossible else ()


def revise(request: Request, command: c.Revise, facts: Facts) -> tuple[e.Event, ...]:
    who.must_be_requester(request, facts, phrase("change what is asked"))
    must_not_be_a_change(request, phrase("revised"))
    must_not_ask_for_a_change(command.content)
    _not_too_often(request, facts)
    must_declare_well(command.content, facts.type)
    _no_problems(facts)
    who.must_be_open(request)
    revised = _revised(request, command, facts)
    answers = tuple(
        e.QuestionAnswered(
            facts.now, question.id, phrase("See revision {revision}.", revision=revised.revision), facts.actor.name
        )
        for question in request.open_questions
    )
    judgement = _judgement(facts)
    return follow(request, (revised, *answers), judgement, facts, judged_expiry(request, judgement.plan, facts))


def _not_too_often(request: Request, facts: Facts) -> None:
    hour_ago = facts.now - timedelta(hours=1)
    recent = [at for at in request.revised_recently if at > hour_ago]
    if len(recent) >= REVISIONS_AN_HOUR:
        wait = max(1, ceil((min(recent) - hour_ago).total_seconds()))
        raise TooSoon(
            phrase(
                "A request can be changed {revisions_an_hour} times an hour; wait, or cancel it and ask anew.",
                revisions_an_hour=REVISIONS_AN_HOUR,
            ),
            retry_after=wait,
        )


def _revised(request: Request, command: c.Revise, facts: Facts) -> e.Revised:
    if command.content == request.content and command.stages in (None, request.named):
        raise Conflict(
            phrase("Nothing is different in this revision; change something or leave it."), code="not_changed"
        )
    return e.Revised(
        at=facts.now,
        content=command.content,
        revision=request.revision + 1,
        digest=digest_after(request, command.content),
        action_digest=action_digest(command.content, project=request.project),
        named=request.named if command.stages is None else command.stages,
    )


def digest_after(request: Request, content: Content) -> str:
    """The digest of the next revision, were this its content."""
    return request_digest(
        content,
        organisation=request.organisation,
        project=request.project,
        requester=request.requester,
        on_behalf_of=request.on_behalf_of,
        revision=request.revision + 1,
    )


def rejudge(request: Request, command: c.Judge, facts: Facts) -> tuple[e.Event, ...]:
    """The same revision judged again: only a different plan changes anything; given approvals stay."""
    judgement = facts.judgement
    if not request.is_open or judgement is None or with_escalations(judgement.plan, request.escalated) == request.plan:
        return ()
    return follow(request, (), judgement, facts, judged_expiry(request, judgement.plan, facts))
