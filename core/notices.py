"""Event -> who hears of it, and the one plain sentence they hear. Pure; outlets only carry the words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from core.masking import mask_path
from core.model import event as e
from core.model.altered import altered
from core.model.change import PREFIX, is_change
from core.model.duration import say_duration
from core.model.emergency import CAUSE, Finding
from core.model.quick import dataclass
from core.model.request import Decision, Plan, Request, Status, Verdict
from core.phrases import listed, phrase
from core.rulebook.outcomes import Sentence, agent_was_suspended, ours_again, rule_is_gone
from core.standing import people_waited_for, say_waited_for, stand
from core.veil import conceal, secrets_of, veil, veil_edits

THREAD = "thread"
REQUESTER = "requester"
ASKED = "asked"
IDENTITY = "identity:"
"""Stands before `<kind>/<issuer>/<user>`: an outside user, who may be no member. Stored."""

LINKED, NOT_LINKED = "linked", "not_linked"
"""Words of the notice to whoever said which member they are. Stored."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell: `place` is `thread`, `requester`, `asked` (who has not answered), an outside user or a principal."""

    place: str
    word: str
    sentence: str
    extra: Mapping[str, Any] = field(default_factory=dict)


def told(request: Request, event: e.Event) -> tuple[Told, ...]:
    """What is said of an event; `request` is as it stands after it."""
    say = _SAY.get(type(event))
    if say is None:
        return ()
    lines = _veiled(say(veil(request), event), request) if request.plan.secret else say(request, event)
    return lines if request.batch is None else tuple(_of_batch(request, lines))


def _veiled(lines: tuple[Told, ...], request: Request) -> tuple[Told, ...]:
    """A comment may have a secret of the request in it."""
    known = secrets_of(request)
    return tuple(altered(one, sentence=conceal(one.sentence, known)) for one in lines)


ON_THE_CARD = frozenset({"approved", "ended", "stage_opened"})
"""Words of lines that a batch's card says itself, in the row of their request; under it they would be twenty at once."""


def _of_batch(request: Request, lines: Iterable[Told]) -> Iterator[Told]:
    """Under a card of several, a line says which of them it is about."""
    for one in lines:
        if one.place != THREAD:
            yield one
        elif one.word not in ON_THE_CARD:
            yield altered(one, sentence=phrase("#{number}: {sentence}", number=request.number, sentence=one.sentence))


def _name(request: Request) -> str:
    return f"#{request.number} {request.content.title}"


def _line(sentence: str, word: str, **extra: Any) -> tuple[Told, ...]:
    return (Told(THREAD, word, sentence, extra),)


def _stage_opened(request: Request, event: e.StageOpened) -> tuple[Told, ...]:
    stage = request.plan.stage(event.stage)
    if stage is None or len(request.plan.stages) == 1 or not request.is_open:
        return ()
    waits = say_waited_for(request)
    if not stage.number:
        return _line(
            phrase("Checks come first: {waits}. People are asked once they have passed.", waits=waits), "stage_opened"
        )
    return _line(
        phrase(
            "Stage {number} ({name}) is open and waits for {waits}.",
            number=stage.number,
            name=stage.said,
            waits=waits,
        ),
        "stage_opened",
    )


def _decided(request: Request, event: e.DecisionRecorded) -> tuple[Told, ...]:
    """What brings the end is told with it, in one line."""
    decision, last = event.decision, _last_yes(request)
    if decision.verdict is Verdict.REJECTED or (last is not None and last.id == decision.id):
        return _to_delegators(request, decision)
    with_edits = phrase(" with edits") if decision.edits else ""
    sentence = phrase(
        "{name} approved{with_edits}{seat}{said}",
        name=decision.signed,
        with_edits=with_edits,
        seat=_seat(decision),
        said=_said(decision),
    )
    return _line(sentence, "approved") + _to_delegators(request, decision)


def _seat(decision: Decision) -> str:
    if not decision.seats or decision.name in decision.seats:
        return ""
    return phrase(" as {seats}", seats=", ".join(decision.seats))


def _said(decision: Decision) -> str:
    return f": {decision.comment}" if decision.comment else "."


