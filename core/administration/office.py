"""What every office shares: who may, one transaction per change, repeats recognised."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, Protocol, Self, TypeVar

from core.errors import ApprovalError, Conflict, Invalid, NotAllowed, NotFound
from core.lifecycle.who import must_do_more_than_ask
from core.model.organisation import ApiKey, Member, Project, Token
from core.model.people import Actor, Role, Verb, Way, verbs_of
from core.model.workload import Workload
from core.naming import find_member, find_project
from core.phrases import phrase
from core.ports import Idempotency, Reader, Remembered, Store, Transaction

P = ParamSpec("P")
T = TypeVar("T")
Whose = TypeVar("Whose", bound="Office")
AnOffice = TypeVar("AnOffice", bound="Office")
WayIn = TypeVar("WayIn", ApiKey, Token, Workload)


def operator(organisation: str) -> Actor:
    """Whoever has the host: its command line and its start-up."""
    return Actor("system", "operator", phrase("an operator on the host"), organisation, Way.SYSTEM)


@dataclass(frozen=True, slots=True)
class Made:
    """The id of what a change made or touched; `replayed` when an earlier call with the same key did it.

    With four eyes nothing is changed yet: `asked` is the number of the request by which the other admins are asked, and
    `id` that request's. `rivals` says which others wait upon the same base, if any do.
    """

    id: str
    replayed: bool
    asked: int | None = None
    rivals: str = ""


class Asked(ApprovalError):
    """No refusal: nothing is changed yet, the other admins have been asked. `made` names the request."""

    code = "asked"

    def __init__(self, made: Made) -> None:
        sentence = phrase(
            "Asked as #{asked}: four eyes are on, so another admin must agree before this is changed.", asked=made.asked
        )
        super().__init__(
            f"{sentence} {made.rivals}" if made.rivals else sentence,
            id=made.id,
            number=made.asked,
        )
        self.made = made


class Eyes(Protocol):
    """Whoever asks the other admins before a change is made (`core.administration.four_eyes`)."""

    async def earlier(self, once: Idempotency | None) -> Asked | None: ...
    async def are_on(self, actor: Actor) -> bool: ...
    async def ask(
        self, office: Office, method: Callable[..., Any], topic: str, actor: Actor, given: inspect.BoundArguments
    ) -> Any: ...
    async def alone(
        self, office: Office, method: Callable[..., Any], actor: Actor, given: inspect.BoundArguments
    ) -> Any: ...


Change = Callable[Concatenate[Whose, Actor, P], Coroutine[Any, Any, T]]


def four_eyes(topic: str, *, unless: str | None = None) -> Callable[[Change[Whose, P, T]], Change[Whose, P, T]]:
    """On each method that changes who must or may say yes: with four eyes on it is asked of the other admins first.

    Without them it is made in one unit of work, in which nobody else changes what its organisation has set up.

    The request's type is `countersign.<topic>`. `unless` names an argument that, when true, makes the call a mere stop
    (suspending an agent), which takes effect at once: it lets nothing pass.
    """

    def around(method: Change[Whose, P, T]) -> Change[Whose, P, T]:
        takes = inspect.signature(method)

        @wraps(method)
        async def guarded(self: Whose, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> T:
            eyes = self._eyes
            if eyes is None:
                return await method(self, actor, *args, **kwargs)
            given = takes.bind(self, actor, *args, **kwargs)
            given.apply_defaults()
            earlier = await eyes.earlier(given.arguments.get("once"))
            if earlier is not None:
                raise earlier
            if unless is not None and bool(given.arguments[unless]):
                return await method(self, actor, *args, **kwargs)
            answer: T
            if await eyes.are_on(actor):
                answer = await eyes.ask(self, method, topic, actor, given)
            else:
                answer = await eyes.alone(self, method, actor, given)
            return answer

        return guarded

    return around


class Office:
    """`_was_asked` is true where others have agreed to what is being done: secrets are then made later, for who asked.

    `_after` is there while a unit of work of its caller's is under way, and takes what is to be told once it is committed.
    """

    _eyes: Eyes | None = None
    _was_asked = False
    _after: list[Callable[[], None]] | None = None
    _noting: Callable[[str, str], None] | None = None

    def __init__(self, store: Store, fresh: Callable[[], str]) -> None:
        self._store = store
        self._fresh = fresh

    def before_changes(self, eyes: Eyes) -> None:
        """Ask `eyes` before every change that four eyes are for."""
        self._eyes = eyes

    def when_people_change(self, note: Callable[[str, str], None]) -> None:
        """Tell `note` the organisation and `member:<id>` or `group:<id>` of who left, may do less, or is called anew.

        It may be told too often, in a rehearsal for one, and looks for itself.
        """
        self._noting = note

    def _people_changed(self, organisation: str, name: str) -> None:
        if self._noting is not None:
            self._afterwards(partial(self._noting, organisation, name))

    def _afterwards(self, tell: Callable[[], None]) -> None:
        """Once what is being done has been committed."""
        if self._after is None:
            tell()
        else:
            self._after.append(tell)

    def inside(self, store: Store, fresh: Callable[[], str]) -> Self:
        """The same office at work on one transaction's store, carrying out what it is told; offices it uses likewise."""
        return _at_work(self, _store=store, _fresh=fresh, _eyes=None, _was_asked=True)

    def alone(self, store: Store, after: list[Callable[[], None]]) -> Self:
        """The same office doing what it was called for on one transaction's store."""
        return _at_work(self, _store=store, _eyes=None, _after=after)

    async def _change(self, work: Callable[[Transaction], str], once: Idempotency | None) -> Made:
        """Run `work`, which says the id of its noun, unless this very call was made before."""

        def inner(tx: Transaction) -> Made:
            entry = tx.remembered(once.credential, once.key) if once is not None else None
            if once is None:
                return Made(work(tx), replayed=False)
            if entry is None:
                id = work(tx)
                tx.remember(once.credential, once.key, Remembered(once.body, id, {}))
                return Made(id, replayed=False)
            if entry.body != once.body:
                raise Conflict(
                    phrase("This Idempotency-Key was used before with another body; use a new key for a new wish."),
                    code="idempotency_conflict",
                )
            return Made(entry.request, replayed=True)

        return await self._store.transact(inner)

    async def _revoke(self, actor: Actor, found: WayIn, word: str, said: Mapping[str, Any]) -> WayIn:
        """Nobody comes in by it from now on; twice is no error. Nobody is asked before: it lets nothing pass."""
        if found.revoked_at is not None:
            return found

        def work(tx: Transaction) -> WayIn:
            revoked = replace(found, revoked_at=tx.now())
            tx.put(revoked)
            tx.log(actor.organisation, word, actor, said)
            return revoked

        return await self._store.transact(work)

    async def _replayed(self, once: Idempotency | None) -> bool:
        """Whether this very call was made before; asked where a second look would find the first one in its way."""
        if once is None:
            return False
        entry = await self._store.transact(lambda tx: tx.remembered(once.credential, once.key))
        return entry is not None and entry.body == once.body


