"""Where the app is installed: one workspace or Enterprise organisation, and the organisation of ours it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Installation:
    """`bot_user` and `bot` are the app's own ids there; `token` opens the Web API."""

    organisation: str
    team: str
    enterprise: str | None
    bot_user: str
    bot: str
    token: str

    @property
    def issuer(self) -> str:
        """Names the space of user ids: ids are unique in an Enterprise organisation, else in a workspace."""
        return self.enterprise or self.team


def installed(organisation: str, token: str, answer: Mapping[str, Any]) -> Installation:
    """From the answer of `auth.test`, asked once at start-up and never on a click."""
    return Installation(
        organisation=organisation,
        team=str(answer["team_id"]),
        enterprise=answer.get("enterprise_id") or None,
        bot_user=str(answer["user_id"]),
        bot=str(answer.get("bot_id") or ""),
        token=token,
    )
