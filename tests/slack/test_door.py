"""Our own entrance: whatever is not Slack's own, fresh, small and well-formed stays outside and leaves no trace."""

import asyncio
import hashlib
import hmac
import json
import logging
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.slack.entrance.door import LARGEST, PROOF, Door, Entrance, Replays
from core.model.request import Status
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio

SECRET = "0123456789abcdef"
NOW = 1_795_000_000


class Inside:
    """What stands behind the door, and what came in."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.seen: list[AsyncBoltRequest] = []

    async def __call__(self, request: AsyncBoltRequest) -> BoltResponse:
        self.seen.append(request)
        return BoltResponse(status=self.status, body="")


def signed(body: bytes, at: int = NOW, secret: str = SECRET) -> dict[str, str]:
    base = f"v0:{at}:".encode() + body
    signature = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": str(at), "x-slack-signature": signature}


async def test_whoever_sends_drop_by_drop_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has shown yet that they are Slack."""
    monkeypatch.setattr("bot.slack.entrance.door.SECONDS", 0.1)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    inside = Inside()
    async with asyncio.timeout(10):
        await Door(inside, SECRET)({"type": "http", "method": "POST", "headers": []}, receive, send)
    assert sent[0]["status"] == 408
    assert inside.seen == []


async def knock(door: Any, body: bytes, headers: dict[str, str], method: str = "POST", chunk: int = 65_536) -> int:
    """The status of one request, sent in pieces."""
    parts = [body[i : i + chunk] for i in range(0, len(body), chunk)] or [b""]
    sent: list[Any] = []

    async def receive() -> Any:
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await door({"type": "http", "method": method, "path": "/slack/events", "headers": raw}, receive, send)
    return int(sent[0]["status"])


def a_door(inside: Inside, **options: Any) -> Door:
    return Door(inside, SECRET, clock=lambda: NOW, **options)


EVENT = json.dumps({"type": "event_callback", "event": {"type": "x"}}).encode()


async def test_what_slack_signed_comes_in_decoded_with_the_hash_of_its_bytes() -> None:
    inside = Inside()
    body = urlencode({"payload": json.dumps({"type": "shortcut", "note": "é+&"})}).encode()
    assert await knock(a_door(inside), body, signed(body)) == 200
    assert inside.seen[0].body == {"type": "shortcut", "note": "é+&"}
    assert inside.seen[0].context[PROOF] == hashlib.sha256(body).hexdigest()


async def test_a_command_comes_in_as_its_fields() -> None:
    inside = Inside()
    body = urlencode({"command": "/countersign", "text": "a=b & c", "empty": ""}).encode()
    assert await knock(a_door(inside), body, signed(body)) == 200
    assert inside.seen[0].body == {"command": "/countersign", "text": "a=b & c", "empty": ""}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-slack-signature": "v0=" + "0" * 64},
        signed(EVENT, secret="somebody else's"),
        signed(EVENT + b" "),
        signed(EVENT) | {"x-slack-request-timestamp": "soon"},
        signed(EVENT) | {"x-slack-request-timestamp": "1" * 40},
        signed(EVENT) | {"x-slack-request-timestamp": "-1"},
        signed(EVENT) | {"x-slack-signature": "v0=\u00e9\u00ff"},
        signed(EVENT) | {"x-slack-signature": ""},
        signed(EVENT) | {"x-slack-signature": "v0=" + "A" * 64},
    ],
)
async def test_a_forged_or_malformed_signature_is_401(headers: dict[str, str]) -> None:
    inside = Inside()
    assert await knock(a_door(inside), EVENT, headers) == 401
    assert inside.seen == []


@pytest.mark.parametrize(("away", "status"), [(-301, 401), (-300, 200), (0, 200), (300, 200), (301, 401)])
async def test_a_signature_is_believed_for_five_minutes_either_way(away: int, status: int) -> None:
    assert await knock(a_door(Inside()), EVENT, signed(EVENT, NOW + away)) == status


async def test_the_same_signed_bytes_do_nothing_a_second_time() -> None:
    inside, elapsed = Inside(), [0.0]
    door = a_door(inside, replays=Replays(lambda: elapsed[0]))
    statuses = [await knock(door, EVENT, signed(EVENT)) for _ in range(3)]
    assert statuses == [200, 200, 200]
    assert len(inside.seen) == 1
    elapsed[0] = 599.0
    await knock(door, EVENT, signed(EVENT))
    assert len(inside.seen) == 1


async def test_what_failed_on_our_side_may_come_again() -> None:
    inside = Inside(500)
    door = a_door(inside)
    assert await knock(door, EVENT, signed(EVENT)) == 500
    assert await knock(door, EVENT, signed(EVENT)) == 500
    assert len(inside.seen) == 2


async def test_signatures_are_forgotten_after_ten_minutes() -> None:
    elapsed = [0.0]
    replays = Replays(lambda: elapsed[0])
    assert replays.first(b"a")
    elapsed[0] = 600.0
    assert replays.first(b"b")
    assert len(replays._known) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"a": NaN}',
        b"[" * 100_000,
        b"payload=%7B",
        b"payload=[]",
        b"payload=" + b"%5B" * 50_000,
        b"&".join(b"a=b" for _ in range(100)),
        b'"text"',
    ],
)
async def test_what_cannot_be_read_is_400(body: bytes) -> None:
    inside = Inside()
    kind = {"content-type": "application/json"} if not body.startswith((b"payload", b"a=")) else {}
    assert await knock(a_door(inside), body, signed(body) | kind) == 400
    assert inside.seen == []


