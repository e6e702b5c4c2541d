"""Break-glass: the window with its reason, and sending it; and the review another person closes."""

from __future__ import annotations

from bot.slack.admin import emergencies
from bot.slack.answer import Answer, FieldErrors, Open
from bot.slack.entrance.payload import Click, Submission
from bot.slack.flows.base import Flow, Form, done, pointed_at
from bot.slack.room import Room
from core.lifecycle.who import must_be_current, must_be_open
from core.model.command import BreakGlass, CloseReview
from core.model.emergency import Finding
from core.model.people import Actor
from core.model.request import Status
from core.phrases import phrase


async def click(room: Room, actor: Actor, click: Click) -> Answer:
    target = pointed_at(click)
    request = await room.see(actor, target.request, emergencies.MUTE)
    must_be_open(request)
    must_be_current(request, target.revision, target.stage)
    return Open(await emergencies.breaking(room, actor, request))


async def submit(room: Room, actor: Actor, sent: Submission) -> Answer:
    target = pointed_at(sent)
    reason = sent.text("reason")
    if reason is None:
        return FieldErrors({"reason": phrase("Say why this cannot wait; everybody reads it.")})
    made = await room.do(actor, sent, target, BreakGlass(reason, target.revision))
    if made.request.status not in (Status.APPROVED, Status.APPROVED_WITH_EDITS):
        return done(phrase("Glass broken"), phrase("Nobody is asked any more; it still waits for its checks."))
    return done(phrase("Glass broken"), phrase("It is approved, and everybody is told. Another person will review it."))


async def review_click(room: Room, actor: Actor, click: Click) -> Answer:
    request = await room.see(actor, pointed_at(click).request, emergencies.MUTE_REVIEW)
    return Open(await emergencies.reviewing(room, actor, request))


async def submit_review(room: Room, actor: Actor, sent: Submission) -> Answer:
    target = pointed_at(sent)
    remark = sent.text("remark")
    if remark is None:
        return FieldErrors({"remark": phrase("Say what you found; whoever broke the glass reads it.")})
    finding = Finding.NOT_JUSTIFIED if sent.values.get("finding") == "not_justified" else Finding.JUSTIFIED
    await room.do(actor, sent, target, CloseReview(finding, remark))
    return done(phrase("Review closed"), phrase("Everybody involved is told what you found."))


MEMBER = Flow(
    "break_glass",
    clicks={"request.break_glass": click, "request.review": review_click},
    forms={
        "break_glass": Form(submit, {"reason": "reason"}),
        "review": Form(submit_review, {"remark": "remark"}),
    },
)
