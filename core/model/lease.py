"""A lease: a short allow granted from a card. This agent, this kind, so many times, until."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from core.model.duration import say_duration
from core.model.quick import dataclass
from core.phrases import phrase

MOST_USES: Final = 20
LONGEST: Final = timedelta(hours=24)

ANY: Final = "*"
"""At the end of an action: whatever follows."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a request must be like. `action` is the whole action, or what it begins with where it ends with `*`.

    Nothing may cost more, or have other side effects, than what was on the card the lease was granted from; what did not
    say its cost there covers only what does not say it either.
    """

    type: str
    action: str | None = None
    subject_kind: str | None = None
    usd: float | None = None
    tokens: int | None = None
    side_effects: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """`deploy "release api *" of a run, at most $5.00`."""
        said = self.type if self.action in (None, ANY) else f'{self.type} "{_short(self.action or "")}"'
        said = of_a(said, self.subject_kind) if self.subject_kind else said
        return said if self.usd is None else at_most(said, f"${self.usd:.2f}")


def of_a(what: str, subject_kind: str) -> str:
    return phrase("{what} of a {subject_kind}", what=what, subject_kind=subject_kind)


def at_most(what: str, usd: str) -> str:
    return phrase("{what}, at most {usd}", what=what, usd=usd)


def lease_answers(granter: str, what: str, agent: str, number: str, used: str, uses: str) -> str:
    return phrase(
        "{granter} leased {what} to {agent} from #{number}: use {used} of {uses}.",
        granter=granter,
        what=what,
        agent=agent,
        number=number,
        used=used,
        uses=uses,
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


@dataclass(frozen=True, slots=True)
class Lease:
    """`granted_by` is a member's id, `request` and `number` the request it was granted from.

    `used` is as of when the lease was read on its own; what a request keeps of its leases does not count uses.
    """

    id: str
    organisation: str
    project: str
    agent: str
    agent_name: str
    kind: Kind
    uses: int
    until: datetime
    granted_by: str
    granted_by_name: str
    granted_at: datetime
    request: str
    number: int
    used: int = 0
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    @property
    def cause(self) -> str:
        return f"lease:{self.id}"

    @property
    def sentence(self) -> str:
        """Why it answers for the people, said of the use that is about to be counted."""
        return lease_answers(
            self.granted_by_name,
            self.kind.sentence,
            self.agent_name,
            str(self.number),
            str(self.used + 1),
            str(self.uses),
        )

    def is_alive(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.until and self.used < self.uses

    def state(self, now: datetime) -> str:
        """How it stands, in a few words."""
        if self.revoked_at is not None:
            return phrase("taken back by {revoked_by}", revoked_by=self.revoked_by)
        if self.used >= self.uses:
            return phrase("used up")
        left = timedelta(minutes=-((now - self.until) // timedelta(minutes=1)))
        return "over" if now >= self.until else phrase("for another {duration}", duration=say_duration(left))
