"""The desk's office with its administration: Root, Ruth and Rob are admins of everything, Pat of the project alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any

import pytest

from core.administration import Administration, Asked
from core.desk import Desk
from core.errors import ApprovalError
from core.model import command as c
from core.model.organisation import Grant
from core.model.people import Role
from core.model.request import Request
from core.ports import Reader, Transaction
from core.secrets import Pepper
from tests.desk.office import ORG, PROJECT, Office, put_member


def furnish_hall(tx: Transaction) -> None:
    for name in ("ruth", "rob"):
        put_member(tx, name, Role.ADMIN)
    put_member(tx, "pat", Role.REQUESTER)
    tx.grant(Grant(ORG, PROJECT, "member:mem_pat", Role.ADMIN))


class TownHall:
    def __init__(self, office: Office, desk: Desk) -> None:
        self.office, self.store, self.desk = office, office.store, desk
        self.actor = office.actor

    @cached_property
    def administration(self) -> Administration:
        return Administration(self.store, self.desk, fresh=self.office.fresh, pepper=Pepper(b"p" * 32))

    async def switch_on(self, **settings: Any) -> None:
        await self.administration.organisations.change(self.actor("root"), four_eyes=True, **settings)

    async def asked(self, change: Callable[[], Awaitable[object]]) -> Request:
        """The request that a change has become."""
        with pytest.raises(Asked) as caught:
            await change()
        request = await self.store.read(lambda reader: reader.request(caught.value.made.id))
        assert request is not None
        assert request.number == caught.value.made.asked
        return request

    async def approve(self, who: str, request: Request) -> Request:
        return (await self.desk.do(self.actor(who), request.id, c.Approve(revision=1, stage=1))).request

    async def refusal(self, who: str, request: Request, command: c.Command) -> ApprovalError:
        with pytest.raises(ApprovalError) as caught:
            await self.desk.do(self.actor(who), request.id, command)
        return caught.value

    async def read(self, look: Callable[[Reader], Any]) -> Any:
        return await self.store.read(look)
