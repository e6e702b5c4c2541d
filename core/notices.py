"""Event -> who hears of it, and the one plain sentence they hear. Pure; outlets only carry the words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.masking import mask_path
from core.model import event as e
from core.model.change import PREFIX, is_change
from core.model.duration import say_duration
from core.model.emergency import CAUSE, Finding
from core.model.request import Request, Status, Verdict
from core.standing import people_waited_for, say_waited_for, stand
from core.veil import conceal, secrets_of, veil, veil_edits

THREAD = "thread"
REQUESTER = "requester"
ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell: `place` is `thread`, `requester`, `asked` (who has not answered) or a principal."""

    place: str
    word: str
    sentence: str
    extra: Mapping[str, Any] = field(default_factory=dict)


def told(request: Request, event: e.Event) -> tuple[Told, ...]:
    """What is said of an event; `request` is as it stands after it."""
    say = _SAY.get(type(event))
    if say is None:
        return ()
    known = secrets_of(request)
    return tuple(replace(one, sentence=conceal(one.sentence, known)) for one in say(veil(request), event))


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
        return _line(f"Checks come first: {waits}. People are asked once they have passed.", "stage_opened")
    return _line(f"Stage {stage.number} ({stage.name}) is open and waits for {waits}.", "stage_opened")


def _decided(request: Request, event: e.DecisionRecorded) -> tuple[Told, ...]:
    decision = event.decision
    if decision.verdict is Verdict.REJECTED:
        return ()
    seat = f" as {', '.join(decision.seats)}" if decision.seats and decision.name not in decision.seats else ""
    said = f": {decision.comment}" if decision.comment else "."
    with_edits = " with edits" if decision.edits else ""
    return _line(f"{decision.name} approved{with_edits}{seat}{said}", "approved")


def _withdrawn(request: Request, event: e.ApprovalWithdrawn) -> tuple[Told, ...]:
    name = next((d.name for d in request.decisions if d.id == event.decision), "An approver")
    said = f": {event.comment}" if event.comment else "."
    return _line(f"{name} took the approval back{said}", "withdrawn")


def _lapsed(request: Request, event: e.ApprovalLapsed) -> tuple[Told, ...]:
    return _line(f"An approval no longer counts: {event.reason}.", "lapsed")


def _edited(request: Request, event: e.Edited) -> tuple[Told, ...]:
    edits = veil_edits(event.edits, request.plan.secret)
    what = ", ".join(f"{path} to {_short(mask_path(path, value))}" for path, value in edits.items())
    sentence = f"{event.by} changed {what}. This is now revision {event.revision}."
    return (*_line(sentence, "edited"), Told(REQUESTER, "edited", f"{_name(request)}: {sentence}"))


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _revised(request: Request, event: e.Revised) -> tuple[Told, ...]:
    sentence = f"{request.requester.name} changed what is asked. This is now revision {event.revision}."
    return _line(f"{sentence} Earlier approvals no longer count.", "revised")


def _asked(request: Request, event: e.QuestionAsked) -> tuple[Told, ...]:
    question = event.question
    sentence = f"{question.name} asks: {question.text}"
    return (
        Told(THREAD, "question", sentence, {"question": question.id}),
        Told(REQUESTER, "question", f"{_name(request)}: {sentence}", {"question": question.id}),
    )


def _answered(request: Request, event: e.QuestionAnswered) -> tuple[Told, ...]:
    question = next((q for q in request.questions if q.id == event.question), None)
    sentence = f"{event.by} answers: {event.answer}"
    asker = () if question is None else (Told(f"member:{question.member}", "answer", f"{_name(request)}: {sentence}"),)
    return (*_line(sentence, "answer"), *asker)


def _commented(request: Request, event: e.Commented) -> tuple[Told, ...]:
    return _line(f"{event.name}: {event.text}", "comment")


def _extended(request: Request, event: e.Extended) -> tuple[Told, ...]:
    return (Told(THREAD, "extended", "The deadline was moved.", {"expires_at": event.expires_at.timestamp()}),)