def _to_delegators(request: Request, decision: Decision) -> tuple[Told, ...]:
    """Whoever is away hears what was decided in their place."""
    if not decision.delegated:
        return ()
    if decision.verdict is Verdict.REJECTED:
        sentence = phrase("{name}: {delegate} rejected it for you.", name=_name(request), delegate=decision.name)
    else:
        sentence = phrase("{name}: {delegate} approved it for you.", name=_name(request), delegate=decision.name)
    return tuple(Told(f"member:{one.delegator}", "decided_for_you", sentence) for one in decision.delegated)


def _withdrawn(request: Request, event: e.ApprovalWithdrawn) -> tuple[Told, ...]:
    name = next((d.name for d in request.decisions if d.id == event.decision), phrase("An approver"))
    said = f": {event.comment}" if event.comment else "."
    return _line(phrase("{name} took the approval back{said}", name=name, said=said), "withdrawn")


def _lapsed(request: Request, event: e.ApprovalLapsed) -> tuple[Told, ...]:
    return _line(phrase("An approval no longer counts: {reason}.", reason=event.reason), "lapsed")


def _edited(request: Request, event: e.Edited) -> tuple[Told, ...]:
    edits = veil_edits(event.edits, request.plan.secret)
    what = listed(
        phrase("{path} to {short}", path=path, short=_short(mask_path(path, value))) for path, value in edits.items()
    )
    sentence = phrase(
        "{by} changed {what}. This is now revision {revision}.", by=event.by, what=what, revision=event.revision
    )
    return (
        *_line(sentence, "edited"),
        Told(REQUESTER, "edited", phrase("{request}: {sentence}", request=_name(request), sentence=sentence)),
    )


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _revised(request: Request, event: e.Revised) -> tuple[Told, ...]:
    sentence = phrase(
        "{requester} changed what is asked. This is now revision {revision}.",
        requester=request.requester.name,
        revision=event.revision,
    )
    return _line(phrase("{sentence} Earlier approvals no longer count.", sentence=sentence), "revised")


def _asked(request: Request, event: e.QuestionAsked) -> tuple[Told, ...]:
    question = event.question
    sentence = phrase("{name} asks: {question}", name=question.name, question=question.text)
    return (
        Told(THREAD, "question", sentence, {"question": question.id}),
        Told(
            REQUESTER,
            "question",
            phrase("{request}: {sentence}", request=_name(request), sentence=sentence),
            {"question": question.id},
        ),
    )


def _answered(request: Request, event: e.QuestionAnswered) -> tuple[Told, ...]:
    question = next((q for q in request.questions if q.id == event.question), None)
    sentence = phrase("{by} answers: {answer}", by=event.by, answer=event.answer)
    asker = (
        ()
        if question is None
        else (
            Told(
                f"member:{question.member}",
                "answer",
                phrase("{request}: {sentence}", request=_name(request), sentence=sentence),
            ),
        )
    )
    return (*_line(sentence, "answer"), *asker)


def _commented(request: Request, event: e.Commented) -> tuple[Told, ...]:
    return _line(f"{event.name}: {event.text}", "comment")


def _extended(request: Request, event: e.Extended) -> tuple[Told, ...]:
    return (Told(THREAD, "extended", phrase("The deadline was moved."), {"expires_at": event.expires_at.timestamp()}),)


def _handed_over(request: Request, event: e.HandedOver) -> tuple[Told, ...]:
    seat, by = event.hand_over, event.by or phrase("An approver")
    said = f": {event.comment}" if event.comment else "."
    line = phrase("{by} handed a seat over to {taker_name}{said}", by=by, taker_name=seat.taker_name, said=said)
    told = phrase("{name} was handed over to you by {by}{said}", name=_name(request), by=by, said=said)
    return (*_line(line, "handed_over"), Told(f"member:{seat.taker}", "handed_over", told))


def _judged(request: Request, event: e.Judged) -> tuple[Told, ...]:
    """People that rules tell hear of it; admins hear what they should mend."""
    plan = event.plan
    notes = () if plan.explanation is None else plan.explanation.notes
    told = _told_of_a_rule(request, plan) if plan.tell else ()
    if not notes:
        return told
    trouble = phrase("{request}: {sentence}", request=_name(request), sentence=" ".join(notes))
    return (*told, Told(_admins(request), "rule_trouble", trouble))


