"""What people typed, as they meant it: Slack sends mentions, channels, links and three characters as markup of its own."""

from __future__ import annotations

import re
from typing import Final

USER: Final = re.compile(r"<@([UW][A-Z0-9]{2,20})(?:\|([^>]*))?>")
GROUP: Final = re.compile(r"<!subteam\^([A-Z0-9]+)(?:\|@?([^>]*))?>")
_CHANNEL: Final = re.compile(r"<#([CG][A-Z0-9]+)(?:\|([^>]*))?>")
_ALL: Final = re.compile(r"<!(here|channel|everyone)(?:\|[^>]*)?>")
_MAIL: Final = re.compile(r"<mailto:([^|>]+)(?:\|[^>]*)?>")
_WEB: Final = re.compile(r"<(https?://[^|>]+)(?:\|[^>]*)?>")
_ESCAPES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def plain(text: str) -> str:
    """Free text: people, groups and channels by their names, links by their addresses."""
    named = USER.sub(lambda found: f"@{found[2] or found[1]}", text)
    named = _ALL.sub(lambda found: f"@{found[1]}", named)
    return unlinked(_CHANNEL.sub(lambda found: f"#{found[2] or 'private'}", named))


def unlinked(text: str) -> str:
    """Channels, groups, addresses and links as they would be typed where nothing is made a link; people stay as they are."""
    text = _CHANNEL.sub(lambda found: f"#{found[2]}" if found[2] else f"channel:{found[1]}", text)
    text = GROUP.sub(lambda found: f"@{found[2] or 'group'}", text)
    text = _WEB.sub(lambda found: found[1], _MAIL.sub(lambda found: found[1], text))
    for said, meant in _ESCAPES:
        text = text.replace(said, meant)
    return text.strip()
