"""Can it still pass? Asked now and then of every rule, and of those open requests whose people have become few.

Whatever no longer can is told to the admins once, and once more when it can again. Work follows the number of rules and of
names that are waited for, never how much is pending: of each name so many requests are read at most, and those that ask for
nobody else, and for fewer than stand behind the name, are not counted through.
Whoever leaves, and whatever group changes, is looked after at once: `note` takes it, `catch_up` does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Final

from core.administration.rules import what_nobody_can_meet
from core.desk import Desk
from core.model.command import CallAnew, CheckPeople
from core.model.people import Verb, clock_actor
from core.model.request import OPEN, Request
from core.model.rule import Effect, Mode, Rule
from core.phrases import phrase
from core.ports import Filter, Hopeless, Reader, Store, Transaction
from core.standing import LATER, NOT

RULES_AT_ONCE: Final = 20
NAMES_AT_ONCE: Final = 50
ENOUGH: Final = 100
"""People behind a name that are looked at; a request that needs more is always counted through."""

REQUESTS_AT_ONCE: Final = 50
MOST: Final = 1_000
"""Requests of one name read in one round, the oldest deadlines first."""

Tell = Callable[[str, str], None]
"""An organisation, and a sentence for its admins."""


class LookingAround:
    def __init__(self, store: Store, desk: Desk) -> None:
        self._store = store
        self._desk = desk
        self._listeners: list[Tell] = []
        self._noted: dict[tuple[str, str], None] = {}

    def subscribe(self, tell: Tell) -> None:
        self._listeners.append(tell)

    async def look(self) -> None:
        """One round through all organisations."""
        for organisation in await self._store.read(lambda reader: reader.organisations()):
            await self.rules(organisation.id)
            await self.requests(organisation.id)

    # People who left, groups that changed.

    def note(self, organisation: str, name: str) -> None:
        """`member:<id>` or `group:<id>`: somebody left or may do less, a group lost people or is called otherwise."""
        self._noted[organisation, name] = None

    async def catch_up(self) -> None:
        """Look after everything noted. What is lost at a restart is seen at the last vote, and by the next round."""
        while self._noted:
            organisation, name = next(iter(self._noted))
            del self._noted[organisation, name]
            await self.after(organisation, name)

    async def after(self, organisation: str, name: str) -> None:
        """Count again whatever this person or group has a part in, and say the group's new name."""
        kind, _, id = name.partition(":")
        if kind == "group":
            await self._call_anew(organisation, id)
            names = [name, f"{LATER}{name}"]
        else:
            names = sorted(await self._store.read(lambda reader: reader.principals(organisation, id)))
        for wanted in await self._store.read(partial(_touched, organisation=organisation, name=name, names=names)):
            await self._desk.tend(wanted, CheckPeople())

    async def _call_anew(self, organisation: str, id: str) -> None:
        group = await self._store.read(lambda reader: reader.group(organisation, id))
        if group is None:
            return
        command = CallAnew(f"group:{id}", f"@{group.name}")
        for request in await self._store.read(partial(_naming, organisation=organisation, command=command)):
            await self._desk.tend(request, command)

    # Rules.

    async def rules(self, organisation: str) -> None:
        kept, known = await self._store.read(
            lambda reader: (reader.rulebook(organisation).rules, reader.hopeless_rules(organisation))
        )
        before = {one.rule: one for one in known}
        asking = [rule for rule in kept if rule.effect is Effect.REQUIRE and rule.mode is Mode.ON]
        for start in range(0, len(asking), RULES_AT_ONCE):
            some = asking[start : start + RULES_AT_ONCE]
            for now in await self._store.read(partial(_hopeless, rules=some)):
                was = before.pop(now.rule, None)
                if bool(now.missing) != (was is not None):
                    await self._changed(organisation, now)
        for gone in before.values():
            await self._store.transact(partial(_forget, organisation=organisation, gone=gone), chore=True)

    async def _changed(self, organisation: str, now: Hopeless) -> None:
        await self._store.transact(partial(_note, organisation=organisation, now=now), chore=True)
        for tell in self._listeners:
            tell(organisation, sentence(now))

    # Requests.

    async def requests(self, organisation: str) -> None:
        after = ""
        while names := await self._store.read(partial(_names, organisation=organisation, after=after)):
            after = names[-1]
            for name in names:
                for request in await self._store.read(partial(_few, organisation=organisation, name=name)):
                    await self._desk.tend(request, CheckPeople())


