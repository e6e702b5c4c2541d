"""An AI agent's tools, used by the reference client against a real server, over both transports."""

import asyncio
from typing import Any

import pytest

from tests.clients.live import Live
from tests.mcp.conftest import WAYS, Agent, over_http

pytestmark = pytest.mark.anyio

TOOLS = {
    "request_approval",
    "request_batch",
    "get_request",
    "wait_for_decision",
    "wait_for_batch",
    "answer_question",
    "revise",
    "cancel",
    "claim_execution",
    "report_execution",
}
REFUND: dict[str, Any] = {
    "title": "Refund 40 € to Erika",
    "action": "refund",
    "params": {"amount_eur": 40},
    "reasoning": "Charged twice.",
    "cost_usd": 44.5,
}
AS_ASKED: dict[str, Any] = {"action": "refund", "params": {"amount_eur": 40}}


async def ask(agent: Agent, **more: Any) -> dict[str, Any]:
    return await agent.use("request_approval", **{**REFUND, **more})


@pytest.mark.parametrize("way", WAYS)
async def test_an_agent_asks_waits_claims_and_reports(live: Live, key: str, way: str) -> None:
    """E-11"""
    async with WAYS[way](live.url, key) as agent:
        listed = await agent.session.list_tools()
        assert {tool.name for tool in listed.tools} == TOOLS
        asked = await ask(agent)
        assert (asked["status"], asked["may_claim"], asked["may_act"]) == ("pending", False, False)
        waiting = asyncio.create_task(agent.use("wait_for_decision", ticket=asked["ticket"], wait_seconds=20))
        await asyncio.to_thread(live.decide, asked["ticket"], comment="Go.")
        decided = await waiting
        assert (decided["status"], decided["may_claim"], decided["decisions"][0]["comment"]) == (
            "approved",
            True,
            "Go.",
        )
        claimed = await agent.use("claim_execution", ticket=asked["ticket"], **AS_ASKED)
        assert (claimed["may_act"], claimed["execution_status"]) == (True, "executing")
        done = await agent.use("report_execution", ticket=asked["ticket"], status="success", detail="Paid.")
        assert (done["may_act"], done["execution_status"]) == (False, "success")


async def test_a_wait_ends_within_the_callers_budget_and_gives_a_ticket(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        asked = await ask(agent, wait_seconds=0.3)
        assert asked["status"] == "pending"
        again = await agent.use("wait_for_decision", ticket=asked["ticket"], wait_seconds=0.3)
        assert again["ticket"] == asked["ticket"]
        assert "Do nothing of it" in again["sentence"]
        assert "less than or equal to 600" in await agent.no("wait_for_decision", ticket="1", wait_seconds=601)


async def test_a_question_ends_the_wait_and_is_answered(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        ticket = (await ask(agent))["ticket"]
        waiting = asyncio.create_task(agent.use("wait_for_decision", ticket=ticket, wait_seconds=20))
        await asyncio.to_thread(live.decide, ticket, "ask", question="Whose mistake was it?")
        stopped = await waiting
        assert stopped["status"] == "asked_question"
        assert [one["text"] for one in stopped["questions"]] == ["Whose mistake was it?"]
        assert "Whose mistake was it?" in stopped["sentence"]
        answered = await agent.use("answer_question", ticket=ticket, answer="Ours.")
        assert (answered["status"], answered["questions"]) == ("pending", [])


async def test_an_open_question_is_handed_over_on_the_next_call_whatever_it_is_about(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        first = await ask(agent)
        await asyncio.to_thread(live.decide, first["ticket"], "ask", question="Is it in the ledger?")
        second = await ask(agent, title="Refund 10 € to Max")
        assert [(one["ticket"], one["text"]) for one in second["questions"]] == [
            (first["ticket"], "Is it in the ledger?")
        ]


async def test_questions_of_other_agents_are_nobody_elses(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent, over_http(live.url, live.agent()) as other:
        ticket = (await ask(agent))["ticket"]
        await asyncio.to_thread(live.decide, ticket, "ask", question="Secret?")
        assert (await ask(other))["questions"] == []
        assert "not_found" in await other.no("get_request", ticket=ticket)
        assert "not_found" in await other.no("answer_question", ticket=ticket, answer="Yes.")


async def test_what_was_rejected_says_why_and_cannot_be_claimed(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        ticket = (await ask(agent))["ticket"]
        await asyncio.to_thread(live.decide, ticket, "reject", comment="Too much.")
        seen = await agent.use("get_request", ticket=ticket)
        assert "Do not do it. They said: Too much." in seen["sentence"]
        assert (seen["may_claim"], seen["may_act"]) == (False, False)
        assert "[" in await agent.no("claim_execution", ticket=ticket)


async def test_something_else_than_what_was_approved_cannot_be_claimed(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        ticket = (await ask(agent))["ticket"]
        await asyncio.to_thread(live.decide, ticket)
        more = {"action": "refund", "params": {"amount_eur": 4000}}
        assert "action_changed" in await agent.no("claim_execution", ticket=ticket, **more)
        await agent.use("claim_execution", ticket=ticket, **AS_ASKED)
        assert "already_executing" in await agent.no("claim_execution", ticket=ticket, **AS_ASKED)


async def test_after_edits_only_what_was_approved_can_be_claimed(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        ticket = (await ask(agent))["ticket"]
        await asyncio.to_thread(live.decide, ticket, edits={"cost.usd": 20, "action": "refund half"})
        seen = await agent.use("wait_for_decision", ticket=ticket)
        assert (seen["status"], seen["action"]) == ("approved_with_edits", "refund half")
        assert seen["changed_by_approvers"] == {"cost.usd": 20, "action": "refund half"}
        assert "Nothing was claimed" in await agent.no("claim_execution", ticket=ticket)
        assert "action_changed" in await agent.no("claim_execution", ticket=ticket, **AS_ASKED)
        claimed = await agent.use("claim_execution", ticket=ticket, action="refund half", params={"amount_eur": 40})
        assert claimed["may_act"]


async def test_an_agent_revises_and_cancels_what_it_asked(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        ticket = (await ask(agent))["ticket"]
        revised = await agent.use("revise", ticket=ticket, revision=1, params={"amount_eur": 30})
        assert (revised["revision"], revised["params"], revised["action"]) == (2, {"amount_eur": 30}, "refund")
        assert "stale_revision" in await agent.no("revise", ticket=ticket, revision=1, title="Late")
        gone = await agent.use("cancel", ticket=ticket, reason="Settled.")
        assert (gone["status"], gone["may_claim"]) == ("cancelled", False)
        assert gone["sentence"].endswith("(requester). Do not do it. They said: Settled.")


async def test_the_same_idempotency_key_gives_the_same_request(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        first = await ask(agent, idempotency_key="one")
        assert (await ask(agent, idempotency_key="one"))["ticket"] == first["ticket"]
        assert "idempotency_conflict" in await agent.no(
            "request_approval", title="Something else", idempotency_key="one"
        )


async def test_a_misspelt_argument_is_refused_before_anybody_is_asked(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        assert "parms" in await agent.no("request_approval", title="Refund", parms={"amount_eur": 9})
        assert "[validation_error, title]" in await agent.no("request_approval", title="x" * 201)


async def test_no_tool_decides(live: Live, key: str) -> None:
    async with over_http(live.url, key) as agent:
        ticket = (await ask(agent))["ticket"]
        for tool in ("approve", "reject", "decide"):
            assert f"Unknown tool: {tool}" in await agent.no(tool, ticket=ticket)
        assert (await agent.use("get_request", ticket=ticket))["status"] == "pending"