def _told_of_a_rule(request: Request, plan: Plan) -> tuple[Told, ...]:
    name, requester, ended = _name(request), request.requester.name, how_it_ended(request)
    if ended:
        sentence = phrase("{name} was asked by {requester}. {ended}", name=name, requester=requester, ended=ended)
    else:
        waits = say_waited_for(request)
        state = phrase("it waits for {waits}", waits=waits) if waits else phrase("it is open")
        sentence = phrase("{name} was asked by {requester}; {state}.", name=name, requester=requester, state=state)
    word = "told_at_once" if is_change(request) else "told"  # what the host changed is told on any day
    return tuple(Told(source.principal, word, sentence) for source in plan.tell)


def _admins(request: Request) -> str:
    return f"role:admin:{request.project}"


def _impossible(request: Request, event: e.FoundImpossible) -> tuple[Told, ...]:
    sentence = phrase("too few people could ever approve as {missing}", missing=", ".join(event.missing))
    told = phrase(
        "{name}: {sentence}. Add people, or change the rule; else it will expire.",
        name=_name(request),
        sentence=sentence,
    )
    return (
        *_line(phrase("As things stand {sentence}.", sentence=sentence), "impossible"),
        Told(_admins(request), "impossible", told),
    )


def _possible(request: Request, event: e.FoundPossible) -> tuple[Told, ...]:
    told = phrase("{name} can be approved again: there are enough people.", name=_name(request))
    return (*_line(phrase("There are enough people again."), "possible"), Told(_admins(request), "possible", told))


def _escalated(request: Request, event: e.Escalated) -> tuple[Told, ...]:
    waited = say_duration(event.at - request.stage_opened_at) if request.stage_opened_at else phrase("a while")
    people = people_waited_for(event.to)
    now = phrase("instead") if event.reassign else phrase("as well")
    sentence = phrase(
        "{name} has waited for {waited} and now waits for you as well.", name=_name(request), waited=waited
    )
    told = tuple(Told(source.principal, "escalated", sentence) for source in event.to)
    return (
        *_line(
            phrase(
                "Nobody answered within {waited}, so {people} may now decide {now}.",
                waited=waited,
                people=people,
                now=now,
            ),
            "escalated",
        ),
        *told,
    )


def _lease_granted(request: Request, event: e.LeaseGranted) -> tuple[Told, ...]:
    lease = next((one for one in request.leases if one.id == event.lease.id), event.lease)
    uses = phrase("the next one") if lease.uses == 1 else phrase("up to {uses}", uses=lease.uses)
    sentence = phrase(
        "{granter} lets {uses} like this by {agent} pass without asking: {sentence}, for {duration}.",
        granter=lease.granted_by_name,
        uses=uses,
        agent=lease.agent_name,
        sentence=lease.kind.sentence,
        duration=say_duration(lease.until - lease.granted_at),
    )
    told = phrase(
        "{name}: {sentence} Take it back with /countersign leases revoke #{lease}.",
        name=_name(request),
        sentence=sentence,
        lease=lease.number,
    )
    return (*_line(sentence, "lease_granted"), Told(_admins(request), "lease_granted", told))


def _lease_revoked(request: Request, event: e.LeaseRevoked) -> tuple[Told, ...]:
    return _line(phrase("{by} took the lease back; people are asked again.", by=event.by), "lease_revoked")


def _glass_broken(request: Request, event: e.GlassBroken) -> tuple[Told, ...]:
    """Everybody: those who were or would have been asked, whoever asked, those told besides, all admins."""
    glass = next((one for one in request.glasses if one.id == event.glass.id), event.glass)
    sentence = phrase(
        "EMERGENCY: {glass} broke the glass and decided this alone: {reason}", glass=glass.name, reason=glass.reason
    )
    told = phrase(
        "{name}: {sentence} Another person must review it with /countersign review #{number}.",
        name=_name(request),
        sentence=sentence,
        number=request.number,
    )
    asker = phrase("{name}: {sentence} Somebody else will review it.", name=_name(request), sentence=sentence)
    stages = request.plan.stages
    asked = (source.principal for stage in stages for one in stage.requirements for source in one.sources)
    people = dict.fromkeys((*asked, *(source.principal for source in request.plan.tell), _admins(request)))
    return (
        *_line(sentence, "glass_broken"),
        Told(REQUESTER, "glass_broken", asker),
        *(Told(place, "glass_broken", told) for place in people),
    )


