"""GitHub vouches for its jobs: a token for this very job, made out to one audience, good for minutes.

The job needs `permissions: {id-token: write}`; on the server `countersign agents workload` says for which agent it stands.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

from countersign_client.calls import AGENT, NOTHING, Answer, Call
from countersign_client.errors import NotLoggedIn, Unreachable
from countersign_client.flow import Patience, Pause, Step, reliably, run
from countersign_client.route import route_to
from countersign_client.sockets import Sockets

URL: Final = "ACTIONS_ID_TOKEN_REQUEST_URL"
TOKEN: Final = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class GitHub:
    """A source of tokens, e.g. `Countersign(token=GitHub("https://countersign.example.com/org_01…"))`."""

    audience: str
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def __call__(self) -> str:
        url, own = self.environment.get(URL), self.environment.get(TOKEN)
        if not url or not own:
            raise NotLoggedIn(
                "GitHub offers no token here: the job needs permissions: {id-token: write}. Elsewhere set COUNTERSIGN_TOKEN."
            )
        try:
            answer = _fetched(f"{url}&audience={quote(self.audience, safe='')}", own)
        except Unreachable as failure:
            raise NotLoggedIn(f"GitHub gave no token: {failure}") from None
        return _token(answer)


def _token(answer: Answer) -> str:
    value: Any = answer.json()
    token = value.get("value") if isinstance(value, dict) else None
    if answer.status != 200 or not isinstance(token, str):
        raise NotLoggedIn(f"GitHub gave no token, but answered {answer.status}; look at the job's permissions.")
    return token


def _fetched(url: str, own: str) -> Answer:
    """The job's own credential goes to the address GitHub named, and nowhere else."""
    parts = urlsplit(url)
    route = route_to(f"{parts.scheme}://{parts.netloc}")
    sockets = Sockets(route, (("Host", route.host_header), ("User-Agent", AGENT)), None)
    call = Call(
        "GET", f"{parts.path}?{parts.query}", None, (("Accept", "application/json"), ("Authorization", f"Bearer {own}"))
    )

    def step(step: Step) -> Answer:
        if isinstance(step, Call):
            return sockets.send(step)
        if isinstance(step, Pause):
            time.sleep(step.seconds)
        return NOTHING

    try:
        return run(reliably(call, Patience()), step)
    finally:
        sockets.close()
