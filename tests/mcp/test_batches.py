"""Several like things, asked for together by the reference client against a real server: all or none, each by itself."""

import asyncio
import time
from typing import Any

import pytest

from bot.mcp.together import MOST
from core.desk.together import TOGETHER
from tests.clients.live import Live
from tests.mcp.conftest import WAYS, Agent, over_http

pytestmark = pytest.mark.anyio


def shards(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    return [{"title": f"Migrate shard {n}", "action": "migrate", "params": {"shard": n}, **more} for n in numbers]


async def ask(agent: Agent, *numbers: int, **more: Any) -> dict[str, Any]:
    return await agent.use("request_batch", requests=shards(*numbers), **more)


async def nothing_is_asked(agent: Agent, live: Live, key: str) -> bool:
    answer = await asyncio.to_thread(
        live.do, live.house.get(None, "/v1/requests", headers={"Authorization": f"Bearer {key}"})
    )
    return not answer.json()["data"]


@pytest.mark.parametrize("way", WAYS)
async def test_several_are_asked_together_and_each_is_claimed_by_itself(live: Live, key: str, way: str) -> None:
    """E-11"""
    async with WAYS[way](live.url, key) as agent:
        asked = await ask(agent, 1, 2, 3)
        tickets = [one["ticket"] for one in asked["requests"]]
        assert [one["params"]["shard"] for one in asked["requests"]] == [1, 2, 3]
        assert (asked["all_decided"], {one["may_claim"] for one in asked["requests"]}) == (False, {False})
        assert "do nothing of it, and call wait_for_batch" in asked["sentence"]
        waiting = asyncio.create_task(agent.use("wait_for_batch", batch=asked["batch"], wait_seconds=60))
        for ticket, verb in zip(tickets, ("approve", "reject", "approve"), strict=True):
            await asyncio.to_thread(live.decide, ticket, verb, comment="So be it.")
        decided = await in_time(waiting)
        assert decided["all_decided"]
        assert [one["status"] for one in decided["requests"]] == ["approved", "rejected", "approved"]
        assert [one["may_claim"] for one in decided["requests"]] == [True, False, True]
        for ticket, shard in ((tickets[0], 1), (tickets[2], 3)):
            claimed = await agent.use("claim_execution", ticket=ticket, action="migrate", params={"shard": shard})
            assert claimed["may_act"]
        assert "not_open" in await agent.no("claim_execution", ticket=tickets[1])
        assert "as each one's own sentence says" in (await look(agent, asked))["sentence"]


async def in_time(waiting: "asyncio.Task[dict[str, Any]]") -> dict[str, Any]:
    """Long before the wait's own end."""
    async with asyncio.timeout(20):
        return await waiting


async def look(agent: Agent, asked: dict[str, Any]) -> dict[str, Any]:
    return await agent.use("wait_for_batch", batch=asked["batch"], wait_seconds=0)


async def test_asking_waits_within_the_callers_budget(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        began = time.monotonic()
        asked = await ask(agent, 1, 2, wait_seconds=0.3)
        assert time.monotonic() - began < 10
        assert [one["status"] for one in asked["requests"]] == ["pending", "pending"]
        await asyncio.to_thread(live.decide, asked["requests"][0]["ticket"])
        seen = await agent.use("wait_for_batch", batch=asked["batch"], wait_seconds=0.3)
        assert [one["status"] for one in seen["requests"]] == ["approved", "pending"]
        first, second = (one["number"] for one in seen["requests"])
        assert f"#{first}: approved; call claim_execution" in seen["sentence"]
        assert f"#{second}: not decided yet" in seen["sentence"]
        assert "less than or equal to 600" in await agent.no("wait_for_batch", batch=asked["batch"], wait_seconds=601)


async def test_a_question_about_any_of_them_ends_the_wait(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        asked = await ask(agent, 1, 2, 3)
        last = asked["requests"][2]["ticket"]
        waiting = asyncio.create_task(agent.use("wait_for_batch", batch=asked["batch"], wait_seconds=60))
        await asyncio.to_thread(live.until_somebody_waits)
        await asyncio.to_thread(live.decide, last, "ask", question="Is shard 3 full?")
        stopped = await in_time(waiting)
        assert [(one["ticket"], one["text"]) for one in stopped["questions"]] == [(last, "Is shard 3 full?")]
        assert "People ask you something" in stopped["sentence"]
        await agent.use("answer_question", ticket=last, answer="Half.")
        assert (await look(agent, asked))["questions"] == []


async def test_questions_about_other_requests_come_along(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        single = await agent.use("request_approval", title="Refund 40 € to Erika")
        await asyncio.to_thread(live.decide, single["ticket"], "ask", question="Is it in the ledger?")
        assert [one["ticket"] for one in (await ask(agent, 1))["questions"]] == [single["ticket"]]


async def test_one_that_is_refused_is_named_and_none_is_asked(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        said = await agent.no("request_batch", requests=[*shards(1, 2), {"title": "x" * 201}])
        assert "[validation_error, requests.2.title]" in said
        assert await nothing_is_asked(agent, live, key)


async def test_one_to_twenty_make_a_batch_and_no_word_is_dropped(live: Live, key: str) -> None:
    assert MOST == TOGETHER
    async with over_http(live.url, key) as agent:
        assert "at least 1 item" in await agent.no("request_batch", requests=[])
        assert "at most 20 items" in await agent.no("request_batch", requests=shards(*range(21)))
        assert "parms" in await agent.no("request_batch", requests=[{"title": "Migrate", "parms": {"shard": 1}}])
        assert "type" in await agent.no("request_batch", requests=[{"title": "Migrate", "type": "deploy"}])
        assert await nothing_is_asked(agent, live, key)


async def test_the_same_idempotency_key_gives_the_same_batch(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        first = await ask(agent, 1, 2, idempotency_key="run-1")
        again = await ask(agent, 1, 2, idempotency_key="run-1")
        assert (again["batch"], again["requests"]) == (first["batch"], first["requests"])
        assert "idempotency_conflict" in await agent.no(
            "request_batch", requests=shards(1, 2, 3), idempotency_key="run-1"
        )


async def test_what_is_said_once_and_what_is_said_of_each_reaches_people(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        more = {"cost_usd": 3.5, "reasoning": "It is full.", "expires_in_minutes": 30, "facts": {"env": "production"}}
        asked = await agent.use("request_batch", requests=shards(1, 2, **more), type="deploy")
        ticket = asked["requests"][1]["ticket"]
        seen = await asyncio.to_thread(live.do, live.house.get("ada", f"/v1/requests/{ticket}"))
        request = seen.json()
        assert (request["type"], request["cost"]["usd"], request["reasoning"]) == ("deploy", 3.5, "It is full.")
        assert (request["facts"], request["batch"]) == ({"env": "production"}, asked["batch"])


async def test_other_agents_see_nothing_of_it(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent, over_http(live.url, live.agent()) as other:
        asked = await ask(agent, 1, 2)
        assert "not_found" in await other.no("wait_for_batch", batch=asked["batch"], wait_seconds=0)
        assert "not_found" in await other.no("wait_for_batch", batch="bat_nothing", wait_seconds=0)
