"""Four eyes: what decides who must say yes is not changed by one admin alone.

`@four_eyes("groups")` on a method of an office is all it takes. Where the organisation has four eyes on and a person
calls, the method is rehearsed (it refuses what it would refuse, and shows what it would write), nothing is kept, and the
other admins are asked by a request of type `countersign.groups`; `Asked` is raised, which is no refusal but says so. The
call itself is the request's parameters, so that its digest covers it; the last vote runs it again in its own transaction.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.administration.office import Asked, Made, Office, operator
from core.administration.plain_words import lines_of
from core.administration.rehearsal import Effect, Recorder, at_once, deterministic, inner_store, print_of
from core.administration.spelling import spell, unspell
from core.desk import Desk
from core.errors import Conflict, NotAllowed
from core.lifecycle.changing import carrier
from core.model.change import PREFIX, Change
from core.model.organisation import Grant, Group, Identity, Organisation
from core.model.people import ADMINS, Actor, Way
from core.model.request import OPEN, Content, Request
from core.phrases import phrase, speaking
from core.ports import Filter, Idempotency, Reader, Store, Transaction

TITLE: Final = 150
DESCRIPTION: Final = 9_000
"""Characters that can be shown to whoever must agree, in Details at the latest."""

ADMINS_LOOKED_AT: Final = 100

JUDGED_BY: Final = ("rules", "types", "policies", "checks")
"""Topics whose changes move the rulebook on."""

RIVALS: Final = 5
"""Named to whoever asks besides."""

STALE: Final = frozenset({"stale_rulebook", "stale_version"})
"""What a change says of a base that is another one now."""

Method = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a call would do: its answer, its effects, their print, what it would say, and whom it would make stronger."""

    answer: Any
    effects: tuple[Effect, ...]
    print: str
    lines: tuple[str, ...]
    gaining: frozenset[str]


