"""What must be loud on a card: glass that was broken and the review it owes, and what holds back what was approved."""

from __future__ import annotations

from typing import Final

from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop
from bot.slack.target import Target
from core.masking import mask_text
from core.model.emergency import Glass
from core.model.request import ExecutionStatus, Request
from core.notices import say_finding
from core.phrases import phrase
from core.veil import veil

SHOWN: Final = 3


def glass(request: Request, key: str) -> list[Json]:
    """Who broke the glass, why, and how its review stands; a button for whoever may close it."""
    blocks: list[Json] = []
    for place, one in enumerate(veil(request).glasses[-SHOWN:]):
        blocks.append(b.rich(f"glass.{place}.{key}", *_glass(one)))
    if request.owed_reviews:
        target = str(Target(request.id, request.revision, request.stage))
        label = phrase("Review the break-glass on #{number}", number=request.number)
        blocks.append(
            b.actions(f"review.{key}", [b.button(phrase("Review it…"), "request.review", target, label=label)])
        )
    return blocks


def _glass(one: Glass) -> list[Json]:
    head = phrase("🚨 EMERGENCY: {name} broke the glass and decided this alone.", name=one.name)
    said = [b.words(head, 200, "bold"), b.words("  "), b.moment(one.at)]
    return [b.paragraph(*said), b.quote(b.words(b.one_line(mask_text(one.reason)), 600)), b.paragraph(*_review(one))]


def _review(one: Glass) -> list[Json]:
    if one.finding is None:
        owed = phrase("Another person must review this ")
        return [b.words(owed, 100, "bold"), b.moment(one.review_by, phrase("until "))]
    found = phrase("Reviewed by {name}: {finding}.", name=one.reviewer_name, finding=say_finding(one.finding))
    return [b.words(found, 200, "bold"), b.words(f" {b.one_line(mask_text(one.remark or ''))}", 600)]


def held(request: Request, backdrop: Backdrop, key: str) -> list[Json]:
    """Why nothing of this is executed now."""
    execution = request.execution
    if not request.is_open and (
        execution is None or execution.status is not ExecutionStatus.PENDING or request.discarded
    ):
        return []
    said: list[list[Json]] = []
    if backdrop.suspended:
        who = request.requester.name
        said.append([_loud(phrase("⛔ SUSPENDED: {who}, who asked, is suspended; nobody can execute this.", who=who))])
    if backdrop.freeze is not None:
        why = b.one_line(mask_text(backdrop.freeze.sentence))
        until = (
            [] if backdrop.freeze.until is None else [b.words("  "), b.moment(backdrop.freeze.until, phrase("until "))]
        )
        said.append([_loud(phrase("❄ FROZEN: {why} Nothing is executed meanwhile.", why=why)), *until])
    return [b.rich(f"held.{key}", *(b.paragraph(*each) for each in said))] if said else []


def _loud(text: str) -> Json:
    return b.words(text, 700, "bold")
