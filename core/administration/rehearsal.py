"""A method of an office run inside one transaction, with everything it writes written down: what it found, what it left.

Rehearsed when it is asked for, and taken back, it shows what would change and refuses what cannot be; run again after the
yes, its effects must be the very same, or nothing is done. A method's `await`s all end in its store, and the store inside
answers at once, so the whole method is one synchronous step of the transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, TypeVar, cast

from core.model.check import CheckDefinition
from core.model.emergency import Freeze
from core.model.lease import Lease
from core.model.organisation import Agent, ApiKey, Group, Identity, Member, Organisation, Project
from core.model.policy import Policy
from core.model.rule import Rule
from core.model.schedule import Schedule
from core.model.workload import Workload
from core.ports import Reader, Store, Transaction

T = TypeVar("T")

RECORDED: Final = ("put", "drop", "set_", "move_", "grant", "revoke", "unpin")
"""How writers of what is set up begin. What else a transaction writes (ledger, hashes, notices) follows from these."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One write: by which writer of the transaction, with what, and what was there before (None: nothing known)."""

    writer: str
    arguments: tuple[Any, ...]
    before: Any

    @property
    def noun(self) -> Any:
        return self.arguments[0]


class InnerStore:
    """A store of one transaction: what is asked of it is answered on the spot."""

    def __init__(self, tx: Transaction, reader: Reader) -> None:
        self._tx, self._reader = tx, reader

    async def transact(self, work: Callable[[Transaction], T], **_: Any) -> T:
        return work(self._tx)

    async def read(self, work: Callable[[Reader], T]) -> T:
        return work(self._reader)

    async def glance(self, work: Callable[[Reader], T]) -> T:
        return work(self._reader)


def inner_store(tx: Transaction, reader: Reader) -> Store:
    return cast("Store", InnerStore(tx, reader))


class Recorder:
    """A transaction that writes down what is written through it."""

    def __init__(self, tx: Transaction, reader: Reader, organisation: str) -> None:
        self._tx, self._reader, self._organisation = tx, reader, organisation
        self.effects: list[Effect] = []

    def store(self) -> Store:
        return inner_store(cast("Transaction", self), self._reader)

    def __getattr__(self, name: str) -> Any:
        does = getattr(self._tx, name)
        return self._recording(name, does) if name.startswith(RECORDED) else does

    def _recording(self, name: str, does: Callable[..., Any]) -> Callable[..., Any]:
        def write(*arguments: Any, **named: Any) -> Any:
            given = tuple(_kept(one) for one in arguments)
            before = before_of(self._reader, self._organisation, name, given)
            self.effects.append(Effect(name, (*given, *([named] if named else [])), before))
            return does(*given, **named)

        return write


def _kept(value: Any) -> Any:
    """An iterator could be read only once."""
    return tuple(value) if isinstance(value, Iterator) else value


