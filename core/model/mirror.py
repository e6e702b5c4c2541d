"""Groups that follow a Slack user group: which one, when it was last looked at, and which Slack users are in it."""

from __future__ import annotations

from datetime import datetime

from core.model.organisation import Group
from core.model.quick import dataclass


@dataclass(frozen=True, slots=True)
class Mirror:
    """A mirrored group and how following it goes; `looked_at` is None until Slack was asked for the first time."""

    group: Group
    looked_at: datetime | None
    problem: str | None

    @property
    def follows(self) -> str:
        """`<workspace>/<user group>`, as Slack calls both."""
        return self.group.mirrors or ""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """One Slack user of a followed user group, and the member they stand for; None where nobody is linked."""

    user: str
    issuer: str
    member: str | None
