"""Whether a Slack user may stand for a member. Pure. An e-mail proposes, these checks decide; what is absent counts as no.

Slack's user object and its flags: docs.slack.dev, users.info. Profiles of guests and of people from other workspaces say
whatever their own admins let them say, so none of them is believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.slack.installed.installation import Installation
from core.phrases import phrase

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Fit:
    """A user of our own whose confirmed e-mail may propose a member. `owner` is the workspace's primary owner."""

    user: str
    email: str
    name: str
    owner: bool


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why this user cannot act here: a word for the log, a sentence for the person."""

    user: str
    reason: str
    sentence: str


SENTENCES: Final[Mapping[str, str]] = {
    "bot": phrase("Apps and bots cannot decide; a person must."),
    "deleted": phrase("This Slack account is deactivated, so it cannot act here."),
    "external": phrase(
        "You belong to another organisation, so you cannot act on requests here; ask somebody inside to do it."
    ),
    "guest": phrase(
        "You are a guest in this workspace, and guests cannot act on requests; ask a full member to do it."
    ),
    "invited": phrase("You have not accepted the invitation to this workspace yet; do that, then try again."),
    "no_email": phrase(
        "Slack shows no e-mail address for you, so we cannot tell who you are; ask an admin to link your account."
    ),
    "unconfirmed": phrase(
        "Your e-mail address in Slack is not confirmed; confirm it in your Slack profile, then try again."
    ),
    "unknown": phrase("Slack does not know this account, so nothing was changed; ask an admin."),
    "not_member": phrase(
        "You are not linked to a member of this organisation yet, so nothing was changed. "
        "Ask an admin to add your e-mail address, then try again. If you are a member under another address, "
        "say which one with /countersign link."
    ),
    "inactive": phrase("Your account here is not active, so nothing was changed; ask an admin."),
    "two_users": phrase(
        "Another Slack account is already linked to your e-mail address, so nothing was changed; "
        "say with /countersign link that this one is you, or ask an admin."
    ),
    "email_changed": phrase(
        "Your e-mail address in Slack has changed, so your account is no longer linked and nothing was changed; "
        "try again if the new address is yours here, else say who you are with /countersign link."
    ),
}

REASONS: Final[Mapping[str, str]] = {
    "bot": phrase("an app"),
    "deleted": phrase("deactivated in Slack"),
    "external": phrase("belongs to another organisation"),
    "guest": phrase("a guest in Slack"),
    "invited": phrase("has not accepted Slack's invitation yet"),
    "no_email": phrase("Slack shows no e-mail address"),
    "unconfirmed": phrase("the e-mail address is not confirmed in Slack"),
    "unknown": phrase("not known to Slack"),
    "not_member": phrase("no member has this e-mail address"),
    "inactive": phrase("the member is not active here"),
    "two_users": phrase("another Slack account is linked to that member"),
    "email_changed": phrase("the e-mail address in Slack has changed"),
}
"""The same for admins, after a name."""

UNLINKED: Final[Mapping[str, str]] = {
    "email_changed": phrase(
        "Your e-mail address in Slack has changed, so this account is no longer linked to {name}, and you cannot decide "
        "with it. If you are still {name}, say so with /countersign link; an admin then confirms it."
    ),
    "guest": phrase(
        "You are a guest in Slack now, so this account is no longer linked to {name}, and you cannot decide with it. "
        "If that is a mistake, ask an admin of Slack."
    ),
    "external": phrase(
        "Your Slack account belongs to another workspace now, so it is no longer linked to {name}, and you cannot decide "
        "with it. Ask an admin if that is a mistake."
    ),
}
OTHERWISE_UNLINKED: Final = phrase(
    "Your Slack account is no longer linked to {name}, because Slack no longer shows a confirmed e-mail address of yours. "
    "Confirm it in your Slack profile, then open Countersign's Home."
)
"""What the person hears whose link was taken away; who is deactivated hears nothing."""


def unfit(user: str, reason: str) -> Unfit:
    return Unfit(user, reason, SENTENCES[reason])


def vet(user: Mapping[str, Any], installation: Installation) -> Fit | Unfit:
    """Judge Slack's user object; the first thing in the way is the answer."""
    id = str(user.get("id") or "")
    reason = _in_the_way(user, installation)
    if reason is not None:
        return unfit(id, reason)
    name, email = called(user)
    email = email or ""
    if not _EMAIL.fullmatch(email):
        return unfit(id, "no_email")
    if user.get("is_email_confirmed") is not True:
        return unfit(id, "unconfirmed")
    return Fit(id, email, name or email, user.get("is_primary_owner") is True)


def called(user: Mapping[str, Any]) -> tuple[str, str | None]:
    """Name and address as Slack shows them, believed or not."""
    profile = _profile(user)
    email = str(profile.get("email") or "").strip().lower()
    name = str(profile.get("real_name") or user.get("real_name") or user.get("name") or "")
    return name, email or None


def _in_the_way(user: Mapping[str, Any], installation: Installation) -> str | None:
    if user.get("id") == "USLACKBOT" or any(user.get(flag) for flag in _MACHINES):
        return "bot"
    if not _is_ours(user, installation) or user.get("is_stranger"):
        return "external"
    if user.get("deleted"):
        return "deleted"
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "guest"
    return "invited" if user.get("is_invited_user") else None


_MACHINES: Final = ("is_bot", "is_app_user", "is_workflow_bot", "is_connector_bot")


def _is_ours(user: Mapping[str, Any], installation: Installation) -> bool:
    """No single flag says so: compare workspaces, and in an Enterprise organisation the organisation too."""
    team = user.get("team_id") or _profile(user).get("team")
    grid = user.get("enterprise_user")
    enterprise = grid.get("enterprise_id") if isinstance(grid, Mapping) else None
    return team == installation.team or (installation.enterprise is not None and enterprise == installation.enterprise)


def _profile(user: Mapping[str, Any]) -> Mapping[str, Any]:
    profile = user.get("profile")
    return profile if isinstance(profile, Mapping) else {}
