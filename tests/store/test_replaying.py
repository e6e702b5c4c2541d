"""What was asked once, read page by page for judging it again: as it was asked, newest first, each once, no other's."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.model.request import Requester
from core.ports import Asked, Reader
from core.store.engine import Engine
from tests.store.builders import ORG, T0, a_request, store_new

pytestmark = pytest.mark.anyio

LONG_AGO = T0 - timedelta(days=400)


async def pages(store: Engine, limit: int, organisation: str = ORG) -> list[Asked]:
    found: list[Asked] = []
    cursor: str | None = None
    while True:

        def look(reader: Reader, start: str | None = cursor) -> tuple[list[Asked], str | None]:
            some, following = reader.asked(organisation, since=LONG_AGO, cursor=start, limit=limit)
            return list(some), following

        some, cursor = await store.read(look)
        found += some
        if cursor is None:
            return found


async def test_pages_hold_every_request_once_the_newest_first(store: Engine) -> None:
    for number in range(7):
        await store.transact(store_new(a_request(number=number + 1, created_at=T0 + timedelta(minutes=number // 2))))
    for limit in (1, 3, 7, 50):
        found = await pages(store, limit)
        assert sorted(one.number for one in found) == list(range(1, 8))
        assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)


async def test_it_is_what_the_requester_asked_not_what_an_approver_made_of_it(store: Engine) -> None:
    made = a_request(number=1)
    edited = replace(made.content, title="as an approver changed it")
    await store.transact(store_new(replace(made, content=edited, requester=Requester("agent", "agt_1", "Bot", "team"))))
    (found,) = await pages(store, 10)
    assert found.content == made.original
    assert (found.requester.team, found.on_behalf_of, found.named) == ("team", made.on_behalf_of, made.named)


async def test_only_what_is_young_enough_and_the_organisations_own_is_read(store: Engine) -> None:
    await store.transact(store_new(a_request(number=1)))
    assert await pages(store, 10, "org_other") == []
    late = T0 + timedelta(days=1)
    some, _ = await store.read(lambda reader: reader.asked(ORG, since=late, cursor=None, limit=10))
    assert some == []


async def test_changes_by_admins_are_none_of_them(store: Engine) -> None:
    made = a_request(number=1)
    change = replace(made.content, type="countersign.rules")
    await store.transact(store_new(replace(made, content=change, original=change)))
    assert await pages(store, 10) == []
