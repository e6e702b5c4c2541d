"""Which way to a server: its address taken apart, and the proxy that the environment names for it."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

LONGEST_LABEL: Final = 63
LIKE_THIS: Final = "write one like https://countersign.example.com."


@dataclass(frozen=True, slots=True)
class Proxy:
    host: str
    port: int
    credential: str | None


@dataclass(frozen=True, slots=True)
class Route:
    """`prefix` is the path of the base address, for servers that live under one."""

    secure: bool
    host: str
    port: int
    prefix: str
    proxy: Proxy | None

    @property
    def authority(self) -> str:
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def host_header(self) -> str:
        usual = 443 if self.secure else 80
        return self.authority.removesuffix(f":{usual}") if self.port == usual else self.authority

    @property
    def connects_to(self) -> tuple[str, int]:
        return (self.host, self.port) if self.proxy is None else (self.proxy.host, self.proxy.port)

    @property
    def tunnels(self) -> bool:
        return self.secure and self.proxy is not None

    def target(self, path: str) -> str:
        """What stands in the first line: a proxy without tunnel wants the whole address."""
        whole = f"http://{self.host_header}" if self.proxy is not None and not self.secure else ""
        return f"{whole}{self.prefix}{path}"


def route_to(url: str, environment: Mapping[str, str] | None = None) -> Route:
    """ValueError for what is no address of a server, or names a proxy that is none."""
    parts = _taken_apart(url)
    if parts is None or parts.scheme not in ("http", "https"):
        raise ValueError(f"{_without_password(url)!r} is no address of a server; {LIKE_THIS}")
    secure, host = parts.scheme == "https", parts.hostname or ""
    proxy = _proxy(parts.scheme, host, os.environ if environment is None else environment)
    return Route(secure, host, parts.port or (443 if secure else 80), parts.path.rstrip("/"), proxy)


def _taken_apart(url: str) -> SplitResult | None:
    """None where there is no host in it, or a port that cannot be one."""
    try:
        parts = urlsplit(url)
        return parts if _is_name(parts.hostname or "") and parts.port != 0 else None
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    """As far as names go that the resolver would not even look at."""
    return all(0 < len(label) <= LONGEST_LABEL for label in host.removesuffix(".").split("."))


def _without_password(url: str) -> str:
    return re.sub(r"//[^/]*@", "//…@", url)


def _proxy(scheme: str, host: str, environment: Mapping[str, str]) -> Proxy | None:
    named = (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
    name = next((name for name in named if environment.get(name)), None)
    if name is None or host in LOOPBACK or _goes_direct(host, environment):
        return None
    url = environment[name]
    parts = _taken_apart(url if "://" in url else f"http://{url}")
    if parts is None or parts.scheme != "http":
        raise ValueError(f"{name} names no proxy; write one like http://proxy.example.com:3128.")
    return Proxy(parts.hostname or "", parts.port or 80, _credential(parts.username, parts.password))


def _goes_direct(host: str, environment: Mapping[str, str]) -> bool:
    said = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    names = [name.strip().lstrip(".").split(":")[0].lower() for name in said.split(",") if name.strip()]
    return any(name in ("*", host) or host.endswith(f".{name}") for name in names)


def _credential(user: str | None, password: str | None) -> str | None:
    if user is None:
        return None
    pair = f"{unquote(user)}:{unquote(password or '')}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"