def _at_work(office: AnOffice, **changes: Any) -> AnOffice:
    """A copy with these changes, and of the offices it uses likewise."""
    copied = copy.copy(office)
    parts = {name: _at_work(part, **changes) for name, part in vars(office).items() if isinstance(part, Office)}
    vars(copied).update(parts, **changes)
    return copied


def roles_of(reader: Reader, actor: Actor, project: str | None) -> frozenset[Role]:
    return reader.roles(actor.organisation, actor.id, project) if actor.is_member else frozenset()


def verbs(reader: Reader, actor: Actor, project: str | None = None) -> frozenset[Verb]:
    """What the actor may do in a project, or (None) in the whole organisation."""
    if actor.kind == "system":
        return frozenset(Verb)
    if actor.is_agent:
        bound = actor.projects is not None and project not in actor.projects
        return frozenset() if bound else actor.verbs or frozenset()
    held = verbs_of(roles_of(reader, actor, project))
    return held if actor.verbs is None else held & actor.verbs


def may_somewhere(reader: Reader, actor: Actor, verb: Verb) -> bool:
    """In the whole organisation or in one of its projects at least."""
    places = (None, *(project.id for project in reader.projects(actor.organisation)))
    return any(verb in verbs(reader, actor, place) for place in places)


def must_manage(reader: Reader, actor: Actor, project: str | None = None) -> None:
    """Only admins change what is set up, and not by a login that only reads and asks. A machine never does."""
    must_oversee(reader, actor, project)
    must_do_more_than_ask(actor)


def must_oversee(reader: Reader, actor: Actor, project: str | None = None) -> None:
    """To look at what only admins see. A machine never does, whatever its key says."""
    if actor.is_agent:
        raise NotAllowed(phrase("An API key cannot change what is set up; an admin must do it as a person."))
    if Verb.MANAGE not in verbs(reader, actor, project):
        where = phrase("here") if project is None else phrase("in this project")
        raise NotAllowed(phrase("Only admins may do that {where}; ask one of them.", where=where))


def must_look(actor: Actor) -> None:
    """Members may see whom and what they can name in a request; a machine needs `read`."""
    if actor.is_agent and Verb.READ not in (actor.verbs or frozenset()):
        raise NotAllowed(phrase("This API key may not read; ask an admin for a key with the verb read."))


def may_add(reader: Reader, actor: Actor) -> bool:
    """Whether whoever names something that is not there could add it, and so is told to; others must ask an admin."""
    return not actor.is_agent and Verb.MANAGE in verbs(reader, actor)


def the_member(reader: Reader, actor: Actor, wanted: str, *, field: str | None = None) -> Member:
    """By id or e-mail; with `field` an unknown one is something wrong in what was sent, else it is not found."""
    member = find_member(reader, actor.organisation, wanted)
    if member is not None:
        return member
    if field is None:
        raise NotFound(phrase("There is no such member here; look at the list of members."))
    said = (
        phrase("There is no member '{wanted}' here; add them first.", wanted=wanted[:100])
        if may_add(reader, actor)
        else phrase(
            "There is no member '{wanted}' here; name somebody else, or ask an admin to add them.", wanted=wanted[:100]
        )
    )
    raise Invalid(said, field=field)


def the_project(
    reader: Reader, organisation: str, wanted: str, *, field: str | None = None, within: frozenset[str] | None = None
) -> Project:
    """By id or name; of a machine bound to some projects, `within`, the others are not there."""
    project = find_project(reader, organisation, wanted)
    if project is not None and (within is None or project.id in within):
        return project
    if field is None:
        raise NotFound(phrase("There is no such project here; look at the list of projects."))
    raise Invalid(
        phrase("There is no project '{wanted}' here; look at the list of projects.", wanted=wanted[:100]), field=field
    )
