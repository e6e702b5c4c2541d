"""Four eyes: whom a change of what is set up is asked of, and what carrying it out leaves in the request's history.

No rule, policy, check, lease, trust or setting of a project has a say in it: they are what such a change changes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from core.errors import Conflict, Invalid
from core.model import event as e
from core.model.change import CARRIER, Change, is_change, is_change_type
from core.model.people import ADMINS, Actor, Way
from core.model.request import Content, Judgement, Outcome, Plan, Request, Stage
from core.model.requirement import Source
from core.phrases import phrase
from core.requirements.approvals import Approvals

REPLY_WINDOW: Final = timedelta(hours=24)
REMIND: Final = (timedelta(hours=1), timedelta(hours=4))

WHY: Final = phrase("Four eyes are on: what decides who must say yes is changed only when another admin agrees.")


BY_HOST: Final = phrase("whoever has the host did this, with countersign admin recover")


def judge_change(change: Change, decide_in: frozenset[str]) -> Judgement:
    """One yes of any admin of the organisation but those it bars, through a way in where decisions may be made."""
    if change.by_host:
        return Judgement(Outcome.ALLOW, Plan(tell=(Source(ADMINS, phrase("all admins")),), why=(BY_HOST,)), "admin")
    admins = Approvals("s1r1", 1, (Source(ADMINS, phrase("another admin")),))
    plan = Plan(
        stages=(Stage(1, phrase("Another admin"), (admins,)),),
        reply_window=REPLY_WINDOW,
        remind=REMIND,
        comment_on_reject=True,
        barred=change.barred,
        decide_in=decide_in,
        notify=change.notify,
        why=(WHY,),
    )
    return Judgement(Outcome.ASK, plan)


def must_not_ask_for_a_change(content: Content) -> None:
    """What others ask for is never a change: only Countersign itself asks for those."""
    if is_change_type(content.type):
        raise Invalid(not_from_outside(content.type), field="type")


def not_from_outside(word: str) -> str:
    return phrase(
        "'{word}' is asked by Countersign itself when an admin changes what is set up; "
        "make that change, and the other admins are asked.",
        word=word[:60],
    )


def must_not_be_a_change(request: Request, what: str) -> None:
    """What is asked of admins stays as it was asked, and with them."""
    if is_change(request):
        raise Conflict(
            phrase("A change of what is set up cannot be {what}; cancel it and ask anew.", what=what),
            code="is_a_change",
        )


def carrier(organisation: str) -> Actor:
    """Countersign itself, carrying out what another admin has agreed to."""
    return Actor("system", CARRIER, phrase("four eyes"), organisation, Way.SYSTEM)


def carried_out(now: datetime, organisation: str) -> tuple[e.Event, ...]:
    return (e.ExecutionStarted(now, carrier(organisation).key, None, None), e.ExecutionSucceeded(now, None))


def not_carried_out(now: datetime, organisation: str, why: str) -> tuple[e.Event, ...]:
    return (e.ExecutionStarted(now, carrier(organisation).key, None, None), e.ExecutionFailed(now, why))
