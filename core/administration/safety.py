"""Safety: whether trust budgets are on, how far they go, and what every agent has earned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from math import isfinite
from typing import Any, Final

from core.administration.office import Office, four_eyes, must_manage, must_oversee
from core.administration.sight import reads_everything
from core.errors import Invalid, NotAllowed
from core.model.people import Actor
from core.model.trust import Safety, Spent, Trusted
from core.phrases import phrase
from core.ports import Idempotency, Reader, Transaction
from core.rulebook.trust import said_of, score, standing_of

NAMES: Final = tuple(field.name for field in fields(Safety))


@dataclass(frozen=True, slots=True)
class Earned:
    """One agent and type: what was made of its requests, the score that follows, and what that comes to now.

    `record` says `47 of 48 alike approved`, `sentence` how it stands; `spent` is the agent's today, whatever the type.
    """

    trusted: Trusted
    agent_name: str
    score: float
    record: str
    sentence: str

    @property
    def spent(self) -> Spent:
        return self.trusted.spent


class SafetyOffice(Office):
    async def get(self, actor: Actor) -> Safety:
        def look(reader: Reader) -> Safety:
            must_oversee(reader, actor)
            return reader.safety(actor.organisation)

        return await self._store.read(look)

    @four_eyes("safety")
    async def change(self, actor: Actor, changes: Mapping[str, Any], *, once: Idempotency | None = None) -> Safety:
        """Some settings by their names; takes effect on the next request."""

        def work(tx: Transaction) -> str:
            before = tx.safety(actor.organisation)
            after = _with(before, changes)
            if after != before:
                tx.move_rulebook(actor.organisation, tx.rulebook_version(actor.organisation))
                tx.put_safety(actor.organisation, after)
                tx.log(actor.organisation, "safety_changed", actor, asdict(after))
            return actor.organisation

        await self._store.read(lambda reader: must_manage(reader, actor))
        await self._change(work, once)
        return await self._store.read(lambda reader: reader.safety(actor.organisation))

    async def earned(self, actor: Actor) -> Sequence[Earned]:
        """Every agent and type people have had to do with; nobody can set any of it."""

        def look(reader: Reader) -> Sequence[Earned]:
            if actor.is_agent or not reads_everything(reader, actor):
                raise NotAllowed(
                    phrase("Only those who may read everything here see what agents have earned; ask an admin.")
                )
            now, safety = reader.now(), reader.safety(actor.organisation)
            names = {agent.id: agent.name for agent in reader.agents(actor.organisation)}
            return [
                Earned(
                    one,
                    names.get(one.agent, one.agent),
                    score(one.record, now),
                    said_of(one.record),
                    standing_of(one.record, safety, one.spent, now),
                )
                for one in reader.trusted(actor.organisation, now)
            ]

        return await self._store.read(look)


def _with(safety: Safety, changes: Mapping[str, Any]) -> Safety:
    for name, value in changes.items():
        if name not in NAMES:
            raise Invalid(
                phrase(
                    "There is no such setting as '{name}'; there are {names}.", name=name[:60], names=", ".join(NAMES)
                ),
                field=name,
            )
        said = _LIMITS[name](value)
        if said is not None:
            raise Invalid(phrase("{name} must be {said}.", name=name, said=said), field=name)
    chosen = replace(safety, **changes)
    if chosen.usd_each > chosen.usd_a_day:
        raise Invalid(
            phrase("One request may not cost more than a whole day; raise usd_a_day or lower usd_each."),
            field="usd_each",
        )
    return chosen


Limit = Callable[[Any], str | None]


def _between(least: float, most: float, *, whole: bool = False) -> Limit:
    kind = phrase("a whole number") if whole else "a number"

    def check(value: Any) -> str | None:
        number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        fits = number and isfinite(value) and least <= value <= most
        return None if fits else phrase("{kind} from {least:g} to {most:g}", kind=kind, least=least, most=most)

    return check


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else phrase("on or off")


_LIMITS: Final[Mapping[str, Limit]] = {
    "enabled": _flag,
    "least_score": _between(0.5, 0.99),
    "usd_each": _between(0, 1_000),
    "usd_a_day": _between(0, 10_000),
    "count_a_day": _between(1, 1_000, whole=True),
    "spot_checks": _between(0.01, 1),
}
"""No setting makes trust easy: the score never below one half, one of a hundred is always asked all the same."""
