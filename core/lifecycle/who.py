"""Who may do what to a request. Every refusal says why and what to do instead."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from core.errors import Conflict, NotAllowed, NotFound
from core.lifecycle.facts import Facts
from core.model.absence import NOBODY, SAME_GROUP
from core.model.batch import SHORTEST
from core.model.change import is_change
from core.model.organisation import RequestType
from core.model.people import Actor, Person, Verb
from core.model.request import Decision, Request, Stage, Status, Verdict
from core.model.requirement import Delegated, Requirement
from core.phrases import phrase
from core.standing import filled_before, people_waited_for, say_waited_for


def may_read(request: Request, facts: Facts) -> bool:
    """The requester, whoever it acts for, readers of the project, and everybody a stage names."""
    actor, person = facts.actor, facts.person
    if actor.kind == "system" or is_requester(request, facts) or facts.may(Verb.READ):
        return True
    if person is None or not person.active:
        return False
    return person.id == request.on_behalf_of or bool(named_stages(request, person))


def must_see(request: Request, facts: Facts) -> None:
    """Without `read` a thing does not exist. A stranger in Slack sees the card, so is told about mapping instead."""
    if facts.actor.kind == "stranger":
        raise NotAllowed(
            phrase(
                "You are not linked to a member of this organisation yet, so nothing was changed. "
                "Ask an admin to add your e-mail address, then click again."
            ),
            code="not_mapped",
        )
    if not may_read(request, facts):
        raise NotFound(phrase("There is no such request here, or it is not yours to see; an admin can change that."))


def may_ask_for(type: RequestType, actor: Actor, person: Person | None) -> bool:
    """Some types are not for everybody; `person` is the member behind the actor as seen from the project."""
    wanted = {source.principal for source in type.may_ask}
    names = {actor.key, f"team:{actor.team}"}
    if person is not None and person.active:
        names |= person.principals | {f"role:{role}" for role in person.roles}
    return not wanted or bool(names & wanted)


def is_requester(request: Request, facts: Facts) -> bool:
    """The very member or agent that asked, while active, and with a key for this project."""
    return request.requester.is_actor(facts.actor) and facts.present


def must_be_requester(request: Request, facts: Facts, what: str) -> None:
    if not (is_requester(request, facts) and _key_asks(facts)):
        raise NotAllowed(
            phrase(
                "Only {requester}, who asked, may {what}; tell them what you need.",
                requester=request.requester.name,
                what=what,
            )
        )


def _key_asks(facts: Facts) -> bool:
    """Changing one's own request takes no verb of a person, but a key must have been given `ask`."""
    return not facts.actor.is_agent or facts.may(Verb.ASK)


def must_be_requester_or_admin(request: Request, facts: Facts, what: str) -> None:
    own = is_requester(request, facts) and _key_asks(facts)
    if not (own or as_an_admin(facts) or facts.actor.kind == "system"):
        raise NotAllowed(
            phrase(
                "Only {requester}, who asked, or an admin may {what}; ask one of them.",
                requester=request.requester.name,
                what=what,
            )
        )


def as_an_admin(facts: Facts) -> bool:
    """Whether the actor manages the project; an admin whose login only reads and asks hears that this is why not."""
    if not facts.may(Verb.MANAGE):
        return False
    must_do_more_than_ask(facts.actor)
    return True


def must_do_more_than_ask(actor: Actor) -> None:
    """What only admins may change is for Slack, single sign-on, and personal tokens that may decide."""
    if actor.only_asks:
        raise NotAllowed(
            phrase(
                "This login may read and ask only. Do it in Slack, or log in again with the code that "
                "/countersign login deciding shows there."
            )
        )


ENDED_AS: Final = {
    Status.APPROVED: phrase("approved"),
    Status.APPROVED_WITH_EDITS: phrase("approved with edits"),
    Status.AUTO_APPROVED: phrase("auto approved"),
    Status.REJECTED: phrase("rejected"),
    Status.AUTO_REJECTED: phrase("auto rejected"),
}