def _handed_over(request: Request, event: e.HandedOver) -> tuple[Told, ...]:
    seat = event.hand_over
    return (
        *_line(f"A seat was handed over to {seat.taker_name}.", "handed_over"),
        Told(f"member:{seat.taker}", "handed_over", f"{_name(request)} was handed over to you."),
    )


def _judged(request: Request, event: e.Judged) -> tuple[Told, ...]:
    """People that rules tell hear of it; admins hear what they should mend."""
    plan = event.plan
    waits = say_waited_for(request)
    state = f"it waits for {waits}" if request.is_open and waits else how_it_ended(request).rstrip(".") or "it is open"
    sentence = f"{_name(request)} was asked by {request.requester.name}; {state}."
    told = tuple(Told(source.principal, "told", sentence) for source in plan.tell)
    notes = () if plan.explanation is None else plan.explanation.notes
    trouble = f"{_name(request)}: {' '.join(notes)}"
    return (*told, Told(_admins(request), "rule_trouble", trouble)) if notes else told


def _admins(request: Request) -> str:
    return f"role:admin:{request.project}"


def _impossible(request: Request, event: e.FoundImpossible) -> tuple[Told, ...]:
    sentence = f"too few people could ever approve as {', '.join(event.missing)}"
    told = f"{_name(request)}: {sentence}. Add people, or change the rule; else it will expire."
    return (*_line(f"As things stand {sentence}.", "impossible"), Told(_admins(request), "impossible", told))


def _possible(request: Request, event: e.FoundPossible) -> tuple[Told, ...]:
    told = f"{_name(request)} can be approved again: there are enough people."
    return (*_line("There are enough people again.", "possible"), Told(_admins(request), "possible", told))


def _escalated(request: Request, event: e.Escalated) -> tuple[Told, ...]:
    waited = say_duration(event.at - request.stage_opened_at) if request.stage_opened_at else "a while"
    people = people_waited_for(event.to)
    now = "instead" if event.reassign else "as well"
    sentence = f"{_name(request)} has waited for {waited} and now waits for you as well."
    told = tuple(Told(source.principal, "escalated", sentence) for source in event.to)
    return (*_line(f"Nobody answered within {waited}, so {people} may now decide {now}.", "escalated"), *told)


def _lease_granted(request: Request, event: e.LeaseGranted) -> tuple[Told, ...]:
    lease = next((one for one in request.leases if one.id == event.lease.id), event.lease)
    uses = "the next one" if lease.uses == 1 else f"up to {lease.uses}"
    sentence = (
        f"{lease.granted_by_name} lets {uses} like this by {lease.agent_name} pass without asking: {lease.kind.sentence}, "
        f"for {say_duration(lease.until - lease.granted_at)}."
    )
    told = f"{_name(request)}: {sentence} Take it back with /countersign leases revoke #{lease.number}."
    return (*_line(sentence, "lease_granted"), Told(_admins(request), "lease_granted", told))


def _lease_revoked(request: Request, event: e.LeaseRevoked) -> tuple[Told, ...]:
    return _line(f"{event.by} took the lease back; people are asked again.", "lease_revoked")


def _glass_broken(request: Request, event: e.GlassBroken) -> tuple[Told, ...]:
    """Everybody: those who were or would have been asked, whoever asked, those told besides, all admins."""
    glass = next((one for one in request.glasses if one.id == event.glass.id), event.glass)
    sentence = f"EMERGENCY: {glass.name} broke the glass and decided this alone: {glass.reason}"
    told = f"{_name(request)}: {sentence} Another person must review it with /countersign review #{request.number}."
    stages = request.plan.stages
    asked = (source.principal for stage in stages for one in stage.requirements for source in one.sources)
    people = dict.fromkeys((REQUESTER, *asked, *(source.principal for source in request.plan.tell), _admins(request)))
    return (*_line(sentence, "glass_broken"), *(Told(place, "glass_broken", told) for place in people))


