"""Which server, and as whom: arguments, else COUNTERSIGN_URL and COUNTERSIGN_TOKEN, else what `countersign login` kept.

In a job of GitHub's, COUNTERSIGN_AUDIENCE alone will do: GitHub vouches for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from countersign_client.issued import AwaitedSource, Issued, Source

URL: Final = "COUNTERSIGN_URL"
TOKEN: Final = "COUNTERSIGN_TOKEN"  # noqa: S105 - the name of a variable
AUDIENCE: Final = "COUNTERSIGN_AUDIENCE"
HERE: Final = "http://127.0.0.1:3000"


@dataclass(frozen=True, slots=True)
class Remote:
    """`token` is an agent's key (csk_…), a person's token (cst_…) or a JWT; `issued` where each lives for minutes only."""

    url: str = HERE
    token: str | None = field(default=None, repr=False)
    issued: Issued | None = field(default=None, repr=False)

    @property
    def is_known(self) -> bool:
        return self.token is not None or self.issued is not None


def remote(
    url: str | None = None,
    token: str | Source | AwaitedSource | None = None,
    environment: Mapping[str, str] | None = None,
) -> Remote:
    """A kept token is sent only to the server it was made for."""
    seen = os.environ if environment is None else environment
    kept = {} if url and token else _kept_login(login_file(seen))
    there = (url or seen.get(URL) or kept.get("url") or HERE).rstrip("/")
    if callable(token):
        return Remote(there, issued=Issued(token))
    told = token or seen.get(TOKEN)
    if not told and (audience := seen.get(AUDIENCE)):
        return Remote(there, issued=_vouched_for(audience, seen))
    as_kept = kept.get("token") if kept.get("url", "") == there else None
    return Remote(there, told or as_kept)


def _vouched_for(audience: str, seen: Mapping[str, str]) -> Issued:
    from countersign_client.github import GitHub  # noqa: PLC0415 - few run there

    return Issued(GitHub(audience, seen))


def login_file(environment: Mapping[str, str] | None = None) -> Path:
    seen = os.environ if environment is None else environment
    base = seen.get("XDG_CONFIG_HOME") or str(Path(seen.get("HOME") or Path.home()) / ".config")
    return Path(base) / "countersign" / "login.toml"


def keep_login(url: str, token: str, path: Path) -> None:
    """Readable by its owner alone, and never half written."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.urandom(6).hex()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f'url = "{url.rstrip("/")}"\ntoken = "{token}"\n')
    draft.replace(path)


def _kept_login(path: Path) -> dict[str, str]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    import tomllib  # noqa: PLC0415 - for those alone who have logged in

    try:
        return {key: str(value) for key, value in tomllib.loads(text).items()}
    except tomllib.TOMLDecodeError:
        return {}
