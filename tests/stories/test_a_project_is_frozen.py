"""Something is going wrong: an admin freezes a project and suspends a machine; what was approved waits, in words."""

import pytest

from core.model.people import Verb
from tests.stories.town import Json, Machine, Town

pytestmark = pytest.mark.anyio


async def approved(town: Town, ci: Machine, **said: str) -> Json:
    asked = await ci.asks(type="deploy", title="Deploy web 7", notify=["#deploys"], **said)
    await town.settles()
    await town.clicks("bob", asked, "request.approve")
    return asked


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_alice_freezes_everything_and_lifts_it_again(town_both_ways: Town) -> None:
    town = town_both_ways
    ci = await town.machine("ci")
    asked = await approved(town, ci)

    # The window is filled in with what she wrote; nothing holds before she sends it.
    await town.hand("alice").command("/countersign freeze everything for 4h because Checkout is down", "#general")
    await town.settles()
    window = str(town.window("alice"))
    assert "Checkout is down" in window
    assert "claims are refused" in window
    await town.says("alice", {"project": "*", "reason": "Checkout is down", "until": "4h"})
    assert "Nothing is executed there now" in str(town.window("alice"))

    # The machine is refused in words; the card and its thread say so.
    refused = await ci.tries("execution", asked, status="executing")
    assert (refused.status_code, refused.json()["code"]) == (409, "frozen")
    assert "Everything is frozen by Alice" in refused.json()["detail"]
    assert "Checkout is down." in refused.json()["detail"]
    card = str(town.card("grace", asked)["blocks"])
    assert "FROZEN: Everything is frozen by Alice" in card
    assert any("frozen by Alice" in line for line in town.thread("grace", asked))

    # Others can still ask and decide; the list says what holds, and lifting it lets the machine go on.
    other = await approved(town, ci)
    assert (await ci.reads(other))["status"] == "approved"
    await town.hand("alice").command("/countersign unfreeze", "#general")
    await town.settles()
    assert ": Checkout is down" in str(town.window("alice"))
    await town.clicks_on(town.window("alice"), "alice", "freezes.lift")
    assert "Nothing is frozen." in str(town.window("alice"))
    assert "FROZEN" not in str(town.card("grace", asked)["blocks"])
    assert (await ci.does("execution", asked, status="executing"))["request"]["execution_status"] == "executing"


async def test_a_freeze_of_one_project_ends_with_its_time(town: Town) -> None:
    ci = await town.machine("ci")
    asked = await approved(town, ci)
    project = (await ci.reads(asked))["project"]
    name = (await town.assembly.rooms.administration.projects.get(town.host, project)).name
    await town.hand("alice").command(f"/countersign freeze {name}", "#general")
    await town.settles()
    sent = await town.hand("alice").submit({"project": project, "reason": "Sale", "until": "yesterday"})
    assert "is not a moment" in (sent.errors or {})["until"]
    await town.says("alice", {"project": project, "reason": "Sale", "until": "2h"})
    assert "Nothing is executed there now, until" in str(town.window("alice")["blocks"])
    assert (await ci.tries("execution", asked, status="executing")).status_code == 409
    await town.later(hours=2, minutes=1)
    assert (await ci.tries("execution", asked, status="executing")).status_code == 200


async def test_only_admins_freeze_and_what_is_wrong_is_said_privately(town_both_ways: Town) -> None:
    town = town_both_ways
    for line, said in (
        ("freeze everything", "Only admins may do that"),
        ("unfreeze everything", "Only admins may do that"),
        ("suspend ci", "Only admins may do that"),
    ):
        await town.hand("bob").command(f"/countersign {line}", "#general")
        await town.settles()
        assert said in town.told("bob"), line
    await town.hand("alice").command("/countersign freeze everything until tomorrow 8am because x", "#general")
    await town.settles()
    assert "tomorrow 8am" in str(town.window("alice")["blocks"])
    for line, said in (
        ("freeze nowhere because x", "no such project"),
        ("unfreeze everything", "Nothing is frozen there"),
        ("freeze everything for ever because x", "is not a moment"),
        ("suspend", "The name of the agent is missing"),
        ("suspend nobody", "no such agent"),
        ("review #1", "no request #1"),
        ("break-glass one", "is not the number of a request"),
        ("batch one", "is not the number of a request"),
    ):
        await town.hand("alice").command(f"/countersign {line}", "#general")
        await town.settles()
        assert said in town.told("alice"), line


async def test_a_suspended_machine_stops_at_once_and_nobody_acts_for_it(town_both_ways: Town) -> None:
    town = town_both_ways
    ci = await town.machine("ci")
    runner = await town.machine("runner", Verb.READ, Verb.EXECUTE)
    asked, still_open = await approved(town, ci), await ci.asks(type="deploy", title="Deploy api", notify=["#deploys"])
    await town.settles()

    # From Details of one of its cards, after a question.
    await town.chooses("alice", still_open, "details")
    await town.clicks_on(town.window("alice"), "alice", "agents.suspend")
    assert "Suspend ci?" in str(town.window("alice"))
    await town.says("alice", {})
    assert (await runner.reads(still_open))["status"] == "cancelled"
    assert (await ci.tries("execution", asked, status="executing")).status_code == 403
    refused = await runner.tries("execution", asked, status="executing")
    assert refused.json()["code"] == "suspended"
    assert "SUSPENDED: ci, who asked, is suspended" in str(town.card("grace", asked)["blocks"])
    await town.types("alice", "/countersign agents resume ci")
    assert "SUSPENDED" not in str(town.card("grace", asked)["blocks"])
    assert (await ci.tries("execution", asked, status="executing")).status_code == 200
