"""`request`, `batch` and `wait`: ask people, wait for them, and say by the exit code how it came out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from bot.cli.ending import USAGE, Ending, tell
from bot.cli.pairs import FILE, lines_in, object_in
from bot.cli.progress import watching
from bot.cli.said import Said, duration
from bot.cli.there import PIPELINE, AsJson, Id, server
from countersign_client import (
    Approved,
    ApprovedWithEdits,
    Cancelled,
    Countersign,
    Expired,
    Outcome,
    Rejected,
    Request,
    StillOpen,
)

EXIT: Final[dict[type[Any], int]] = {
    Approved: 0,
    Rejected: 3,
    Expired: 4,
    Cancelled: 5,
    ApprovedWithEdits: 6,
    StillOpen: 7,
}
"""Scripts depend on these; they never change."""

Timeout = Annotated[str | None, Parameter(help="How long to wait, like 30m. Default: until it ends by itself.")]
AcceptEdits = Annotated[
    bool, Parameter(negative="", help="Approved with edits is good, too: exit 0, the edited JSON on standard output.")
]
NOTHING: Final = Said()
NOT_ASKED: Final = frozenset({"idempotency_key", "self"})
"""What the client's `create` takes besides a request; whatever else is strange in a file, the server says."""

_INSTEAD: Final = "leave it out (there is an option --idempotency-key)."


def request(  # noqa: PLR0913 - an option each
    title: str | None = None,
    *,
    said: Said = NOTHING,
    action: str | None = None,
    base: Annotated[Path | None, FILE, Parameter(name="--from")] = None,
    wait: Annotated[bool, Parameter(negative="")] = False,
    timeout: Timeout = None,
    accept_edits: AcceptEdits = False,
    idempotency_key: str | None = None,
    json: AsJson = False,
) -> int:
    """Ask for an approval. With --wait the exit code says how it came out.

    0 approved as asked, by people or without · 3 rejected · 4 expired · 5 cancelled · 6 approved with edits (0 with
    --accept-edits) · 7 the wait is over, it is still open · 8 not allowed · 9 the server cannot be reached

    Parameters
    ----------
    title
        What is asked, so that people can decide by it: what, and where.
    action
        What exactly will be done, in the words of whatever does it.
    base
        A file with a whole request as JSON (- is standard input); options win over it.
    wait
        Wait until it is decided.
    idempotency_key
        A second call with the same key finds the first request, e.g. the id of your pipeline's run.
    """
    asked, seconds = _asked(title, said, action, base), waiting_for(timeout)
    with server(patience=PIPELINE) as client:
        made = client.requests.create(**asked, idempotency_key=idempotency_key)
        say_hints(made)
        if wait:
            return _wait(client, made, seconds, accept_edits=accept_edits, json=json)
    tell(made.raw) if json else print(f"#{made.number} {made.id} {made.status}")
    return 0


def wait(id: Id, *, timeout: Timeout = None, accept_edits: AcceptEdits = False, json: AsJson = False) -> int:
    """Wait until a request is decided; exit codes as of request --wait."""
    seconds = waiting_for(timeout)
    with server(patience=PIPELINE) as client:
        return _wait(client, client.requests.get(id), seconds, accept_edits=accept_edits, json=json)


def batch(
    file: Annotated[Path, FILE],
    *,
    said: Said = NOTHING,
    wait: Annotated[bool, Parameter(negative="")] = False,
    timeout: Timeout = None,
    accept_edits: AcceptEdits = False,
    idempotency_key: str | None = None,
    json: AsJson = False,
) -> int:
    """Ask for several like approvals together: one card in Slack, each decided by itself. All are asked for, or none.

    With --wait the exit code is 0 when all were approved, else that of the first that was not.

    Parameters
    ----------
    file
        A whole request as JSON in each line (- is standard input), at most twenty; options are for those that do not say.
    wait
        Wait until all are decided.
    idempotency_key
        A second call with the same key finds the first batch, e.g. the id of your pipeline's run.
    """
    asked, seconds = [_line(one, said) for one in lines_in(file, "FILE")], waiting_for(timeout)
    with server(patience=PIPELINE) as client:
        made = client.requests.create_batch(asked, idempotency_key=idempotency_key)
        for hint in dict.fromkeys(hint for one in made.requests for hint in one.hints):
            print(f"hint: {hint}", file=sys.stderr)
        if wait:
            left = _until(seconds)
            codes = [_wait(client, one, left(), accept_edits=accept_edits, json=json) for one in made.requests]
            return next((code for code in codes if code), 0)
    if json:
        tell(made.raw)
    else:
        print("\n".join(f"#{one.number} {one.id} {one.status}" for one in made.requests))
    return 0


def waiting_for(timeout: str | None) -> float | None:
    """In seconds. Read before anything is asked: a mistyped one shall not have asked people."""
    return None if timeout is None else duration(timeout, "--timeout").total_seconds()


def _until(seconds: float | None) -> Callable[[], float | None]:
    """What is left of the wait, which is one for all of them."""
    if seconds is None:
        return lambda: None
    end = time.monotonic() + seconds
    return lambda: max(1, end - time.monotonic())


def _line(one: dict[str, Any], said: Said) -> dict[str, Any]:
    common = {"type": said.type or "custom"} | replace(said, type=None).asked()
    return common | one


def _asked(title: str | None, said: Said, action: str | None, base: Path | None) -> dict[str, Any]:
    whole = {} if base is None else object_in(base, "--from")
    if taken := whole.keys() & NOT_ASKED:
        raise Ending(f"--from {base} says {taken.pop()}, which is no part of a request; {_INSTEAD}", USAGE)
    given = {"title": title, "type": said.type, "action": action}
    whole |= {name: value for name, value in given.items() if value is not None} | replace(said, type=None).asked()
    whole.setdefault("type", "custom")
    if not whole.get("title"):
        raise Ending("Say what is asked: countersign request 'Deploy payments 4.2 to production' …", USAGE)
    return whole


def say_hints(made: Request) -> None:
    for hint in made.hints:
        print(f"hint: {hint}", file=sys.stderr)


def _wait(client: Countersign, made: Request, seconds: float | None, *, accept_edits: bool, json: bool) -> int:
    try:
        with watching() as seen:
            outcome = client.requests.wait(made.id, timeout=seconds, on_change=seen)
    except KeyboardInterrupt:
        number = made.number
        said = (
            f"#{number} stays open: countersign wait {number} waits again, countersign cancel {number} takes it back."
        )
        raise Ending(said, 130) from None
    return finish(outcome, accept_edits=accept_edits, json=json)


def finish(outcome: Outcome, *, accept_edits: bool, json: bool) -> int:
    """Says how it came out; its exit code. Edited JSON has standard output to itself."""
    edited = isinstance(outcome, ApprovedWithEdits)
    if json:
        tell(outcome.request.raw)
    elif isinstance(outcome, ApprovedWithEdits):
        tell(outcome.edited)
    lines = [str(outcome)] + ([f"cause: {outcome.cause}"] if outcome.cause else [])
    if isinstance(outcome, ApprovedWithEdits):
        lines += [f"edited: {path} is now {value!r}" for path, value in outcome.edits.edits.items()]
    if not json:
        print("\n".join(lines), file=sys.stderr if edited else sys.stdout)
    return 0 if edited and accept_edits else EXIT[type(outcome)]
