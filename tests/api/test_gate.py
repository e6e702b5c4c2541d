"""The entrance: health, metrics, unknown addresses, bugs, logs; and that no secret leaves by any of them."""

import asyncio
import json
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from bot import assemble
from bot.api.problems import KINDS
from bot.logs import configure
from core import errors
from tests.api.conftest import House

pytestmark = pytest.mark.anyio


async def test_health_and_metrics_need_no_credential(house: House) -> None:
    await house.ask()
    answers = [await house.get(None, path) for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs")]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert 'countersign_http_requests_total{method="POST",route="/v1/requests",status="201"} 1.0' in answers[2].text


async def test_invented_methods_are_one_line_of_the_metrics(house: House) -> None:
    """Anybody may send them, and each line is kept for ever."""
    async with house.client() as client:
        for method in ("BREW", "FETCH", "brew"):
            await client.request(method, "/v1/requests")
    text = (await house.get(None, "/metrics")).text
    assert 'method="other"' in text
    assert "brew" not in text.lower()


async def test_a_late_sweep_makes_the_server_not_ready(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """However soon the next sweep ends: it is always later than this."""
    monkeypatch.setattr(assemble, "LATEST_SWEEP", -1)
    answer = await house.get(None, "/readyz")
    assert answer.status_code == 503
    assert "sweep" in answer.json()["reasons"][0]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nowhere", 404, "not_found"),
        ("GET", "/nowhere", 404, "not_found"),
        ("DELETE", "/v1/requests", 405, "method_not_allowed"),
        ("PUT", "/v1/me", 405, "method_not_allowed"),
    ],
)
async def test_unknown_addresses_and_methods_are_problems_too(
    house: House, method: str, path: str, status: int, code: str
) -> None:
    async with house.client("ada") as client:
        answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_another_method_hears_which_there_are_and_a_slash_too_many_is_taken_off(house: House) -> None:
    async with house.client("ada") as client:
        for method, path, known in (("HEAD", "/healthz", "GET"), ("OPTIONS", "/v1/requests/req_1/approve", "POST")):
            answer = await client.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, known)
        for path in ("/v1/requests", "/v1/requests/req_1/approve"):
            answer = await client.post(f"{path}/")
            assert (answer.status_code, answer.headers["location"]) == (307, f"http://test{path}")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer nonsense", "Bearer csk_x", "Bearer cst_ü"]
)
async def test_without_a_known_credential_everything_is_401(house: House, header: str | None) -> None:
    """A-17 C-21"""
    headers: dict[bytes, bytes] = {} if header is None else {b"Authorization": header.encode()}
    async with house.client() as client:
        for method, path in (("GET", "/v1/requests/req_1"), ("POST", "/v1/requests"), ("GET", "/v1/nowhere")):
            answer = await client.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_problem_says_type_title_status_code_and_detail(house: House) -> None:
    """B-03 C-27"""
    answer = await house.get("ada", "/v1/requests/req_1")
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:countersign:problem:not_found"
    assert (problem["status"], problem["code"]) == (404, "not_found")
    assert problem["title"]
    assert problem["detail"].endswith(".")
    assert problem["reference"] == answer.headers["x-request-id"]


async def test_a_bug_is_one_constant_sentence_and_its_reference_finds_the_log(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the database password is hunter2")

    monkeypatch.setattr(house.assembly.rooms.desk, "see", broken, raising=False)
    with capture_logs() as logs:
        answer = await house.get("ada", "/v1/requests/req_1")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert [entry["reference"] for entry in logs if entry["event"] == "bug"] == [answer.json()["reference"]]


@pytest.mark.parametrize("path", ["/v1/login", "/v1/requests"])
async def test_whoever_hangs_up_in_the_middle_of_a_body_is_no_bug_of_ours(house: House, path: str) -> None:
    heard: list[Any] = [
        {"type": "http.request", "body": b'{"type": "dep', "more_body": True},
        {"type": "http.disconnect"},
    ]
    said: list[Any] = []

    async def receive() -> Any:
        return heard.pop(0)

    async def send(message: Any) -> None:
        said.append(message)

    key = f"Bearer {house.credentials['ci']}".encode()
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"authorization", key), (b"content-length", b"100")],
    }
    with capture_logs() as logs:
        await house.assembly.app(scope, receive, send)
    assert said == []
    assert [(entry["event"], entry["status"]) for entry in logs] == [("answered", None)]


async def test_no_credential_and_no_body_is_ever_logged(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    secret = "correct-horse-battery"
    with capture_logs() as logs:
        await house.post("ci", "/v1/requests", {"type": "deploy", "title": secret})
        await house.post("ci", "/v1/requests", {"type": "deploy", "titel": secret})
        await house.post("ci", "/v1/requests", {"type": secret, "title": secret})
        await house.get("ci", "/v1/requests", params={"status": secret})
        await house.post("ada", f"/v1/requests/{secret}/approve", {"comment": secret})
        await house.post(None, "/v1/login", {"code": secret})
        answer = await house.post("root", "/v1/agents/ci/keys", {"label": secret})
    written = json.dumps(logs, default=str) + "".join(capsys.readouterr())
    known = [*house.credentials.values(), answer.json()["secret"], secret]
    assert len(logs) == 7
    assert [value for value in known if value in written] == []


async def test_what_was_wrong_is_not_repeated_in_the_refusal(house: House) -> None:
    secret = "correct-horse-battery"
    bodies = [
        {"type": "deploy", "title": [secret]},
        {"type": "deploy", "title": "x", "cost": {"usd": secret}},
        {"type": "deploy", "title": "x", "expires_at": secret},
        {"type": "deploy", "title": "x", "links": [{"title": "x", "url": f"ftp://{secret}"}]},
    ]
    answers = [await house.post("ci", "/v1/requests", body) for body in bodies]
    assert [answer.status_code for answer in answers] == [400] * 4
    assert [answer.text for answer in answers if secret in answer.text] == []


async def test_who_sends_its_body_drop_by_drop_is_not_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stolen key cannot hold connections for ever; who waits for an answer may, once all is said."""
    monkeypatch.setattr("bot.api.gate.BODY_SECONDS", 0.1)
    told: list[Any] = []

    async def drops() -> Any:
        if not told:
            told.append(b"{")
            return {"type": "http.request", "body": b"{", "more_body": True}
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        told.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/v1/requests", "raw_path": b"/v1/requests", "query_string": b"",
        "headers": [(b"authorization", f"Bearer {house.credentials['ci']}".encode())], "http_version": "1.1",
        "scheme": "http", "server": ("test", 80), "client": ("test", 1), "root_path": "",
    }  # fmt: skip
    async with asyncio.timeout(10):
        await house.assembly.app(scope, drops, send)
    assert told[1]["status"] == 400
    assert "did not arrive within" in told[2]["body"].decode()
    asked = await house.ask()
    waited = await house.get("ci", f"/v1/requests/{asked['id']}?wait=1s&version={asked['version']}")
    assert waited.status_code == 200


def test_every_kind_of_refusal_has_its_status() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__base__ is errors.ApprovalError}
    assert kinds == set(KINDS)


async def test_logs_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        configure()
        structlog.get_logger().info("hello", said="csk_" + "A" * 43, why="xoxb-1234567890-abcdefghij")
        written = capsys.readouterr().err
    finally:
        structlog.reset_defaults()
    assert "hello" in written
    assert "AAAA" not in written
    assert "abcdefghij" not in written