def _review_called(request: Request, event: e.ReviewCalled) -> tuple[Told, ...]:
    glass = next((one for one in request.glasses if one.id == event.glass), None)
    if glass is None:
        return ()
    late = phrase(
        "{name}: nobody has reviewed {glass}'s break-glass yet, and the review is late.",
        name=_name(request),
        glass=glass.name,
    )
    told = phrase("{late} Close it with /countersign review #{number}.", late=late, number=request.number)
    own = phrase("{late} Ask somebody else to close it; until then you cannot break the glass again.", late=late)
    return (
        *_line(phrase("The review of {glass}'s break-glass is late.", glass=glass.name), "review_called"),
        Told(_admins(request), "review_called", told),
        Told(f"member:{glass.member}", "review_called", own),
    )


def _review_closed(request: Request, event: e.ReviewClosed) -> tuple[Told, ...]:
    glass = next((one for one in request.glasses if one.id == event.glass), None)
    if glass is None:
        return ()
    sentence = phrase(
        "{name} reviewed {glass}'s break-glass and found it {say_finding}: {remark}",
        name=event.name,
        glass=glass.name,
        say_finding=say_finding(event.finding),
        remark=glass.remark,
    )
    told = phrase("{request}: {sentence}", request=_name(request), sentence=sentence)
    people = dict.fromkeys((f"member:{glass.member}", REQUESTER, _admins(request)))
    return (*_line(sentence, "review_closed"), *(Told(place, "review_closed", told) for place in people))


def say_finding(finding: Finding) -> str:
    return phrase("justified") if finding is Finding.JUSTIFIED else phrase("NOT justified")


def _reminded(request: Request, event: e.Reminded) -> tuple[Told, ...]:
    waits = say_waited_for(request)
    reminders = (
        Told(ASKED, "reminder", phrase("{name} still waits for you.", name=_name(request))),
        Told(THREAD, "reminder", phrase("Still waiting for {waits}.", waits=waits)),
    )
    if not request.open_questions:
        return reminders
    question = request.open_questions[0]
    open_question = phrase(
        "{request}: {name}'s question is still open: {question}",
        request=_name(request),
        name=question.name,
        question=question.text,
    )
    return (*reminders, Told(REQUESTER, "question", open_question, {"question": question.id}))


def _ended(request: Request, event: e.Ended) -> tuple[Told, ...]:
    sentence = _by_the_last_yes(request, event) or how_it_ended(request)
    in_thread = _line(sentence, "ended")
    if not _a_person_asked(request):
        return in_thread
    told = phrase("{request}: {sentence}", request=_name(request), sentence=sentence)
    return (*in_thread, Told(REQUESTER, "ended", told))


def _last_yes(request: Request) -> Decision | None:
    """The approval by which people have ended it, if it still counts."""
    if not (request.decisions and request.is_yes and request.cause == "people"):
        return None
    last = request.decisions[-1]
    return last if last.counts else None


def _by_the_last_yes(request: Request, event: e.Ended) -> str:
    """The end, and what was said with the approval that brought it; empty where none did."""
    last = _last_yes(request)
    if last is None or last.at != event.at:
        return ""
    by, seat, said = _deciders(request), _seat(last), _said(last)
    if by == last.signed:
        return (
            phrase("Approved with edits by {by}{seat}{said}", by=by, seat=seat, said=said)
            if request.status is Status.APPROVED_WITH_EDITS
            else phrase("Approved by {by}{seat}{said}", by=by, seat=seat, said=said)
        )
    ended = how_it_ended(request)
    if not last.comment:
        return ended
    return phrase("{ended} {name}{seat}: {comment}", ended=ended, name=last.signed, seat=seat, comment=last.comment)


def _a_person_asked(request: Request) -> bool:
    """Themselves, or through an agent; a machine that asked for nobody hears by its own ways."""
    return request.requester.kind == "member" or bool(request.on_behalf_of)


def how_it_ended(request: Request) -> str:
    """The one clear line about the end: who, and why. Empty while the request is open."""
    if request.cause == CAUSE and request.is_yes and request.glass is not None:
        return phrase(
            "EMERGENCY: {glass} broke the glass: {reason}", glass=request.glass.name, reason=request.glass.reason
        )
    match request.status:
        case Status.APPROVED:
            return (
                phrase("Approved by {by}.", by=_deciders(request))
                if request.cause == "people"
                else phrase("Approved ({cause}).", cause=request.cause)
            )
        case Status.APPROVED_WITH_EDITS:
            return phrase("Approved with edits by {by}.", by=_deciders(request))
        case Status.AUTO_APPROVED:
            return phrase("Approved without asking anybody: {cause}.", cause=_cause(request))
        case Status.AUTO_REJECTED:
            return phrase("Rejected without asking anybody: {cause}.", cause=_cause(request))
        case Status.REJECTED:
            return _rejected(request)
        case Status.EXPIRED:
            return _expired(request)
        case Status.CANCELLED:
            return _cancelled(request)
        case _:
            return ""


