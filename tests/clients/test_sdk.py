"""The Python client against a real server: its operations, typed outcomes, and errors by code."""

import asyncio
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import countersign_client as c
from core.model.people import Verb
from countersign_client import AsyncCountersign, Countersign
from countersign_client.flow import operation
from countersign_client.requests import Operations
from tests.clients.conftest import QUICK
from tests.clients.live import Live

ROOT = Path(__file__).parents[2]


def test_it_is_built_without_arguments_from_the_environment(
    live: Live, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B-63"""
    monkeypatch.setenv("COUNTERSIGN_URL", live.url + "/")
    monkeypatch.setenv("COUNTERSIGN_TOKEN", key)
    with Countersign() as client:
        assert client.me()["kind"] == "agent"
        assert key not in repr(client.remote)


def test_a_request_is_made_got_and_found_among_the_pending(client: Countersign) -> None:
    """B-61 B-62"""
    made = client.requests.create(
        type="merge",
        title="Merge the retry of failed payouts",
        subject=("task_attempt", "att-17"),
        approvers=["ada@example.com"],
        metadata={"files_changed": 5},
        cost=c.Cost(usd=3.5),
        links=[c.Link("Changes", "https://git.example.com/1")],
        expires_at=c.URGENT,
    )
    assert (made.status, made.subject) == ("pending", c.Subject("task_attempt", "att-17"))
    assert made.expires_at is not None
    assert abs(made.expires_at - datetime.now(UTC) - c.URGENT) < timedelta(minutes=5)
    assert client.requests.get(made.number) == client.requests.get(made.id) == made
    assert [one.id for one in client.requests.pending(type="merge")] == [made.id]
    assert client.requests.pending(type="deploy") == ()
    page = client.requests.list(status=["pending", "rejected"], requester="me", total=True)
    assert (page.total, page.next_cursor, page.data[0].title) == (1, None, made.title)


def test_a_person_responds_and_what_waits_for_them_is_theirs(client: Countersign, ada: Countersign) -> None:
    """B-61 B-50"""
    made = client.requests.create("deploy", "Deploy payments 4.2", approvers=["ada@example.com"])
    assert made.id in [one.id for one in ada.requests.pending()]
    done = ada.requests.respond(made.id, decision="approve", comment="Fine.")
    assert done.decision is not None
    assert (done.decision.decision, done.decision.comment) == ("approved", "Fine.")
    assert made.id not in [one.id for one in ada.requests.pending()]


def test_all_requests_come_page_by_page(live: Live, client: Countersign, key: str) -> None:
    made = [client.requests.create("deploy", f"Deploy service {number}").id for number in range(3)]

    async def each() -> list[str]:
        async with AsyncCountersign(live.url, key) as other:
            return [one.id async for one in other.requests.each(requester="me")]

    assert [one.id for one in client.requests.each(requester="me")] == made[::-1]
    assert asyncio.run(each()) == made[::-1]


# ------------------------------------------------------------------------------------------------------------ outcomes


def test_the_wait_ends_within_moments_of_the_yes(live: Live, client: Countersign) -> None:
    made = client.requests.create("deploy", "Deploy payments 4.2")
    threading.Timer(0.2, live.decide, (made.id,), {"comment": "Go."}).start()
    outcome = client.requests.wait(made.id, timeout=20)
    assert isinstance(outcome, c.Approved)
    assert (outcome.automatic, outcome.by, outcome.comment, outcome.cause) == (False, ("Ada",), "Go.", "people")
    assert str(outcome) == f"#{made.number} approved by Ada: Go."


def test_asking_and_waiting_is_one_line(live: Live, client: Countersign, key: str) -> None:
    with live.soon(key, "reject", comment="Not during the sale."):
        outcome = client.approval("deploy", "Deploy payments 4.2", timeout=20)
    assert isinstance(outcome, c.Rejected)
    assert not outcome.approved
    assert outcome.rejection is not None
    assert outcome.rejection.comment == "Not during the sale."


def test_approved_with_edits_is_a_type_of_its_own(live: Live, client: Countersign) -> None:
    made = client.requests.create(
        "deploy", "Scale payments", params={"replicas": 6}, editable={"params.replicas": {"minimum": 1, "maximum": 6}}
    )
    live.decide(made.id, edits={"params.replicas": 2})
    outcome = client.requests.wait(made.id)
    assert isinstance(outcome, c.ApprovedWithEdits)
    assert (outcome.edits.original["params"], outcome.edited["params"]) == ({"replicas": 6}, {"replicas": 2})
    assert outcome.edits.edits == {"params.replicas": 2}


def test_a_wait_that_is_over_first_says_so(client: Countersign) -> None:
    made = client.requests.create("deploy", "Deploy payments 4.2", approvers=["ada@example.com"])
    outcome = client.requests.wait(made.id, timeout=0.1)
    assert isinstance(outcome, c.StillOpen)
    assert "still waits for" in str(outcome)


def test_cancelled_and_expired_are_told_apart_from_a_no(live: Live, client: Countersign) -> None:
    first = client.requests.create("deploy", "Deploy payments 4.2")
    client.requests.cancel(first.id, comment="The plan has changed.")
    cancelled = client.requests.wait(first.id)
    assert isinstance(cancelled, c.Cancelled)
    assert (cancelled.by, cancelled.comment) == ((first.requester.name,), "The plan has changed.")
    assert str(cancelled).endswith("(requester): The plan has changed.")
    soon = client.requests.create("deploy", "Deploy payments 4.3", expires_at=timedelta(seconds=1))
    live.house.turn(minutes=2)
    try:
        outcome = client.requests.wait(soon.id, timeout=20)
    finally:
        live.house.turn(minutes=-2)
    assert isinstance(outcome, c.Expired)
    assert outcome.cause == "nobody_answered"


def test_a_question_ends_the_wait_of_whoever_wants_to_answer(live: Live, client: Countersign) -> None:
    made = client.requests.create("deploy", "Deploy payments 4.2")
    threading.Timer(0.1, live.decide, (made.id, "ask"), {"question": "Was the backup tried?"}).start()
    asked = client.requests.wait(made.id, timeout=20, or_question=True)
    assert isinstance(asked, c.StillOpen)
    assert asked.questions[0].text == "Was the backup tried?"
    assert "Was the backup tried?" in str(asked)
    done = client.requests.answer(made.id, "Yes, this morning.")
    assert done.request.status == "pending"


def test_whoever_waits_hears_of_each_change(live: Live, client: Countersign) -> None:
    made = client.requests.create("deploy", "Deploy payments 4.2")
    seen: list[int] = []

    def changed(request: c.Request) -> None:
        seen.append(request.version)
        if len(seen) < 3:
            live.decide(made.id, "comment", comment="Looking.")
        elif len(seen) == 3:
            live.decide(made.id)

    client.requests.wait(made.id, timeout=20, on_change=changed)
    assert seen == sorted(set(seen))
    assert len(seen) == 4


def test_an_unknown_status_is_an_answer_not_understood() -> None:
    """A client older than its server says so, and never takes an unknown word for a yes."""
    from countersign_client.outcomes import outcome_of  # noqa: PLC0415
    from countersign_client.reading import read  # noqa: PLC0415

    moment = "2026-11-21T10:00:00Z"
    value = {"id": "req_1", "number": 1, "version": 1, "project": "p", "type": "t", "title": "t", "revision": 1}
    value |= {"stage": 1, "created_at": moment, "digest": "d", "action_digest": "a", "status": "approved_somehow"}
    value |= {"requester": {"kind": "agent", "id": "agt_1", "name": "ci", "colour": "blue"}}
    request = read(c.Request, value)
    with pytest.raises(c.NotUnderstood, match="too old"):
        outcome_of(request)
    with pytest.raises(c.NotUnderstood, match="digest"):
        read(c.Request, {name: part for name, part in value.items() if name != "digest"})


# -------------------------------------------------------------------------------------------------------------- errors


def test_refusals_are_exceptions_by_their_code(live: Live, client: Countersign, ada: Countersign) -> None:
    made = client.requests.create("deploy", "Deploy payments 4.2", approvers=["ben@example.com"])
    with pytest.raises(c.KeyCannotDecide) as refused:
        client.requests.approve(made.id)
    assert (refused.value.status, refused.value.code) == (403, "key_cannot_decide")
    with pytest.raises(c.NotAnApprover):
        ada.requests.approve(made.id)
    with pytest.raises(c.NotFound):
        client.requests.get("req_00000000000000000000000000")
    with pytest.raises(c.Invalid) as invalid:
        client.requests.create("deploy", "")
    assert invalid.value.field == "title"
    with pytest.raises(c.Unauthorized):
        Countersign(live.url, "csk_nobody").me()
    over = client.requests.create("deploy", "Deploy payments 4.3")
    live.decide(over.id, who="ben")
    with pytest.raises(c.AlreadyDecided):
        ada.requests.reject(over.id, comment="No.")
    client.requests.cancel(made.id)
    with pytest.raises(c.NotOpen):
        live_ben(live).requests.approve(made.id)


def live_ben(live: Live) -> Countersign:
    return Countersign(live.url, live.token("ben"), patience=QUICK)


def test_a_reminder_too_soon_says_when_and_does_not_make_one_sit_it_out(client: Countersign) -> None:
    made = client.requests.create("deploy", "Deploy payments 4.2")
    client.requests.remind(made.id)
    with pytest.raises(c.RateLimited) as refused:
        client.requests.remind(made.id)
    assert refused.value.retry_after is not None
    assert refused.value.retry_after > QUICK.seconds


def test_nothing_is_sent_without_a_credential_or_with_a_broken_one(
    live: Live, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("COUNTERSIGN_TOKEN", raising=False)
    with pytest.raises(c.NotLoggedIn, match="countersign login"):
        Countersign(live.url).me()
    with pytest.raises(c.NotLoggedIn, match="no credential"):
        Countersign(live.url, "csk_1\r\nX-Evil: 1").me()


def test_every_code_of_the_design_has_an_exception_of_its_status() -> None:
    """Those without a class of their own are told by their status and `code`."""
    from countersign_client.errors import BY_CODE, refusal  # noqa: PLC0415

    assert isinstance(refusal(403, {"code": "own_request"}), c.OwnRequest)
    assert isinstance(refusal(409, {"code": "something_new"}), c.Conflict)
    assert isinstance(refusal(503, {"code": "unavailable"}), c.ServerFailed)
    source = "\n".join(path.read_text() for path in (ROOT / "core").rglob("*.py"))
    assert [code for code in BY_CODE if f'"{code}"' not in source] == []


# ----------------------------------------------------------------------------------------------------------- execution


def test_it_is_claimed_once_for_exactly_what_was_approved_and_reported(live: Live, client: Countersign) -> None:
    """C-11 C-31"""
    made = client.requests.create("deploy", "Deploy payments 4.2", action="kubectl apply", params={"replicas": 6})
    live.decide(made.id)
    other = c.digest_for(made, action="kubectl apply", params={"replicas": 600})
    with pytest.raises(c.ActionChanged):
        client.requests.claim(made.id, action_digest=other)
    mine = c.digest_for(made, action="kubectl apply", params={"replicas": 6})
    assert mine == made.action_digest
    claimed = client.requests.claim(made.id, action_digest=mine).request
    assert claimed.execution is not None
    assert claimed.execution.status == "executing"
    with pytest.raises(c.AlreadyExecuting):
        client.requests.claim(made.id)
    ended = client.requests.report(made.id, "failed", detail="Exit code 1.").request
    assert ended.execution is not None
    assert (ended.execution.status, ended.execution.detail) == ("failed", "Exit code 1.")


def test_what_was_discarded_or_superseded_cannot_be_claimed(live: Live, client: Countersign) -> None:
    """A-72"""
    made = [client.requests.create("deploy", f"Deploy payments 4.{n}", supersede_key="payments") for n in range(2)]
    live.decide(made[1].id)
    with pytest.raises(c.NotOpen):
        client.requests.claim(made[0].id)
    client.requests.discard(made[1].id)
    with pytest.raises(c.NotOpen, match="discarded"):
        client.requests.claim(made[1].id)


def test_a_program_that_was_restarted_waits_for_the_same_request(live: Live, client: Countersign) -> None:
    first = client.approval("deploy", "Deploy payments 4.2", timeout=0.1, idempotency_key="run-8")
    assert isinstance(first, c.StillOpen)
    live.decide(first.id)
    again = client.approval("deploy", "Deploy payments 4.2", timeout=20, idempotency_key="run-8")
    assert (again.id, type(again)) == (first.id, c.Approved)


def test_another_agent_cannot_claim(live: Live, client: Countersign) -> None:
    made = client.requests.create("deploy", "Deploy payments 4.2")
    live.decide(made.id)
    with Countersign(live.url, live.agent(Verb.READ, Verb.ASK)) as other, pytest.raises(c.Refused) as refused:
        other.requests.claim(made.id)
    assert refused.value.status in (403, 404)


# ------------------------------------------------------------------------------------------------- the rest, and asyncio


def test_the_awaiting_client_does_the_same(live: Live, key: str) -> None:
    async def story() -> tuple[c.Outcome, ...]:
        async with AsyncCountersign(live.url, key) as client:
            made = [await client.requests.create("deploy", f"Deploy service {n}") for n in range(10)]
            waits = [asyncio.create_task(client.requests.wait(one.id, timeout=20)) for one in made]
            await asyncio.sleep(0)
            for one in made:
                await asyncio.to_thread(live.decide, one.id)
            return tuple(await asyncio.gather(*waits))

    assert {type(outcome) for outcome in asyncio.run(story())} == {c.Approved}


def test_what_is_answered_line_by_line_comes_line_by_line(live: Live, client: Countersign, key: str) -> None:
    client.requests.create("deploy", "Deploy payments 4.2")
    body = {"rules": [{"name": "none", "when": 'type == "nothing"', "effect": "deny"}], "days": 1}

    async def lines(token: str) -> list[Any]:
        return [line async for line in AsyncCountersign(live.url, token).lines("rules", "replay", body=body)]

    with Countersign(live.url, live.token("root")) as admin:
        found = list(admin.lines("rules", "replay", body=body))
    for told in (found, asyncio.run(lines(live.token("root")))):
        assert len(told) > 1
        assert told[-1]["result"]["seen"] >= 1
    with pytest.raises(c.Forbidden):
        list(client.lines("rules", "replay", body=body))
    with pytest.raises(c.Forbidden):
        asyncio.run(lines(key))


def test_a_wait_can_be_cancelled_and_the_client_goes_on(live: Live, key: str) -> None:
    async def story() -> str:
        async with AsyncCountersign(live.url, key) as client:
            made = await client.requests.create("deploy", "Deploy payments 4.2")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await client.requests.wait(made.id)
            return (await client.requests.get(made.id)).status

    assert asyncio.run(story()) == "pending"


def test_one_awaiting_client_serves_one_loop_after_the_other(live: Live, key: str) -> None:
    client = AsyncCountersign(live.url, key)
    assert [asyncio.run(client.me())["kind"] for _ in range(2)] == ["agent", "agent"]


def test_questions_comments_revisions_and_readings(live: Live, client: Countersign, ada: Countersign) -> None:
    made = client.requests.create("deploy", "Deploy payments 4.2", params={"replicas": 6})
    ada.requests.ask(made.id, "Why now?")
    client.requests.comment(made.id, "Because of the sale.")
    client.requests.answer(made.id, "The sale begins.")
    revised = client.requests.revise(made.id, params={"replicas": 4}).request
    assert (revised.revision, revised.params) == (2, {"replicas": 4})
    ada.requests.approve(made.id, revision=2, stage=1)
    assert [one.decision for one in client.requests.decisions(made.id)] == ["approved"]
    assert client.requests.requirements(made.id)[0].satisfied
    assert [one.seq for one in client.requests.events(made.id)][:2] == [1, 2]
    assert client.requests.explain(made.id)["status"] == "approved"
    discarded = client.requests.discard(made.id, comment="Not today.").request
    assert discarded.discarded
    with pytest.raises(c.NotOpen):
        client.requests.claim(made.id)


def test_every_operation_keeps_its_name_and_its_words() -> None:
    operations = [name for name, value in vars(Operations).items() if isinstance(value, operation)]
    assert len(operations) > 20
    assert [name for name in operations if not vars(Operations)[name].__doc__] == []
    assert Countersign("http://127.0.0.1:1", "csk_1").requests.create.__doc__ == Operations.create.__doc__


def test_the_package_needs_two_libraries_and_loads_little() -> None:
    look = (
        "import sys; import countersign_client as c; c.Countersign('http://127.0.0.1:1', 'csk_1');"
        "print(sorted({'asyncio', 'ssl', 'pydantic', 'httpx2', 'rfc8785', 'http.client', 'email'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True, cwd=ROOT / "clients" / "python"
    )
    assert done.stdout.strip() == "[]"


def test_it_is_typed_for_whoever_uses_it(tmp_path: Path) -> None:
    """Sync gives values, async gives awaitables, and a `match` that forgets an outcome is an error."""
    good = (
        "from countersign_client import *\n"
        "request: Request = Countersign().requests.create('deploy', 'T', params={'a': 1})\n"
        "async def f() -> None:\n"
        "    made: Request = await AsyncCountersign().requests.create('deploy', 'T')\n"
        "    async for one in AsyncCountersign().requests.each(type='deploy'): one.number + made.number\n"
        "@needs_approval('deploy')\n"
        "def g(n: int) -> str: return str(n)\n"
        "text: str = g(1)\n"
    )
    bad = (
        "from countersign_client import *\n"
        "from countersign_client import Aproved\n"
        "Countersign().requests.create('deploy', 'T', parms={})\n"
        "number: int = Countersign().requests.get('1')\n"
    )
    (tmp_path / "good.py").write_text(good)
    (tmp_path / "bad.py").write_text(bad)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file",
        os.devnull,
        "--cache-dir",
        str(tmp_path / "cache"),
    ]
    environment = {**os.environ, "MYPYPATH": str(ROOT / "clients" / "python")}
    done = subprocess.run(
        [*command, "good.py", "bad.py"], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    errors = [line for line in done.stdout.splitlines() if "error:" in line]
    assert len(errors) == 3
    assert all(line.startswith("bad.py") for line in errors)


def test_several_are_asked_for_together_and_each_is_waited_for_by_itself(client: Countersign) -> None:
    """B-61"""
    asked = [{"type": "custom", "title": f"Migrate shard {n}", "action": f"migrate {n}"} for n in (1, 2, 3)]
    made = client.requests.create_batch(asked, idempotency_key="shards")
    assert [one.title for one in made.requests] == ["Migrate shard 1", "Migrate shard 2", "Migrate shard 3"]
    assert {one.batch for one in made.requests} == {made.id}
    assert client.requests.create_batch(asked, idempotency_key="shards").id == made.id
    client.requests.cancel(made.requests[1].id)
    seen = client.requests.batch(made.id)
    assert [one.status for one in seen.requests] == ["pending", "cancelled", "pending"]
    with pytest.raises(c.Invalid, match="one type"):
        client.requests.create_batch([*asked, {"type": "merge", "title": "Merge it"}])
