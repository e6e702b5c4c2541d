"""Details: everything an approver may want to read before deciding, and what is done too rarely for the card."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.slack.cards.base import Card
from bot.slack.drawing import alarms, parts, samples
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop
from core.masking import mask, mask_text
from core.model.change import is_change
from core.model.request import Content, Decision, ExecutionStatus, Life, Request, Verdict
from core.phrases import phrase, speaking
from core.rulebook.explain import policy_asks, say_policy
from core.rulebook.outcomes import said_again
from core.standing import failed_checks
from core.veil import veil

DECISIONS: Final = 20
QUESTIONS: Final = 10
LEAD: Final = 700
LIVES: Final = {
    Life.WITHDRAWN: phrase(" (withdrawn)"),
    Life.LAPSED: phrase(" (no longer counts)"),
    Life.STALE: phrase(" (earlier revision)"),
}


def draw(request: Request, backdrop: Backdrop, reader: str = "") -> Json:
    """`reader` is the member who looks: what only they have is offered to them alone."""
    key, shown = "details", veil(request)
    blocks = [
        parts.title(request, key),
        parts.eyebrow(request, backdrop, key),
        parts.lead(request, backdrop, key, LEAD),
        *parts.changed(request, backdrop, key),
        *parts.meaning(request, key),
        *alarms.glass(request, key),
        *alarms.held(request, backdrop, key),
        *(parts.deadline(request, key) if request.is_open else ()),
        *_buttons(request, reader),
        _further(request),
        b.divider("details.line"),
        *_texts(shown.content),
        *_values(shown.content),
        *parts.stages(request, key),
        *parts.leases(request, key),
        *_why(request),
        *_decisions(shown),
        *_questions(shown),
        _fine_print(request),
    ]
    return b.modal(
        "details", phrase("Request #{number}", number=request.number), blocks, metadata=str(parts.target_of(request))
    )


def _buttons(request: Request, reader: str) -> list[Json]:
    target = str(parts.target_of(request))
    offered = []
    if request.is_open:
        offered = [
            b.button(phrase("Approve"), "request.approve", target, style="primary"),
            b.button(phrase("Reject"), "request.reject", target, style="danger"),
            b.button(phrase("Comment"), "request.comment", target),
            b.button(phrase("I'm looking"), "request.looking", target),
        ]
        if request.expires_at is not None:
            offered.append(b.button(phrase("More time…"), "request.extend", target))
        if any(decision.counts and decision.member == reader for decision in request.decisions):
            offered.append(b.button(phrase("Withdraw my approval"), "request.withdraw", target))
        if not is_change(request):
            offered.append(b.button(phrase("Its like together…"), "request.batch", target))
        if failed_checks(request):
            offered.append(b.button(phrase("Run checks again"), "request.run_check", target))
    elif _is_handed_over(request):
        offered.append(_discard(target))
    if request.is_open or (request.is_yes and request.cause == "people"):
        offered += _lease(request, target)
    return [*([b.actions("details.buttons", offered)] if offered else []), *_emergency(request, target)]


def _emergency(request: Request, target: str) -> list[Json]:
    """What stops a machine, and what passes by everybody who is asked."""
    offered = []
    if request.is_open and request.glass is None and not is_change(request):
        offered.append(b.button(phrase("Break the glass…"), "request.break_glass", target))
    if request.requester.kind == "agent" and (request.is_open or _is_handed_over(request)):
        offered.append(b.button(phrase("Suspend the agent…"), "agents.suspend", request.requester.id))
    return [b.actions("details.emergency", offered)] if offered else []


def _is_handed_over(request: Request) -> bool:
    execution = request.execution
    return execution is not None and execution.status is ExecutionStatus.PENDING and not request.discarded


def _further(request: Request) -> Json:
    """The windows behind this one."""
    target = str(parts.target_of(request))
    return b.actions(
        "details.further",
        [
            b.button(phrase("Who and why"), "request.people", target),
            b.button(phrase("History"), "request.history", target),
            b.button(phrase("In full"), "request.whole", target),
        ],
    )


def _lease(request: Request, target: str) -> list[Json]:
    """Only machines get one."""
    if request.requester.kind != "agent":
        return []
    return [b.button(phrase("Let its like pass…"), "request.lease", target)]


def _discard(target: str) -> Json:
    sure = b.confirm(
        phrase("Discard it?"), phrase("It was approved, but will not be executed."), phrase("Discard"), style="danger"
    )
    return {**b.button(phrase("Discard"), "request.discard", target), "confirm": sure}


def _texts(content: Content) -> Iterable[Json]:
    """Whole, those that were cut above."""
    texts = {
        phrase("Description"): (content.description, LEAD),
        phrase("Action"): (content.action, 300),
        phrase("Reasoning"): (content.reasoning, 300),
        phrase("Side effects"): ("\n".join(content.side_effects), 300),
        phrase("If refused"): (content.if_denied, 200),
    }
    long = [(label, text) for label, (text, shown) in texts.items() if text and len(text) > shown]
    for place, (label, text) in enumerate(long):
        said = mask_text(text)
        for part, start in enumerate(range(0, min(len(said), 12_000), 2_800)):
            name = label if part == 0 else phrase("{label} (continued)", label=label)
            yield b.rich(f"text.{place}.{part}", b.paragraph(_bold(name)), b.code(said[start : start + 2_800]))


def _values(content: Content) -> Iterable[Json]:
    subject = content.subject
    if subject is not None:
        shown = b.link(subject.url, subject.id) if subject.url else b.words(subject.id, 200)
        yield b.rich("subject", b.paragraph(_bold(f"{phrase('Subject')}  "), shown, b.words(f" ({subject.kind})", 100)))
    for key, label, values in (
        ("Parameters", phrase("Parameters"), content.params),
        ("Facts", phrase("Facts"), content.facts),
        ("Metadata", phrase("Metadata"), content.metadata),
    ):
        if not parts.is_shown_whole(values):
            yield b.rich(f"values.{key}", b.paragraph(_bold(label)), b.code(_json(values), 2_800))


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(mask(dict(values)), indent=2, ensure_ascii=False, sort_keys=True)


def _why(request: Request) -> list[Json]:
    seen = request.plan.explanation
    policies = () if seen is None else seen.policies
    with speaking(None):  # as it is kept
        told = {policy_asks(one.name) for one in policies}
    said = [[b.words(mask_text(said_again(why)), 300)] for why in request.plan.why[:10] if why not in told]
    said += [[b.words(mask_text(say_policy(one)), 600)] for one in policies[:10]]
    if not said:
        return []
    return [b.rich("why", b.paragraph(_bold(phrase("Why these people"))), b.bullets(said))]


def _decisions(request: Request) -> list[Json]:
    shown = request.decisions[-DECISIONS:]
    if not shown:
        return []
    return [
        b.rich("decisions", b.paragraph(_bold(phrase("Decisions"))), b.bullets([_decision(each) for each in shown]))
    ]


def _decision(decision: Decision) -> list[Json]:
    signed = decision.signed
    approved = decision.verdict is Verdict.APPROVED
    what = phrase("{name} approved", name=signed) if approved else phrase("{name} rejected", name=signed)
    seat = (
        phrase(" as {seats}", seats=", ".join(decision.seats))
        if decision.seats and decision.name not in decision.seats
        else ""
    )
    said = [
        b.words(f"{what}{seat}{LIVES.get(decision.life, '')}", 250),
        b.words(" · "),
        b.moment(decision.at),
    ]
    return [*said, b.words(f": {b.one_line(mask_text(decision.comment))}", 500)] if decision.comment else said


def _questions(request: Request) -> list[Json]:
    shown = request.questions[-QUESTIONS:]
    if not shown:
        return []
    lines = []
    for question in shown:
        answer = f" – {question.answered_by}: {question.answer}" if question.answer else phrase(" – not answered yet")
        said = (f"{question.name}: {question.text}", answer)
        lines.append([b.words(_inline(text), 500) for text in said])
    return [b.rich("questions", b.paragraph(_bold(phrase("Questions"))), b.bullets(lines))]


def _inline(text: str) -> str:
    """In one line, with its space before."""
    return f"{' ' * text.startswith(' ')}{b.one_line(mask_text(text))}"


def _fine_print(request: Request) -> Json:
    digest = phrase(
        "Revision {revision} · digest {digest}… · action {action_digest}…",
        revision=request.revision,
        digest=request.digest[:16],
        action_digest=request.action_digest[:16],
    )
    return b.context(
        "fine_print", b.mrkdwn(b.date_text(request.created_at, phrase("Asked "))), b.plain(digest), b.plain(request.id)
    )


def _bold(text: str) -> Json:
    return b.words(text, 100, "bold")


MEMBER = Card(
    "details",
    {
        "pending": lambda: draw(samples.pending(), samples.BACKDROP),
        "question": lambda: draw(samples.question(), samples.BACKDROP),
        "second_stage": lambda: draw(samples.second_stage(), samples.BACKDROP, "mem_dave"),
        "check_failed": lambda: draw(samples.check_failed(), samples.BACKDROP),
        "approved": lambda: draw(samples.approved(), samples.BACKDROP),
        "broken": lambda: draw(samples.broken(), samples.HELD_BACKDROP),
        "hostile": lambda: draw(samples.hostile(), samples.BACKDROP),
    },
)