async def test_ten_megabytes_are_refused_before_they_are_read() -> None:
    body = b"x" * (LARGEST + 1)
    declared = signed(body) | {"content-length": str(10 * 1024 * 1024)}
    assert await knock(a_door(Inside()), b"", declared) == 413
    assert await knock(a_door(Inside()), body, signed(body)) == 413


async def test_only_post_is_understood() -> None:
    assert await knock(a_door(Inside()), b"", {}, method="GET") == 405


async def test_slacks_own_checks_are_answered() -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    assert await knock(a_door(Inside()), body, signed(body)) == 200
    assert await knock(a_door(Inside()), b"ssl_check=1&token=x", {}) == 200


async def test_no_body_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    body = b'{"secret": "hunter2", "type": "nothing_known"}'
    with caplog.at_level(logging.DEBUG):
        await knock(a_door(Inside()), body, {})
        await knock(a_door(Inside()), body + b"}", signed(body + b"}"))
    assert caplog.records
    assert "hunter2" not in caplog.text


async def test_everything_but_slacks_path_goes_past_the_door() -> None:
    gone: list[str] = []

    async def application(scope: Any, _receive: Any, send: Any) -> None:
        gone.append(scope["path"])
        await send({"type": "http.response.start", "status": 204, "headers": []})

    inside = Inside()
    entrance = Entrance(application, a_door(inside))
    assert await knock(entrance, EVENT, signed(EVENT)) == 200
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await entrance({"type": "http", "method": "GET", "path": "/healthz", "headers": []}, None, send)  # type: ignore[arg-type]
    assert gone == ["/healthz"]
    assert len(inside.seen) == 1


def test_an_empty_secret_stops_the_start() -> None:
    with pytest.raises(ValueError, match="empty"):
        Door(Inside(), "")


# Through the whole application.


async def test_a_replayed_click_does_nothing(http: World) -> None:
    request = await http.ask(("2 @platform",))
    await http.hand("bob").click(http.card("bob", request), "request.approve")
    await http.settle()
    before = await http.ledger(request)
    again = await http.sandbox.replay_request()
    await http.settle()
    assert again.ok
    assert await http.ledger(request) == before


async def test_a_request_of_somebody_else_is_401_over_the_wire(http: World) -> None:
    request = await http.ask(("@platform",))
    async with aiohttp.ClientSession() as session:
        for headers in ({}, signed(b"payload={}", int(time.time()), "wrong")):
            async with session.post(http.door, data=b"payload={}", headers=headers) as answer:
                assert answer.status == 401
                assert await answer.text() == "not signed by Slack"
    assert (await http.now(request)).status is Status.PENDING


async def test_the_request_url_passes_slacks_own_check(http: World) -> None:
    assert await http.sandbox.verify_request_url()


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": "block_actions"},
        {"type": "block_actions", "actions": []},
        {"type": "block_actions", "actions": [{"action_id": "request.approve"}], "user": "bob"},
        {"type": "block_actions", "actions": [{"action_id": "request.approve", "value": 7}], "user": {"id": "U1"}},
        {"type": "block_actions", "actions": "x", "user": {"id": "U1"}},
        {"type": "view_submission", "view": {"callback_id": "reject", "state": {"values": []}}, "user": {"id": "U1"}},
        {"type": "view_submission", "view": {"callback_id": "reject"}, "user": {}},
        {"type": "shortcut", "callback_id": "ask_for_approval"},
        {"type": "event_callback", "event": []},
        {"type": "event_callback", "event": {"type": "team_join", "user": {"id": 5}}},
        {"type": "nothing"},
    ],
)
async def test_malformed_payloads_are_refused_without_a_crash(http: World, payload: dict[str, Any]) -> None:
    team = {"team": {"id": http.sandbox.team_id}}
    body = urlencode({"payload": json.dumps(payload | team)}).encode()
    headers = signed(body, int(time.time()), http.sandbox.signing_secret)
    headers["content-type"] = "application/x-www-form-urlencoded"
    async with aiohttp.ClientSession() as session, session.post(http.door, data=body, headers=headers) as answer:
        assert answer.status in {200, 400, 404}


async def test_no_call_to_slack_stands_before_an_acknowledgement(http: World) -> None:
    """C-25"""
    request = await http.ask(("@platform",))
    frank, bob = http.hand("frank"), http.hand("bob")
    card = http.card("bob", request)
    gates = [http.sandbox.faults.hold(method) for method in ("auth.test", "users.info", "views.open", "chat.update")]
    for who, action in ((bob, "request.reject"), (frank, "request.approve"), (bob, "request.approve")):
        ack = await who.click(card, action)
        assert ack.ok
        assert ack.ms < 1_000
    ack = await bob.command("/countersign list")
    assert ack.ok
    for gate in gates:
        gate.open()
    await http.settle()
    assert (await http.now(request)).status is Status.APPROVED
    assert len(http.calls("auth.test")) == 1
