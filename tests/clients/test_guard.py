"""`@needs_approval`: nothing runs without a yes, and only what the yes was for."""

import asyncio
from typing import Any

import pytest

import countersign_client as c
from countersign_client import AsyncCountersign, Countersign, needs_approval
from tests.clients.live import Live


def status(client: Countersign, id: str) -> tuple[str, str | None]:
    found = client.requests.get(id)
    return found.status, found.execution_status


def test_a_guarded_function_asks_by_itself_runs_after_the_yes_and_reports(
    live: Live, client: Countersign, key: str
) -> None:
    """D-01 C-06"""
    ran: list[tuple[str, int]] = []

    @needs_approval("deploy", title="Scale {service} to {replicas}", client=client, approvers=["ada@example.com"])
    def scale(service: str, *, replicas: int = 2) -> str:
        """Scale a service."""
        ran.append((service, replicas))
        return f"{service}: {replicas}"

    with live.soon(key) as somebody:
        assert scale("payments") == "payments: 2"
    assert ran == [("payments", 2)]
    assert somebody.decided is not None
    shown = somebody.decided["request"]
    assert (shown["title"], shown["params"]) == ("Scale payments to 2", {"service": "payments", "replicas": 2})
    assert shown["action"].endswith("scale")
    assert status(client, shown["id"]) == ("approved", "success")
    assert (scale.__name__, scale.__doc__) == ("scale", "Scale a service.")


def test_a_guarded_function_does_not_run_after_a_no(live: Live, client: Countersign, key: str) -> None:
    """C-07"""

    @needs_approval(client=client)
    def never() -> None:
        raise AssertionError

    with live.soon(key, "reject", comment="Not today."), pytest.raises(c.NotApproved, match="Not today") as refused:
        never()
    assert isinstance(refused.value.outcome, c.Rejected)


def test_a_failure_is_reported_by_its_kind_alone_and_raised(live: Live, client: Countersign, key: str) -> None:
    @needs_approval(client=client)
    def fails() -> None:
        raise ValueError("password=hunter2")

    with live.soon(key) as somebody, pytest.raises(ValueError, match="hunter2"):
        fails()
    assert somebody.decided is not None
    found = client.requests.get(somebody.decided["request"]["id"])
    assert found.execution is not None
    assert (found.execution.status, found.execution.detail) == ("failed", "ValueError was raised.")


EDITABLE: Any = {"params.replicas": {"kind": "integer", "minimum": 1, "maximum": 9}}


def test_edits_count_as_no_unless_they_are_accepted(live: Live, client: Countersign, key: str) -> None:
    ran: list[int] = []

    def scale(replicas: int) -> None:
        ran.append(replicas)

    edits = {"params.replicas": 3}
    strict = needs_approval("deploy", client=client, editable=EDITABLE)(scale)
    with live.soon(key, edits=edits) as somebody, pytest.raises(c.EditsNotAccepted, match=r"params\.replicas"):
        strict(6)
    assert somebody.decided is not None
    assert client.requests.get(somebody.decided["request"]["id"]).discarded
    lenient = needs_approval("deploy", client=client, editable=EDITABLE, accept_edits=True)(scale)
    with live.soon(key, edits=edits) as somebody:
        lenient(6)
    assert ran == [3]
    assert somebody.decided is not None
    assert status(client, somebody.decided["request"]["id"]) == ("approved_with_edits", "success")


def test_arguments_changed_after_they_were_shown_do_not_run(live: Live, client: Countersign, key: str) -> None:
    hosts = ["web-1"]
    ran: list[list[str]] = []

    @needs_approval(client=client)
    def restart(hosts: list[str]) -> None:
        ran.append(hosts)

    def and_change() -> None:
        hosts.append("database-1")

    with live.soon(key, first=and_change), pytest.raises(c.ActionChanged):
        restart(hosts)
    assert ran == []


def test_whoever_waits_no_longer_leaves_no_open_request(client: Countersign) -> None:
    @needs_approval(client=client, timeout=0.1)
    def never() -> None:
        raise AssertionError

    with pytest.raises(c.NotApproved, match="still waits for") as refused:
        never()
    assert status(client, refused.value.outcome.id)[0] == "cancelled"


def test_what_is_left_out_is_shown_to_nobody_and_what_is_no_json_is_refused(
    live: Live, client: Countersign, key: str
) -> None:
    class Robot:
        @needs_approval(client=client, leave_out=["password"], facts_from=lambda amount: {"eur": amount})
        def pay(self, amount: int, password: str) -> str:
            return f"{amount} {password}"

    with live.soon(key) as somebody:
        assert Robot().pay(5, password="hunter2") == "5 hunter2"
    assert somebody.decided is not None
    asked = somebody.decided["request"]
    assert (asked["params"], asked["facts"]) == ({"amount": 5}, {"eur": 5})
    assert "hunter2" not in str(asked)
    with pytest.raises(TypeError, match="amount=…"):
        Robot().pay(object(), password="x")  # type: ignore[arg-type]


def test_an_async_function_is_guarded_alike(live: Live, client: Countersign, key: str) -> None:
    ran: list[str] = []

    async def story() -> str:
        async with AsyncCountersign(live.url, key) as awaiting:

            @needs_approval("deploy", client=awaiting)
            async def restart(*hosts: str) -> str:
                ran.extend(hosts)
                return "done"

            return await restart("web-1", "web-2")

    with live.soon(key) as somebody:
        assert asyncio.run(story()) == "done"
    assert ran == ["web-1", "web-2"]
    assert somebody.decided is not None
    assert status(client, somebody.decided["request"]["id"]) == ("approved", "success")


def test_a_guarded_async_function_that_is_cancelled_cancels_its_request(
    live: Live, client: Countersign, key: str
) -> None:
    async def story() -> None:
        awaiting = AsyncCountersign(live.url, key)

        @needs_approval("deploy", client=awaiting)
        async def never() -> None:
            raise AssertionError

        async with asyncio.timeout(0.5):
            await never()

    with pytest.raises(TimeoutError):
        asyncio.run(story())
    (asked,) = client.requests.each(requester="me")
    assert asked.status == "cancelled"


def test_the_wrong_kind_of_client_is_refused_where_it_is_written(client: Countersign) -> None:
    with pytest.raises(TypeError, match="async function"):

        @needs_approval(client=client)
        async def one() -> None: ...

    with pytest.raises(TypeError, match="plain function"):

        @needs_approval(client=AsyncCountersign("http://127.0.0.1:1", "csk_1"))
        def other() -> None: ...