def _review_called(request: Request, event: e.ReviewCalled) -> tuple[Told, ...]:
    glass = next((one for one in request.glasses if one.id == event.glass), None)
    if glass is None:
        return ()
    late = f"{_name(request)}: nobody has reviewed {glass.name}'s break-glass yet, and the review is late."
    told = f"{late} Close it with /countersign review #{request.number}."
    own = f"{late} Ask somebody else to close it; until then you cannot break the glass again."
    return (
        *_line(f"The review of {glass.name}'s break-glass is late.", "review_called"),
        Told(_admins(request), "review_called", told),
        Told(f"member:{glass.member}", "review_called", own),
    )


def _review_closed(request: Request, event: e.ReviewClosed) -> tuple[Told, ...]:
    glass = next((one for one in request.glasses if one.id == event.glass), None)
    if glass is None:
        return ()
    sentence = (
        f"{event.name} reviewed {glass.name}'s break-glass and found it {say_finding(event.finding)}: {glass.remark}"
    )
    told = f"{_name(request)}: {sentence}"
    people = dict.fromkeys((f"member:{glass.member}", REQUESTER, _admins(request)))
    return (*_line(sentence, "review_closed"), *(Told(place, "review_closed", told) for place in people))


def say_finding(finding: Finding) -> str:
    return "justified" if finding is Finding.JUSTIFIED else "NOT justified"


def _reminded(request: Request, event: e.Reminded) -> tuple[Told, ...]:
    waits = say_waited_for(request)
    reminders = (
        Told(ASKED, "reminder", f"{_name(request)} still waits for you."),
        Told(THREAD, "reminder", f"Still waiting for {waits}."),
    )
    if not request.open_questions:
        return reminders
    question = request.open_questions[0]
    open_question = f"{_name(request)}: {question.name}'s question is still open: {question.text}"
    return (*reminders, Told(REQUESTER, "question", open_question, {"question": question.id}))


def _ended(request: Request, event: e.Ended) -> tuple[Told, ...]:
    sentence = how_it_ended(request, event.comment)
    return (*_line(sentence, "ended"), Told(REQUESTER, "ended", f"{_name(request)}: {sentence}"))


def how_it_ended(request: Request, comment: str | None = None) -> str:
    """The one clear line about the end: who, and why. Empty while the request is open."""
    by = _deciders(request)
    if request.is_yes and request.cause == CAUSE and request.glass is not None:
        return f"EMERGENCY: {request.glass.name} broke the glass: {request.glass.reason}"
    match request.status:
        case Status.APPROVED:
            return f"Approved by {by}." if request.cause == "people" else f"Approved ({request.cause})."
        case Status.APPROVED_WITH_EDITS:
            return f"Approved with edits by {by}."
        case Status.AUTO_APPROVED:
            return f"Approved without asking anybody: {_cause(request)}."
        case Status.AUTO_REJECTED:
            return f"Rejected without asking anybody: {_cause(request)}."
        case Status.REJECTED:
            return _rejected(request)
        case Status.EXPIRED:
            return _expired(request)
        case Status.CANCELLED:
            return _cancelled(request, comment)
        case _:
            return ""


def _rejected(request: Request) -> str:
    rejection = next((d for d in reversed(request.decisions) if d.verdict is Verdict.REJECTED), None)
    if rejection is None:
        return "Rejected."
    return (
        f"Rejected by {rejection.name}: {rejection.comment}" if rejection.comment else f"Rejected by {rejection.name}."
    )


def _expired(request: Request) -> str:
    waited = f" within {say_duration(request.expires_at - request.created_at)}" if request.expires_at else ""
    if not (request.stage or request.decisions) and request.cause == "nobody_answered":
        return f"Expired: {_not_yet(request)} had not said yes{waited}, so nobody was asked."
    if request.cause == "question_unanswered":
        return f"Expired: a question was not answered{waited}."
    if request.cause == "nobody_could":
        return f"Expired: too few people were there who could have approved it{waited}."
    if request.glass is not None:
        return f"Expired: the glass was broken, but {_not_yet_met(request)} had not said yes{waited}."
    if not any(d.counts for d in request.decisions):
        return f"Expired: nobody answered{waited}."
    return f"Expired: not everybody who was asked answered{waited}."


