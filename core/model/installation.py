"""Where the app is installed in Slack, whom it saw there without knowing them, and the one-time secrets of joining."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Final

from core.model.quick import dataclass


class InstallState(StrEnum):
    """Stored words; they may never be renamed."""

    ACTIVE = "active"
    UNINSTALLED = "uninstalled"
    REVOKED = "revoked"


class Source(StrEnum):
    """How the token came: from the environment, or through OAuth."""

    ENVIRONMENT = "environment"
    OAUTH = "oauth"


@dataclass(frozen=True, slots=True)
class Installation:
    """One Slack workspace (`team`), or with `enterprise_wide` one whole Enterprise organisation, and the app's place in it.

    `sealed_token` is the bot token, encrypted and bound to this row (`place`). `app`, `bot_user` and `bot` are the app's
    own ids there; `installed_by` is the Slack user who installed it, None where the operator did.
    """

    id: str
    organisation: str
    team: str | None
    enterprise: str | None
    enterprise_wide: bool
    name: str
    app: str
    bot_user: str
    bot: str
    scopes: tuple[str, ...]
    sealed_token: str = field(repr=False)
    installed_by: str | None
    installed_at: datetime
    state: InstallState
    source: Source

    @property
    def workspace(self) -> str:
        """What is installed at most once: the workspace, or the whole Enterprise organisation."""
        return (self.enterprise if self.enterprise_wide else self.team) or ""

    @property
    def issuer(self) -> str:
        """Names the space of user ids: ids are unique in an Enterprise organisation, else in a workspace."""
        return self.enterprise or self.team or ""

    @property
    def place(self) -> str:
        """What the token is bound to."""
        return place_of(self.id)

    @property
    def is_active(self) -> bool:
        return self.state is InstallState.ACTIVE


def place_of(installation: str) -> str:
    return f"installations/{installation}/token"


@dataclass(frozen=True, slots=True)
class Pass:
    """A one-time secret of which only the hash is kept: good for one purpose, once, until a moment.

    `bound` ties it to something else whoever uses it must have (a hash of their browser's cookie).
    """

    hashed: str
    purpose: str
    organisation: str | None
    member: str | None
    bound: str
    expires_at: datetime


INSTALLING: Final = "install"
INVITING: Final = "invite"
JOINING: Final = "join"
"""The purposes of passes. Stored."""


HOPELESS: Final = ("bot", "deleted", "external", "guest", "unknown")
"""Reasons for which nobody of ours could link somebody; they hear so themselves, and no admin is bothered. Stored."""


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Somebody of Slack who tried to act, or was un-pinned, and stands for no member; `reason` is the word for why.

    `wanted` is the address of the member they say they are, `asked_at` when admins were last asked about it.
    """

    organisation: str
    issuer: str
    user: str
    name: str
    email: str | None
    reason: str
    wanted: str | None
    seen_at: datetime
    asked_at: datetime | None = None
