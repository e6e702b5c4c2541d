"""Who is away, as their status in Slack says; once for each status they are asked who shall decide meanwhile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.cards import away
from core.administration import Administration
from core.model.organisation import Member
from core.model.people import Verb
from core.ports import Reader, Store
from core.scheduling.calendar import working_time

EMOJI: Final = frozenset(
    {"palm_tree", "airplane", "beach_with_umbrella", "desert_island", "face_with_thermometer", "no_entry", "baby"}
    | {"mask", "sneezing_face", "hospital", "luggage", "camping", "ski", "island", "airplane_departure"}
)
WORDS: Final = re.compile(
    r"\b(away|vacation\w*|holidays?|on leave|parental leave|out of (?:the )?office|ooo|pto|sick|day off|off (?:today|sick)|"
    r"urlaub|krank|abwesend|elternzeit)\b",
    re.IGNORECASE,
)

log = structlog.get_logger()


def status_of(user: Mapping[str, Any]) -> tuple[str, int] | None:
    """What the status says and when it ends (seconds since 1970; 0: not by itself), where it says that they are away."""
    profile = user.get("profile")
    if not isinstance(profile, Mapping):
        return None
    text, emoji = str(profile.get("status_text") or ""), str(profile.get("status_emoji") or "").strip(":")
    if emoji not in EMOJI and not WORDS.search(text):
        return None
    ends = profile.get("status_expiration")
    return text or emoji.replace("_", " "), ends if isinstance(ends, int) else 0


class Away:
    def __init__(self, store: Store, administration: Administration, client: AsyncWebClient) -> None:
        self._store = store
        self._administration = administration
        self._client = client

    async def look(self, member: Member, user: Mapping[str, Any]) -> None:
        """Once per status, and only who has a say and nobody yet who decides for them."""
        found = status_of(user)
        key = None if found is None else f"{found[0][:100]}/{found[1]}"
        office = self._administration.preferences
        if not await office.note_away(member.organisation, member.id, key) or found is None:
            return
        if not await self._store.read(lambda reader: _has_a_say(reader, member)):
            return
        until = await self._store.read(lambda reader: _until(reader, member, found[1]))
        drawn = away.draw(found[0], until).as_json()
        try:
            await self._client.chat_postMessage(channel=str(user.get("id")), unfurl_links=False, **drawn)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as problem:
            log.warning("slack.not_suggested", problem=type(problem).__name__)


def _has_a_say(reader: Reader, member: Member) -> bool:
    people = (reader.person(member.id, project.id) for project in reader.projects(member.organisation))
    return any(person is not None and person.may(Verb.APPROVE) for person in people)


def _until(reader: Reader, member: Member, ends: int) -> str:
    """As they could type it, in their own time zone."""
    if ends <= 0:
        return ""
    zone = working_time(reader.preferences(member.organisation, member.id)).zone
    return f"{datetime.fromtimestamp(ends, UTC).astimezone(zone):%Y-%m-%d %H:%M}"