def _rejected(request: Request) -> str:
    rejection = next((d for d in reversed(request.decisions) if d.verdict is Verdict.REJECTED), None)
    if rejection is None:
        return phrase("Rejected.")
    return (
        phrase("Rejected by {rejection}: {comment}", rejection=rejection.signed, comment=rejection.comment)
        if rejection.comment
        else phrase("Rejected by {rejection}.", rejection=rejection.signed)
    )


def _expired(request: Request) -> str:
    waited = (
        phrase(" within {duration}", duration=say_duration(request.expires_at - request.created_at))
        if request.expires_at
        else ""
    )
    if not (request.stage or request.decisions) and request.cause == "nobody_answered":
        return phrase(
            "Expired: {checks} had not said yes{waited}, so nobody was asked.",
            checks=_not_yet(request),
            waited=waited,
        )
    if request.cause == "question_unanswered":
        return phrase("Expired: a question was not answered{waited}.", waited=waited)
    if request.cause == "nobody_could":
        return phrase("Expired: too few people were there who could have approved it{waited}.", waited=waited)
    if request.glass is not None:
        return phrase(
            "Expired: the glass was broken, but {checks} had not said yes{waited}.",
            checks=_not_yet_met(request),
            waited=waited,
        )
    if not any(d.counts for d in request.decisions):
        return phrase("Expired: nobody answered{waited}.", waited=waited)
    return phrase("Expired: not everybody who was asked answered{waited}.", waited=waited)


def _not_yet(request: Request) -> str:
    """The checks and policies that people would have come after."""
    before = (result for one in stand(request).stages[:1] for result in one.results)
    return listed(result.label for result in before if not result.met)


def _not_yet_met(request: Request) -> str:
    results = (result for one in stand(request).stages for result in one.results)
    return listed(result.label for result in results if not result.met)


OURS: Mapping[str, tuple[Sentence, ...]] = {"admin": (agent_was_suspended,), "rule_removed": (rule_is_gone,)}
"""What we give as the reason ourselves, by the cause. Kept in English."""


def _cancelled(request: Request) -> str:
    by, comment = request.ended_by, request.end_comment
    words = {
        "requester": phrase("Cancelled by {requester}", requester=by or request.requester.name),
        "admin": phrase("Cancelled by {by}", by=by) if by else phrase("Cancelled by an admin"),
        "superseded": phrase("Cancelled: a newer request took its place"),
        "discarded": phrase("Discarded by {by}", by=by) if by else phrase("Discarded"),
        "rule_removed": phrase("Cancelled, since what had people asked is gone"),
    }
    line = words.get(request.cause or "", phrase("Cancelled ({cause})", cause=request.cause))
    if comment and request.cause != "superseded":
        comment = ours_again(comment, OURS.get(request.cause or "", ()))
        return phrase("{line}: {comment}", line=line, comment=comment)
    return phrase("{line}.", line=line)


def how_it_was_discarded(request: Request) -> str:
    """After a yes: who took it back, and why."""
    said = f": {request.end_comment}" if request.end_comment else "."
    if request.ended_by is None:
        return phrase("Discarded; it will not be executed{said}", said=said)
    return phrase("Discarded by {by}; it will not be executed{said}", by=request.ended_by, said=said)


def _deciders(request: Request) -> str:
    names = [d.signed for d in request.decisions if d.counts and d.revision == request.revision]
    return listed(dict.fromkeys(names)) or phrase("nobody")


def _cause(request: Request) -> str:
    kind, _, name = (request.cause or "").partition(":")
    if kind == "check":
        report = request.checks.get(name)
        said = f" ({report.summary})" if report is not None and report.summary else ""
        return phrase(
            "check {name} {outcome}{detail}",
            name=name,
            outcome=phrase("failed") if request.status is Status.AUTO_REJECTED else phrase("passed"),
            detail=said,
        )
    return request.plan.why[0].rstrip(".") if request.plan.why else (request.cause or phrase("no rule"))


