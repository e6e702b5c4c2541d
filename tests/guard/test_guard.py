"""The way out: which addresses are never called, and what a hostile answer cannot do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network

import pytest
from aiohttp import web

from bot.guard import Guard, NotReached, kind_of
from core.errors import Invalid

pytestmark = pytest.mark.anyio

PRIVATE = {
    "0.0.0.0": "unspecified",  # noqa: S104 - called, not bound
    "0.1.2.3": "unspecified",
    "10.0.0.1": "private",
    "100.64.0.1": "carrier",
    "100.127.255.254": "carrier",
    "127.0.0.1": "this machine",
    "127.9.9.9": "this machine",
    "169.254.169.254": "link-local",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.8": "reserved",
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarks",
    "198.51.100.7": "documentation",
    "203.0.113.9": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "unspecified",
    "::1": "this machine",
    "::10.0.0.1": "written as IPv6",
    "::ffff:8.8.8.8": "written as IPv6",
    "::ffff:127.0.0.1": "written as IPv6",
    "64:ff9b::7f00:1": "NAT64",
    "64:ff9b::808:808": "NAT64",
    "64:ff9b:1::a00:1": "NAT64",
    "100::1": "reserved",
    "2001::1": "Teredo",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "Teredo",
    "2001:2::1": "reserved",
    "2001:10::1": "reserved",
    "2001:db8::1": "documentation",
    "2002:7f00:1::1": "6to4",
    "3fff::1": "documentation",
    "5f00::1": "reserved",
    "fc00::1": "private",
    "fd12:3456::1": "private",
    "fe80::1": "link-local",
    "fec0::1": "private",
    "ff02::1": "multicast",
    "4000::1": "reserved",
}
PUBLIC = ("1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "2606:4700::1", "2a00:1450::8")


@pytest.mark.parametrize(("address", "word"), PRIVATE.items())
def test_an_address_that_is_not_public_is_known_for_what_it_is(address: str, word: str) -> None:
    assert word in (kind_of(ip_address(address)) or "")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_called(address: str) -> None:
    assert kind_of(ip_address(address)) is None


@pytest.mark.parametrize("address", PRIVATE)
async def test_no_socket_is_made_for_it_either(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    async with Guard() as guard:
        with pytest.raises(NotReached, match="only public ones are called") as refused:
            await guard.call("GET", f"https://{host}/", seconds=5)
    assert refused.value.refused
    assert "COUNTERSIGN_ALLOW_PRIVATE_ADDRESSES" in refused.value.sentence


async def test_a_name_is_judged_by_where_it_leads() -> None:
    async with Guard() as guard:
        with pytest.raises(NotReached, match="this machine") as refused:
            await guard.call("GET", "https://localhost/", seconds=5)
    assert refused.value.refused


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "017700000001", "127.0.0.1.", "127.0.0.0x1"])
async def test_an_address_in_an_odd_spelling_is_not_called(host: str) -> None:
    async with Guard() as guard:
        with pytest.raises(Invalid):
            guard.check(f"https://{host}/")
        with pytest.raises(NotReached) as refused:
            await guard.call("GET", f"https://{host}/", seconds=5)
    assert refused.value.refused


async def test_a_name_that_answers_otherwise_the_second_time_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["8.8.8.8", "127.0.0.1"])

    def rebinding(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    async with Guard() as guard:
        guard.check("https://rebinding.example/")
        assert (
            socket.getaddrinfo("rebinding.example", 443)[0][4][0] == "8.8.8.8"
        )  # what a check beforehand would have seen
        with pytest.raises(NotReached, match="this machine"):
            await guard.call("GET", "https://rebinding.example/", seconds=5)


async def test_of_several_addresses_only_the_public_ones_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def mixed(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("10.0.0.1", "8.8.8.8")]

    tried: list[str] = []

    async def connect(_: asyncio.AbstractEventLoop, __: socket.socket, where: tuple[str, int]) -> None:
        tried.append(where[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", mixed)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    async with Guard() as guard:
        with pytest.raises(NotReached, match="does not take connections"):
            await guard.call("GET", "https://mixed.example/", seconds=5)
    assert tried == ["8.8.8.8"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user:word@example.com/",
        "https://example.com:99999/",
        "https://example.com/\n",
        "https://example.com/a b",
        "https://exa\\mple.com/",
        "https://bücher.example/",
        "//example.com",
        "javascript:alert(1)",
        "http://example.com/",
        "https://[::1]/",
        "https://127.0.0.1/",
        f"https://example.com/{'x' * 3000}",
    ],
)
def test_what_can_never_be_called_is_refused_when_it_is_given(url: str) -> None:
    with pytest.raises(Invalid):
        Guard().check(url)


def test_what_may_be_called_is_taken_as_it_is() -> None:
    assert Guard().check("https://example.com:8443/hook?x=1") == "https://example.com:8443/hook?x=1"


def test_http_is_for_allowed_networks_only() -> None:
    guard = Guard([ip_network("10.0.0.0/8")])
    assert guard.check("http://10.1.2.3/hook")
    with pytest.raises(Invalid, match="write https"):
        guard.check("http://8.8.8.8/hook")


# ------------------------------------------------------------------------------------------------- a server that answers


HERE = [ip_network("127.0.0.0/8")]


@asynccontextmanager
async def _serving(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def test_an_allowed_network_is_called_and_its_answer_comes_back() -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.Response(status=418, body=await request.read(), headers={"X-Seen": request.headers["X-Sent"]})

    async with _serving(echo) as url, Guard(HERE) as guard:
        answer = await guard.call("POST", url, seconds=5, headers={"X-Sent": "1"}, body=b"hello")
    assert (answer.status, answer.body, answer.headers["X-Seen"], answer.cut) == (418, b"hello", "1", False)


async def test_without_encryption_a_name_must_lead_into_an_allowed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def public(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port))]

    monkeypatch.setattr(socket, "getaddrinfo", public)
    async with Guard(HERE) as guard:
        with pytest.raises(NotReached, match="write https"):
            await guard.call("GET", "http://public.example/", seconds=5)


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    asked: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=307, headers={"Location": "/secrets"})

    async with _serving(redirect) as url, Guard(HERE) as guard:
        answer = await guard.call("POST", f"{url}/hook", seconds=5, body=b"{}")
    assert (answer.status, asked) == (307, ["/hook"])


async def test_no_more_is_read_than_was_asked_for() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100_000):
            try:
                await response.write(b"x" * 65536)
            except ConnectionError:
                break
        return response

    async with _serving(endless) as url, Guard(HERE) as guard:
        answer = await guard.call("GET", url, seconds=5, most=1000)
    assert (len(answer.body), answer.cut) == (1000, True)


async def test_an_answer_that_trickles_is_given_up_in_time() -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)

    async with _serving(trickle) as url, Guard(HERE) as guard:
        with pytest.raises(NotReached, match=r"no answer within 0\.2 seconds"):
            await guard.call("GET", url, seconds=0.2)


async def test_a_packed_answer_is_not_unpacked() -> None:
    async def bomb(_: web.Request) -> web.Response:
        return web.Response(body=b"\x1f\x8bpacked", headers={"Content-Encoding": "gzip"})

    async with _serving(bomb) as url, Guard(HERE) as guard:
        answer = await guard.call("GET", url, seconds=5)
    assert answer.body == b"\x1f\x8bpacked"


async def test_no_cookie_is_kept() -> None:
    seen: list[str | None] = []

    async def cookie(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "a=b"})

    async with _serving(cookie) as url, Guard(HERE) as guard:
        await guard.call("GET", url, seconds=5)
        await guard.call("GET", url, seconds=5)
    assert seen == [None, None]


async def test_what_is_no_http_is_said_so() -> None:
    async def garbage(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(garbage, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Guard(HERE) as guard:
        with pytest.raises(NotReached, match=r"no HTTP answer|lost before"):
            await guard.call("GET", f"http://127.0.0.1:{port}/", seconds=5)


async def test_a_name_that_is_nowhere_is_said_so() -> None:
    async with Guard() as guard:
        with pytest.raises(NotReached, match="could not be found") as problem:
            await guard.call("GET", "https://nowhere.invalid/", seconds=5)
    assert not problem.value.refused
