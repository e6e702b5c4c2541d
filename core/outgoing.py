"""What leaves with a change: the places where a request is shown, and the notices its events cause. Rows, not sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from core.model import event as e
from core.model.request import Request
from core.notices import ASKED, REQUESTER, THREAD, Told, told
from core.phrases import pack
from core.ports import Delivery, Notice, Transaction
from core.reminding import (
    MENTION,
    PILED,
    REMINDER,
    REMINDING,
    Make,
    channels_of,
    ears,
    is_mentioned,
    members_in,
    to_members,
    with_takers,
)
from core.standing import waiting_principals

DIRECT = 20
"""Most people shown a card by direct message where no channel shows it."""

MOST_COPIES = 500
"""People looked at when asking who of them wants a copy."""

COPIES = 10
"""Most direct copies beside a channel's card, for people named one by one."""

SHOWN_ANEW = (e.StageOpened, e.HandedOver, e.Escalated)
"""After these somebody may wait to see it who did not before."""

SAID = "said"
"""Where a notice keeps its sentence as a phrase, for whoever hears it in another language. Stored."""

TOLD_AT_FIRST = (e.Judged, e.FoundImpossible, e.Ended)
"""What is told even of a request that has just been made: its card says all the rest."""


class Outgoing:
    """Writes deliveries and notices in the transaction of the change that causes them."""

    def __init__(self, outlets: tuple[str, ...], fresh: Callable[[], str]) -> None:
        self._outlets = outlets
        self._fresh = fresh

    def announce(self, tx: Transaction, before: Request | None, after: Request, events: tuple[e.Event, ...]) -> None:
        """Cards for newly opened stages, then one notice per event, place and outlet."""
        if not self._outlets:
            return
        if after.is_open and any(isinstance(event, SHOWN_ANEW) for event in events):
            self._show(tx, after)
        notices: list[Notice] = []
        for version, event in enumerate(events, start=after.version - len(events) + 1):
            if before is None and not isinstance(event, TOLD_AT_FIRST):
                continue
            if lines := told(after, event):
                notices += self._notices(tx, after, lines, f"{after.id}:{version}")
        if notices:
            tx.notify(notices)

    def tell(self, tx: Transaction, request: Request, event: str, what: Told) -> None:
        """One notice per place and outlet; `event` tells it from all others."""
        notices = self._telling(tx, request, what, event)
        if notices:
            tx.notify(notices)

    def _show(self, tx: Transaction, request: Request) -> None:
        places = self._places(tx, request)
        tx.deliver(
            [
                Delivery(
                    id=f"dlv_{self._fresh()}",
                    organisation=request.organisation,
                    request=request.id,
                    outlet=outlet,
                    place=place,
                    wanted=request.version,
                    shown=0,
                    state="new",
                    batch=request.batch,
                )
                for outlet in self._outlets
                for place in places
            ]
        )

    def _places(self, tx: Transaction, request: Request) -> tuple[str, ...]:
        """Where it is shown; to whoever is away also who decides for them, and copies to who want them."""
        places = places_for(request, behind(tx, request))
        people = members_in(places)
        if not people and not request.plan.notify:
            return places
        takers = with_takers(tx, request, people) if people else ()
        copies = self._copies(tx, request) if request.plan.notify else ()
        more = (f"member:{member}" for member in (*takers, *copies) if member not in request.plan.barred)
        return tuple(dict.fromkeys((*places, *more)))

    def _copies(self, tx: Transaction, request: Request) -> tuple[str, ...]:
        """Of those asked who want each card for themselves, too."""
        wanting = frozenset(tx.wanting_copies(request.organisation, MOST_COPIES))
        if not wanting:
            return ()
        asked = _people_behind(waiting_principals(request), behind(tx, request), MOST_COPIES)
        return tuple(member for member in asked if member in wanting)[:DIRECT]

    def _notices(self, tx: Transaction, request: Request, lines: Iterable[Told], event: str) -> Iterable[Notice]:
        mentions: list[str] = []
        for what in lines:
            if what.word == REMINDER or (what.word in REMINDING and what.place != THREAD):
                yield from self._reminding(tx, request, what, event, mentions)
            else:
                yield from self._telling(tx, request, what, event)

    def _telling(self, tx: Transaction, request: Request, what: Told, event: str) -> list[Notice]:
        places = self._resolve(tx, request, what)
        if not places:
            return []
        make = self._making(request, what, event)
        return [make(place, outlet) for place in places for outlet in self._outlets]

    def _reminding(
        self, tx: Transaction, request: Request, what: Told, event: str, mentions: list[str]
    ) -> Iterable[Notice]:
        """Piled up, to be told together; what is said in the thread of a channel's card mentions whoever wants that.

        People come before the thread, so that it is known by then who is to be mentioned.
        """
        now, channels = tx.now(), channels_of(tx, request) if what.word == REMINDER else {}
        make = self._making(request, what, event)
        if what.place == THREAD:
            named = {MENTION: tuple(mentions)} if mentions else {}
            for outlet, places in channels.items():
                for notice in (make(place, outlet) for place in places):
                    yield replace(notice, extra={**notice.extra, **named}, state=PILED, next_try_at=now)
            return
        members = members_in(self._resolve(tx, request, what))
        how = ears(tx, request.organisation, members)
        if channels:
            mentions += [member for member in members if is_mentioned(how.of(member), now)]
        told = (f"member:{member}" for member in members if member not in mentions)
        yield from to_members(told, how, now, make, self._outlets, waits=what.word == REMINDER)

    def _making(self, request: Request, what: Told, event: str) -> Make:
        """What it says is packed once, however many hear it."""
        extra = {**what.extra, **said_again(what.sentence)}

        def make(place: str, outlet: str) -> Notice:
            return Notice(
                id=f"ntc_{self._fresh()}",
                organisation=request.organisation,
                request=request.id,
                event=event,
                outlet=outlet,
                place=place,
                word=what.word,
                sentence=what.sentence,
                extra=extra,
            )

        return make

    def _resolve(self, tx: Transaction, request: Request, what: Told) -> tuple[str, ...]:
        if what.place == THREAD:
            return (THREAD,) if has_been_shown(request) else ()
        if what.place == REQUESTER:
            return requester_places(request)
        if what.place == ASKED:
            quiet = answered(request)
            asked = _people_behind(waiting_principals(request), behind(tx, request), DIRECT + len(quiet))
            waited = with_takers(tx, request, [member for member in asked if member not in quiet])
            return tuple(f"member:{member}" for member in waited[:DIRECT] if member not in quiet)
        if what.place.startswith(("group:", "role:", "anyone:")):
            return tuple(f"member:{member}" for member in sorted(behind(tx, request)(what.place, DIRECT)))
        return (what.place,)


