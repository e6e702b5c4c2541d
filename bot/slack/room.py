"""What handlers work with: the desk, reading, backdrops. Commands go out with their deadline and idempotency key."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from bot.slack.caring import Caring
from bot.slack.drawing.backdrop import Backdrops
from bot.slack.drawing.drawn import Backdrop
from bot.slack.entrance.payload import Incoming, fingerprint
from bot.slack.installed.installation import Installation
from bot.slack.roll.linking import Linking
from bot.slack.roll.mirrors import Mirrors
from bot.slack.target import Target
from core.administration import Administration
from core.desk import Desk, Done, Draft
from core.errors import NotAllowed, NotFound
from core.model.command import Command, Look
from core.model.organisation import BUILT_IN_TYPES, RequestType
from core.model.people import Actor
from core.model.request import Request
from core.phrases import phrase
from core.ports import Idempotency, Reader, Store

T = TypeVar("T")

IN_TIME: Final = 2.5
"""Seconds a command from a click may wait for its turn: Slack gives up after three."""


@dataclass(frozen=True, slots=True)
class Room:
    """`url` is this server's. `help` are the sub-commands as they describe themselves: how to write each, and what it does.

    `manual` are the sub-words of those that have some, described alike.
    """

    desk: Desk
    store: Store
    administration: Administration
    backdrops: Backdrops
    installation: Installation
    mirrors: Mirrors | None = None
    linking: Linking | None = None
    caring: Caring | None = None
    url: str = ""
    help: tuple[tuple[str, str], ...] = ()
    manual: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    async def do(self, actor: Actor, incoming: Incoming, target: Target, command: Command) -> Done:
        """The command, at most once per click or modal, and never late."""
        return await self.desk.do(
            actor, target.request, command, once=_once(incoming, (target.request, command)), deadline=_deadline()
        )

    async def do_each(self, actor: Actor, incoming: Incoming, target: Target, commands: Sequence[Command]) -> Done:
        """Several commands by one click, one after the other; what came of the last. At least one."""
        for command in commands[:-1]:
            await self._do(actor, incoming, target, command)
        return await self._do(actor, incoming, target, commands[-1])

    async def _do(self, actor: Actor, incoming: Incoming, target: Target, command: Command) -> Done:
        once = self.once(incoming, (target.request, command))
        return await self.desk.do(actor, target.request, command, once=once, deadline=_deadline())

    async def create(self, actor: Actor, incoming: Incoming, draft: Draft) -> Done:
        return await self.desk.create(actor, draft, once=_once(incoming, draft), deadline=_deadline())

    def once(self, incoming: Incoming, wanted: object) -> Idempotency:
        """For offices: one wish once per click or window, which may be sent again with another wish."""
        whole = _once(incoming, wanted)
        return replace(whole, key=f"{whole.key}:{whole.body[:16]}")

    async def see(self, actor: Actor, request: str, wanted: Command | None = None) -> Request:
        """The request as it is now, for those who may know of it.

        A stranger's click on a modal's button goes to the desk as the command that is `wanted`: it is refused there, and
        so stands in the ledger.
        """
        if wanted is not None and not actor.is_member:
            await self.desk.do(actor, request, wanted, deadline=_deadline())
        must_be_mapped(actor)
        return await self.desk.see(actor, request)

    async def numbered(self, actor: Actor, number: int, wanted: Command | None = None) -> Request:
        """By the number people call it. Whoever may not is refused by the desk as what is `wanted`, so the ledger knows."""
        id = await self.desk.number(actor.organisation, number)
        if id is None:
            must_be_mapped(actor)
            raise NotFound(
                phrase(
                    "There is no request #{number} here, or it is not yours to see; check the number.", number=number
                )
            )
        try:
            return await self.see(actor, id, wanted or Look())
        except NotFound:
            await self.desk.do(actor, id, wanted or Look(), deadline=_deadline())
            raise

    async def backdrop(self, request: Request) -> Backdrop:
        return await self.backdrops.of(request)

    async def read(self, work: Callable[[Reader], T]) -> T:
        return await self.store.read(work)

    async def type_of(self, request: Request) -> RequestType:
        """As the organisation has it; a request outlives a type that was removed."""
        word = request.content.type
        found = await self.read(lambda reader: reader.type_of(request.organisation, word))
        return found or BUILT_IN_TYPES["custom"]


def must_be_mapped(actor: Actor) -> None:
    if not actor.is_member:
        raise NotAllowed(
            phrase(
                "You are not linked to a member of this organisation yet, so nothing was changed. "
                "Ask an admin to add your e-mail address, then try again."
            ),
            code="not_mapped",
        )


def _once(incoming: Incoming, wanted: object) -> Idempotency:
    """For clicks Slack's trigger id is the key, for modals the view's."""
    sender = incoming.sender
    return Idempotency(f"slack:{sender.team}/{sender.user}", incoming.key, fingerprint(wanted))


def _deadline() -> float:
    return time.monotonic() + IN_TIME
