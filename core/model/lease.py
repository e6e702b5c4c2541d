"""A lease: a short allow granted from a card. This agent, this kind, so many times, until."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.model.duration import say_duration
from core.model.request import Content, Request

MOST_USES: Final = 20
LONGEST: Final = timedelta(hours=24)
ANY_ACTION: Final = "*"


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

    def admits(self, content: Content) -> bool:
        subject = None if content.subject is None else content.subject.kind
        return (
            content.type == self.type
            and subject == self.subject_kind
            and self._admits_action(content.action)
            and _within(None if content.cost is None else content.cost.usd, self.usd)
            and _within(None if content.cost is None else content.cost.tokens, self.tokens)
            and set(content.side_effects) <= set(self.side_effects)
        )

    def _admits_action(self, action: str | None) -> bool:
        if self.action is None or not self.action.endswith(ANY_ACTION):
            return action == self.action
        return (action or "").startswith(self.action.removesuffix(ANY_ACTION))

    @property
    def sentence(self) -> str:
        """`deploy "release api *" of a run, at most $5`."""
        said = self.type if self.action in (None, ANY_ACTION) else f'{self.type} "{_short(self.action)}"'
        said += f" of a {self.subject_kind}" if self.subject_kind else ""
        return said if self.usd is None else f"{said}, at most ${self.usd:.2f}"


def _within(asked: float | None, most: float | None) -> bool:
    """Undeclared is not zero: it is only like something undeclared."""
    if asked is None or most is None:
        return asked is most
    return 0 <= asked <= most


def _short(text: str | None) -> str:
    said = text or ""
    return said if len(said) <= 60 else f"{said[:59]}…"


def kind_of(request: Request, action: str | None = None) -> Kind:
    """Like this request; `action` widens what it may do, left out it stays exactly this."""
    content = request.content
    return Kind(
        type=content.type,
        action=content.action if action is None else action,
        subject_kind=None if content.subject is None else content.subject.kind,
        usd=None if content.cost is None else content.cost.usd,
        tokens=None if content.cost is None else content.cost.tokens,
        side_effects=content.side_effects,
    )


@dataclass(frozen=True, slots=True)
class Lease:
    """`granted_by` is a member's id, `request` and `number` the request it was granted from. `used` as of when it was read."""

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
        """Why it answers for the people, on the use that is about to be counted."""
        return (
            f"{self.granted_by_name} leased {self.kind.sentence} to {self.agent_name} from #{self.number}: "
            f"use {self.used + 1} of {self.uses}."
        )

    def is_alive(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.until and self.used < self.uses

    def ends(self, now: datetime) -> str:
        """How it stands, in a few words."""
        if self.revoked_at is not None:
            return f"revoked by {self.revoked_by}"
        if self.used >= self.uses:
            return "used up"
        return "over" if now >= self.until else f"for another {say_duration(self.until - now)}"
