"""A machine asks for twelve like things at once: one card carries them, decided together or one by one."""

from dataclasses import replace
from typing import Any

import pytest

from bot.sandbox.hand import Snapshot
from core.errors import NotFound
from core.model.batch import Item, read_items, write_items
from core.model.people import Actor, Role, Verb, Way
from core.model.request import Verdict
from tests.stories.test_the_glass_is_broken import logged_in
from tests.stories.town import Json, Machine, Town

pytestmark = pytest.mark.anyio

BOTH = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def wanted(count: int, **common: Any) -> list[Json]:
    return [
        {
            "type": "custom",
            "title": f"Migrate shard {n}",
            "action": f"migrate --shard {n} --to 8",
            "notify": ["#deploys"],
            **common,
        }
        for n in range(1, count + 1)
    ]


async def together(ci: Machine, asked: list[Json], **headers: str) -> list[Json]:
    """Asked for in one call."""
    answer = await ci.http.post("/v1/batches", json={"requests": asked}, headers=headers)
    assert answer.status_code in {200, 201}, answer.text
    made: list[Json] = answer.json()["requests"]
    ci.known.extend(one["id"] for one in made)
    return made


async def statuses(ci: Machine, asked: list[Json]) -> list[str]:
    return [(await ci.reads(one))["status"] for one in asked]


def cards(town: Town, who: str, channel: str = "#deploys") -> list[Snapshot]:
    return [each for each in town.hand(who).messages(channel) if "asked together" in each["text"]]


def direct(town: Town, who: str) -> list[Snapshot]:
    return [each for each in town.hand(who).dms() if each.get("blocks")]


def row_of(card: Snapshot, request: Json) -> Json:
    rows = [block for block in card["blocks"] if str(block.get("block_id", "")).startswith("row.")]
    return next(block for block in rows if f"#{request['number']} " in block["text"]["text"])


def line_of(card: Snapshot, request: Json) -> str:
    return str(row_of(card, request)["text"]["text"])


async def chooses(town: Town, who: str, card: Snapshot, request: Json, word: str) -> None:
    """Something of one row's menu."""
    row = row_of(card, request)
    value = next(one["value"] for one in row["accessory"]["options"] if one["value"].startswith(f"{word}."))
    ack = await town.hand(who).click(card, "request.more", value, block_id=row["block_id"])
    assert ack.ok, ack
    await town.settles()


@BOTH
async def test_bob_approves_all_twelve_with_one_click_and_each_has_its_own_entry(town_both_ways: Town) -> None:
    """A-60 A-65"""
    town = town_both_ways
    ci = await town.machine("ci")
    asked = await together(ci, wanted(12))
    await town.settles()
    (card,) = cards(town, "bob")
    assert "Approval needed for 12: Request, 12 requests asked together by ci" in card["text"]
    assert "migrate --shard 12" in line_of(card, asked[11])

    await town.clicks_on(card, "bob", "batch.approve")
    assert await statuses(ci, asked) == ["approved"] * 12
    given = [(await ci.reads(one))["decisions"] for one in asked]
    assert [[each["name"] for each in one] for one in given] == [["Bob"]] * 12
    assert len({one[0]["id"] for one in given}) == 12
    (card,) = cards(town, "grace")
    assert "12 approved" in card["text"]
    assert "Approved by Bob." in line_of(card, asked[6])
    assert not [block for block in card["blocks"] if block["type"] == "actions"]
    assert town.hand("grace").messages("#deploys", card["ts"])[1:] == []  # the card says it; no twelve lines under it
    assert not town.hand("bob").ephemerals()


