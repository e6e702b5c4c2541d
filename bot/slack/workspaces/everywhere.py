"""One outlet for all workspaces: the place of a card says where it goes, and a card stays in the workspace it stands in.

A channel names its workspace by where it is found; a member is told where they are linked, first where the app came first.
Each workspace is a lane of its own, as Slack counts: one that it slows down holds up no other, whoever they belong to.
"""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.slack.installed.channels import Channels
from bot.slack.people.actor import KIND
from bot.slack.workspaces.served import SlackOutlet, Workspace, Workspaces
from core.courier import OutcomeUnknown, OutletBusy, OutletRefused, Pace, Spot
from core.courier.outlet import Reminder
from core.model.request import Request
from core.ports import Delivery, Notice, Store

WORKSPACE: Final = "workspace"
"""The key of a stored address that says in which workspace a card stands. May never be renamed."""

THREAD: Final = "thread"
FRESH: Final = 600.0
"""Seconds for which a channel is taken to be where it was found."""

REMEMBERED: Final = 2_000
SOON: Final = 5.0

UNSEEN: Final = frozenset({"channel_not_found", "missing_scope", "team_access_not_granted"})
"""No channel of this workspace, or none that the app will see there."""

NOWHERE: Final = "the app is installed in no workspace of this organisation"


