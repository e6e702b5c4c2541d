"""What both clients know: the server, the credential, how calls are written, and how answers are understood."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from countersign_client.calls import Answer, Call, path_of, written
from countersign_client.environment import Remote
from countersign_client.errors import NotLoggedIn, NotUnderstood, Unreachable, refusal
from countersign_client.flow import Flow, Patience, Renew, reliably

UNAUTHORIZED: Final = 401
CREDENTIAL: Final = "Authorization"
LONGEST_KEY: Final = 255


@dataclass(frozen=True, slots=True)
class Speaker:
    """Makes calls for one server; sends nothing itself. `now` is a clock of seconds that never goes back."""

    remote: Remote
    patience: Patience
    now: Callable[[], float] = time.monotonic

    def call(
        self,
        method: str,
        *parts: str,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
        hold: float = 0,
        accept: str = "application/json",
    ) -> Call:
        """Every POST carries an idempotency key, so that it can be repeated without being done twice."""
        headers = [("Accept", accept)]
        if parts != ("login",):
            headers.append((CREDENTIAL, f"Bearer {self._token()}"))
        if method == "POST":
            headers.append(("Idempotency-Key", os.urandom(16).hex() if key is None else _good(key)))
        sent = None if body is None else written(plain(body))
        return Call(method, path_of(*parts, query=query), sent, tuple(headers), hold)

    def fetch(self, method: str, *parts: str, patience: Patience | None = None, **said: Any) -> Flow[Any]:
        """The answer's JSON; whatever the server refuses is raised. A token that was issued and is refused is renewed, once."""
        yield from self.renewed()
        call, token = self.call(method, *parts, **said), self._issued_token
        patience = patience or self.patience
        answer = yield from reliably(call, patience, self.now)
        if answer.status == UNAUTHORIZED and self.remote.issued is not None:
            self.remote.issued.forget(token)
            yield from self.renewed()
            answer = yield from reliably(self._with_token(call), patience, self.now)
        return self.understood(answer)

    def renewed(self) -> Flow[None]:
        """Where tokens are issued: until there is one that can still be sent."""
        issued = self.remote.issued
        if issued is not None and issued.is_wanted:
            yield Renew(issued)

    def published(self, path: str) -> Flow[Any]:
        """What the server shows to all; no credential is sent."""
        call = Call("GET", path, None, (("Accept", "application/json"),), 0)
        return self.understood((yield from reliably(call, self.patience, self.now)))

    def understood(self, answer: Answer) -> Any:
        value = answer.json()
        if answer.status < 300 and isinstance(value, dict):
            return value
        if isinstance(value, dict) and "code" in value and answer.status >= 400:
            raise refusal(answer.status, value, answer.retry_after)
        if answer.status in (502, 503, 504):
            raise Unreachable(f"{self.remote.url} is away: whatever stands before it answered {answer.status}.")
        raise NotUnderstood(
            f"{self.remote.url} answered {answer.status}, and not as Countersign would; check the address."
        )

    def away(self, failure: Unreachable) -> Unreachable:
        """The failure in a sentence that says what to do."""
        url = self.remote.url
        reason = str(failure).rstrip(".")
        return Unreachable(
            f"{url} cannot be reached; is it running, and is this its address? ({reason})", sent=failure.sent
        )

    @property
    def _issued_token(self) -> str | None:
        return None if self.remote.issued is None else self.remote.issued.token

    def _with_token(self, call: Call) -> Call:
        others = tuple(header for header in call.headers if header[0] != CREDENTIAL)
        return replace(call, headers=(*others, (CREDENTIAL, f"Bearer {self._token()}")))

    def _token(self) -> str:
        token = self.remote.token or self._issued_token
        if token is None:
            raise NotLoggedIn("You are not logged in; run countersign login, or set COUNTERSIGN_TOKEN.")
        if not token.isascii() or not token.isprintable() or " " in token:
            raise NotLoggedIn("COUNTERSIGN_TOKEN is no credential: it holds spaces or other characters; copy it again.")
        return token


def _good(key: str) -> str:
    """What no header can hold must not be met on the way there."""
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable() and " " not in key):
        raise ValueError("An idempotency key is 1 to 255 visible ASCII characters, without spaces.")
    return key


def plain(value: Any) -> Any:
    """As JSON has it: our nouns become objects without what was not said, moments ISO 8601, sets of things lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(part) for name, part in asdict(value).items() if part is not None}
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    return moment(value) if isinstance(value, datetime | timedelta) else value


def moment(value: datetime | timedelta) -> str:
    """A duration counts from now."""
    at = datetime.now(UTC) + value if isinstance(value, timedelta) else value
    if at.tzinfo is None:
        raise ValueError("A moment needs its time zone; write datetime.now(UTC) + timedelta(hours=4), say.")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
