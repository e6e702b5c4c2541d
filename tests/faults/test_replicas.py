"""Two servers on one PostgreSQL, beside one Slack."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.assemble import Assembly, assemble
from bot.sandbox.server import Sandbox
from core.errors import Conflict
from core.model import command as c
from core.model.request import Request, Status
from tests.faults.scopes import with_optional_scopes
from tests.faults.servers import Furnished, ask, cards, furnish, has_buttons, settings_for, until
from tests.patience import PATIENT

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


@dataclass
class Pair:
    sandbox: Sandbox
    furnished: Furnished
    first: Assembly
    second: Assembly


@pytest.fixture
async def pair(postgres_database: str, anyio_backend: str) -> AsyncIterator[Pair]:
    async with Sandbox(with_optional_scopes(), rates=None, ack_limit=PATIENT) as sandbox:
        settings = settings_for(sandbox, postgres_database)
        furnished = await furnish(sandbox, settings)
        async with assemble(settings) as first, assemble(settings) as second:
            yield Pair(sandbox, furnished, first, second)


async def vote(assembly: Assembly, furnished: Furnished, who: str, request: Request) -> str:
    command = c.Approve() if who == "bob" else c.Reject("no")
    try:
        done = await assembly.rooms.desk.do(furnished.actor(who), request.id, command)
    except Conflict as late:
        return late.word
    return done.request.status.value


async def test_two_last_votes_at_once_end_a_request_once(pair: Pair) -> None:
    """B-36 C-29"""
    for _ in range(5):
        request = await ask(pair.first, pair.furnished)
        said = await asyncio.gather(
            vote(pair.first, pair.furnished, "bob", request), vote(pair.second, pair.furnished, "grace", request)
        )
        stored = await pair.second.rooms.store.read(lambda reader, id=request.id: reader.request(id))  # type: ignore[misc]
        assert stored is not None
        assert sorted(said) == sorted(["already_decided", stored.status.value])
        assert len(stored.decisions) == 1


async def test_whichever_server_took_the_decision_the_one_card_shows_it(pair: Pair) -> None:
    requests = [await ask(server, pair.furnished) for server in (pair.first, pair.second)]
    await until(lambda: all(cards(pair.sandbox, request.number) for request in requests))
    for server, request in zip((pair.second, pair.first), requests, strict=True):
        assert await vote(server, pair.furnished, "bob", request) == Status.APPROVED
    await until(lambda: not any(has_buttons(card) for r in requests for card in cards(pair.sandbox, r.number)))
    assert [len(cards(pair.sandbox, request.number)) for request in requests] == [1, 1]


async def test_when_one_server_ends_the_other_goes_on(postgres_database: str) -> None:
    async with Sandbox(with_optional_scopes(), rates=None, ack_limit=PATIENT) as sandbox:
        settings = settings_for(sandbox, postgres_database)
        furnished = await furnish(sandbox, settings)
        async with assemble(settings) as survivor:
            async with assemble(settings) as leaving:
                request = await ask(leaving, furnished)
                await until(lambda: len(cards(sandbox, request.number)) == 1)
            assert await vote(survivor, furnished, "bob", request) == Status.APPROVED
            await until(lambda: not has_buttons(cards(sandbox, request.number)[0]))
            assert len(cards(sandbox, request.number)) == 1
