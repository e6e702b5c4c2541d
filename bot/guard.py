"""The one way out to addresses that others have named: webhooks, policies, checks, calendars, key sets.

Refuses whatever is not a public address at the moment of connecting, after the name was looked up, so that a name that
answers one thing to a check and another to the call gains nothing. Follows no redirect, sends no cookie, reads no more
than it was told to, and takes no longer.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import SplitResult, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from core.errors import Invalid
from core.phrases import phrase

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

MOST_BYTES: Final = 1 << 20
"""Of an answer, unless the caller says otherwise."""

LOOKUPS: Final = 32
"""Names looked up at once, on threads of their own: a slow name server holds up nobody but those who call out."""

KEEP_SECONDS: Final = 2.0
"""An idle connection is dropped sooner than most servers drop theirs, or the next call would find it dead."""

LONGEST_URL: Final = 2000

_KINDS: Final[Mapping[str, str]] = {
    "0.0.0.0/8": phrase("an unspecified address"),
    "10.0.0.0/8": phrase("a private address"),
    "100.64.0.0/10": phrase("an address behind a carrier's NAT"),
    "127.0.0.0/8": phrase("this machine itself"),
    "169.254.0.0/16": phrase("a link-local address"),
    "172.16.0.0/12": phrase("a private address"),
    "192.0.0.0/24": phrase("a reserved address"),
    "192.0.2.0/24": phrase("an address for documentation"),
    "192.88.99.0/24": "a 6to4 relay",
    "192.168.0.0/16": phrase("a private address"),
    "198.18.0.0/15": phrase("an address for benchmarks"),
    "198.51.100.0/24": phrase("an address for documentation"),
    "203.0.113.0/24": phrase("an address for documentation"),
    "224.0.0.0/4": phrase("a multicast address"),
    "240.0.0.0/4": phrase("a reserved address"),
    "::/128": phrase("an unspecified address"),
    "::1/128": phrase("this machine itself"),
    "::/96": phrase("an IPv4 address written as IPv6"),
    "::ffff:0:0/96": phrase("an IPv4 address written as IPv6"),
    "64:ff9b::/96": phrase("an IPv4 address behind NAT64"),
    "64:ff9b:1::/48": phrase("an IPv4 address behind NAT64"),
    "2001::/32": phrase("a Teredo tunnel"),
    "2001::/23": phrase("a reserved address"),
    "2001:db8::/32": phrase("an address for documentation"),
    "2002::/16": "a 6to4 tunnel",
    "3fff::/20": phrase("an address for documentation"),
    "fc00::/7": phrase("a private address"),
    "fe80::/10": phrase("a link-local address"),
    "fec0::/10": phrase("a private address"),
    "ff00::/8": phrase("a multicast address"),
}
_REFUSED: Final = tuple((ip_network(network), kind) for network, kind in _KINDS.items())
_PUBLIC_IPV6: Final = IPv6Network("2000::/3")
"""All of IPv6 that was ever given out for use on the Internet."""

_NUMBER: Final = re.compile(r"\d+|0[xX][0-9a-fA-F]*")
_ADVICE: Final = phrase("Give a public address, or have its network added to COUNTERSIGN_ALLOW_PRIVATE_ADDRESSES.")


class Refused(OSError):
    """The guard did not let this connection be made; the message is the sentence."""


class NotReached(Exception):
    """No answer was had. The sentence is for whoever set the address up; `refused` says we would not even try."""

    def __init__(self, sentence: str, *, refused: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `cut` says there was more than the caller wanted to read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool = False


def kind_of(address: Address) -> str | None:
    """Why an address is not a public one, in a few words; None for a public one."""
    for network, kind in _REFUSED:
        if address.version == network.version and address in network:
            return kind
    reserved = address not in _PUBLIC_IPV6 if isinstance(address, IPv6Address) else not address.is_global
    return phrase("a reserved address") if reserved else None


def read_address(text: str) -> Address | None:
    """An address as the system or a URL writes it, with or without a zone; None for a name."""
    try:
        return ip_address(text.partition("%")[0].strip("[]"))
    except ValueError:
        return None


class Guard:
    """An async context manager; `call` is the way out. `allowed` are the networks an operator lets it reach besides."""

    def __init__(self, allowed: Iterable[Network] = ()) -> None:
        self._allowed = tuple(allowed)
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._threads = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="look-up")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def refusal(self, address: Address, *, clear: bool = False) -> str | None:
        """Why this address is not called; `clear` is for calls that are not encrypted, which stay in allowed networks."""
        if any(address.version == network.version and address in network for network in self._allowed):
            return None
        kind = kind_of(address)
        if kind is not None:
            return phrase(
                "The address leads to {kind}, and only public ones are called. {advice}", kind=kind, advice=_ADVICE
            )
        return phrase("Without encryption only allowed private networks are called; write https.") if clear else None

    def check(self, url: str, *, field: str = "url") -> str:
        """A URL somebody has just given us, refused at once where it can never be called."""
        problem = self._problem(url)
        if problem is not None:
            raise Invalid(problem, field=field, code="validation_error")
        return url

    def _problem(self, url: str) -> str | None:
        parts = _parts(url)
        if parts is None:
            return phrase(
                "This is not an address that can be called; give one like https://example.com/hook, up to {most} characters.",
                most=LONGEST_URL,
            )
        if parts.username is not None or parts.password is not None:
            return phrase("No user or password may stand in the address; leave them out.")
        address = read_address(parts.hostname or "")
        clear = parts.scheme == "http"
        if clear and not self._allowed:
            return phrase("The address must begin with https://.")
        return None if address is None else self.refusal(address, clear=clear)

    async def call(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        most: int = MOST_BYTES,
    ) -> Answer:
        """One call, never repeated, its answer whatever the status; `NotReached` where there was none."""
        parts = _parts(url)
        if parts is None:
            raise NotReached(phrase("This is not an address that can be called."), refused=True)
        sent = {"Accept-Encoding": "identity", "User-Agent": "Countersign", **(headers or {})}
        try:
            async with (
                asyncio.timeout(seconds),
                self._session(parts.scheme).request(
                    method, url, data=body, headers=sent, allow_redirects=False
                ) as response,
            ):
                read = await _read(response, most + 1)
                return Answer(response.status, dict(response.headers), read[:most], cut=len(read) > most)
        except TimeoutError:
            raise NotReached(phrase("There was no answer within {seconds:g} seconds.", seconds=seconds)) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _not_reached(error) from error

    def _session(self, scheme: str) -> aiohttp.ClientSession:
        """One for each scheme: what is not encrypted is held to narrower networks, connection by connection."""
        if scheme not in self._sessions:
            clear = scheme == "http"
            connector = aiohttp.TCPConnector(
                limit=0,
                keepalive_timeout=KEEP_SECONDS,
                resolver=_Lookup(self, clear=clear, threads=self._threads),
                socket_factory=lambda found: self._socket(found, clear=clear),
            )
            self._sessions[scheme] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                auto_decompress=False,
                trust_env=False,
            )
        return self._sessions[scheme]

    def _socket(self, found: tuple[Any, ...], *, clear: bool) -> socket.socket:
        """The last look, at the very address that is about to be connected to."""
        family, kind, protocol, _, where = found
        address = read_address(str(where[0]))
        refusal = _ADVICE if address is None else self.refusal(address, clear=clear)
        if refusal is not None:
            raise Refused(refusal)
        return socket.socket(family=family, type=kind, proto=protocol)


class _Lookup(AbstractResolver):
    """Looks names up and leaves out what may not be called, so that the refusal is a sentence and not a riddle."""

    def __init__(self, guard: Guard, *, clear: bool, threads: ThreadPoolExecutor) -> None:
        self._guard = guard
        self._clear = clear
        self._threads = threads

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port, family)
        refusals = [self._refusal(one) for one in found]
        callable_ = [one for one, refusal in zip(found, refusals, strict=True) if refusal is None]
        if not callable_:
            raise Refused(next((refusal for refusal in refusals if refusal), phrase("This name has no address.")))
        return callable_

    async def close(self) -> None:
        """The threads are the guard's."""

    def _refusal(self, found: ResolveResult) -> str | None:
        address = read_address(found["host"])
        return _ADVICE if address is None else self._guard.refusal(address, clear=self._clear)


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    """On a thread."""
    rows = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [
        ResolveResult(
            hostname=host,
            host=str(where[0]),
            port=int(where[1]),
            family=row_family,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for row_family, _, protocol, _, where in rows
    ]


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Up to `most` bytes, however they trickle in."""
    read = bytearray()
    while len(read) < most:
        piece = await response.content.read(most - len(read))
        if not piece:
            break
        read += piece
    return bytes(read)


def _parts(url: str) -> SplitResult | None:
    """What can be called at all: http or https, a host, nothing that two readers could read differently."""
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and parts.port != 0 and not _odd_number(parts.hostname or "")
    except ValueError:
        return None
    plain = url.isascii() and url.isprintable() and not any(sign in url for sign in ' \\"<>^`{|}')
    return parts if sound and plain and parts.scheme in {"http", "https"} and len(url) <= LONGEST_URL else None


def _odd_number(host: str) -> bool:
    """An address in a spelling that only some programs read as one: `2130706433`, `127.1`, `0x7f.1`."""
    return _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None and read_address(host) is None


def _not_reached(error: Exception) -> NotReached:
    """What went wrong, in a sentence that tells no more of our network than it must."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, Refused):
        return NotReached(str(cause), refused=True)
    match error:
        case aiohttp.ClientConnectorDNSError():
            return NotReached(phrase("The name of this address could not be found; check how it is spelt."))
        case aiohttp.ClientSSLError():
            return NotReached(
                phrase("The certificate of this address cannot be trusted; renew it, or name the right host.")
            )
        case aiohttp.ClientConnectorError():
            return NotReached(phrase("The address does not take connections; see whether its server is up."))
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            return NotReached(phrase("The connection was lost before there was an answer."))
        case _:
            return NotReached(phrase("What came back was no HTTP answer."))