def must_be_open(request: Request) -> None:
    """Answers with the code that fits how the request ended."""
    if request.is_open:
        return
    if request.status is Status.EXPIRED:
        raise Conflict(
            phrase("Request #{number} expired before it was decided; create a new request.", number=request.number),
            code="approval_expired",
        )
    if request.status is Status.CANCELLED:
        raise Conflict(
            phrase("Request #{number} was cancelled; nothing is left to decide.", number=request.number),
            code="not_open",
        )
    raise Conflict(
        phrase(
            "Request #{number} was already {ended_as}; nothing was changed.",
            number=request.number,
            ended_as=_ended_as(request),
        ),
        code="already_decided",
    )


def _ended_as(request: Request) -> str:
    said_last = (d.name for d in reversed(request.decisions) if d.counts or d.verdict is Verdict.REJECTED)
    who = next(said_last, None) if request.cause == "people" else None
    said = ENDED_AS[request.status]
    return phrase("{said} by {who}", said=said, who=who) if who else said


def must_be_no_machine(facts: Facts) -> None:
    refusal = as_a_machine(facts.actor)
    if refusal is not None:
        raise refusal


def as_a_machine(actor: Actor) -> NotAllowed | None:
    """What any decision is refused with, whichever it is, where a machine makes it."""
    if not actor.is_agent:
        return None
    return NotAllowed(
        phrase("An API key belongs to a machine and can never decide; a person must do it in Slack."),
        code="key_cannot_decide",
    )


def asked_person(request: Request, facts: Facts) -> Person:
    """The member behind the actor, entitled to have a say; raises what stands in the way."""
    must_be_no_machine(facts)
    person = facts.person
    if person is None or not person.active:
        raise NotAllowed(phrase("Your account here is not active, so you cannot decide; ask an admin."))
    if not facts.may(Verb.APPROVE):
        raise NotAllowed(
            phrase(
                "You may not approve in project {project}; ask an admin for the approver role.",
                project=facts.project.name,
            ),
            code="not_an_approver",
        )
    if person.id in request.plan.barred:
        raise NotAllowed(
            phrase("You asked for this yourself, or it is asked in your name, so somebody else must decide."),
            code="own_request",
        )
    return person


def decider(request: Request, facts: Facts) -> Person:
    """Like `asked_person`, and by a way in that may decide here."""
    person = asked_person(request, facts)
    must_decide_here(request, facts)
    return person


def must_decide_here(request: Request, facts: Facts) -> None:
    """By a way in that may decide, with a credential that may."""
    actor = facts.actor
    is_way = actor.way.value in request.plan.decide_in
    if is_way:
        must_do_more_than_ask(actor)
    if not (is_way and actor.may_decide):
        places = ", ".join(sorted(request.plan.decide_in))
        raise NotAllowed(phrase("Decisions cannot be made this way here; decide through {places}.", places=places))


def seats_of(request: Request, person: Person) -> frozenset[str]:
    """The principals under which this person sits in the open stage, hand-overs given and taken included, in order."""
    late = _late(request, person)
    return _moved(request, person, person.principals - late if late else person.principals)


def _late(request: Request, person: Person) -> frozenset[str]:
    """Mirrored groups this person came into while the stage was open: there somebody in Slack chose them, for this."""
    if not person.came or (after := request.late_after) is None:
        return frozenset()
    return frozenset(group for group, since in person.came.items() if since > after)


def _moved(request: Request, person: Person, principals: frozenset[str]) -> frozenset[str]:
    own = f"member:{person.id}"
    seats = principals if own in principals else principals | {own}
    for moved in request.hand_overs:
        if moved.giver == person.id:
            seats -= moved.principals
        if moved.taker == person.id:
            seats |= moved.principals
    return seats


def holder_of(request: Request, member: str) -> str:
    """Who holds the seat this member was named for by themselves, after all that was handed over."""
    seat = f"member:{member}"
    for moved in request.hand_overs:
        if moved.giver == member and seat in moved.principals:
            member = moved.taker
    return member


def delegated_to(request: Request, person: Person, *, late: bool = True) -> tuple[Delegated, ...]:
    """In whose place this person may decide here: with the delegator's own seats, bars and right to approve.

    A seat that was handed over to the delegator stays with them. `late`: also without groups they came into late.
    """
    if not person.stands_in_for or is_change(request) or request.plan.delegation == NOBODY:
        return ()
    return tuple(
        Delegated(
            absent.person.id, absent.person.name, _own_seats(request, absent.person, late=late), absent.delegation
        )
        for absent in person.stands_in_for
        if _may_be_stood_in_for(request, absent.person, person)
    )


