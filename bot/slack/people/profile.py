"""The language of somebody's Slack, for whoever has to be told something before their profile was looked at."""

from __future__ import annotations

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient


async def profile_locale(client: AsyncWebClient, user: str) -> str | None:
    """`de-DE`; None where Slack does not say."""
    try:
        answer = await client.users_info(user=user, include_locale=True)
    except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError):
        return None
    locale = dict(answer["user"]).get("locale")
    return locale if isinstance(locale, str) else None
