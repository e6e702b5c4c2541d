"""One outlet for all workspaces: the place of a card says where it goes, and a card stays in the workspace it stands in.

A channel names its workspace by where it is found; a member is told where they are linked, first where the app came first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.slack.installed.channels import Channels
from bot.slack.people.actor import KIND
from bot.slack.workspaces.served import Workspace, Workspaces
from core.courier import OutletRefused, Pace
from core.courier.outlet import Reminder
from core.model.request import Request
from core.ports import Delivery, Notice, Store

WORKSPACE: Final = "workspace"
"""The key of a stored address that says in which workspace a card stands. May never be renamed."""

THREAD: Final = "thread"
NOWHERE: Final = "the app is installed in no workspace of this organisation"


class SlackEverywhere:
    """`pace` is that of one organisation; the courier keeps it for each by itself, so that none holds up another."""

    word: ClassVar[str] = "slack"

    def __init__(self, workspaces: Workspaces, store: Store, *, pace: Pace | None = None) -> None:
        self._workspaces = workspaces
        self._store = store
        self._pace = pace or Pace()

    @property
    def pace(self) -> Pace:
        return self._pace

    async def show(self, delivery: Delivery, request: Request) -> Delivery:
        workspace = await self._of(delivery)
        shown = await workspace.outlet.show(delivery, request)
        return replace(shown, address={**shown.address, WORKSPACE: workspace.id})

    async def find(self, delivery: Delivery) -> Mapping[str, Any] | None:
        workspace = await self._of(delivery)
        found = await workspace.outlet.find(delivery)
        return None if found is None else {**found, WORKSPACE: workspace.id}

    async def tell(self, notice: Notice, request: Request, cards: Sequence[Delivery]) -> Notice:
        if notice.place == THREAD:
            return await self._tell_threads(notice, request, cards)
        workspace = await self._at(notice.organisation, notice.place)
        return await workspace.outlet.tell(notice, request, cards)

    async def _tell_threads(self, notice: Notice, request: Request, cards: Sequence[Delivery]) -> Notice:
        """In each workspace under its own cards. Refused only where nobody was told."""
        here: defaultdict[str, list[Delivery]] = defaultdict(list)
        for card in cards:
            here[str(card.address.get(WORKSPACE, ""))].append(card)
        refusals = []
        for mine in here.values():
            try:
                workspace = await self._of(mine[0])
                notice = await workspace.outlet.tell(notice, request, mine)
            except OutletRefused as no:
                refusals.append(no)
        if refusals and len(refusals) == len(here):
            raise refusals[0]
        return notice

    async def gather(self, organisation: str, place: str, reminders: Sequence[Reminder], more: int) -> None:
        workspace = await self._at(organisation, place)
        await workspace.outlet.gather(organisation, place, reminders, more)

    # Where.

    async def _of(self, delivery: Delivery) -> Workspace:
        """Where the card stands; where it is to stand."""
        stands = delivery.address.get(WORKSPACE)
        if stands is None:
            return await self._at(delivery.organisation, delivery.place)
        found = next((one for one in self._workspaces.of(delivery.organisation) if one.id == stands), None)
        if found is None:
            raise OutletRefused("the app is no longer installed where this card stands", permanent=False)
        return found

    async def _at(self, organisation: str, place: str) -> Workspace:
        here = self._workspaces.of(organisation)
        if not here:
            raise OutletRefused(NOWHERE, permanent=False)
        if len(here) == 1:
            return here[0]
        kind, _, id = place.partition(":")
        if kind == "member":
            return await self._of_member(here, organisation, id)
        return await _of_channel(here, place)

    async def _of_member(self, here: Sequence[Workspace], organisation: str, member: str) -> Workspace:
        pinned = await self._store.read(lambda reader: reader.identities(organisation, member))
        issuers = {one.issuer for one in pinned if one.kind == KIND}
        return next((one for one in here if one.installation.issuer in issuers), here[0])


async def _of_channel(here: Sequence[Workspace], place: str) -> Workspace:
    """The first workspace where the app sees it; the first of all says what is wrong when none does."""
    for one in here:
        if await _sees(one.channels, place):
            return one
    return here[0]


async def _sees(channels: Channels, place: str) -> bool:
    """A workspace that does not answer is passed over: the next one may have the channel."""
    try:
        if place.startswith("#"):
            return await channels.id_of(place) is not None
        await channels.is_shared(place.partition(":")[2])
    except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError):
        return False
    return True
