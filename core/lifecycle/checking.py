"""Checks: what an outside system reports of a revision, by the one credential named for it, and having it run again."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import Final

from core.errors import Conflict, Invalid, NotAllowed, NotFound, TooSoon
from core.lifecycle import who
from core.lifecycle.advancing import advance
from core.lifecycle.evolve import fold
from core.lifecycle.facts import Facts
from core.model import command as c
from core.model import event as e
from core.model.check import STATES, CheckDefinition
from core.model.people import Verb
from core.model.request import Request, Status
from core.model.requirement import Report
from core.phrases import phrase
from core.requirements.check import checks_in

AGAIN_AFTER: Final = timedelta(seconds=30)


def is_its_reporter(request: Request, command: c.Command, facts: Facts) -> bool:
    """Whoever is named to report a check that this request waits for knows of the request, if of nothing else here."""
    if not isinstance(command, c.ReportCheck) or facts.check is None or command.name not in checks_of(request):
        return False
    return facts.check.is_reported_by(facts.actor) and _may_report(facts)


def checks_of(request: Request) -> frozenset[str]:
    """The checks this request needs, in whatever stage."""
    return frozenset(checks_in(request.plan.stages))


def report(request: Request, command: c.ReportCheck, facts: Facts) -> tuple[e.Event, ...]:
    check = _reported(request, command.name, facts)
    if command.state not in STATES:
        raise Invalid(phrase("A check's status is one of {states}.", states=", ".join(STATES)), field="status")
    said = Report(command.state, request.revision, facts.now, command.summary or None, command.url or None)
    if command.revision in (None, request.revision) and _says_the_same(request.checks.get(command.name), said):
        return ()
    who.must_be_open(request)
    _must_be_current(request, command.revision)
    reported = e.CheckReported(facts.now, command.name, said)
    if said.state == "failed" and check.on_failed == "reject":
        return (reported, e.Ended(facts.now, Status.AUTO_REJECTED, check.cause, None, None))
    return (reported, *advance(fold(request, (reported,)), facts))


def _reported(request: Request, name: str, facts: Facts) -> CheckDefinition:
    """The check, if this very credential may speak for it here."""
    check = _the_check(request, name, facts)
    if who.is_requester(request, facts):
        raise NotAllowed(
            phrase("This is your own request, so you cannot report its checks; the check's own credential must."),
            code="own_request",
        )
    if not check.is_reported_by(facts.actor):
        whom = phrase("the server, which calls it") if check.reporter is None else check.reporter.label
        raise NotAllowed(
            phrase(
                "Check {check} is reported by {whom} alone; use that credential, or ask an admin.",
                check=check.name,
                whom=whom,
            )
        )
    if not _may_report(facts):
        raise NotAllowed(
            phrase("This API key may not report checks here; ask an admin for a key with the verb report_check.")
        )
    return check


def _may_report(facts: Facts) -> bool:
    return facts.actor.kind == "system" or facts.may(Verb.REPORT_CHECK)


def _the_check(request: Request, name: str, facts: Facts) -> CheckDefinition:
    if facts.check is None or name not in checks_of(request):
        raise NotFound(
            phrase("Request #{number} needs no check of this name; look at its requirements.", number=request.number)
        )
    return facts.check


def _says_the_same(known: Report | None, said: Report) -> bool:
    if known is None or known.revision != said.revision:
        return False
    return (known.state, known.summary, known.url) == (said.state, said.summary, said.url)


def _must_be_current(request: Request, revision: int | None) -> None:
    """It may be left out only while there has been just one."""
    if revision == request.revision or (revision is None and request.revision == 1):
        return
    raise Conflict(
        phrase(
            "Request #{number} is now at revision {revision}; look at that one, and report on it.",
            number=request.number,
            revision=request.revision,
        ),
        code="stale_revision",
        revision=request.revision,
        stage=request.stage,
    )


def run(request: Request, command: c.RunCheck, facts: Facts) -> tuple[e.Event, ...]:
    """By whoever asked, an approver who is asked, or an admin: it has not answered then until it answers anew."""
    check = _the_check(request, command.name, facts)
    _may_have_it_run(request, facts)
    who.must_be_open(request)
    _must_be_current(request, command.revision)
    if check.url is None or not check.rerun:
        raise Conflict(
            phrase("Check {check} cannot be run from here; whoever reports it must.", check=check.name),
            code="cannot_run",
        )
    _not_too_soon(request, check.name, facts)
    again = Report("pending", request.revision, facts.now, phrase("run again by {actor}", actor=facts.actor.name))
    reported = e.CheckReported(facts.now, check.name, again)
    return (reported, *advance(fold(request, (reported,)), facts))


def _may_have_it_run(request: Request, facts: Facts) -> None:
    if who.is_requester(request, facts) or facts.may(Verb.MANAGE):
        return
    asked = facts.person is not None and facts.may(Verb.APPROVE) and bool(who.named_stages(request, facts.person))
    if not asked:
        raise NotAllowed(
            phrase("Only whoever asked, the people asked, or an admin may have a check run again; ask one of them.")
        )


def _not_too_soon(request: Request, name: str, facts: Facts) -> None:
    last = request.checks.get(name)
    if last is None or last.revision != request.revision:
        raise TooSoon(phrase("Check {name} is being run for the first time; wait for it.", name=name), retry_after=30)
    wait = last.at + AGAIN_AFTER - facts.now
    if wait > timedelta():
        raise TooSoon(
            phrase("Check {name} was only just run; wait a little.", name=name), retry_after=ceil(wait.total_seconds())
        )
