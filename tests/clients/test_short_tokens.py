"""Tokens that live for minutes, for requests that wait for hours: GitHub's, over its real way, and whoever else's."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

import countersign_client as c
from core.model.people import Verb
from countersign_client import AsyncCountersign, Countersign
from tests.clients.conftest import QUICK
from tests.clients.live import Live, Road
from tests.clients.test_recipes import GITHUB, Machine, github_step, machine, newest
from tests.oidc.issuer import Issuer

__all__ = ["machine"]

MAIN = "repo:acme/payments:ref:refs/heads/main"
UNAUTHORIZED = json.dumps({"code": "unauthorized", "status": 401, "detail": "This token has expired."}).encode()
REFUSED = (401, {"Content-Type": "application/problem+json"}, UNAUTHORIZED)


@dataclass
class Platform:
    """Vouches for a job as GitHub does: a token for whoever calls with the job's own, good for `minutes`."""

    issuer: Issuer
    audience: str
    minutes: float = 5
    given: list[str] = field(default_factory=list)
    wanted: list[tuple[str, str | None]] = field(default_factory=list)
    status: int = 200

    def token(self) -> str:
        now = int(time.time())
        claims = self.issuer.claims(self.audience, sub=MAIN, iat=now, exp=now + int(self.minutes * 60))
        self.given.append(self.issuer.sign({**claims, "jti": str(len(self.given))}))
        return self.given[-1]

    async def awaited(self) -> str:
        return self.token()

    def __enter__(self) -> Self:
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None: ...

            def do_GET(self) -> None:
                audience = parse_qs(urlsplit(self.path).query).get("audience", [""])[0]
                platform.wanted.append((audience, self.headers.get("authorization")))
                body = json.dumps({"value": platform.token()}).encode()
                self.send_response(platform.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        url = f"http://127.0.0.1:{self._server.server_address[1]}/idtoken?api-version=2.0"
        self.environment = {
            "ACTIONS_ID_TOKEN_REQUEST_URL": url,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-the-job",
            "COUNTERSIGN_AUDIENCE": self.audience,
        }
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server of its own, which may look up the keys of an issuer next door."""
    folder = tmp_path_factory.mktemp("short")
    found = Live(f"sqlite:///{folder / 'live.db'}", allow_private_addresses=["127.0.0.0/8"]).open()
    yield found
    found.close()


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as found:
        yield found


@pytest.fixture(scope="module")
def audience(live: Live, issuer: Issuer) -> str:
    """Tokens of main stand for the agent `pipeline`."""
    live.do(live.house.agent("pipeline", Verb.ASK, Verb.EXECUTE))
    verbs = ["ask", "execute"]
    body = {"issuer": issuer.url, "subject": MAIN, "verbs": verbs}
    answer = live.do(live.house.post("root", "/v1/agents/pipeline/workloads", body))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["audience"])


@pytest.fixture
def platform(issuer: Issuer, audience: str) -> Iterator[Platform]:
    with Platform(issuer, audience) as found:
        yield found


@pytest.fixture
def key(live: Live, audience: str) -> str:
    """Of the same agent, for those who look."""
    return live.house.credentials["pipeline"]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Everybody's: the client's, the server's, the issuer's."""
    with time_machine.travel(datetime.now(UTC), tick=True) as found:
        yield found


def test_a_wait_outlives_many_tokens(live: Live, platform: Platform, clock: time_machine.Traveller) -> None:
    """B-60 B-63"""
    hours: list[int] = []

    def an_hour_later(request: c.Request) -> None:
        hours.append(request.version)
        clock.shift(timedelta(minutes=20))
        say = "comment" if len(hours) < 4 else "approve"
        live.decide(request.id, say, comment="Still looking.")

    with Countersign(live.url, platform.token, patience=QUICK) as client:
        asked = client.requests.create("deploy", "Deploy payments 4.2")
        outcome = client.requests.wait(asked.id, on_change=lambda it: an_hour_later(it) if it.is_open else None)
        assert isinstance(outcome, c.Approved)
        assert client.requests.claim(asked.id).request.execution_status == "executing"
    assert len(hours) == 4
    assert len(platform.given) == 5


def test_a_token_that_is_good_for_long_is_not_asked_for_again(live: Live, platform: Platform) -> None:
    with Countersign(live.url, platform.token) as client:
        assert [client.me()["name"] for _ in range(3)] == ["pipeline"] * 3
    assert len(platform.given) == 1


def test_the_awaiting_client_asks_anew_as_well_and_its_source_may_be_awaited(
    live: Live, platform: Platform, clock: time_machine.Traveller
) -> None:
    async def story(client: AsyncCountersign) -> list[str]:
        async with client:
            names = []
            for _ in range(3):
                names.append((await client.me())["name"])
                clock.shift(timedelta(minutes=6))
            return names

    for source in (platform.token, platform.awaited):
        platform.given.clear()
        assert asyncio.run(story(AsyncCountersign(live.url, source))) == ["pipeline"] * 3
        assert len(platform.given) == 3


def test_a_token_refused_before_its_time_is_asked_for_anew_and_nothing_is_done_twice(
    live: Live, platform: Platform
) -> None:
    with Road(live.url) as road, Countersign(road.url, platform.token, patience=QUICK) as client:
        road.faults.extend([REFUSED, "hang up after"])
        made = client.requests.create("deploy", "Deploy payments 4.2")
        assert (len(platform.given), len(set(road.keys)), len(road.keys)) == (2, 1, 3)
        assert [one.id for one in client.requests.each(requester="me", status="pending")] == [made.id]
        client.requests.cancel(made.id)


def test_one_that_is_refused_again_is_refused(live: Live, platform: Platform) -> None:
    """No storm of tokens for an agent that nobody lets in."""
    with Road(live.url) as road, Countersign(road.url, platform.token, patience=QUICK) as client:
        road.faults.extend([REFUSED, REFUSED, REFUSED])
        with pytest.raises(c.Unauthorized):
            client.me()
    assert (len(platform.given), len(road.paths)) == (2, 2)


def test_a_fixed_token_that_is_refused_is_not_tried_again(live: Live, key: str) -> None:
    with Road(live.url) as road, Countersign(road.url, key, patience=QUICK) as client:
        road.faults.append(REFUSED)
        with pytest.raises(c.Unauthorized):
            client.me()
    assert len(road.paths) == 1


def test_opaque_tokens_are_kept_until_they_are_refused(live: Live, key: str) -> None:
    asked: list[int] = []

    def source() -> str:
        asked.append(1)
        return key

    with Road(live.url) as road, Countersign(road.url, source, patience=QUICK) as client:
        client.me()
        client.me()
        assert len(asked) == 1
        road.faults.append(REFUSED)
        client.me()
    assert len(asked) == 2


def test_a_source_that_gives_no_credential_is_told_so(live: Live, platform: Platform) -> None:
    with pytest.raises(c.NotLoggedIn, match="copy it again"):
        Countersign(live.url, lambda: "two words").me()
    with pytest.raises(c.NotLoggedIn, match="AsyncCountersign"):
        Countersign(live.url, platform.awaited).me()  # type: ignore[arg-type]  # as somebody would get it wrong


# ----------------------------------------------------------------------------------------------------- GitHub's own way


def test_in_a_github_job_the_audience_alone_is_enough(
    live: Live, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in platform.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("COUNTERSIGN_TOKEN", raising=False)
    with Countersign(live.url) as client:
        assert client.me()["name"] == "pipeline"
    assert platform.wanted == [(platform.audience, "Bearer of-the-job")]


def test_github_s_no_is_told_and_the_jobs_own_credential_is_not(
    live: Live, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in platform.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("COUNTERSIGN_TOKEN", raising=False)
    platform.status = 403
    with pytest.raises(c.NotLoggedIn, match="answered 403") as refused:
        Countersign(live.url).me()
    assert "of-the-job" not in str(refused.value)
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    with pytest.raises(c.NotLoggedIn, match="id-token: write"):
        Countersign(live.url).me()


def test_a_github_job_without_any_secret_deploys_after_the_yes(
    live: Live, platform: Platform, key: str, machine: Machine
) -> None:
    """B-74"""
    platform.minutes = 0.2  # always about to end
    step = github_step("Deploy, once people have said yes", "github-actions-keyless.yml")
    machine.tool("deploy.sh")
    del machine.environment["COUNTERSIGN_TOKEN"]
    with live.soon(key):
        done = machine.run("bash", "-e", "-c", step["run"], **GITHUB, **platform.environment, VERSION="4.2")
    assert done.returncode == 0, done.stderr
    assert machine.calls() == ["deploy.sh payments 4.2"]
    assert len(platform.given) >= 4  # to ask, to wait, to claim, to report
    with Countersign(live.url, key) as client:
        asked: Any = newest(client)
    assert (asked.status, asked.execution_status, asked.requester.name) == ("approved", "success", "pipeline")