class SlackEverywhere:
    """`pace` is that of one workspace; the courier keeps it for each by itself."""

    word: ClassVar[str] = "slack"

    def __init__(
        self,
        workspaces: Workspaces,
        store: Store,
        *,
        pace: Pace | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workspaces = workspaces
        self._store = store
        self._pace = pace or Pace()
        self._seconds = seconds
        self._found: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()

    @property
    def pace(self) -> Pace:
        return self._pace

    async def spot(self, organisation: str, place: str, address: Mapping[str, Any]) -> Spot:
        try:
            workspace = await self._where(organisation, place, address)
        except (OutletBusy, OutletRefused):
            return Spot(organisation, place)
        return await workspace.outlet.spot(organisation, place, address)

    def known_spot(self, organisation: str, place: str, address: Mapping[str, Any]) -> Spot | None:
        here, stands = self._workspaces.of(organisation), address.get(WORKSPACE)
        if stands is not None:
            found = next((one for one in here if one.id == stands), None)
        else:
            found = here[0] if len(here) == 1 else self._remembered(here, organisation, place)
        return None if found is None else found.outlet.known_spot(organisation, place, address)

    async def show(self, delivery: Delivery, request: Request) -> Delivery:
        return await self._shown(delivery, lambda outlet: outlet.show(delivery, request))

    async def show_batch(self, delivery: Delivery, requests: Sequence[Request]) -> Delivery:
        return await self._shown(delivery, lambda outlet: outlet.show_batch(delivery, requests))

    async def _shown(self, delivery: Delivery, show: Callable[[SlackOutlet], Awaitable[Delivery]]) -> Delivery:
        """A place that was refused is looked for anew the next time."""
        workspace = await self._of(delivery)
        try:
            shown = await show(workspace.outlet)
        except OutletRefused:
            self._found.pop((delivery.organisation, delivery.place), None)
            raise
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
        """In each workspace under its own cards, whatever hinders another one. Refused only where nobody was told.

        Of several troubles one of unknown outcome counts most: nothing is said twice.
        """
        here: defaultdict[str, list[Delivery]] = defaultdict(list)
        for card in cards:
            here[str(card.address.get(WORKSPACE, ""))].append(card)
        refusals: list[OutletRefused] = []
        troubles: list[OutletBusy | OutcomeUnknown] = []
        for mine in here.values():
            try:
                workspace = await self._of(mine[0])
                notice = await self._tell_thread(workspace, notice, request, mine)
            except OutletRefused as no:
                refusals.append(no)
            except (OutletBusy, OutcomeUnknown) as trouble:
                troubles.append(trouble)
        if troubles:
            raise next((one for one in troubles if isinstance(one, OutcomeUnknown)), troubles[0])
        if refusals and len(refusals) == len(here):
            raise refusals[0]
        return notice

    async def _tell_thread(
        self, workspace: Workspace, notice: Notice, request: Request, cards: Sequence[Delivery]
    ) -> Notice:
        try:
            return await workspace.outlet.tell(notice, request, cards)
        except OutletBusy as busy:
            raise OutletBusy(busy.retry_after, lane=workspace.id) from busy

    async def inform(self, notice: Notice) -> Notice:
        workspace = await self._at(notice.organisation, notice.place)
        return await workspace.outlet.inform(notice)

    async def gather(self, organisation: str, place: str, reminders: Sequence[Reminder], more: int) -> None:
        workspace = await self._at(organisation, place)
        await workspace.outlet.gather(organisation, place, reminders, more)

    # Where.

    async def _of(self, delivery: Delivery) -> Workspace:
        """Where the card stands; where it is to stand."""
        return await self._where(delivery.organisation, delivery.place, delivery.address)

    async def _where(self, organisation: str, place: str, address: Mapping[str, Any]) -> Workspace:
        stands = address.get(WORKSPACE)
        if stands is None:
            return await self._at(organisation, place)
        found = next((one for one in self._workspaces.of(organisation) if one.id == stands), None)
        if found is not None:
            return found
        moved = await self._covers(organisation, str(stands))
        raise OutletRefused("the app is no longer installed where this card stands", gone=moved, permanent=False)

    async def _covers(self, organisation: str, workspace: str) -> bool:
        """Whether the whole Enterprise organisation of a workspace that was left has the app: the card is posted anew."""
        left = await self._store.read(lambda reader: reader.installation_in(workspace))
        enterprise = None if left is None else left.enterprise
        wide = {one.id for one in self._workspaces.of(organisation) if one.installation.enterprise_wide}
        return enterprise in wide

    async def _at(self, organisation: str, place: str) -> Workspace:
        here = self._workspaces.of(organisation)
        if not here:
            raise OutletRefused(NOWHERE, permanent=False)
        if len(here) == 1:
            return here[0]
        kind, _, id = place.partition(":")
        if kind == "member":
            return await self._of_member(here, organisation, id)
        if kind == "identity":
            issuer = id.split("/")[1]
            return next((one for one in here if one.installation.issuer == issuer), here[0])
        return self._remembered(here, organisation, place) or await self._of_channel(here, organisation, place)

    async def _of_member(self, here: Sequence[Workspace], organisation: str, member: str) -> Workspace:
        pinned = await self._store.read(lambda reader: reader.identities(organisation, member))
        issuers = {one.issuer for one in pinned if one.kind == KIND}
        return next((one for one in here if one.installation.issuer in issuers), here[0])

    def _remembered(self, here: Sequence[Workspace], organisation: str, place: str) -> Workspace | None:
        """So that a card is paced where it then goes, and no workspace is asked for another one's channels each time."""
        id, at = self._found.get((organisation, place), ("", 0.0))
        return next((one for one in here if one.id == id and self._seconds() - at < FRESH), None)

    async def _of_channel(self, here: Sequence[Workspace], organisation: str, place: str) -> Workspace:
        """The first workspace where the app sees it; the first of all says what is wrong when none does.

        One that does not answer is passed over, and asked again the next time.
        """
        silent = False
        for one in here:
            sees = await _sees(one.channels, place)
            if sees and not silent:
                self._remember(organisation, place, one)
            if sees:
                return one
            silent |= sees is None
        if silent:
            raise OutletBusy(SOON)
        return here[0]

    def _remember(self, organisation: str, place: str, found: Workspace) -> None:
        self._found[organisation, place] = found.id, self._seconds()
        self._found.move_to_end((organisation, place))
        while len(self._found) > REMEMBERED:
            self._found.popitem(last=False)


async def _sees(channels: Channels, place: str) -> bool | None:
    """None where the workspace does not tell."""
    try:
        if place.startswith("#"):
            return await channels.id_of(place) is not None
        await channels.is_shared(place.partition(":")[2])
    except SlackApiError as error:
        return False if error.response.get("error") in UNSEEN else None
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None
    return True
