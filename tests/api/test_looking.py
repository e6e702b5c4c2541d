"""Lists, filters, long polls, the feed; and what one organisation sees of another: nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.administration import operator
from core.model.people import Role, Verb
from tests.api.conftest import House, both_databases

pytestmark = pytest.mark.anyio


async def listed(house: House, who: str, **query: str) -> list[str]:
    answer = await house.get(who, "/v1/requests", params=query)
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["data"]]


async def decide(house: House, who: str, asked: Any, verb: str = "approve", **body: Any) -> Any:
    answer = await house.post(who, f"/v1/requests/{asked['id']}/{verb}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@both_databases
async def test_a_list_comes_newest_first_in_pages_that_meet(house: House) -> None:
    """B-02 B-50 B-52 B-53 B-54 B-55 B-56 E-01 E-10"""
    for number in range(5):
        await house.ask(title=f"{number}")
        house.turn(seconds=1)
    first = (await house.get("ada", "/v1/requests", params={"limit": "2", "total": "true"})).json()
    second = (await house.get("ada", "/v1/requests", params={"limit": "2", "cursor": first["next_cursor"]})).json()
    last = (await house.get("ada", "/v1/requests", params={"limit": "2", "cursor": second["next_cursor"]})).json()
    pages = [[one["title"] for one in page["data"]] for page in (first, second, last)]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    assert (first["total"], last["next_cursor"]) == (5, None)
    assert "decisions" not in first["data"][0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "many"),
        ("status", "pending,sleeping"),
        ("cursor", "nonsense"),
        ("since", "yesterday"),
        ("assignee", "nobody@example.com"),
        ("project", "nowhere"),
        ("colour", "red"),
    ],
)
async def test_a_filter_that_cannot_be_is_400(house: House, name: str, value: str) -> None:
    """B-59 E-36"""
    answer = await house.get("ada", "/v1/requests", params={name: value})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "validation_error", name)


async def test_filters_narrow_and_all_of_them_must_hold(house: House) -> None:
    """B-51 E-30 E-31 E-32 E-33 E-36"""
    administration = house.administration
    await administration.agents.add(house.host, "nightly", team="data")
    key = await administration.keys.add(house.host, "nightly")
    house.credentials["nightly"] = key.secret
    await house.ask("nightly", title="merge", type="merge", subject={"kind": "run", "id": "7"})
    moment = datetime.now(UTC) + timedelta(minutes=5)
    house.turn(minutes=10)
    done = await house.ask(title="deploy", type="deploy")
    await decide(house, "ada", done)
    assert await listed(house, "ada", type="merge") == ["merge"]
    assert await listed(house, "ada", agent="nightly") == ["merge"]
    assert await listed(house, "ada", team="data") == ["merge"]
    assert await listed(house, "ada", subject="run:7") == ["merge"]
    assert await listed(house, "ada", status="pending,approved") == ["deploy", "merge"]
    assert await listed(house, "ada", status="approved") == ["deploy"]
    assert await listed(house, "ada", status="approved", type="merge") == []
    assert await listed(house, "ada", since=moment.isoformat()) == ["deploy"]
    assert await listed(house, "ada", until=moment.isoformat()) == ["merge"]
    assert await listed(house, "ada", project="default", requester="me") == []


async def test_what_waits_for_me_is_what_i_may_still_answer(house: House) -> None:
    """B-15 B-37 B-50 B-57 E-34 E-35"""
    await house.ask(title="for ben", approvers=["ben@example.com"])
    both = await house.ask(title="for both", approvers=["ada@example.com", "ben@example.com"])
    await house.ask(title="for anyone")
    assert await listed(house, "ada", assignee="me") == ["for anyone", "for both"]
    await decide(house, "ada", both)
    assert await listed(house, "ada", assignee="me") == ["for anyone"]
    assert await listed(house, "root", assignee="ben@example.com") == ["for anyone", "for both", "for ben"]
    assert await listed(house, "ada", assignee="any") == ["for anyone", "for both", "for ben"]


@both_databases
async def test_what_one_may_not_decide_or_has_handed_over_waits_for_somebody_else(house: House) -> None:
    """B-57"""
    await house.post("root", "/v1/groups", {"name": "plat", "members": ["ada@example.com", "ben@example.com"]})
    plat = [{"requirements": [{"approvals": {"min": 1, "from": ["@plat"]}}]}]
    await house.ask(title="first", stages=plat)
    for number in range(3):
        await house.ask("ada", title=f"own {number}", stages=plat)
        given = await house.ask(title=f"given {number}", stages=plat)
        said = {"to": "cleo@example.com"}
        assert (await house.post("ada", f"/v1/requests/{given['id']}/handover", said)).status_code == 200
    await house.ask(title="last", stages=plat)
    mine: dict[str, Any] = {"assignee": "me", "total": "true", "limit": 1}
    page = (await house.get("ada", "/v1/requests", params=mine)).json()
    assert ([one["title"] for one in page["data"]], page["total"]) == (["last"], 2)
    page = (await house.get("ada", "/v1/requests", params={**mine, "cursor": page["next_cursor"]})).json()
    assert ([one["title"] for one in page["data"]], page["next_cursor"]) == (["first"], None)
    assert len(await listed(house, "ben", assignee="me")) == 8
    assert await listed(house, "cleo", assignee="me") == ["given 2", "given 1", "given 0"]


async def test_what_somebody_away_handed_over_does_not_wait_for_whoever_stands_in_for_them(house: House) -> None:
    """B-57"""
    await house.post("root", "/v1/groups", {"name": "plat", "members": ["ada@example.com", "cleo@example.com"]})
    plat = [{"requirements": [{"approvals": {"min": 1, "from": ["@plat"]}}]}]
    given = await house.ask(title="given", stages=plat)
    await house.ask(title="kept", stages=plat)
    await house.ask("ada", title="own", stages=plat)
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = await house.post("ada", "/v1/delegations", {"to": "ben@example.com", "until": until})
    assert made.status_code == 201
    assert await listed(house, "ben", assignee="me") == ["kept", "given"]
    await house.post("ada", f"/v1/requests/{given['id']}/handover", {"to": "cleo@example.com"})
    assert await listed(house, "ben", assignee="me") == ["kept"]


async def test_one_can_be_read_by_its_number_too(house: House) -> None:
    """B-20 B-22 B-58 D-40 E-02"""
    asked = await house.ask()
    assert (await house.get("ci", f"/v1/requests/{asked['number']}")).json() == asked
    for unknown in ("req_01ARZ3NDEKTSV4RRFFQ69G5FAV", "999999", "pending", "9" * 400):
        answer = await house.get("ci", f"/v1/requests/{unknown}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_requester_sees_only_their_own(house: House) -> None:
    mine, other = await house.ask("rex", title="mine"), await house.ask(title="other")
    assert await listed(house, "rex") == ["mine"]
    assert await listed(house, "ci") == ["other"]
    assert (await house.get("rex", f"/v1/requests/{other['id']}")).status_code == 404
    assert (await house.get("ci", f"/v1/requests/{mine['id']}")).status_code == 404
    assert (await house.get("rex", f"/v1/requests/{other['id']}/decisions")).status_code == 404


async def test_read_in_one_project_shows_that_project_alone(house: House) -> None:
    await house.post("root", "/v1/projects", {"name": "payments"})
    await house.member("pia", Role.REQUESTER)
    await house.post("root", "/v1/grants", {"to": "pia@example.com", "role": "auditor", "project": "payments"})
    await house.ask(title="here", project="payments")
    await house.ask(title="there", project="default")
    assert await listed(house, "pia") == ["here"]


@pytest.fixture
async def elsewhere(house: House) -> House:
    """A second organisation in the same database: its admin is `eve`, its agent `bot`."""
    organisation = await house.administration.organisations.add("Elsewhere")
    other = House(house.assembly, house.clock, operator(organisation.id), house.credentials)
    await other.member("eve", Role.ADMIN)
    await other.agent("bot", Verb.ASK, Verb.READ, Verb.EXECUTE)
    return other


async def test_another_organisation_sees_nothing_and_can_do_nothing(house: House, elsewhere: House) -> None:
    """A-18 E-12"""
    asked = await house.ask()
    for who in ("eve", "bot"):
        paths = ["", "/decisions", "/requirements", "/events", "/explain"]
        answers = [await house.get(who, f"/v1/requests/{asked['id']}{path}") for path in paths]
        verbs = ["approve", "reject", "ask", "comment", "cancel", "discard", "remind", "revise", "execution"]
        answers += [await house.post(who, f"/v1/requests/{asked['id']}/{verb}", {"nonsense": 1}) for verb in verbs]
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not_found")}
        assert await listed(house, who) == []


async def test_members_groups_projects_and_agents_of_others_do_not_exist(house: House, elsewhere: House) -> None:
    """E-12"""
    ada = (await house.get("root", "/v1/members/ada@example.com")).json()["id"]
    agent = (await house.get("root", "/v1/agents/ci")).json()["id"]
    project = (await house.get("root", "/v1/projects/default")).json()["id"]
    for path in (f"/v1/members/{ada}", f"/v1/agents/{agent}", f"/v1/projects/{project}"):
        assert (await house.get("eve", path)).status_code == 404
    unknown = await house.post("bot", "/v1/requests", {"type": "deploy", "title": "x", "approvers": [ada]})
    assert unknown.status_code == 400


async def test_numbers_of_two_organisations_do_not_meet(house: House, elsewhere: House) -> None:
    mine = await house.ask(title="mine")
    theirs = await elsewhere.ask("bot", title="theirs")
    for who, asked in (("root", mine), ("eve", theirs)):
        seen = (await house.get(who, f"/v1/requests/{asked['number']}")).json()
        assert seen["id"] == asked["id"]


# ------------------------------------------------------------------------------------------------------------ long polls


async def held(house: House, waiting: "asyncio.Task[Any]", many: int = 1) -> None:
    """Until the poll is being held."""
    async with asyncio.timeout(20):
        while house.assembly.house.metrics.waiting._value.get() < many and not waiting.done():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@both_databases
async def test_a_poll_is_answered_at_the_change_it_waits_for(house: House) -> None:
    asked = await house.ask()
    path = f"/v1/requests/{asked['id']}?wait=30s&version={asked['version']}"
    waiting = asyncio.create_task(house.get("ci", path))
    await held(house, waiting)
    await decide(house, "ada", asked, "ask", question="Why?")
    async with asyncio.timeout(20):
        answer = await waiting
    assert answer.json()["status"] == "asked_question"


async def test_without_a_version_a_poll_waits_for_the_end(house: House) -> None:
    asked = await house.ask()
    waiting = asyncio.create_task(house.get("ci", f"/v1/requests/{asked['id']}?wait=30s"))
    await held(house, waiting)
    await decide(house, "ada", asked, "comment", comment="Hm.")
    await decide(house, "ada", asked, "reject", comment="No.")
    async with asyncio.timeout(20):
        assert (await waiting).json()["status"] == "rejected"


async def test_a_poll_for_what_is_already_so_is_answered_at_once(house: House) -> None:
    asked = await house.ask()
    await decide(house, "ada", asked)
    async with asyncio.timeout(20):
        answer = await house.get("ci", f"/v1/requests/{asked['id']}?wait=60s")
    assert answer.json()["status"] == "approved"


async def test_a_poll_that_waited_in_vain_is_answered_with_what_there_is(house: House) -> None:
    asked = await house.ask()
    waiting = asyncio.create_task(house.get("ci", f"/v1/requests/{asked['id']}?wait=60s"))
    await held(house, waiting)
    house.assembly.house.waiting.stop()
    async with asyncio.timeout(20):
        assert (await waiting).json()["status"] == "pending"


async def test_a_poll_is_not_answered_to_a_key_revoked_while_it_waited(house: House) -> None:
    asked = await house.ask()
    waiting = asyncio.create_task(house.get("ci", f"/v1/requests/{asked['id']}?wait=30s"))
    await held(house, waiting)
    key = (await house.get("root", "/v1/agents/ci/keys")).json()["data"][0]["id"]
    async with house.client("root") as root:
        assert (await root.delete(f"/v1/agents/ci/keys/{key}")).status_code == 200
    await decide(house, "ada", asked, "reject", comment="Not for your eyes.")
    async with asyncio.timeout(20):
        answer = await waiting
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert "eyes" not in answer.text


async def test_a_poll_is_not_answered_to_who_may_no_longer_look(house: House) -> None:
    asked = await house.ask()
    waiting = asyncio.create_task(house.get("ada", f"/v1/requests/{asked['id']}?wait=30s"))
    await held(house, waiting)
    await house.administration.grants.take(house.host, "ada@example.com", Role.APPROVER)
    await decide(house, "ben", asked, "reject", comment="Not for your eyes.")
    async with asyncio.timeout(20):
        answer = await waiting
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_one_read_per_change_serves_everybody_who_waits(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = await house.ask()
    path = f"/v1/requests/{asked['id']}?wait=30s"
    polls = [asyncio.create_task(house.get("ci", path)) for _ in range(8)]
    await held(house, polls[0], many=8)
    reads = 0
    store = house.assembly.house.waiting._store
    glance = store.glance

    async def counted(work: Any) -> Any:
        nonlocal reads
        reads += 1
        return await glance(work)

    monkeypatch.setattr(
        house.assembly.house.waiting, "_store", type("Counted", (), {"glance": staticmethod(counted)})()
    )
    await decide(house, "ada", asked)
    async with asyncio.timeout(20):
        answers = await asyncio.gather(*polls)
    assert {answer.json()["status"] for answer in answers} == {"approved"}
    assert 1 <= reads <= 2


async def test_who_waits_costs_nothing_while_nothing_happens_to_their_request(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, other = await house.ask(), await house.ask()
    polls = [asyncio.create_task(house.get("ci", f"/v1/requests/{asked['id']}?wait=60s")) for _ in range(8)]
    await held(house, polls[0], many=8)
    store, looked = house.assembly.house.store, list[Any]()
    read, glance = store.read, store.glance

    async def counted(work: Any, look: Any) -> Any:
        if work.__module__.startswith(("bot.api", "core.desk")):  # the alarm and the courier look when they have time
            looked.append(work)
        return await look(work)

    monkeypatch.setattr(store, "read", lambda work: counted(work, read))
    monkeypatch.setattr(store, "glance", lambda work: counted(work, glance))
    await decide(house, "ada", other)
    with_eight = len(looked)
    for poll in polls:
        poll.cancel()
    await asyncio.gather(*polls, return_exceptions=True)
    last = await house.ask()
    looked.clear()
    await decide(house, "ada", last)
    assert 0 < with_eight == len(looked)


async def test_a_wait_that_cannot_be_read_is_400_but_only_for_who_may_look(house: House) -> None:
    asked = await house.ask()
    assert (await house.get("ci", f"/v1/requests/{asked['id']}?wait=soon")).status_code == 400
    assert (await house.get("rex", f"/v1/requests/{asked['id']}?wait=soon")).status_code == 404


# ---------------------------------------------------------------------------------------------------------------- the feed


async def test_the_feed_shows_what_lists_show(house: House) -> None:
    asked = await house.ask()
    await sealed(house)
    seen = {who: (await house.get(who, "/v1/events")).json()["data"] for who in ("ada", "ci", "rex")}
    assert {row["request"] for row in seen["ci"]} == {asked["id"]}
    assert seen["rex"] == []
    assert {asked["id"], house.host.organisation} <= {row["request"] for row in seen["ada"]}
    assert (await house.get("rex", "/v1/events?after=nonsense")).status_code == 400


@both_databases
async def test_the_feed_tells_everything_once_in_the_order_of_the_seals(house: House) -> None:
    asked = await house.ask()
    await decide(house, "ada", asked)
    await sealed(house)
    rows: list[Any] = []
    after = 0
    while page := (await house.get("ada", f"/v1/events?after={after}&limit=7")).json()["data"]:
        rows += page
        after = page[-1]["position"]
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    mine = [row["event"] for row in rows if row["request"] == asked["id"]]
    assert mine == ["created", "judged", "stage_opened", "decision_recorded", "stage_passed", "ended"]


async def sealed(house: House) -> None:
    """PostgreSQL's sealer follows within a quarter of a second."""
    organisation = house.host.organisation
    async with asyncio.timeout(10):
        while await house.assembly.rooms.store.read(lambda reader: reader.unsealed_count(organisation, 1)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