def _may_be_stood_in_for(request: Request, giver: Person, taker: Person) -> bool:
    if not giver.may(Verb.APPROVE) or giver.id in request.plan.barred:
        return False
    return request.plan.delegation != SAME_GROUP or bool(groups_of(giver) & groups_of(taker))


def groups_of(person: Person) -> frozenset[str]:
    return frozenset(name for name in person.principals if name.startswith("group:"))


def _own_seats(request: Request, person: Person, *, late: bool) -> frozenset[str]:
    seats = person.principals | {f"member:{person.id}"}
    if late:
        seats -= _late(request, person)
    given = (moved.principals for moved in request.hand_overs if moved.giver == person.id)
    return seats.difference(*given)


def places_of(request: Request, person: Person, stage: Stage) -> tuple[Delegated, ...]:
    """In whose place this person decides in a stage: where it calls for the delegator, and not for themselves."""
    own = seats_of(request, person)
    left = [requirement for requirement in stage.requirements if not sits_in(request, requirement, own)]
    delegated = delegated_to(request, person)
    return tuple(one for one in delegated if any(sits_in(request, each, one.principals) for each in left))


def seats_to_give(request: Request, person: Person) -> frozenset[str]:
    """What moves when this person hands over: every seat held here, and whom they themselves stand in for."""
    seats = seats_of(request, person)
    called = frozenset(s.principal for stage in request.plan.stages for r in stage.requirements for s in r.sources)
    return (called & seats) | {name for name in seats if name.startswith("member:")}


def named_stages(request: Request, person: Person) -> tuple[Stage, ...]:
    """The stages that name this person in some requirement, met or not."""
    now = later = _all_seats(seats_of(request, person), delegated_to(request, person))
    if person.came or person.stands_in_for:
        later = _all_seats(_moved(request, person, person.principals), delegated_to(request, person, late=False))
    named = [
        stage
        for stage in request.plan.stages
        if _is_named(request, stage, later if stage.number > request.stage else now)
    ]
    return tuple(named)


def _is_named(request: Request, stage: Stage, all_seats: tuple[frozenset[str], ...]) -> bool:
    for requirement in stage.requirements:
        for seats in all_seats:
            if sits_in(request, requirement, seats):
                return True
    return False


def _all_seats(own: frozenset[str], delegated: tuple[Delegated, ...]) -> tuple[frozenset[str], ...]:
    return (own, *[one.principals for one in delegated]) if delegated else (own,)


def named_oneself(request: Request, person: Person) -> bool:
    """Whether some stage names this person and not only somebody they stand in for."""
    return bool(named_stages(request, replace(person, stands_in_for=())))


def sits_in(request: Request, requirement: Requirement, seats: frozenset[str]) -> bool:
    """Whether somebody with these seats is called for; where people are fixed, only those who are."""
    if not requirement.names(seats):
        return False
    fixed = request.fixed.get(requirement.id)
    return fixed is None or any(f"member:{member}" in seats for member in fixed)


def must_be_named(request: Request, person: Person) -> tuple[Stage, ...]:
    stages = named_stages(request, person)
    if stages:
        return stages
    if _late(request, person):
        raise NotAllowed(
            phrase(
                "You came into the Slack user group while request #{number} was already being asked, so you do not "
                "count for it; somebody who was in it before must decide.",
                number=request.number,
            ),
            code="not_an_approver",
        )
    barred = _stood_in_for_but_barred(request, person)
    if barred is not None:
        raise NotAllowed(
            phrase(
                "You stand in for {barred}, and request #{number} was asked by or for them, so you cannot decide it in "
                "their name; somebody else must.",
                barred=barred,
                number=request.number,
            ),
            code="own_request",
        )
    raise NotAllowed(
        phrase(
            "Request #{number} does not ask for you; it asks {asked}.", number=request.number, asked=_asked(request)
        ),
        code="not_an_approver",
    )


