"""A machine asks for the same thing for many hosts: they are decided together, each by itself, as exactly what was seen."""

import pytest

from tests.stories.test_the_glass_is_broken import logged_in
from tests.stories.town import Json, Machine, Town

pytestmark = pytest.mark.anyio


async def patches(ci: Machine, count: int) -> list[Json]:
    return [
        await ci.asks(type="deploy", title=f"Patch host {n}", action=f"apt upgrade host-{n}", notify=["#deploys"])
        for n in range(1, count + 1)
    ]


async def statuses(ci: Machine, asked: list[Json]) -> list[str]:
    return [(await ci.reads(one))["status"] for one in asked]


async def opens(town: Town, who: str, one: Json) -> None:
    await town.hand(who).command(f"/countersign batch #{one['number']}", "#general")
    await town.settles()


def ticks(town: Town, who: str) -> dict[str, list[str]]:
    """Everything that can be ticked, by block."""
    blocks = [one for one in town.window(who)["blocks"] if str(one.get("block_id", "")).startswith("ticked.")]
    return {one["block_id"]: [option["value"] for option in one["element"]["options"]] for one in blocks}


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_bob_approves_what_he_ticked_and_each_has_its_own_entry(town_both_ways: Town) -> None:
    town = town_both_ways
    ci = await town.machine("ci")
    asked = await patches(ci, 12)
    await ci.asks(type="merge", title="Something else", notify=["#deploys"])
    await town.settles()

    # The list by likeness, then the batch with a line for each.
    await town.hand("bob").command("/countersign batch", "#general")
    await town.settles()
    assert "12 like requests by ci in" in str(town.window("bob"))
    await town.clicks_on(town.window("bob"), "bob", "batch.show")
    seen = str(town.window("bob"))
    assert "apt upgrade host-12" in seen
    assert "Something else" not in seen

    # All but the last two are ticked.
    chosen = ticks(town, "bob")
    assert [len(values) for values in chosen.values()] == [10, 2]
    await town.says(
        "bob", {"ticked.0": chosen["ticked.0"], "ticked.1": [], "verdict": "approve", "comment": "Same patch."}
    )
    assert "10 approved." in str(town.window("bob"))
    assert await statuses(ci, asked) == ["approved"] * 10 + ["pending"] * 2
    decided = [(await ci.reads(one))["decisions"] for one in asked[:10]]
    assert [[each["name"] for each in one] for one in decided] == [["Bob"]] * 10
    assert {one[0]["comment"] for one in decided} == {"Same patch."}
    assert "Approved by Bob" in town.card("grace", asked[3])["text"]

    # One by one: the one that is left is looked at, and rejected with its reason.
    await opens(town, "bob", asked[10])
    left = ticks(town, "bob")
    sent = await town.hand("bob").submit({"ticked.0": left["ticked.0"][:1], "verdict": "reject", "comment": " "})
    assert "Say why" in (sent.errors or {})["comment"]
    await town.says("bob", {"ticked.0": left["ticked.0"][:1], "verdict": "reject", "comment": "Not that host."})
    assert "1 rejected." in str(town.window("bob"))
    assert (await statuses(ci, asked))[10:] == ["rejected", "pending"]


async def test_what_was_changed_decided_or_expired_meanwhile_is_left_alone_and_said_once_per_reason(
    town_both_ways: Town,
) -> None:
    """An old window decides exactly what it showed, or nothing."""
    town = town_both_ways
    ci = await town.machine("ci")
    asked = await patches(ci, 5)
    await town.settles()
    await opens(town, "bob", asked[0])
    chosen = ticks(town, "bob")["ticked.0"]
    for one in asked[:2]:
        await ci.does("revise", one, title="Wipe it", action="rm -rf /", revision=1)
    await town.clicks("grace", asked[2], "request.reject")
    await town.says("grace", {"comment": "No."})
    await ci.does("cancel", asked[3])
    await town.says("bob", {"ticked.0": chosen, "verdict": "approve", "comment": ""})
    said = str(town.window("bob"))
    assert "1 approved." in said
    assert f"#{asked[0]['number']}, #{asked[1]['number']}: changed since you saw it" in said
    assert f"#{asked[2]['number']}: decided already" in said
    assert f"#{asked[3]['number']}: cancelled meanwhile" in said
    assert await statuses(ci, asked) == ["pending", "pending", "rejected", "cancelled", "approved"]
    assert await town.codes_in_ledger(asked[0]) == ["stale_revision"]


async def test_a_digest_that_was_made_up_decides_nothing(town: Town) -> None:
    ci = await town.machine("ci")
    asked = await patches(ci, 2)
    made_up = [{"request": one["id"], "revision": 1, "stage": 1, "digest": "0" * 64} for one in asked]
    carol = await logged_in(town, "carol")
    sent = await carol.post("/v1/batches/decide", json={"decision": "approved", "requests": made_up})
    assert {one["code"] for one in sent.json()["data"]} == {"stale_revision"}
    assert await statuses(ci, asked) == ["pending", "pending"]


async def test_over_the_api_each_is_decided_by_itself_and_a_repeat_changes_nothing(town: Town) -> None:
    ci = await town.machine("ci")
    asked = await patches(ci, 3)
    bob = await logged_in(town, "bob")
    (found,) = (await bob.get("/v1/batches")).json()["data"]
    assert (found["requester_name"], len(found["requests"])) == ("ci", 3)
    body = {
        "decision": "approved",
        "requests": [
            {name: one[name] for name in ("request", "revision", "stage", "digest")} for one in found["requests"]
        ],
    }
    await ci.does("cancel", asked[1])
    first = await bob.post("/v1/batches/decide", json=body, headers={"Idempotency-Key": "k1"})
    assert [one["decided"] for one in first.json()["data"]] == [True, False, True]
    again = await bob.post("/v1/batches/decide", json=body, headers={"Idempotency-Key": "k1"})
    assert [one["decision"] for one in again.json()["data"]] == [one["decision"] for one in first.json()["data"]]
    refused = await ci.http.post("/v1/batches/decide", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "key_cannot_decide")
    none = await bob.post("/v1/batches/decide", json={"decision": "approved", "requests": []})
    assert none.json()["code"] == "validation_error"
