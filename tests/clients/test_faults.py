"""The client on a bad road: calls are repeated where that is safe, done once whatever happens, and given up honestly."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import countersign_client as c
from countersign_client import AsyncCountersign, Countersign, Patience
from countersign_client.calls import Answer, Call
from countersign_client.flow import Pause, Step, reliably, run
from countersign_client.route import route_to
from tests.clients.conftest import QUICK
from tests.clients.live import Fault, Live, Road

AWAY: Fault = (503, {})


@pytest.fixture
def road(live: Live) -> Iterator[Road]:
    with Road(live.url) as found:
        yield found


def test_a_lost_answer_does_not_make_a_second_request(road: Road, key: str) -> None:
    road.faults.extend(["hang up after", AWAY, "hang up before"])
    with Countersign(road.url, key, patience=QUICK) as client:
        made = client.requests.create("deploy", "Deploy payments 4.2")
        assert [one.id for one in client.requests.each(requester="me")] == [made.id]
    assert len(set(road.keys[:4])) == 1
    assert road.keys[0] is not None


def test_the_awaiting_client_repeats_as_well(road: Road, key: str) -> None:
    road.faults.extend(["hang up after", AWAY, "hang up before"])

    async def story() -> tuple[str, list[str]]:
        async with AsyncCountersign(road.url, key, patience=QUICK) as client:
            made = await client.requests.create("deploy", "Deploy payments 4.2")
            return made.id, [one.id async for one in client.requests.each(requester="me")]

    made, found = asyncio.run(story())
    assert found == [made]


def test_two_calls_have_two_keys_and_a_key_of_ones_own_is_kept(live: Live, road: Road, key: str) -> None:
    with Countersign(road.url, key) as client:
        first = client.requests.create("deploy", "Deploy payments 4.2", idempotency_key="run-7")
        again = client.requests.create("deploy", "Deploy payments 4.2", idempotency_key="run-7")
        other = client.requests.create("deploy", "Deploy payments 4.2")
        with pytest.raises(c.IdempotencyConflict):
            client.requests.create("deploy", "Deploy payments 4.3", idempotency_key="run-7")
    assert (again.id == first.id, other.id == first.id) == (True, False)
    assert road.keys[:2] == ["run-7", "run-7"]


def test_a_claim_whose_answer_was_lost_is_still_ours(live: Live, road: Road, key: str) -> None:
    with Countersign(road.url, key, patience=QUICK) as client:
        made = client.requests.create("deploy", "Deploy payments 4.2")
        live.decide(made.id)
        road.faults.append("hang up after")
        assert client.requests.claim(made.id).request.execution_status == "executing"


def test_retry_after_is_honoured(road: Road, key: str) -> None:
    slept: list[float] = []
    road.faults.append((429, {"Retry-After": "3"}))
    with Countersign(road.url, key, patience=Patience(5, 0.01, 0.05), sleep=slept.append) as client:
        assert client.me()["kind"] == "agent"
    assert slept == [3]


def test_what_must_not_be_done_twice_is_not_repeated(road: Road, key: str) -> None:
    """A DELETE has no key; whether it was done is not known, and is said to be so."""
    road.faults.append("hang up after")
    with Countersign(road.url, key, patience=QUICK) as client, pytest.raises(c.Unreachable) as lost:
        client.call("DELETE", "rules", "rul_1", query={"version": 1})
    assert lost.value.sent
    assert len(road.paths) == 1


def test_a_bug_of_the_server_is_not_asked_for_again(road: Road, key: str) -> None:
    road.faults.append((500, {}, b'{"code": "internal_error", "detail": "Reference 1.", "status": 500}'))
    with Countersign(road.url, key, patience=QUICK) as client, pytest.raises(c.ServerFailed, match="Reference 1"):
        client.me()
    assert len(road.paths) == 1


def test_patience_ends_and_the_sentence_says_what_to_do(road: Road, key: str) -> None:
    road.faults.extend(["hang up before"] * 99)
    with (
        Countersign(road.url, key, patience=Patience(0.2, 0.01, 0.05)) as client,
        pytest.raises(c.Unreachable, match="cannot be reached; is it running"),
    ):
        client.me()
    assert len(road.paths) > 2


def test_pauses_double_and_are_never_beyond_patience() -> None:
    patience, clock = Patience(seconds=20, first=1, longest=4), [0.0]
    flow = reliably(Call("GET", "/v1/me"), patience, lambda: clock[0])
    pauses: list[float] = []

    def perform(step: Step) -> Answer:
        if isinstance(step, Pause):
            pauses.append(step.seconds)
            clock[0] += step.seconds
        return Answer(503)

    assert run(flow, perform).status == 503
    assert sum(pauses) <= 20
    bounds = [1, 2, 4, 4, 4, 4, 4, 4, 4, 4]
    assert all(bound / 2 <= pause <= bound for pause, bound in zip(pauses, bounds, strict=False))


def test_a_server_that_restarts_while_one_waits_is_waited_for(live: Live, road: Road, key: str) -> None:
    with Countersign(road.url, key, patience=Patience(0.01), sleep=lambda _: None) as client:
        made = client.requests.create("deploy", "Deploy payments 4.2")
        for _ in range(4):
            road.faults.extend(["hang up before", AWAY])
        road.faults.appendleft(None)
        threading.Timer(0.3, live.decide, (made.id,)).start()
        assert isinstance(client.requests.wait(made.id, timeout=20), c.Approved)


def test_a_server_that_answers_a_wait_at_once_is_not_stormed(live: Live, road: Road, key: str) -> None:
    slept: list[float] = []
    with Countersign(road.url, key, sleep=slept.append) as client:
        made = client.requests.create("deploy", "Deploy payments 4.2")
        as_it_is = live.do(live.house.get(None, f"/v1/requests/{made.id}", headers={"Authorization": f"Bearer {key}"}))
        road.faults.extend([None, *[(200, {}, as_it_is.content)] * 3])
        threading.Timer(0.2, live.decide, (made.id,)).start()
        client.requests.wait(made.id, timeout=20)
    assert slept == [1, 1, 1]


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b"<html>Welcome</html>"),
        (301, {"Location": "https://elsewhere.example.com"}, b""),
        (404, {}, b"nothing"),
    ],
)
def test_whatever_is_no_countersign_is_told_apart(road: Road, key: str, answer: Any) -> None:
    """And no credential follows a redirect."""
    road.faults.append(answer)
    with Countersign(road.url, key) as client, pytest.raises(c.NotUnderstood, match="check the address"):
        client.me()
    assert len(road.paths) == 1


def test_what_does_not_even_speak_http_is_told_apart(key: str) -> None:
    import socket  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            line, _ = server.accept()
            with line:
                line.recv(65_536)
                line.sendall(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with (
            Countersign(f"http://127.0.0.1:{server.getsockname()[1]}", key) as client,
            pytest.raises(c.NotUnderstood, match="HTTP"),
        ):
            client.me()


def test_a_proxy_is_used_where_the_environment_names_one() -> None:
    proxied = {"HTTPS_PROXY": "http://me:pa%20ss@proxy.example.com:3128", "NO_PROXY": "internal.example.com,.corp"}
    route = route_to("https://countersign.example.com/base/", proxied)
    assert route.proxy is not None
    assert (route.connects_to, route.tunnels) == (("proxy.example.com", 3128), True)
    assert route.proxy.credential == "Basic bWU6cGEgc3M="
    assert route.target("/v1/me") == "/base/v1/me"
    assert route_to("https://internal.example.com", proxied).proxy is None
    assert route_to("https://a.corp", proxied).proxy is None
    assert route_to("http://127.0.0.1:3000", {"http_proxy": "http://proxy.example.com"}).proxy is None
    assert route_to("http://a.example.com", {"http_proxy": "p:8080"}).target("/v1/me") == "http://a.example.com/v1/me"


@pytest.mark.parametrize(
    "url", ["countersign.example.com", "ftp://x", "http://", "http://[::1", "http://x:0", "http://me:pass@x:99999999"]
)
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(c.WrongAddress, match=r"no address of a server.*https://countersign\.example\.com") as refused:
        Countersign(url, "csk_1")
    assert "pass" not in str(refused.value)


@pytest.mark.parametrize("proxy", ["https://proxy", "http://", "http://[::1", "proxy:99999999"])
def test_a_proxy_that_is_none_is_named(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(c.WrongAddress, match="HTTPS_PROXY names no proxy"):
        Countersign("https://countersign.example.com", "csk_1")


def test_calls_travel_through_a_proxy(live: Live, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name only the proxy knows."""
    with Road(live.url) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        with Countersign("http://countersign.invalid", key) as client:
            assert client.me()["kind"] == "agent"
        assert asyncio.run(AsyncCountersign("http://countersign.invalid", key).me())["kind"] == "agent"
        assert proxy.paths == ["http://countersign.invalid/v1/me"] * 2


