"""A workflow built in Slack comes to the step "Ask for approval": it stands still until people have decided, then goes on."""

from typing import Any

import pytest

from bot.sandbox.steps import Execution
from bot.slack.steps import AGENT, STEP
from tests.stories.town import Town

pytestmark = pytest.mark.anyio

Json = dict[str, Any]


async def run(town: Town, **inputs: Any) -> Execution:
    """Erin's workflow comes to the step."""
    channel = town.sandbox.workspace.find_channel("#deploys")
    assert channel is not None
    execution = town.hand("erin").run_step(STEP, title="Publish the newsletter", channel=channel.id, **inputs)
    await town.settles()
    return execution


async def opened(town: Town) -> None:
    """Alice, an admin, lets workflows ask."""
    await town.types("alice", f"/countersign agents add {AGENT}")


async def asked(town: Town) -> Json:
    store, organisation = town.assembly.rooms.store, town.host.organisation
    found = await store.read(lambda reader: reader.request_by_number(organisation, 1))
    assert found is not None
    town.known.append(found.id)
    return {"id": found.id, "number": found.number, "revision": found.revision}


def completions(town: Town) -> list[str]:
    return [entry["title"] for entry in town.sandbox.log.entries if entry["title"].startswith("functions.")]


async def test_it_goes_on_once_somebody_has_said_yes(town_both_ways: Town) -> None:
    town = town_both_ways
    await opened(town)
    step = await run(town, approver=town.hand("bob").id, requested_for=town.hand("erin").id)
    request = await asked(town)
    assert step.state == "open"
    assert completions(town) == []
    assert "workflow-builder asks for Erin" in str(town.card("bob", request)["blocks"])
    await town.clicks("bob", request, "request.approve")
    assert step.state == "succeeded"
    assert step.outputs == {
        "approved": True, "outcome": "approved", "decided_by": "Bob", "comment": "", "edits": "", "request": "#1",
    }  # fmt: skip
    await town.later(hours=30)
    assert completions(town) == ["functions.completeSuccess"]


async def test_it_stops_after_a_no_and_says_why(town: Town) -> None:
    await opened(town)
    step = await run(town, approver=town.hand("bob").id)
    await town.clicks("bob", await asked(town), "request.reject")
    await town.says("bob", {"comment": "Not before Monday."})
    assert step.state == "failed"
    assert "Rejected by Bob" in step.error


async def test_it_goes_on_after_a_no_where_its_builder_wants_that(town: Town) -> None:
    await opened(town)
    step = await run(town, approver=town.hand("bob").id, go_on=True)
    await town.clicks("bob", await asked(town), "request.reject")
    await town.says("bob", {"comment": "Not before Monday."})
    assert step.state == "succeeded"
    assert (step.outputs["approved"], step.outputs["outcome"], step.outputs["comment"]) == (
        False, "rejected", "Not before Monday.",
    )  # fmt: skip


async def test_it_stops_when_nobody_answers(town: Town) -> None:
    await opened(town)
    step = await run(town, approver=town.hand("bob").id, hours=1)
    await asked(town)
    await town.later(hours=2)
    await town.hand("erin").sees(lambda: step.state == "failed")
    assert "xpired" in step.error


async def test_nothing_is_asked_before_an_admin_lets_workflows_in(town: Town) -> None:
    step = await run(town, approver=town.hand("bob").id)
    assert step.state == "failed"
    assert "/countersign agents add workflow-builder" in step.error


async def test_a_suspended_workflow_agent_asks_nobody(town: Town) -> None:
    await opened(town)
    await town.hand("alice").command(f"/countersign agents suspend {AGENT}", "#general")
    await town.settles()
    if town.hand("alice").open_modal() is not None:
        await town.says("alice", {})
    step = await run(town, approver=town.hand("bob").id)
    assert step.state == "failed"


async def test_whoever_it_is_requested_for_cannot_approve_it(town: Town) -> None:
    """A-24"""
    await opened(town)
    step = await run(town, approver=town.hand("bob").id, requested_for=town.hand("grace").id)
    await town.clicks("grace", await asked(town), "request.approve")
    assert step.state == "open"
    assert "somebody else must decide" in town.told("grace")


async def test_slack_tells_of_one_execution_twice_and_one_request_is_asked(town: Town) -> None:
    await opened(town)
    step = await run(town, approver=town.hand("bob").id)
    town.assembly.slack.events._known.clear()  # type: ignore[union-attr]
    await town.sandbox.send_event_again("function_executed")
    await town.settles()
    await town.clicks("bob", await asked(town), "request.approve")
    assert step.state == "succeeded"
    assert completions(town) == ["functions.completeSuccess"]
    store, organisation = town.assembly.rooms.store, town.host.organisation
    assert await store.read(lambda reader: reader.request_by_number(organisation, 2)) is None


async def test_an_end_that_slack_did_not_take_is_told_again(town: Town) -> None:
    await opened(town)
    step = await run(town, approver=town.hand("bob").id)
    town.sandbox.slack.faults.add("functions.completeSuccess", "500")
    await town.clicks("bob", await asked(town), "request.approve")
    await town.later(seconds=10)
    await town.hand("erin").sees(lambda: step.state == "succeeded")
    assert completions(town) == ["functions.completeSuccess"] * 2


async def test_somebody_who_is_no_member_cannot_be_named(town: Town) -> None:
    await opened(town)
    step = await run(town, approver=town.hand("frank").id)
    assert step.state == "failed"
    assert "no member of Countersign" in step.error