async def test_one_of_them_is_run_from_its_row_after_being_asked_back(town_both_ways: Town) -> None:
    """No option of a menu can ask back by itself, as the card's button does. A-71"""
    town = town_both_ways
    ci = await town.machine("ci")
    asked = await together(ci, wanted(2))
    await town.settles()
    await town.clicks_on(cards(town, "bob")[0], "bob", "batch.approve")

    # Who may not is told so at once, and asked nothing.
    await chooses(town, "carol", cards(town, "carol")[0], asked[1], "run")
    assert "those who approved it" in town.told("carol")
    assert town.hand("carol").open_modal() is None
    assert await town.codes_in_ledger(asked[1]) == ["forbidden"]

    # Who may is shown what it would do; closed, nothing has happened.
    await chooses(town, "bob", cards(town, "bob")[0], asked[1], "run")
    assert "migrate --shard 2 --to 8" in str(town.window("bob"))
    assert "ci is called upon to do exactly what was approved, once." in str(town.window("bob"))
    await town.hand("bob").close(everything=True)
    assert "had it run" not in line_of(cards(town, "bob")[0], asked[1])

    # Sent, it is called for, and what was overtaken meanwhile says so.
    for place in (1, 0):
        await chooses(town, "bob", cards(town, "bob")[0], asked[place], "run")
        if place == 0:
            await ci.does("discard", asked[0])
        await town.hand("bob").submit({})
        await town.settles()
    assert "Bob had it run" in line_of(cards(town, "bob")[0], asked[1])
    assert "can no longer be executed" in str(town.window("bob"))


async def test_they_are_decided_one_by_one_and_what_is_left_with_one_reason(town_both_ways: Town) -> None:
    """A-26 A-60"""
    town = town_both_ways
    ci = await town.machine("ci")
    asked = await together(ci, wanted(4, approvers=["bob@acme.example", "grace@acme.example"]))
    await town.settles()

    # One row is approved by one of two, another one rejected with its reason.
    (card,) = cards(town, "bob")
    await chooses(town, "bob", card, asked[1], "approve")
    await chooses(town, "bob", cards(town, "bob")[0], asked[2], "reject")
    await town.says("bob", {"comment": "Shard 3 is being moved."})
    (card,) = cards(town, "grace")
    assert "approved so far by Bob" in line_of(card, asked[1])
    assert "Rejected by Bob. Shard 3 is being moved." in line_of(card, asked[2])
    assert "3 wait, 1 rejected" in card["text"]

    # Details of a row are the request's own.
    await chooses(town, "grace", card, asked[0], "details")
    assert "migrate --shard 1 --to 8" in str(town.window("grace"))
    await town.hand("grace").close(everything=True)

    # A comment stands under the card, and says which request it is about.
    await ci.does("comment", asked[0], comment="Backups are there.")
    await town.settles()
    under = [str(each["text"]) for each in town.hand("grace").messages("#deploys", card["ts"])][1:]
    assert under == [f"#{asked[0]['number']}: ci: Backups are there."]

    # Some are ticked in a window, with a comment; the rest is rejected with one reason.
    await town.clicks_on(cards(town, "grace")[0], "grace", "batch.choose")
    window = town.window("grace")
    ticks = next(block for block in window["blocks"] if block.get("block_id") == "ticked.0")["element"]["options"]
    assert len(ticks) == 3
    chosen = [tick["value"] for tick in ticks if tick["value"].startswith(asked[1]["id"])]
    await town.says("grace", {"ticked.0": chosen, "verdict": "approve", "comment": "Seen."})
    await town.hand("grace").close(everything=True)
    assert await statuses(ci, asked) == ["pending", "approved", "rejected", "pending"]
    await town.clicks_on(cards(town, "bob")[0], "bob", "batch.reject")
    empty = await town.hand("bob").submit({"comment": " "})
    assert "Say why" in (empty.errors or {})["comment"]
    await town.says("bob", {"comment": "Not this week."})
    assert await statuses(ci, asked) == ["rejected", "approved", "rejected", "rejected"]
    assert "Not this week." in line_of(cards(town, "bob")[0], asked[3])


async def test_an_old_card_decides_exactly_what_it_showed(town_both_ways: Town) -> None:
    town = town_both_ways
    ci = await town.machine("ci")
    asked = await together(ci, wanted(4))
    await town.settles()
    (old,) = cards(town, "bob")
    await ci.does("revise", asked[0], title="Drop shard 1", action="drop --shard 1", revision=1)
    await ci.does("cancel", asked[1])
    await town.settles()
    (new,) = cards(town, "bob")
    assert "Drop shard 1" in line_of(new, asked[0])
    assert "changed, now revision 2" in line_of(new, asked[0])

    await town.clicks_on(old, "bob", "batch.approve")
    said = town.told("bob")
    assert "2 approved." in said
    assert f"#{asked[0]['number']}: changed since you saw it" in said
    assert f"#{asked[1]['number']}: cancelled meanwhile" in said
    assert await statuses(ci, asked) == ["pending", "cancelled", "approved", "approved"]
    assert await town.codes_in_ledger(asked[0]) == ["stale_revision"]

    # The same click once more changes nothing; one decision each.
    await town.clicks_on(old, "bob", "batch.approve")
    assert [len((await ci.reads(one))["decisions"]) for one in asked] == [0, 0, 1, 1]


