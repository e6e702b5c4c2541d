"""Approve, reject and everything else that is done to a request, over HTTP."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.model.people import Role, Verb
from tests.api.conftest import House, both_databases

pytestmark = pytest.mark.anyio

TWO_STAGES = [
    {"name": "Platform", "requirements": [{"approvals": {"min": 1, "from": ["ada@example.com"]}}]},
    {"name": "Security", "requirements": [{"approvals": {"min": 2, "from": ["ben@example.com", "cleo@example.com"]}}]},
]


async def act(house: House, who: str | None, asked: Any, verb: str, **body: Any) -> tuple[int, Any]:
    answer = await house.post(who, f"/v1/requests/{asked['id']}/{verb}", body)
    return answer.status_code, answer.json()


def refusal(answered: tuple[int, Any]) -> tuple[int, str]:
    return answered[0], answered[1]["code"]


async def read(house: House, asked: Any, who: str = "root") -> Any:
    return (await house.get(who, f"/v1/requests/{asked['id']}")).json()


@both_databases
async def test_an_approval_ends_a_request_that_needs_one(house: House) -> None:
    """A-10 A-11 B-31 B-41 B-42 C-01 C-02 C-09 D-04 E-03 E-23 E-41"""
    status, done = await act(house, "ada", await house.ask(), "approve", comment="Fine.")
    assert status == 200
    assert done["decision"]["decision"] == "approved"
    assert done["decision"]["comment"] == "Fine."
    assert (done["request"]["status"], done["request"]["cause"]) == ("approved", "people")


async def test_a_comment_is_optional_and_so_is_the_body(house: House) -> None:
    """A-12 C-05 E-40 E-42"""
    asked = await house.ask()
    async with house.client("ada") as client:
        answer = await client.post(f"/v1/requests/{asked['id']}/approve")
    assert (answer.status_code, answer.json()["decision"]["comment"]) == (200, None)


async def test_a_decision_is_stored_with_who_when_and_how(house: House) -> None:
    """A-19 A-40 A-42 B-21 C-12"""
    asked = await house.ask()
    await act(house, "ada", asked, "approve", comment="Fine.")
    listed = (await house.get("ci", f"/v1/requests/{asked['id']}/decisions")).json()["data"]
    assert len(listed) == 1
    one = listed[0]
    assert (one["request"], one["email"], one["decision"], one["comment"]) == (
        asked["id"],
        "ada@example.com",
        "approved",
        "Fine.",
    )
    assert one["created_at"].endswith("Z")
    assert (one["way"], one["proof"]["kind"]) == ("token", "token")


async def test_decisions_come_oldest_first_and_there_may_be_none(house: House) -> None:
    """A-41 A-43"""
    asked = await house.ask(approvers=["ada@example.com", "ben@example.com"])
    path = f"/v1/requests/{asked['id']}/decisions"
    assert (await house.get("ci", path)).json()["data"] == []
    await act(house, "ada", asked, "approve")
    house.turn(minutes=1)
    await act(house, "ben", asked, "reject", comment="No.")
    assert [one["decision"] for one in (await house.get("ci", path)).json()["data"]] == ["approved", "rejected"]


async def test_one_rejection_ends_it_and_its_comment_is_the_reason(house: House) -> None:
    """A-20 A-21 A-22 A-23 A-24 A-26 B-32 B-36 D-07 E-05 E-25 E-50 E-51 E-52"""
    asked = await house.ask(stages=TWO_STAGES, if_denied="Ask the on-call.")
    status, done = await act(house, "ben", asked, "reject", comment="Not today.")
    assert (status, done["request"]["status"], done["request"]["if_denied"]) == (200, "rejected", "Ask the on-call.")
    assert done["request"]["decisions"][-1]["comment"] == "Not today."
    assert refusal(await act(house, "ada", asked, "approve")) == (409, "already_decided")


async def test_a_key_can_never_decide(house: House) -> None:
    """A-16 A-17 A-25"""
    asked = await house.ask()
    await house.agent("machine", Verb.READ, Verb.ASK, Verb.EXECUTE)
    assert refusal(await act(house, "ci", asked, "approve")) == (403, "key_cannot_decide")
    assert refusal(await act(house, "machine", asked, "reject", nonsense=1)) == (403, "key_cannot_decide")


async def test_a_token_decides_only_if_its_tick_box_was_ticked(house: House) -> None:
    """A-16"""
    await house.member("dora", Role.APPROVER, may_decide=False)
    asked = await house.ask()
    assert refusal(await act(house, "dora", asked, "approve")) == (403, "forbidden")


async def test_a_token_that_may_not_decide_takes_no_approval_back_either(house: House) -> None:
    dora = await house.member("dora", Role.APPROVER)
    await house.login("dora_reading", dora, may_decide=False)
    asked = await house.ask(approvers=["dora@example.com", "ada@example.com"])
    await act(house, "dora", asked, "approve")
    assert refusal(await act(house, "dora_reading", asked, "withdraw")) == (403, "forbidden")
    _, done = await act(house, "dora", asked, "withdraw")
    assert [one["state"] for one in done["request"]["decisions"]] == ["withdrawn"]


async def test_a_project_may_take_decisions_in_slack_alone(house: House) -> None:
    identity = {"kind": "slack", "issuer": "T1", "user": "U1", "member": "ada@example.com"}
    await house.post("root", "/v1/identities", identity)
    async with house.client("root") as client:
        await client.patch("/v1/projects/default/settings", json={"decide_in": ["slack"]})
    assert refusal(await act(house, "ada", await house.ask(), "approve")) == (403, "forbidden")


async def test_nobody_without_a_credential_is_heard(house: House) -> None:
    """A-17 C-21"""
    asked = await house.ask()
    assert refusal(await act(house, None, asked, "approve")) == (401, "unauthorized")
    house.credentials["forged"] = "cst_" + "A" * 43
    assert refusal(await act(house, "forged", asked, "approve")) == (401, "unauthorized")


async def test_who_may_not_approve_or_is_not_asked_is_refused(house: House) -> None:
    """A-14 A-15 B-44 C-03 C-22"""
    await house.member("audrey", Role.AUDITOR)
    asked = await house.ask(approvers=["ben@example.com"])
    assert refusal(await act(house, "audrey", asked, "approve")) == (403, "not_an_approver")
    assert refusal(await act(house, "ada", asked, "approve")) == (403, "not_an_approver")


async def test_nobody_approves_what_they_asked_for_themselves(house: House) -> None:
    asked = await house.ask("ada")
    assert refusal(await act(house, "ada", asked, "approve")) == (403, "own_request")


async def test_a_later_stage_waits_and_whoever_is_early_is_told_when(house: House) -> None:
    """A-30 A-31 A-32 A-35"""
    asked = await house.ask(stages=TWO_STAGES)
    status, problem = await act(house, "ben", asked, "approve")
    assert (status, problem["code"], problem["your_stage"]) == (403, "not_an_approver", 2)
    _, done = await act(house, "ada", asked, "approve")
    assert (done["request"]["status"], done["request"]["stage"]) == ("pending", 2)


async def test_a_decision_names_its_stage_once_there_has_been_more_than_one(house: House) -> None:
    asked = await house.ask(stages=TWO_STAGES)
    await act(house, "ada", asked, "approve")
    status, problem = await act(house, "ben", asked, "approve")
    assert (status, problem["code"], problem["stage"]) == (409, "stale_stage", 2)
    assert (await act(house, "ben", asked, "approve", stage=2))[0] == 200
    _, done = await act(house, "cleo", asked, "approve", stage=2)
    assert done["request"]["status"] == "approved"


async def test_requirements_say_who_must_say_yes_and_who_has(house: House) -> None:
    """A-39"""
    asked = await house.ask(stages=TWO_STAGES)
    await act(house, "ada", asked, "approve")
    listed = (await house.get("ci", f"/v1/requests/{asked['id']}/requirements")).json()["data"]
    told = [(one["stage_name"], one["min"], one["approved"], one["satisfied"], one["active"]) for one in listed]
    assert told == [("Platform", 1, 1, True, False), ("Security", 2, 0, False, True)]
    assert [source["label"] for source in listed[1]["from"]] == ["Ben", "Cleo"]


async def test_one_of_two_named_approvers_is_not_enough(house: House) -> None:
    """A-34 B-35 B-43"""
    asked = await house.ask(approvers=["ada@example.com", "ben@example.com"])
    _, done = await act(house, "ada", asked, "approve")
    assert done["request"]["status"] == "pending"
    _, again = await act(house, "ada", asked, "approve")
    assert (again["request"]["status"], again["decision"]) == ("pending", done["decision"])
    _, done = await act(house, "ben", asked, "approve")
    assert done["request"]["status"] == "approved"


async def test_the_same_decision_again_is_the_stored_one_even_after_the_end(house: House) -> None:
    """A-36 B-45"""
    asked = await house.ask()
    _, first = await act(house, "ada", asked, "approve")
    status, again = await act(house, "ada", asked, "approve")
    assert (status, again["decision"]) == (200, first["decision"])
    assert refusal(await act(house, "ada", asked, "reject", comment="x")) == (409, "already_decided")


async def test_a_click_after_the_deadline_is_told_so_although_nobody_swept(house: House) -> None:
    """B-33 C-24 C-28 D-09 D-32 E-26"""
    asked = await house.ask()
    house.turn(hours=4, seconds=1)
    assert refusal(await act(house, "ada", asked, "approve")) == (409, "approval_expired")
    assert (await read(house, asked))["cause"] == "nobody_answered"


async def test_reading_past_the_deadline_writes_the_expiry_first(house: House) -> None:
    """B-39"""
    asked = await house.ask()
    house.turn(hours=5)
    assert (await read(house, asked))["status"] == "expired"


@both_databases
async def test_of_two_last_votes_at_once_exactly_one_ends_it(house: House) -> None:
    """C-25 C-29"""
    asked = await house.ask()
    answers = await asyncio.gather(*(act(house, who, asked, "approve") for who in ("ada", "ben", "cleo")))
    assert sorted(status for status, _ in answers) == [200, 409, 409]
    assert {body["code"] for status, body in answers if status == 409} == {"already_decided"}


async def test_order_401_404_403_400_409(house: House) -> None:
    """A-18 B-46 C-20 C-23 C-26"""
    done = await house.ask()
    await act(house, "ada", done, "approve")
    nonsense = {"decision": "maybe"}
    assert refusal(await act(house, None, {"id": "req_unknown"}, "approve", **nonsense)) == (401, "unauthorized")
    assert refusal(await act(house, "ada", {"id": "req_unknown"}, "approve", **nonsense)) == (404, "not_found")
    assert refusal(await act(house, "ci", done, "approve", **nonsense)) == (403, "key_cannot_decide")
    assert refusal(await act(house, "ben", done, "approve", **nonsense)) == (400, "validation_error")
    assert refusal(await act(house, "ben", done, "approve")) == (409, "already_decided")


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "/v1/batches/decide", "key_cannot_decide"),
        ("POST", "/v1/leases", "key_cannot_decide"),
        ("POST", "/v1/delegations", "forbidden"),
        ("PATCH", "/v1/me/preferences", "forbidden"),
    ],
)
async def test_a_machine_hears_that_this_is_for_people_before_what_is_wrong_with_its_body(
    house: House, method: str, path: str, code: str
) -> None:
    """C-26"""
    for who, expected in (("ci", (403, code)), ("ada", (400, "validation_error"))):
        async with house.client(who) as client:
            answer = await client.request(method, path, json={"decision": "maybe", "bogus": 1})
        assert (answer.status_code, answer.json()["code"]) == expected


async def test_edits_make_a_new_revision_and_the_result_holds_both_plans(house: House) -> None:
    """E-04 E-24 E-45 E-46 E-47 E-48"""
    asked = await house.ask(action="scale up", cost={"usd": 50})
    status, done = await act(house, "ada", asked, "approve", edits={"cost.usd": 30}, comment="Cheaper.")
    request = done["request"]
    assert (status, request["status"], request["revision"]) == (200, "approved_with_edits", 2)
    edits = request["edits"]
    assert (edits["original"]["cost"]["usd"], edits["edits"], edits["edited"]["cost"]["usd"]) == (
        50,
        {"cost.usd": 30},
        30,
    )
    assert request["digest"] != asked["digest"]
    assert len(request["action_digest"]) == 64


@pytest.mark.parametrize("edits", [{}, {"id": "x"}, {"cost.usd": "cheap"}, {"cost.usd": 90}, {"cost.usd": 50}])
async def test_edits_that_cannot_be_are_400(house: House, edits: Any) -> None:
    """E-49"""
    asked = await house.ask(cost={"usd": 50})
    assert refusal(await act(house, "ada", asked, "approve", edits=edits)) == (400, "validation_error")


async def test_a_question_keeps_it_open_and_the_answer_brings_it_back(house: House) -> None:
    """E-06 E-27 E-55 E-56 E-57 E-61"""
    asked = await house.ask()
    _, done = await act(house, "ada", asked, "ask", question="Was the backup tried?")
    assert done["request"]["status"] == "asked_question"
    seen = await read(house, asked, "ci")
    assert seen["questions"][0]["text"] == "Was the backup tried?"
    _, done = await act(house, "ci", asked, "answer", answer="Yes.")
    assert (done["request"]["status"], done["request"]["questions"][0]["answer"]) == ("pending", "Yes.")
    await act(house, "ben", asked, "ask", question="Sure?")
    assert len((await read(house, asked))["questions"]) == 2


async def test_a_questioned_request_can_still_be_approved_rejected_and_can_expire(house: House) -> None:
    """E-60"""
    one, two, three = [await house.ask() for _ in range(3)]
    for asked in (one, two, three):
        await act(house, "ada", asked, "ask", question="Why?")
    await act(house, "ben", one, "approve")
    await act(house, "ben", two, "reject", comment="No.")
    house.turn(hours=5)
    assert [(await read(house, asked))["status"] for asked in (one, two, three)] == ["approved", "rejected", "expired"]


async def test_a_revision_keeps_id_and_deadline_and_drops_earlier_approvals(house: House) -> None:
    """E-58 E-59"""
    asked = await house.ask(approvers=["ada@example.com", "ben@example.com"], reasoning="Because.")
    await act(house, "ada", asked, "approve")
    await act(house, "ben", asked, "ask", question="Why?")
    status, done = await act(house, "ci", asked, "revise", reasoning="Because of #7.")
    request = done["request"]
    assert (status, request["id"], request["revision"], request["status"]) == (200, asked["id"], 2, "pending")
    assert (request["expires_at"], request["title"]) == (asked["expires_at"], "Deploy")
    assert [one["state"] for one in request["decisions"]] == ["stale"]
    assert refusal(await act(house, "ada", asked, "approve", revision=1)) == (409, "stale_revision")


async def test_a_revision_of_something_older_than_what_is_there_is_refused(house: House) -> None:
    asked = await house.ask()
    await act(house, "ci", asked, "revise", title="Second")
    assert refusal(await act(house, "ci", asked, "revise", title="Third", revision=1)) == (409, "stale_revision")


async def test_a_repeated_revision_is_made_once(house: House) -> None:
    asked = await house.ask()
    body, headers = {"title": "Second", "revision": 1}, {"Idempotency-Key": "r2"}
    answers = [await house.post("ci", f"/v1/requests/{asked['id']}/revise", body, headers=headers) for _ in range(2)]
    assert [answer.json()["request"]["revision"] for answer in answers] == [2, 2]


async def test_only_the_requester_or_an_admin_cancels_and_only_while_open(house: House) -> None:
    """B-34 B-38 D-08"""
    asked = await house.ask()
    assert refusal(await act(house, "ada", asked, "cancel")) == (403, "forbidden")
    _, done = await act(house, "ci", asked, "cancel")
    assert (done["request"]["status"], done["request"]["cause"]) == ("cancelled", "requester")
    assert (done["request"]["ended_by"], done["request"]["end_comment"]) == ("ci", None)
    assert refusal(await act(house, "ci", asked, "cancel")) == (409, "not_open")


async def test_who_cancelled_it_and_why_is_read_with_the_request(house: House) -> None:
    asked = await house.ask()
    await act(house, "root", asked, "cancel", comment="wrong branch")
    now = (await house.get("ci", f"/v1/requests/{asked['id']}")).json()
    assert (now["cause"], now["ended_by"], now["end_comment"]) == ("admin", "Root", "wrong branch")


async def test_an_approval_can_be_taken_back_while_it_is_open(house: House) -> None:
    asked = await house.ask(approvers=["ada@example.com", "ben@example.com"])
    await act(house, "ada", asked, "approve")
    _, done = await act(house, "ada", asked, "withdraw")
    assert [one["state"] for one in done["request"]["decisions"]] == ["withdrawn"]


async def test_reminders_by_hand_are_five_minutes_apart(house: House) -> None:
    """A-50 A-52 A-53 A-54"""
    asked = await house.ask()
    assert (await act(house, "ci", asked, "remind"))[0] == 200
    house.turn(minutes=4, seconds=58)
    answer = await house.post("ci", f"/v1/requests/{asked['id']}/remind")
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 2
    house.turn(seconds=2)
    assert (await act(house, "ci", asked, "remind"))[0] == 200


async def test_nobody_is_reminded_of_what_is_over(house: House) -> None:
    """A-13 A-51"""
    asked = await house.ask()
    await act(house, "ada", asked, "approve")
    assert refusal(await act(house, "ci", asked, "remind")) == (409, "already_decided")


async def test_a_deadline_moves_later_by_whoever_is_asked(house: House) -> None:
    asked = await house.ask()
    house.turn(hours=1)
    later = datetime.fromisoformat(asked["expires_at"]) + timedelta(minutes=30)
    _, done = await act(house, "ada", asked, "extend", expires_at=later.isoformat())
    assert datetime.fromisoformat(done["request"]["expires_at"]) == later


async def test_a_seat_is_handed_over(house: House) -> None:
    asked = await house.ask(approvers=["ada@example.com"])
    status, _ = await act(house, "ada", asked, "handover", to="ben@example.com")
    assert status == 200
    _, done = await act(house, "ben", asked, "approve")
    assert done["request"]["status"] == "approved"
    other = await house.ask(approvers=["ada@example.com"])
    assert refusal(await act(house, "ada", other, "handover", to="nobody@example.com")) == (400, "validation_error")


async def test_what_is_said_with_a_seat_stands_in_the_ledger(house: House) -> None:
    asked = await house.ask(approvers=["ada@example.com"])
    await act(house, "ada", asked, "handover", to="ben@example.com", comment="I am off today.")
    events = (await house.get("root", f"/v1/requests/{asked['id']}/events")).json()["data"]
    payload = events[-1]["payload"]
    assert (payload["by"], payload["comment"], payload["hand_over"]["taker_name"]) == ("Ada", "I am off today.", "Ben")


async def test_a_comment_changes_no_status_and_stands_in_the_ledger(house: House) -> None:
    """E-99"""
    asked = await house.ask()
    _, done = await act(house, "rex", await house.ask("rex"), "comment", comment="Mine.")
    assert done["request"]["status"] == "pending"
    await act(house, "ada", asked, "comment", comment="Watching.")
    events = (await house.get("ada", f"/v1/requests/{asked['id']}/events")).json()["data"]
    assert [event["event"] for event in events] == ["created", "judged", "stage_opened", "commented"]
    assert events[-1]["payload"]["text"] == "Watching."
    assert [event["previous"] for event in events[1:]] == [event["hash"] for event in events[:-1]]


async def test_refusals_of_somebody_known_stand_in_the_ledger(house: House) -> None:
    asked = await house.ask(approvers=["ben@example.com"])
    await act(house, "ada", asked, "approve")
    events = (await house.get("root", f"/v1/requests/{asked['id']}/events")).json()["data"]
    assert (events[-1]["event"], events[-1]["payload"]["code"]) == ("refused", "not_an_approver")


async def test_execution_is_claimed_once_and_reported(house: House) -> None:
    """C-10 D-20 D-21 D-22 D-23 D-27 D-41"""
    asked = await house.ask()
    _, done = await act(house, "ada", asked, "approve")
    assert done["request"]["execution_status"] == "pending"
    claims = await asyncio.gather(*(act(house, "ci", asked, "execution", status="executing") for _ in range(2)))
    assert sorted(status for status, _ in claims) == [200, 409]
    assert [body["code"] for status, body in claims if status == 409] == ["already_executing"]
    _, done = await act(house, "ci", asked, "execution", status="success", detail="Done in 3 s.")
    assert (done["request"]["execution_status"], done["request"]["execution"]["detail"]) == ("success", "Done in 3 s.")


async def test_a_failed_execution_says_so(house: House) -> None:
    """D-24"""
    asked = await house.ask()
    await act(house, "ada", asked, "approve")
    await act(house, "ci", asked, "execution", status="executing")
    _, done = await act(house, "ci", asked, "execution", status="failed", detail="Out of disk.")
    assert done["request"]["execution_status"] == "failed"


async def test_after_the_window_a_claim_is_refused_and_the_status_stays_approved(house: House) -> None:
    """D-25 D-28 D-33"""
    asked = await house.ask()
    await act(house, "ada", asked, "approve")
    house.turn(hours=25)
    assert refusal(await act(house, "ci", asked, "execution", status="executing")) == (409, "execution_expired")
    seen = await read(house, asked, "ci")
    assert (seen["status"], seen["execution_status"]) == ("approved", "expired")


async def test_without_a_yes_there_is_no_execution(house: House) -> None:
    """D-26"""
    asked = await house.ask()
    assert refusal(await act(house, "ci", asked, "execution", status="executing")) == (409, "not_open")
    await act(house, "ada", asked, "reject", comment="No.")
    assert (await read(house, asked))["execution_status"] is None


async def test_a_claim_for_something_else_than_was_approved_is_refused(house: House) -> None:
    asked = await house.ask(action="rm -r build")
    await act(house, "ada", asked, "approve")
    assert refusal(await act(house, "ci", asked, "execution", status="executing", action_digest="0" * 64))[0] == 409
    good = await act(house, "ci", asked, "execution", status="executing", action_digest=asked["action_digest"])
    assert good[0] == 200


async def test_what_is_discarded_is_not_executed(house: House) -> None:
    asked = await house.ask()
    await act(house, "ada", asked, "approve")
    assert (await act(house, "ci", asked, "discard"))[0] == 200
    assert refusal(await act(house, "ci", asked, "execution", status="executing")) == (409, "not_open")


async def test_why_is_explained(house: House) -> None:
    asked = await house.ask("rex", approvers=["ada@example.com"])
    told = (await house.get("rex", f"/v1/requests/{asked['id']}/explain")).json()
    assert told["why"] == ["The request names its approvers."]
    assert [one["label"] for one in told["waiting_for"]] == ["Ada"]
    assert asked["requester"]["id"] in told["barred"]