def _not_yet(request: Request) -> str:
    """The checks and policies that people would have come after."""
    before = (result for one in stand(request).stages[:1] for result in one.results)
    return " and ".join(result.label for result in before if not result.met)


def _not_yet_met(request: Request) -> str:
    results = (result for one in stand(request).stages for result in one.results)
    return " and ".join(result.label for result in results if not result.met)


def _cancelled(request: Request, comment: str | None) -> str:
    words = {
        "requester": f"Cancelled by {request.requester.name}",
        "admin": "Cancelled by an admin",
        "superseded": "Cancelled: a newer request took its place",
        "discarded": "Discarded",
        "rule_removed": "Cancelled, since what had people asked is gone",
    }
    line = words.get(request.cause or "", f"Cancelled ({request.cause})")
    return f"{line}: {comment}" if comment and request.cause != "superseded" else f"{line}."


def _deciders(request: Request) -> str:
    names = [d.name for d in request.decisions if d.counts and d.revision == request.revision]
    unique = list(dict.fromkeys(names))
    return unique[0] if len(unique) == 1 else f"{', '.join(unique[:-1])} and {unique[-1]}" if unique else "nobody"


def _cause(request: Request) -> str:
    kind, _, name = (request.cause or "").partition(":")
    if kind == "check":
        report = request.checks.get(name)
        said = f" ({report.summary})" if report is not None and report.summary else ""
        return f"check {name} {'failed' if request.status is Status.AUTO_REJECTED else 'passed'}{said}"
    return request.plan.why[0].rstrip(".") if request.plan.why else (request.cause or "no rule")


def _superseded(request: Request, event: e.Superseded) -> tuple[Told, ...]:
    return _line(f"#{event.by_number} has taken its place.", "superseded")


def _discarded(request: Request, event: e.Discarded) -> tuple[Told, ...]:
    said = f": {event.comment}" if event.comment else "."
    return () if request.is_open else _line(f"Discarded; it will not be executed{said}", "discarded")


def _check_reported(request: Request, event: e.CheckReported) -> tuple[Told, ...]:
    report = event.report
    state = "is running" if report.state == "pending" else report.state
    said = f": {report.summary}" if report.summary else "."
    where = f" {report.url}" if report.url else ""
    return _line(f"Check {event.name} {state}{said}{where}", "check_reported")


def _execution(word: str, sentence: str) -> Callable[[Request, Any], tuple[Told, ...]]:
    def say(request: Request, event: Any) -> tuple[Told, ...]:
        detail = getattr(event, "detail", None)
        if is_change(request):
            return _carried_out(request, event)
        return _line(f"{sentence}: {detail}" if detail else f"{sentence}.", word)

    return say


def _carried_out(request: Request, event: Any) -> tuple[Told, ...]:
    """Whoever asked hears what became of a change: it is made, or was not, the moment it was agreed to."""
    if isinstance(event, e.ExecutionStarted):
        return ()
    made = isinstance(event, e.ExecutionSucceeded)
    word, said = ("carried_out", "Done; it holds now.") if made else ("not_carried_out", f"Not done: {event.detail}")
    hint = f" Collect its secret with /countersign collect #{request.number}." if made and _has_secret(request) else ""
    return (*_line(said, word), Told(REQUESTER, word, f"{_name(request)}: {said}{hint}"))


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
    e.ExecutionStarted: _execution("execution_started", "Execution has started"),
    e.ExecutionSucceeded: _execution("execution_succeeded", "Executed"),
    e.ExecutionFailed: _execution("execution_failed", "Execution failed"),
    e.ExecutionExpired: _execution("execution_expired", "Nobody executed it within its window"),
}
