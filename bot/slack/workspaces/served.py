"""The workspaces this server serves: each has a Slack edge of its own, found by what a payload says it belongs to.

All that a click needs is here since the workspace was opened: no call to Slack, and no read of our store but one when a
payload comes from a workspace that another replica may just have installed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.slack.app import Slack
from bot.slack.installed.channels import Channels
from bot.slack.installed.installation import Installation, kept
from core.administration.delegations import Given
from core.administration.installations import Installations
from core.courier.outlet import Binder, Gatherer, Guide, Herald, Outlet
from core.errors import Unavailable
from core.model.installation import Installation as Kept
from core.model.installation import Source
from core.model.organisation import Token
from core.phrases import phrase
from core.ports import Changed

LOOK_EVERY: Final = 5.0
"""Seconds until a workspace that another replica installed, moved or lost is noticed."""

ASK_AGAIN: Final = 1.0
"""Seconds in which strangers' payloads make at most one read of the store."""

NOT_HERE: Final = phrase(
    "Countersign is not installed in this workspace any more, so nothing was done; ask an admin to install it again."
)

log = structlog.get_logger()


class SlackOutlet(Outlet, Guide, Binder, Gatherer, Herald, Protocol):
    """Shows, alone or together, tells and gathers in one workspace."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """One that is open: its edge, its way of showing requests, and the row it was opened from."""

    kept: Kept
    installation: Installation
    slack: Slack
    channels: Channels
    outlet: SlackOutlet

    @property
    def id(self) -> str:
        return self.installation.workspace

    @property
    def organisation(self) -> str:
        return self.installation.organisation


Make = Callable[[Kept, Installation], Workspace]


class Workspaces:
    """`make` builds the edge of one workspace. `own` is the workspace of `SLACK_BOT_TOKEN`, where that is set."""

    def __init__(self, office: Installations, make: Make, own: str | None = None) -> None:
        self._office = office
        self._make = make
        self._own = own
        self._open: dict[str, Workspace] = {}
        self._hopeless: set[Kept] = set()
        self._turn = asyncio.Lock()
        self._woken = asyncio.Event()
        self._asked_at = float("-inf")
        office.subscribe(self._changed)

    # Who is here.

    @property
    def open(self) -> Sequence[Workspace]:
        """In the order in which they were installed."""
        return sorted(self._open.values(), key=lambda one: (one.kept.installed_at, one.kept.id))

    @property
    def own(self) -> Workspace | None:
        """That of `SLACK_BOT_TOKEN`."""
        return self._open.get(self._own or "")

    def of(self, organisation: str) -> list[Workspace]:
        """Those of one organisation."""
        return [one for one in self.open if one.organisation == organisation]

    async def refresh(self) -> None:
        """Open and close as the store says; nothing is changed where nothing changed."""
        async with self._turn:
            wanted = {one.workspace: one for one in await self._office.all() if self._serves(one)}
            for id, present in list(self._open.items()):
                if wanted.get(id) != present.kept:
                    del self._open[id]
                    self._woken.set()
                    await present.slack.close()
                    log.info("slack.workspace_closed", workspace=id)
            for id, one in wanted.items():
                if id not in self._open and one not in self._hopeless:
                    self._begin(one)
                    self._woken.set()

    def _serves(self, one: Kept) -> bool:
        """A token that was once in the environment and is there no longer is not used."""
        return one.is_active and (one.source is Source.OAUTH or one.workspace == self._own)

    def _begin(self, one: Kept) -> None:
        """A token no key opens costs this one workspace, never the others."""
        try:
            token = self._office.token(one)
        except Unavailable as problem:
            self._hopeless.add(one)
            log.warning("slack.token_not_opened", workspace=one.workspace, problem=problem.sentence)
            return
        self._open[one.workspace] = self._make(one, kept(one, token))
        log.info("slack.workspace_opened", workspace=one.workspace, organisation=one.organisation)

    def _changed(self, _installation: Kept) -> None:
        self._asked_at = float("-inf")
        self._woken.set()

    # What comes in.

    async def dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """To the edge of the workspace it comes from, and to no other."""
        found = self._found(request)
        if found is None and time.monotonic() - self._asked_at > ASK_AGAIN:
            self._asked_at = time.monotonic()
            await self.refresh()
            found = self._found(request)
        if found is None:
            return _not_here(request)
        return await found.slack.dispatch(request)

    def _found(self, request: AsyncBoltRequest) -> Workspace | None:
        """One that serves a whole Enterprise organisation answers for its workspaces without an own one."""
        context = request.context
        team = self._open.get(context.team_id or "")
        enterprise = self._open.get(context.enterprise_id or "")
        return (enterprise or team) if context.is_enterprise_install else (team or enterprise)

    # What goes on by itself.

    async def run(self) -> None:
        """Serve until cancelled: every open workspace, and a look around now and then."""
        running: dict[str, tuple[Workspace, asyncio.Task[None]]] = {}
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._woken.clear()
                await self._look()
                for id, (workspace, task) in list(running.items()):
                    if self._open.get(id) is not workspace:
                        task.cancel()
                        del running[id]
                for id, workspace in self._open.items():
                    if id not in running:
                        running[id] = workspace, tasks.create_task(workspace.slack.run(), name=f"slack:{id}")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY):
                        await self._woken.wait()

    async def _look(self) -> None:
        try:
            await self.refresh()
        except Unavailable as problem:
            log.warning("slack.not_looked_around", problem=problem.sentence)

    async def close(self) -> None:
        """What was acknowledged is done before the end."""
        for workspace in self.open:
            await workspace.slack.close()

    async def drain(self) -> None:
        for workspace in self.open:
            await workspace.slack.afterwards.drain()

    # What is told.

    def nudge(self, changed: Iterable[Changed]) -> None:
        """For `store.subscribe`."""
        told: defaultdict[str, list[Changed]] = defaultdict(list)
        for one in changed:
            told[one.organisation].append(one)
        for workspace in self._open.values():
            if workspace.organisation in told:
                workspace.slack.nudge(told[workspace.organisation])

    def new_token(self, token: Token) -> None:
        for workspace in self.of(token.organisation):
            workspace.slack.announcing.new_token(token)

    def delegated(self, given: Given) -> None:
        for workspace in self.of(given.delegation.organisation):
            workspace.slack.announcing.delegated(given)

    def members_came(self, organisation: str) -> None:
        for workspace in self.of(organisation):
            workspace.slack.newcomers.nudge()

    def to_admins(self, organisation: str, said: str) -> None:
        for workspace in self.of(organisation):
            workspace.slack.announcing.to_admins(organisation, said)


def _not_here(request: AsyncBoltRequest) -> BoltResponse:
    """A person is told; an event of a workspace that was left is dropped."""
    log.info("slack.workspace_unknown", team=request.context.team_id, enterprise=request.context.enterprise_id)
    if "command" in request.body:
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": str(NOT_HERE)})
    return BoltResponse(status=200, body="")