def test_an_unknown_authority_is_refused_and_a_given_one_is_trusted(live: Live, key: str, tmp_path: Path) -> None:
    authority = certificate(tmp_path)
    with secured(live, tmp_path) as url:
        with Countersign(url, key, patience=Patience(0)) as client, pytest.raises(c.Unreachable, match="CERTIFICATE"):
            client.me()
        trusting = ssl.create_default_context(cafile=str(authority))
        with Countersign(url, key, ssl_context=trusting) as client:
            assert [client.me()["kind"] for _ in range(2)] == ["agent"] * 2
        assert asyncio.run(AsyncCountersign(url, key, ssl_context=trusting).me())["kind"] == "agent"
        refusing = AsyncCountersign(url, key, patience=Patience(0))
        with pytest.raises(c.Unreachable, match="CERTIFICATE"):
            asyncio.run(refusing.me())


def certificate(folder: Path) -> Path:
    """Of localhost, signed by itself."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, secret.public_key(), 1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(secret, hashes.SHA256())
    )
    plain = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(plain)
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "certificate.pem"


class secured:  # noqa: N801 - a context, read as such
    """A road whose server speaks TLS."""

    def __init__(self, live: Live, folder: Path) -> None:
        self._road = Road(live.url)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")

    def __enter__(self) -> str:
        road = self._road.__enter__()
        road._server.socket = self._context.wrap_socket(road._server.socket, server_side=True)
        road._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        return road.url.replace("http://127.0.0.1", "https://localhost")

    def __exit__(self, *_: object) -> None:
        self._road.__exit__()