def sentence(now: Hopeless) -> str:
    """What admins hear."""
    if not now.missing:
        return phrase("Rule {now} can be met again: there are enough people.", now=now.name)
    missing = ", ".join(now.missing)
    return phrase(
        "Rule {now} can no longer be met: too few people can approve as {missing}. Add people, or change the rule.",
        now=now.name,
        missing=missing,
    )


def _hopeless(reader: Reader, rules: Iterable[Rule]) -> Sequence[Hopeless]:
    return [Hopeless(rule.id, rule.name, what_nobody_can_meet(reader, rule)) for rule in rules]


def _note(tx: Transaction, organisation: str, now: Hopeless) -> None:
    tx.put_hopeless_rule(organisation, now)
    word = "rule_impossible" if now.missing else "rule_possible"
    tx.log(
        organisation,
        word,
        clock_actor(organisation),
        {"rule": now.rule, "name": now.name, "missing": list(now.missing)},
    )


def _forget(tx: Transaction, organisation: str, gone: Hopeless) -> None:
    """The rule is no longer there, or no longer asks."""
    tx.put_hopeless_rule(organisation, Hopeless(gone.rule, gone.name, ()))


def _touched(reader: Reader, organisation: str, name: str, names: Sequence[str]) -> list[str]:
    """Open requests this person has said yes to, and those that wait for few people behind these names."""
    found = dict.fromkeys(id for each in names for id in _few(reader, organisation, each))
    kind, _, member = name.partition(":")
    if kind == "member":
        said = Filter(statuses=frozenset(status.value for status in OPEN), decided_by=member)
        found |= dict.fromkeys(request.id for request in _all(reader, organisation, said))
    return list(found)


def _naming(reader: Reader, organisation: str, command: CallAnew) -> list[str]:
    """Open requests that name the group somewhere by another label."""
    names = frozenset({command.principal, f"{LATER}{command.principal}"})
    wanted = Filter(waiting_for=names, order="deadline")
    return [request.id for request in _all(reader, organisation, wanted)]


def _all(reader: Reader, organisation: str, wanted: Filter) -> Iterator[Request]:
    cursor: str | None = None
    while True:
        page = reader.requests(organisation, wanted, cursor=cursor, limit=REQUESTS_AT_ONCE)
        yield from page.requests
        if (cursor := page.next_cursor) is None:
            return


def _names(reader: Reader, organisation: str, after: str) -> Sequence[str]:
    return reader.waited_for(organisation, after=after, limit=NAMES_AT_ONCE)


def _few(reader: Reader, organisation: str, name: str) -> Sequence[str]:
    """Requests this name's people may no longer suffice for, and those that were impossible when last looked at.

    Only requests of the oldest deadlines are read, `MOST` of them.
    """
    if name.startswith(("rule:", NOT)):
        return ()
    principal = name.removeprefix(LATER)
    here: dict[str, frozenset[str]] = {}
    found: list[str] = []
    wanted = Filter(waiting_for=frozenset({name}), order="deadline")
    for request in islice(_all(reader, organisation, wanted), MOST):
        if request.project not in here:
            here[request.project] = _able(reader, principal, request.project)
        if request.impossible or not _suffice(principal, here[request.project], request):
            found.append(request.id)
    return found


def _able(reader: Reader, principal: str, project: str) -> frozenset[str]:
    """People behind a name who could say yes in this project by whatever way."""
    people = reader.people(reader.roster(principal, project, ENOUGH), project)
    return frozenset(id for id, person in people.items() if person.pinned and person.may(Verb.APPROVE))


def _suffice(principal: str, people: frozenset[str], request: Request) -> bool:
    """Whether this one name is all the request asks for, and its people could fill every place of it."""
    if request.hand_overs:  # then other people sit there
        return False
    asked = [requirement for stage in request.plan.stages for requirement in stage.requirements]
    ways = [way for requirement in asked for way in requirement.ways if way.sources]
    if any(way.fixes_people or principal not in {source.principal for source in way.sources} for way in ways):
        return False
    return len(people - request.plan.barred) >= sum(requirement.slots(None) for requirement in asked)