def has_been_shown(request: Request) -> bool:
    """Cards come with the first stage that opens; what a rule decided at once has none, and no thread under it."""
    return request.stage_opened_at is not None


def said_again(sentence: str) -> Mapping[str, Any]:
    """What a notice keeps of its sentence, so that it can be said in another language."""
    packed = pack(sentence)
    return {} if packed is None else {SAID: packed}


Roster = Callable[[str, int], frozenset[str]]


def behind(tx: Transaction, request: Request) -> Roster:
    """The people behind a name, but who came into a mirrored group after this was asked, and so may not decide it."""
    return lambda principal, limit: tx.roster(principal, request.project, limit, by=request.late_after)


def places_for(request: Request, roster: Roster) -> tuple[str, ...]:
    """Channels of rule or project; without any, the people asked; with one, copies to people named one by one."""
    channels = tuple(_channel(name) for name in request.plan.notify)
    waited = waiting_principals(request)
    if channels:
        named = sorted(name for name in waited if name.startswith("member:"))
        return (*channels, *named[:COPIES])
    barred = request.plan.barred
    people = [member for member in _people_behind(waited, roster, DIRECT + len(barred)) if member not in barred]
    return tuple(f"member:{member}" for member in people[:DIRECT])


def _channel(name: str) -> str:
    return name if name.startswith(("#", "channel:")) else f"channel:{name}"


def _people_behind(principals: Iterable[str], roster: Roster, limit: int) -> list[str]:
    people: dict[str, None] = {}
    for principal in sorted(principals):
        people |= dict.fromkeys(sorted(roster(principal, limit)))
    return list(people)[:limit]


def answered(request: Request) -> frozenset[str]:
    """Who is not told again: barred, answered, or the seat is somebody else's now."""
    seated: dict[str, bool] = {}
    for seat in request.hand_overs:
        seated |= {seat.giver: False, seat.taker: True}
    given = {member for member, still in seated.items() if not still}
    return request.plan.barred.union(
        given,
        *(
            d.relies_on
            for d in request.decisions
            if d.counts and (d.revision, d.stage) == (request.revision, request.stage)
        ),
    )


def requester_places(request: Request) -> tuple[str, ...]:
    """The person who asked, or whom the agent acts for; a machine hears by its own ways."""
    if request.requester.kind == "member":
        return (f"member:{request.requester.id}",)
    return (f"member:{request.on_behalf_of}",) if request.on_behalf_of else ()
