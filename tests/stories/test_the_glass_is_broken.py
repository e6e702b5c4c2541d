"""An outage at night: somebody named for it decides alone, everybody hears of it, another person reviews it."""

import httpx2
import pytest

from core.model.people import Actor, Way
from tests.stories.town import Json, Town, some

pytestmark = pytest.mark.anyio

ROLLBACK = {"type": "deploy", "title": "Roll back api 2.3", "action": "roll back", "notify": ["#deploys"]}


async def named(town: Town, who: str) -> None:
    """For emergencies, by an admin."""
    said = await town.types("alice", f"/countersign members grant {who}@acme.example break_glass")
    assert "is break_glass everywhere now" in str(said), said


async def opens_it(town: Town, who: str, asked: Json) -> None:
    await town.chooses(who, asked, "details")
    await town.clicks_on(town.window(who), who, "request.break_glass")


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_erin_breaks_the_glass_everybody_is_told_and_carol_reviews_it(town_both_ways: Town) -> None:
    town = town_both_ways
    await named(town, "erin")
    ci = await town.machine("ci")
    asked = await ci.asks(**ROLLBACK, stages=[*some(2, "@platform"), *some(1, "@security")])
    await town.settles()

    # The window says what it means; without a reason nothing happens.
    await opens_it(town, "erin", asked)
    assert "You decide this alone" in str(town.window("erin"))
    assert "must review it within 3d" in str(town.window("erin"))
    empty = await town.hand("erin").submit({"reason": " "})
    assert "Say why this cannot wait" in (empty.errors or {})["reason"]
    assert (await ci.reads(asked))["status"] == "pending"
    await town.says("erin", {"reason": "Checkout is down; this rolls it back."})

    # It is approved, as an emergency and as nobody's approval, and the machine can go on at once.
    seen = await ci.reads(asked)
    assert (seen["status"], seen["cause"], seen["decisions"]) == ("approved", "break_glass", [])
    assert (seen["break_glass"][0]["name"], seen["break_glass"][0]["review"]) == ("Erin", "owed")
    assert (await ci.does("execution", asked, status="executing"))["request"]["execution_status"] == "executing"

    # The card says so in words, and so does what everybody hears.
    card = town.card("grace", asked)
    assert "EMERGENCY: approved by break-glass" in card["text"]
    assert "Erin broke the glass and decided this alone" in str(card["blocks"])
    assert "Another person must review this" in str(card["blocks"])
    for who in ("alice", "bob", "grace", "carol", "dave"):
        assert "Erin broke the glass" in town.heard(who)

    # Whoever broke it does not review it, and cannot do it again before somebody has.
    again = await ci.asks(**{**ROLLBACK, "title": "Roll back web 7"})
    await town.settles()
    await town.clicks("erin", asked, "request.review")
    assert "somebody else must review it" in town.told("erin")
    await opens_it(town, "erin", again)
    assert "still waits for its review" in str(town.window("erin"))
    assert (await ci.reads(again))["status"] == "pending"

    # Carol looks at it and says what she found; then Erin may again.
    await town.clicks("carol", asked, "request.review")
    assert "Checkout is down" in str(town.window("carol"))
    await town.says("carol", {"finding": "not_justified", "remark": "Bob was awake."})
    assert "Reviewed by Carol: NOT justified." in str(town.card("grace", asked)["blocks"])
    assert "Carol reviewed" in town.heard("erin")
    await town.hand("erin").command(f"/countersign break-glass #{again['number']} Web is down, too.", "#general")
    await town.settles()
    await town.says("erin", {"reason": "Web is down, too."})
    assert (await ci.reads(again))["cause"] == "break_glass"
    codes = await town.codes_in_ledger(asked)
    assert codes == ["own_request"]


async def test_those_not_named_are_told_so_and_it_is_in_the_ledger(town_both_ways: Town) -> None:
    town = town_both_ways
    ci = await town.machine("ci")
    asked = await ci.asks(**ROLLBACK)
    await town.settles()
    for who in ("alice", "bob"):
        await opens_it(town, who, asked)
        assert "You are not named for emergencies" in str(town.window(who))
    assert "not linked to a member" in str(await town.types("frank", f"/countersign break-glass #{asked['number']} x"))
    assert await town.codes_in_ledger(asked) == ["not_an_approver", "not_an_approver", "not_mapped"]
    assert (await ci.reads(asked))["status"] == "pending"


async def test_a_window_sent_late_or_twice_changes_nothing(town_both_ways: Town) -> None:
    """Somebody rejects while the window is open; another is sent twice."""
    town = town_both_ways
    await named(town, "erin")
    await named(town, "dave")
    ci = await town.machine("ci")
    asked = await ci.asks(**ROLLBACK)
    await town.settles()
    await opens_it(town, "erin", asked)
    await town.clicks("bob", asked, "request.reject")
    await town.says("bob", {"comment": "Wrong release."})
    sent = await town.hand("erin").submit({"reason": "Down."})
    assert "already rejected" in (sent.errors or {})["reason"]
    assert (await ci.reads(asked))["break_glass"] == []

    other = await ci.asks(**{**ROLLBACK, "title": "Roll back web 7"})
    await town.settles()
    await opens_it(town, "erin", other)
    await opens_it(town, "dave", other)
    await town.says("erin", {"reason": "Down."})
    sent = await town.hand("dave").submit({"reason": "Down."})
    assert "already approved" in (sent.errors or {})["reason"]
    assert len((await ci.reads(other))["break_glass"]) == 1


async def test_over_the_api_with_a_token_that_may_decide(town: Town) -> None:
    await named(town, "dave")
    ci = await town.machine("ci")
    asked = await ci.asks(**ROLLBACK)
    refused = await ci.tries("break-glass", asked, reason="Down.")
    assert (refused.status_code, refused.json()["code"]) == (403, "key_cannot_decide")
    dave = await logged_in(town, "dave")
    wrong = await dave.post(f"/v1/requests/{asked['id']}/break-glass", json={})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "validation_error")
    done = await dave.post(f"/v1/requests/{asked['id']}/break-glass", json={"reason": "Down.", "revision": 1})
    assert (done.status_code, done.json()["request"]["cause"]) == (200, "break_glass")
    owed = (await dave.get("/v1/reviews")).json()["data"]
    assert [(one["name"], one["number"]) for one in owed] == [("Dave", asked["number"])]
    carol = await logged_in(town, "carol")
    closed = await carol.post(
        f"/v1/requests/{asked['id']}/review", json={"finding": "justified", "remark": "The graphs agree."}
    )
    assert closed.json()["request"]["break_glass"][0]["review"] == "justified"
    assert (await carol.get("/v1/reviews")).json()["data"] == []


async def logged_in(town: Town, who: str) -> httpx2.AsyncClient:
    logins = town.assembly.rooms.administration.logins
    actor = Actor("member", town.members[who], who.title(), town.host.organisation, Way.SLACK, may_decide=True)
    code = await logins.show_code(actor, may_decide=True)
    return await town.client((await logins.exchange(code, "laptop", origin="here")).secret)