def _stood_in_for_but_barred(request: Request, person: Person) -> str | None:
    """The name of a delegator who is called for here, but may not decide."""
    barred = (absent.person for absent in person.stands_in_for if absent.person.id in request.plan.barred)
    requirements = [requirement for stage in request.plan.stages for requirement in stage.requirements]
    asked = (one for one in barred if any(r.names(one.principals | {f"member:{one.id}"}) for r in requirements))
    return next((one.name for one in asked), None)


def _asked(request: Request) -> str:
    stage = request.plan.stage(request.stage)
    sources = [source for r in (stage.requirements if stage else ()) for source in r.sources]
    return people_waited_for(sources) or phrase("nobody")


def _waited_for(request: Request) -> str:
    return say_waited_for(request) or phrase("nobody")


def _open_stage(request: Request) -> str:
    return phrase("stage {stage}", stage=request.stage) if request.stage else phrase("the checks before people")


def must_be_their_turn(request: Request, stages: tuple[Stage, ...]) -> None:
    """Approving is for the open stage only; who comes later hears when, who came earlier that it has passed.

    `stages` are those that name them.
    """
    if any(stage.number == request.stage for stage in stages):
        return
    later = next((stage for stage in stages if stage.number > request.stage), None)
    if later is not None:
        raise NotAllowed(
            phrase(
                "It is not your turn yet: you are asked in {title}, and {open_stage} still "
                "{waits} for {waited_for}. You will be told when your turn comes.",
                title=later.title,
                open_stage=_open_stage(request),
                waits=phrase("wait") if not request.stage else phrase("waits"),
                waited_for=_waited_for(request),
            ),
            code="not_an_approver",
            stage=request.stage,
            your_stage=later.number,
        )
    raise NotAllowed(
        phrase(
            "Your stage has already passed; request #{number} now waits for {waited_for}.",
            number=request.number,
            waited_for=_waited_for(request),
        ),
        code="not_an_approver",
        stage=request.stage,
    )


def must_still_count(after: Request, decision: Decision) -> None:
    """Where people must differ, whoever has filled a place in a stage that passed fills none in the open one.

    Asked once the approval stands beside the others: they may take that place, and leave this one to its giver.
    """
    filled = filled_before(after)
    if not filled:
        return
    stage = after.plan.stage(after.stage)
    requirements = stage.requirements if stage else ()
    own = [decision.member] if any(sits_in(after, one, decision.principals) for one in requirements) else []
    places = [*own, *(one.delegator for one in decision.delegated)]
    if decision.member not in filled and not all(place in filled for place in places):
        return
    before = after.plan.stage(filled.get(decision.member) or filled[places[0]])
    raise NotAllowed(
        phrase(
            "Here nobody may fill two places: your approval, or one in your place, counts in {title}. Somebody else must "
            "approve {open_stage}.",
            title=before.title if before else "",
            open_stage=_open_stage(after),
        ),
        code="not_an_approver",
        stage=after.stage,
    )


def must_be_current(request: Request, revision: int | None, stage: int | None) -> None:
    """A decision binds to what was on show: both may be left out only while there has been just one."""
    if _is_other(revision, request.revision):
        raise Conflict(
            phrase(
                "Request #{number} was changed since: it is now at revision {revision}. "
                "Look at it again and decide on that one.",
                number=request.number,
                revision=request.revision,
            ),
            code="stale_revision",
            revision=request.revision,
            stage=request.stage,
        )
    if _is_other(stage, request.stage):
        raise Conflict(
            phrase(
                "Request #{number} is now at {open_stage}. Look at it again and decide there.",
                number=request.number,
                open_stage=_open_stage(request),
            ),
            code="stale_stage",
            revision=request.revision,
            stage=request.stage,
        )


def must_be_what_was_seen(request: Request, digest: str | None) -> None:
    """Where a decision names the digest of what was on show, or its beginning, it is about nothing else."""
    if digest is None or (len(digest) >= SHORTEST and request.digest.startswith(digest)):
        return
    raise Conflict(
        phrase(
            "Request #{number} is not what you saw: its digest is another one. Look at it again and decide on that.",
            number=request.number,
        ),
        code="stale_revision",
        revision=request.revision,
        stage=request.stage,
    )


def _is_other(said: int | None, present: int) -> bool:
    return present > 1 if said is None else said != present