async def test_whoever_may_not_is_told_so_alone_and_nothing_is_decided(town_both_ways: Town) -> None:
    """A-64"""
    town = town_both_ways
    await town.assembly.rooms.administration.grants.give(town.host, "erin@acme.example", Role.APPROVER)
    erin = Machine(await logged_in(town, "erin"), town.known)
    asked = await together(erin, wanted(3))
    await town.settles()
    (card,) = cards(town, "erin")

    # The requester's own, all at once and alone.
    await town.clicks_on(card, "erin", "batch.approve")
    assert "0 approved." in town.told("erin")
    assert await town.codes_in_ledger(asked[0]) == ["own_request"]
    await chooses(town, "erin", card, asked[1], "approve")
    assert await town.codes_in_ledger(asked[1]) == ["own_request"]

    # Somebody who is nobody here: acknowledged, looked up, refused; the ledger knows of each.
    for action in ("batch.approve", "batch.reject", "batch.choose"):
        await town.clicks_on(card, "frank", action)
        assert "nothing was changed" in town.told("frank")
        assert town.hand("frank").open_modal() is None
    assert "not_mapped" in await town.codes_in_ledger(asked[2])
    assert await statuses(erin, asked) == ["pending"] * 3


async def test_references_that_were_made_up_or_belong_to_others_decide_nothing(town: Town) -> None:
    rooms = town.assembly.rooms
    ci = await town.machine("ci")
    asked = await together(ci, wanted(2))
    await town.settles()
    other = await rooms.administration.organisations.add("Globex")
    bob = Actor("member", town.members["bob"], "Bob", town.host.organisation, Way.SLACK, may_decide=True)
    abroad = replace(bob, organisation=other.id)
    of_another = [Item(one["id"], 1, 1, "0" * 32) for one in asked]
    true = [Item(one["id"], 1, 1, one["digest"][:32]) for one in asked]
    nobodys = [Item(f"req_{'0' * 26}", 1, 1, "0" * 32)]
    for actor, items, code in (
        (bob, of_another, "stale_revision"),
        (bob, nobodys, "not_found"),
        (abroad, true, "not_found"),
    ):
        outcomes = await rooms.administration.batches.decide(actor, items, Verdict.APPROVED)
        assert {outcome.refusal.word for outcome in outcomes if outcome.refusal} == {code}
        assert [outcome.number is None for outcome in outcomes] == [code == "not_found"] * len(items)
    with pytest.raises(NotFound):
        await rooms.administration.batches.together(abroad, asked[0]["batch"])
    assert await rooms.administration.batches.see(abroad, true) == []
    assert await statuses(ci, asked) == ["pending", "pending"]


def test_what_we_did_not_write_is_no_reference() -> None:
    items = [Item(f"req_{n:026d}", n, 1, f"{n:064x}") for n in range(1, 21)]
    written = write_items(items)
    assert [str(item) for item in read_items(written)] == [str(item) for item in items]
    assert len(written) < 2_000  # what a button may carry
    for wrong in ("", "rm -rf /", f"{items[0]} nonsense", f"{items[0]}  {items[1]}", f"{items[0]}\n{items[1]}"):
        assert read_items(wrong) == ()


async def test_approvers_by_direct_message_get_one_card_each(town: Town) -> None:
    ci = await town.machine("ci")
    asked = await together(ci, [{**one, "notify": []} for one in wanted(5, approvers=["@platform"])])
    await town.settles()
    for who in ("bob", "grace"):
        (card,) = direct(town, who)
        assert "5 requests asked together" in card["text"]
    assert direct(town, "carol") == []
    (card,) = direct(town, "grace")
    await town.clicks_on(card, "grace", "batch.approve")
    assert "5 approved so far by Grace" not in str(direct(town, "bob")[0])
    assert "approved so far by Grace" in str(direct(town, "bob")[0]["blocks"])
    await town.clicks_on(direct(town, "bob")[0], "bob", "batch.approve")
    assert await statuses(ci, asked) == ["approved"] * 5