def at_once(does: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that waits for nothing."""
    try:
        does.send(None)
    except StopIteration as end:
        return cast("T", end.value)
    does.close()
    raise RuntimeError("a change may wait for nothing outside its transaction")


def deterministic(seed: str) -> Callable[[], str]:
    """Ids that a rehearsal and the deed draw alike: those of the seed's moment, in the order they are asked for."""
    drawn = iter(range(1_000_000))

    def fresh() -> str:
        number = int.from_bytes(hashlib.sha256(f"{seed}/{next(drawn)}".encode()).digest()[:10], "big")
        return seed[:10] + "".join(_CROCKFORD[number >> shift & 31] for shift in range(75, -1, -5))

    return fresh


def first_id(call: Mapping[str, Any]) -> str:
    """The id that the call of a change drew first: where it adds one noun, that noun's."""
    return deterministic(call["seed"])()


_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


# ------------------------------------------------------------------------------------------------- what was there before


def before_of(reader: Reader, organisation: str, writer: str, given: tuple[Any, ...]) -> Any:
    """What the noun looks like now. Writers not named here are guarded by what they write, versions included."""
    match writer, given:
        case (("put" | "put_policy" | "drop_policy" | "put_check" | "drop_check" | "put_freeze"), (noun,)):
            return _noun(reader, noun)
        case "unpin", (id,):
            return _with_id(reader.identities(organisation, None), id)
        case "set_group_members", (group, _):
            return tuple(sorted(reader.group_members(group)))
        case "drop_group", (group,):
            return tuple(sorted(reader.group_members(group.id)))
        case (("grant" | "revoke"), (grant,)):
            return grant in set(reader.grants(grant.organisation))
        case "move_rulebook", _:
            return reader.rulebook_version(organisation)
        case "put_rule", (rule,):
            return _rule(reader, rule)
        case "put_safety", _:
            return reader.safety(organisation)
        case (("put_schedule" | "drop_schedule"), (schedule,)):
            return _schedule(reader, schedule)
        case (("put_endpoint" | "drop_endpoint"), (endpoint,)):
            return reader.endpoint(endpoint.organisation, endpoint.id)
        case (("put_type" | "drop_type"), (_, type)):
            word = type if isinstance(type, str) else type.word
            return next((one for one in reader.rulebook(organisation).types if one.word == word), None)
        case _:
            return None


def _noun(reader: Reader, noun: Any) -> Any:
    match noun:
        case Organisation():
            return reader.organisation(noun.id)
        case Member():
            return reader.member(noun.organisation, noun.id)
        case Group():
            return reader.group(noun.organisation, noun.id)
        case Project():
            return reader.project(noun.id)
        case Agent():
            return reader.agent(noun.id)
        case ApiKey():
            return _with_id(reader.keys(noun.organisation, noun.agent), noun.id)
        case Workload():
            return _with_id(reader.workloads(noun.organisation), noun.id)
        case Policy():
            return _with_id(reader.policies(noun.organisation), noun.id)
        case CheckDefinition():
            return _with_id(reader.checks(noun.organisation), noun.id)
        case Freeze():
            return _with_id(reader.freezes(noun.organisation, reader.now()), noun.id)
        case Identity():
            return _with_id(reader.identities(noun.organisation, None), noun.id)
        case _:
            return None


def _with_id(nouns: Iterable[Any], id: str) -> Any:
    return next((noun for noun in nouns if noun.id == id), None)


def _schedule(reader: Reader, schedule: Schedule) -> Schedule | None:
    """But for when its feed was read, which no admin changes."""
    found = reader.schedule(schedule.organisation, schedule.name)
    return None if found is None else replace(found, tried_at=None, fetched_at=None, problem=None)


def _rule(reader: Reader, rule: Rule) -> Rule | None:
    return next((one for one in reader.rulebook(rule.organisation).rules if one.id == rule.id), None)


# ------------------------------------------------------------------------------------------------------------- prints


def print_of(effects: Iterable[Effect], now: datetime) -> str:
    """SHA-256 over what the effects found and leave; the moment at which they are had is no part of it."""
    said = [(effect.writer, plain(effect.arguments, now), plain(effect.before, now)) for effect in effects]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def plain(value: Any, now: datetime) -> Any:
    """Nouns as JSON values."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return "now" if value == now else value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(name): plain(one, now) for name, one in value.items()}
        case set() | frozenset():
            return sorted((plain(one, now) for one in value), key=str)
        case Lease():  # how long it lasts was asked for, not until when
            return [plain(value.until - value.granted_at, now), *(plain(part, now) for part in _of_lease(value))]
        case _ if hasattr(value, "__dataclass_fields__"):
            return [
                type(value).__name__,
                *((field.name, plain(getattr(value, field.name), now)) for field in fields(value)),
            ]
        case Iterable():
            return [plain(one, now) for one in value]
        case _:
            return repr(value)


def _of_lease(lease: Lease) -> tuple[Any, ...]:
    return lease.agent, lease.kind, lease.uses, lease.granted_by, lease.request, lease.revoked_at
