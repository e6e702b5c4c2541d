"""What each scope of the manifest is for, in the words admins read where one was not granted."""

from __future__ import annotations

from typing import Final

from core.phrases import phrase

USES: Final = {
    "app_mentions:read": phrase("mentions are not answered"),
    "channels:read": phrase("cards reach no public channel by its name"),
    "chat:write": phrase("no card can be posted"),
    "commands": phrase("there is no /countersign, and no shortcut"),
    "groups:read": phrase("cards reach no private channel by its name"),
    "im:history": phrase("direct messages are not answered"),
    "usergroups:read": phrase("groups follow no Slack user group"),
    "users:read": phrase("nobody can be linked"),
    "users:read.email": phrase("nobody can be linked by address"),
}
"""Those without which something is lost; the optional ones only make lost posts be found sooner."""