async def test_rules_judge_each_by_itself_and_nobody_sees_what_is_not_for_them(town: Town) -> None:
    """A-05"""
    await town.rules("alice", '"small" when metadata.size == "small" allow')
    await town.rules("alice", '"big ones" when metadata.size == "big" require 1 of @security in #agents')
    ci = await town.machine("ci")
    sizes = ["usual", "small", "big", "usual"]
    asked = await together(
        ci, [{**one, "metadata": {"size": size}} for one, size in zip(wanted(4), sizes, strict=True)]
    )
    await town.settles()
    assert await statuses(ci, asked) == ["pending", "auto_approved", "pending", "pending"]
    (card,) = cards(town, "bob")
    assert "Waits for @security" in line_of(card, asked[2])
    assert f"Approved without asking: #{asked[1]['number']}." in str(card["blocks"])
    assert "Migrate shard 2" not in str(card)
    (elsewhere,) = [each for each in town.hand("carol").messages("#agents") if each.get("blocks")]
    assert "Migrate shard 3" in str(elsewhere)  # alone there, it has a card like any other
    assert "Migrate shard 1" not in str(elsewhere)

    # Bob may decide on two of the three; of the third he is told that it is not his.
    await town.clicks_on(card, "bob", "batch.approve")
    assert "2 approved." in town.told("bob")
    assert f"#{asked[2]['number']}:" in town.told("bob")
    await town.clicks_on(elsewhere, "carol", "request.approve")
    assert await statuses(ci, asked) == ["approved", "auto_approved", "approved", "approved"]
    assert "Approved by Carol." in line_of(cards(town, "bob")[0], asked[2])


async def test_one_reminder_for_all_and_each_ends_by_its_own_deadline(town: Town) -> None:
    await town.rules("alice", '"shards" when type == "custom" require 1 of @platform expire 4h remind 30m')
    ci = await town.machine("ci")
    asked = await together(ci, wanted(3))
    await town.settles()
    (card,) = cards(town, "bob")
    await town.later(minutes=31)
    bob, grace = town.hand("bob"), town.hand("grace")
    await bob.sees(lambda: "3 requests still wait here." in " ".join(m["text"] for m in bob.messages("#deploys")))
    await town.settles()
    assert sum("still wait" in each["text"] for each in bob.messages("#deploys")) == 1
    assert sum("for you" in each["text"] for each in bob.dms()) <= 1

    await chooses(town, "bob", card, asked[0], "approve")
    await town.later(hours=4)
    await grace.sees(lambda: "1 approved, 2 expired" in cards(town, "grace")[0]["text"])
    assert await statuses(ci, asked) == ["approved", "expired", "expired"]


async def test_all_or_none_and_a_repeat_makes_nothing_new(town: Town) -> None:
    ci = await town.machine("ci")

    async def refused(asked: list[Json]) -> Json:
        answer = await ci.http.post("/v1/batches", json={"requests": asked})
        assert answer.status_code in {400, 429}, answer.text
        return dict(answer.json())

    broken = wanted(3)
    broken[2]["approvers"] = ["nobody@acme.example"]
    assert (await refused(broken))["detail"].startswith("Request 3: ")
    assert "one type" in (await refused([*wanted(2), {"type": "merge", "title": "Merge it"}]))["detail"]
    assert (await refused(wanted(21)))["code"] == "validation_error"
    assert (await refused([]))["code"] == "validation_error"
    assert (await ci.http.get("/v1/requests")).json()["data"] == []

    first = await together(ci, wanted(3), **{"Idempotency-Key": "k"})
    again = await together(ci, wanted(3), **{"Idempotency-Key": "k"})
    assert [one["id"] for one in again] == [one["id"] for one in first]
    other = await ci.http.post("/v1/batches", json={"requests": wanted(2)}, headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    found = (await ci.http.get(f"/v1/batches/{first[0]['batch']}")).json()
    assert [one["id"] for one in found["requests"]] == [one["id"] for one in first]
    assert (await ci.http.get("/v1/batches/bat_nothing")).status_code == 404
    other_machine = await town.machine("other", Verb.ASK)
    assert (await other_machine.http.get(f"/v1/batches/{first[0]['batch']}")).status_code == 404

    # Twenty may be open; eighteen more are two too many, and so none is made.
    assert (await refused(wanted(18)))["code"] == "rate_limited"
    assert len((await ci.http.get("/v1/requests")).json()["data"]) == 3
