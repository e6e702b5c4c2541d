"""Questions, answers, comments, reminders by hand: what changes no fact of a request."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Final

from core.errors import Conflict, Invalid, NotAllowed, NotFound, TooSoon
from core.lifecycle import who
from core.lifecycle.facts import Facts
from core.model import command as c
from core.model import event as e
from core.model.people import Verb
from core.model.request import Question, Request
from core.model.visible import says_something
from core.phrases import phrase

REMIND_EVERY = timedelta(minutes=5)
TEXT = 3000


NOUNS: Final = {"question": phrase("question"), "answer": phrase("answer"), "comment": phrase("comment")}
"""What is said, by the field that holds it."""


def _said(text: str, field: str) -> str:
    clean, what = text.strip(), NOUNS[field]
    if not says_something(clean):
        raise Invalid(phrase("The {what} is empty; write something.", what=what), field=field)
    if len(clean) > TEXT:
        raise Invalid(
            phrase("The {what} is longer than {text} characters; shorten it.", what=what, text=TEXT), field=field
        )
    return clean


def look(request: Request, command: c.Look, facts: Facts) -> tuple[e.Event, ...]:
    """Whoever may see it may look."""
    return ()


def ask(request: Request, command: c.Ask, facts: Facts) -> tuple[e.Event, ...]:
    person = who.asked_person(request, facts)
    who.must_be_named(request, person)
    text = _said(command.question, "question")
    who.must_be_open(request)
    if command.revision is not None:
        who.must_be_current(request, command.revision, request.stage)
    question = Question(f"qst_{facts.fresh}", person.id, person.name, text, facts.now)
    return (e.QuestionAsked(facts.now, question),)


def answer(request: Request, command: c.Answer, facts: Facts) -> tuple[e.Event, ...]:
    if facts.actor.id != request.on_behalf_of:
        who.must_be_requester(request, facts, phrase("answer its questions"))
    text = _said(command.answer, "answer")
    who.must_be_open(request)
    return (e.QuestionAnswered(facts.now, _which(request, command.question), text, facts.actor.name),)


def _which(request: Request, wanted: str | None) -> str:
    waiting = request.open_questions
    if wanted is None:
        if len(waiting) == 1:
            return waiting[0].id
        if waiting:
            raise Invalid(
                phrase("{count} questions are open; say which one you answer.", count=len(waiting)), field="question"
            )
        raise Conflict(phrase("No question is open here; write a comment instead."), code="no_open_question")
    question = next((q for q in request.questions if q.id == wanted), None)
    if question is None:
        raise NotFound(phrase("There is no such question on this request; look at its open ones."))
    if not question.is_open:
        raise Conflict(
            phrase("That question was already answered; write a comment if there is more to say."),
            code="already_answered",
        )
    return wanted


def comment(request: Request, command: c.Comment, facts: Facts) -> tuple[e.Event, ...]:
    return (e.Commented(facts.now, facts.actor.key, facts.actor.name, _said(command.text, "comment")),)


def start_looking(request: Request, command: c.StartLooking, facts: Facts) -> tuple[e.Event, ...]:
    """Said once: whoever is known to be looking says nothing new."""
    person = who.asked_person(request, facts)
    who.must_be_named(request, person)
    who.must_be_open(request)
    if any(one.member == person.id for one in request.looking):
        return ()
    return (e.StartedLooking(facts.now, person.id, person.name),)


def remind(request: Request, command: c.Remind, facts: Facts) -> tuple[e.Event, ...]:
    if not (who.is_requester(request, facts) or facts.may(Verb.MANAGE) or _is_asked(request, facts)):
        raise NotAllowed(
            phrase(
                "Only {requester}, the people asked or an admin may send a reminder; ask one of them.",
                requester=request.requester.name,
            )
        )
    who.must_be_open(request)
    last = _last_reminder(request, facts.now)
    if last is not None and facts.now - last < REMIND_EVERY:
        seconds = max(1, ceil((last + REMIND_EVERY - facts.now).total_seconds()))
        raise TooSoon(
            phrase("A reminder went out less than 5 minutes ago; try again in {seconds} s.", seconds=seconds),
            retry_after=seconds,
        )
    return (e.Reminded(facts.now, request.reminders_rung, by_hand=True),)


def _last_reminder(request: Request, now: datetime) -> datetime | None:
    """By hand. One in the future was sent before the clock was set back, nobody knows when, and counts as none."""
    return None if request.reminded_at is None or request.reminded_at > now else request.reminded_at


def _is_asked(request: Request, facts: Facts) -> bool:
    return facts.person is not None and bool(who.named_stages(request, facts.person))
