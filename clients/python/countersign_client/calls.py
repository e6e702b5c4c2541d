"""What is asked of a server and what it answers: words and JSON, not yet HTTP. Every start loads this, so little else with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

VERSION: Final = "0.1.0"
AGENT: Final = f"countersign-client/{VERSION}"

JSON_LINES: Final = "application/x-ndjson"
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be sent. `hold` is how many seconds the server may keep us waiting on purpose."""

    method: str
    path: str
    body: bytes | None = None
    headers: Headers = ()
    hold: float = 0

    @property
    def is_repeatable(self) -> bool:
        """Whether doing it twice is doing it once: reading, and POSTs with a key."""
        return self.method == "GET" or any(name == "Idempotency-Key" for name, _ in self.headers)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of headers in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def retry_after(self) -> float | None:
        """In seconds; a date, which Countersign never sends, counts as nothing."""
        said = self.headers.get("retry-after", "")
        return float(said) if said.isdigit() else None


NOTHING: Final = Answer(0)


def path_of(*parts: str, query: Mapping[str, Any] | None = None) -> str:
    """`/v1/…`, each part quoted; query values that are None are left out."""
    given = {name: _text(value) for name, value in (query or {}).items() if value is not None}
    path = "/v1/" + "/".join(quote(part, safe="") for part in parts)
    return f"{path}?{urlencode(given)}" if given else path


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def written(body: Any) -> bytes:
    """As JSON; ValueError for what JSON has no word for (NaN, infinities, objects of one's own)."""
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, UnicodeEncodeError) as problem:
        raise ValueError(f"This cannot be sent as JSON: {problem}.") from None