class FourEyes:
    """Stands before the offices, which it knows by their words. `fresh` gives an unused ULID."""

    def __init__(self, store: Store, desk: Desk, fresh: Callable[[], str], offices: Mapping[str, Office]) -> None:
        self._store, self._desk, self._fresh = store, desk, fresh
        self._offices = dict(offices)
        for office in self._offices.values():
            office.before_changes(self)
        desk.entrust(self.carry_out)

    async def earlier(self, once: Idempotency | None) -> Asked | None:
        """What this very call came to, if the other admins were asked then."""
        if once is None:
            return None
        entry = await self._store.transact(lambda tx: tx.remembered(once.credential, once.key))
        if entry is None or entry.body != once.body or not entry.request.startswith("req_"):
            return None
        request = await self._store.read(lambda reader: reader.request(entry.request))
        return None if request is None else _asked(request, replayed=True)

    async def are_on(self, actor: Actor) -> bool:
        """Whether this actor's changes are asked for first: people's are, and those of the host's command line.

        The clock and Slack's directory act by nobody's wish.
        """
        if not actor.is_member and actor != operator(actor.organisation):
            return False
        organisation = await self._store.read(lambda reader: reader.organisation(actor.organisation))
        return organisation is not None and organisation.four_eyes

    async def alone(self, office: Office, method: Method, actor: Actor, given: inspect.BoundArguments) -> Any:
        """What it looks at stays as it is until what it writes is committed: admins of one organisation take turns."""
        after: list[Callable[[], None]] = []

        def work(tx: Transaction) -> Any:
            after.clear()
            tx.hold(actor.organisation)
            return tx.within(
                lambda inner, reader: at_once(
                    method(office.alone(inner_store(inner, reader), after), *given.args[1:], **given.kwargs)
                )
            )

        answer = await self._store.transact(work)
        for tell in after:
            tell()
        return answer

    async def ask(self, office: Office, method: Method, topic: str, actor: Actor, given: inspect.BoundArguments) -> Any:
        """Raises `Asked`; answers only where the call would change nothing."""
        arguments = dict(given.arguments)
        once = arguments.pop("once", None)
        call = self._call(office, method.__name__, arguments)
        rehearsed, organisation = await self._rehearse(actor, call)
        if not rehearsed.effects:
            return rehearsed.answer
        with speaking(None):  # it is kept, and read by others
            rivals = await self._store.read(lambda reader: _rivals(reader, actor.organisation, rehearsed.effects))
            change = await self._store.read(
                lambda reader: self._change(reader, actor, topic, call, rehearsed, organisation, rivals=rivals)
            )
        done = await self._desk.ask_for_change(actor, change, once=once)
        raise _asked(done.request, replayed=done.replayed, rivals=rivals)

    async def by_host(self, actor: Actor, topic: str, office: Office, method: str, **arguments: Any) -> Request | None:
        """A change nobody is asked for, by whoever has the host: a request all the same, so that all admins hear of it.

        None where it would change nothing.
        """
        call = self._call(office, method, arguments)
        rehearsed, organisation = await self._rehearse(actor, call)
        if not rehearsed.effects:
            return None
        change = await self._store.read(
            lambda reader: self._change(reader, actor, topic, call, rehearsed, organisation, by_host=True)
        )
        return (await self._desk.ask_for_change(actor, change)).request

    def _call(self, office: Office, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        said = {name: one for name, one in arguments.items() if name not in ("self", "actor")}
        return {"office": self._word(office), "method": method, "arguments": spell(said), "seed": self._fresh()}

    async def _rehearse(self, actor: Actor, call: Mapping[str, Any]) -> tuple[Rehearsed, Organisation | None]:
        return await self._store.transact(
            lambda tx: tx.within(lambda inner, reader: self._look(inner, reader, actor, call), keep=False)
        )

    def carry_out(self, tx: Transaction, request: Request) -> None:
        """Make the change as it was shown, or refuse; runs in the transaction of the last vote, inside a unit of its own."""
        tx.within(lambda inner, reader: self._make(inner, reader, request))

    def _make(self, tx: Transaction, reader: Reader, request: Request) -> None:
        call = request.content.params
        actor = _still_there(reader, request)
        try:
            rehearsed = self._run(tx, reader, actor, call)
        except Conflict as conflict:
            raise _base_moved() if conflict.word in STALE else conflict from None
        if rehearsed.print != call.get("print"):
            raise _base_moved()
        payload = {
            "request": request.id,
            "number": request.number,
            "type": request.content.type,
            "did": list(rehearsed.lines),
        }
        tx.log(request.organisation, "change_carried_out", carrier(request.organisation), payload)

    def _look(
        self, tx: Transaction, reader: Reader, actor: Actor, call: Mapping[str, Any]
    ) -> tuple[Rehearsed, Organisation | None]:
        return self._run(tx, reader, actor, call), reader.organisation(actor.organisation)

    def _run(self, tx: Transaction, reader: Reader, actor: Actor, call: Mapping[str, Any]) -> Rehearsed:
        office = self._offices[call["office"]]
        recorder = Recorder(tx, reader, actor.organisation)
        inside = office.inside(recorder.store(), deterministic(call["seed"]))
        answer = at_once(getattr(inside, call["method"])(actor, **unspell(call["arguments"])))
        effects = tuple(recorder.effects)
        lines = lines_of(reader, actor.organisation, effects)
        return Rehearsed(answer, effects, print_of(effects, tx.now()), lines, _gaining(reader, effects))

    def _change(
        self,
        reader: Reader,
        actor: Actor,
        topic: str,
        call: Mapping[str, Any],
        rehearsed: Rehearsed,
        organisation: Organisation | None,
        *,
        by_host: bool = False,
        rivals: str = "",
    ) -> Change:
        project = min(reader.projects(actor.organisation), key=lambda one: (one.created_at, one.id)).id
        barred = frozenset({actor.id}) | rehearsed.gaining
        if not by_host and not reader.roster(ADMINS, project, ADMINS_LOOKED_AT) - barred:
            raise Conflict(
                phrase(
                    "Four eyes are on, and there is no other admin who could agree to this. Whoever has the host can make "
                    "one with: countersign admin recover."
                ),
                code="nobody_could",
            )
        content = Content(
            type=f"{PREFIX}{topic}",
            title=_title(rehearsed.lines),
            description=_whole((*rehearsed.lines, rivals) if rivals else rehearsed.lines),
            params={**call, "print": rehearsed.print},
            if_denied=phrase("Everything stays as it is."),
        )
        channel = None if organisation is None else organisation.admin_channel
        return Change(content, project, barred, () if channel is None else (channel,), by_host=by_host)

    def _word(self, office: Office) -> str:
        return next(word for word, known in self._offices.items() if known is office)


def _asked(request: Request, *, replayed: bool, rivals: str = "") -> Asked:
    return Asked(Made(request.id, replayed, asked=request.number, rivals=rivals))


def _base_moved() -> Conflict:
    return Conflict(
        phrase(
            "Something this would have changed was changed since it was asked, so nothing was done; "
            "look at it again and ask anew."
        ),
        code="base_moved",
    )


def _rivals(reader: Reader, organisation: str, effects: tuple[Effect, ...]) -> str:
    """A change of the rulebook is made upon the very one it was shown on: of several that wait, the first alone can be."""
    if not any(effect.writer == "move_rulebook" for effect in effects):
        return ""
    open = frozenset(status.value for status in OPEN)
    found: list[int] = []
    for topic in JUDGED_BY:
        page = reader.requests(organisation, Filter(open, type=f"{PREFIX}{topic}"), cursor=None, limit=RIVALS)
        found += [request.number for request in page.requests]
    if not found:
        return ""
    return phrase(
        "Waiting already: {others}. Of such changes only the one agreed to first can be made; ask for the others anew then.",
        others=", ".join(f"#{number}" for number in sorted(found)[:RIVALS]),
    )


def _whole(lines: tuple[str, ...]) -> str:
    """Nobody agrees to what they were not shown."""
    said = "\n".join(lines)
    if len(said) > DESCRIPTION:
        raise Conflict(
            phrase("This changes more at once than can be shown to whoever must agree; make it in smaller steps."),
            code="too_much",
        )
    return said


def _title(lines: tuple[str, ...]) -> str:
    first = lines[0].splitlines()[0].rstrip(".:")
    more = phrase(" and {count} more", count=len(lines) - 1) if len(lines) > 1 else ""
    room = TITLE - len(more)
    return (first if len(first) <= room else f"{first[: room - 1]}…") + more


def _still_there(reader: Reader, request: Request) -> Actor:
    """Whoever asked, with the rights they have now."""
    if request.requester.kind == "system":
        return operator(request.organisation)
    asker = reader.member(request.organisation, request.requester.id)
    if asker is None or not asker.active:
        raise NotAllowed(
            phrase(
                "{requester}, who asked, is no longer active here, so nothing was done; ask anew.",
                requester=request.requester.name,
            )
        )
    return Actor("member", asker.id, asker.name, request.organisation, Way.SYSTEM, may_decide=True)


def _gaining(reader: Reader, effects: tuple[Effect, ...]) -> frozenset[str]:
    """Members who would be given a role, a seat in a group that is there, or another outside user that counts as them."""
    found: set[str] = set()
    new = {one.noun.id for one in effects if isinstance(one.noun, Group) and one.before is None}
    for effect in effects:
        match effect.writer, effect.noun:
            case "grant", Grant() as grant if not effect.before:
                kind, _, id = grant.principal.partition(":")
                found |= set(reader.group_members(id)) if kind == "group" else {id}
            case "set_group_members", group if group not in new:
                found |= set(effect.arguments[1]) - set(effect.before or ())
            case "put", Identity() as identity:
                found.add(identity.member)
            case _:
                pass
    return frozenset(found)
