"""Where the app is installed: one workspace or Enterprise organisation, and the organisation of ours it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.administration.installations import Granted
from core.model.installation import Installation as Kept


@dataclass(frozen=True, slots=True)
class Installation:
    """`bot_user` and `bot` are the app's own ids there; `token` opens the Web API.

    `enterprise_wide` is one that serves a whole Enterprise organisation and has no `team` of its own. `scopes` is what was
    granted, empty where Slack did not say.
    """

    organisation: str
    team: str
    enterprise: str | None
    bot_user: str
    bot: str
    token: str = field(repr=False)
    enterprise_wide: bool = False
    name: str = ""
    app: str = ""
    scopes: tuple[str, ...] = ()

    @property
    def issuer(self) -> str:
        """Names the space of user ids: ids are unique in an Enterprise organisation, else in a workspace."""
        return self.enterprise or self.team

    @property
    def workspace(self) -> str:
        """What is installed at most once: the workspace, or the whole Enterprise organisation."""
        return (self.enterprise or "") if self.enterprise_wide else self.team


def installed(
    organisation: str, token: str, answer: Mapping[str, Any], headers: Mapping[str, Any] | None = None
) -> Installation:
    """From the answer of `auth.test`, asked once at start-up and never on a click; scopes stand in its headers."""
    told = {str(name).lower(): str(value) for name, value in (headers or {}).items()}
    wide = bool(answer.get("is_enterprise_install"))
    return Installation(
        organisation=organisation,
        team="" if wide else str(answer["team_id"]),
        enterprise=answer.get("enterprise_id") or None,
        bot_user=str(answer["user_id"]),
        bot=str(answer.get("bot_id") or ""),
        token=token,
        enterprise_wide=wide,
        name=str(answer.get("team") or ""),
        app=str(answer.get("app_id") or ""),
        scopes=words(told.get("x-oauth-scopes", "")),
    )


def kept(found: Kept, token: str) -> Installation:
    """From our own store, with its token in clear."""
    return Installation(
        organisation=found.organisation,
        team=found.team or "",
        enterprise=found.enterprise,
        bot_user=found.bot_user,
        bot=found.bot,
        token=token,
        enterprise_wide=found.enterprise_wide,
        name=found.name,
        app=found.app,
        scopes=found.scopes,
    )


def granted(installation: Installation, by: str | None = None, email: str | None = None, person: str = "") -> Granted:
    """For the office that keeps it. `by` is the Slack user who installed it, `email` their proven address."""
    return Granted(
        team=installation.team or None,
        enterprise=installation.enterprise,
        enterprise_wide=installation.enterprise_wide,
        name=installation.name,
        app=installation.app,
        bot_user=installation.bot_user,
        bot=installation.bot,
        scopes=installation.scopes,
        token=installation.token,
        by=by,
        email=email,
        person=person,
    )


def words(listed: str) -> tuple[str, ...]:
    """Scopes as Slack writes them, with commas between."""
    return tuple(sorted(word for part in listed.split(",") if (word := part.strip())))
