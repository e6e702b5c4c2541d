"""The workspaces an installation reaches: its own, or all of an Enterprise organisation that were given the app."""

from __future__ import annotations

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.installed.installation import Installation

PAGE = 100


async def teams_of(client: AsyncWebClient, installation: Installation) -> list[str]:
    """Ids for `team_id`, which Slack demands of an organisation's token wherever it lists. Raises what the client raises."""
    if not installation.enterprise_wide:
        return [installation.team]
    found: list[str] = []
    cursor = ""
    while True:
        answer = await client.auth_teams_list(limit=PAGE, cursor=cursor)
        found += [str(team["id"]) for team in answer.get("teams") or []]
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return found