def _superseded(request: Request, event: e.Superseded) -> tuple[Told, ...]:
    return _line(phrase("#{number} has taken its place.", number=event.by_number), "superseded")


def _discarded(request: Request, event: e.Discarded) -> tuple[Told, ...]:
    """While it was open this is its end, which says so itself."""
    return _line(how_it_was_discarded(request), "discarded") if request.is_yes else ()


REPORTED: Mapping[str, str] = {
    "pending": phrase("is running"),
    "passed": phrase("passed"),
    "failed": phrase("failed"),
}
"""What a check said, by the stored word."""


def _check_reported(request: Request, event: e.CheckReported) -> tuple[Told, ...]:
    report = event.report
    state = REPORTED.get(report.state, report.state)
    said = f": {report.summary}" if report.summary else "."
    where = f" {report.url}" if report.url else ""
    return _line(
        phrase("Check {name} {state}{said}{where}", name=event.name, state=state, said=said, where=where),
        "check_reported",
    )


def _execution(word: str, line: str) -> Callable[[Request, Any], tuple[Told, ...]]:
    def say(request: Request, event: Any) -> tuple[Told, ...]:
        detail = getattr(event, "detail", None)
        if is_change(request):
            return _carried_out(request, event)
        said = phrase("{line}: {comment}", line=line, comment=detail) if detail else phrase("{line}.", line=line)
        return _line(said, word)

    return say


def _called_upon(request: Request, event: e.ExecutionRequested) -> tuple[Told, ...]:
    asker = request.requester.name
    if event.name is None:
        return _line(phrase("{asker} is called upon to execute it now.", asker=asker), "execution_requested")
    said = phrase("{name} had it run: {asker} is called upon to execute it now.", name=event.name, asker=asker)
    return _line(said, "execution_requested")


def _carried_out(request: Request, event: Any) -> tuple[Told, ...]:
    """Whoever asked hears what became of a change: it is made, or was not, the moment it was agreed to."""
    if isinstance(event, e.ExecutionStarted):
        return ()
    made = isinstance(event, e.ExecutionSucceeded)
    word, said = (
        ("carried_out", phrase("Done; it holds now."))
        if made
        else ("not_carried_out", phrase("Not done: {detail}", detail=event.detail))
    )
    hint = (
        phrase(" Collect its secret with /countersign collect #{number}.", number=request.number)
        if made and _has_secret(request)
        else ""
    )
    asker = Told(REQUESTER, word, phrase("{name}: {said}{hint}", name=_name(request), said=said, hint=hint))
    return (*_line(said, word), asker)


def _has_secret(request: Request) -> bool:
    return request.content.type == f"{PREFIX}keys"


_SAY: Mapping[type[e.Event], Callable[[Request, Any], tuple[Told, ...]]] = {
    e.StageOpened: _stage_opened,
    e.DecisionRecorded: _decided,
    e.ApprovalWithdrawn: _withdrawn,
    e.ApprovalLapsed: _lapsed,
    e.Edited: _edited,
    e.Revised: _revised,
    e.QuestionAsked: _asked,
    e.QuestionAnswered: _answered,
    e.Commented: _commented,
    e.Extended: _extended,
    e.HandedOver: _handed_over,
    e.Judged: _judged,
    e.FoundImpossible: _impossible,
    e.FoundPossible: _possible,
    e.Escalated: _escalated,
    e.LeaseGranted: _lease_granted,
    e.LeaseRevoked: _lease_revoked,
    e.GlassBroken: _glass_broken,
    e.ReviewCalled: _review_called,
    e.ReviewClosed: _review_closed,
    e.CheckReported: _check_reported,
    e.Reminded: _reminded,
    e.Ended: _ended,
    e.Superseded: _superseded,
    e.Discarded: _discarded,
    e.ExecutionRequested: _called_upon,
    e.ExecutionStarted: _execution("execution_started", phrase("Execution has started")),
    e.ExecutionSucceeded: _execution("execution_succeeded", phrase("Executed")),
    e.ExecutionFailed: _execution("execution_failed", phrase("Execution failed")),
    e.ExecutionExpired: _execution("execution_expired", phrase("Nobody executed it within its window")),
}
