"""What each scope of the manifest is for, in the words admins read where one was not granted."""

from __future__ import annotations

from typing import Final

USES: Final = {
    "app_mentions:read": "mentions are not answered",
    "channels:read": "cards reach no public channel by its name",
    "chat:write": "no card can be posted",
    "commands": "there is no /countersign, and no shortcut",
    "groups:read": "cards reach no private channel by its name",
    "im:history": "direct messages are not answered",
    "usergroups:read": "groups follow no Slack user group",
    "users:read": "nobody can be linked",
    "users:read.email": "nobody can be linked by address",
}
"""Those without which something is lost; the optional ones only make lost posts be found sooner."""
