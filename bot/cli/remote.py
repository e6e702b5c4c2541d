"""Commands that read and decide on a server, as whoever `countersign login` or COUNTERSIGN_TOKEN says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

from cyclopts import Parameter

from bot.cli.ending import REFUSED, USAGE, Ending, tell
from bot.cli.look import show, table
from bot.cli.pairs import pairs
from bot.cli.there import AsJson, Id, server
from countersign_client import Done, keep_login, login_file


def login(*, url: str | None = None, label: str = "countersign login") -> int:
    """Log in with the code that /countersign login shows in Slack. The token is good for 12 hours.

    It reads and asks. To decide, or to change what is set up as an admin, type /countersign login deciding in Slack.

    Parameters
    ----------
    url
        The server, e.g. https://countersign.example.com.
    label
        What to call the token in your list of tokens.
    """
    kept = login_file()
    with server(url) as client:
        there = client.remote.url
        with _keeping(kept), TemporaryFile(dir=_folder(kept)):
            pass  # before the code is used up, which is good once
        print(f"Type /countersign login in Slack, then the code it shows you ({there}): ", end="", flush=True)
        code = sys.stdin.readline().strip()
        if not code:
            raise Ending("No code was typed; nothing was done.", USAGE)
        made = client.login(code, label=label)
    with _keeping(kept):
        keep_login(there, made.secret, kept)
    may = "read, ask and decide" if made.may_decide else "read and ask"
    print(f"You are logged in until {made.expires_at:%Y-%m-%d %H:%M} UTC; this token may {may}.")
    return 0


def _folder(kept: Path) -> Path:
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return kept.parent


@contextmanager
def _keeping(kept: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise Ending(
            f"The login cannot be kept in {kept} ({problem.strerror}); "
            "let XDG_CONFIG_HOME name a folder that can be written.",
            REFUSED,
        ) from None


def read(id: Id, *, json: AsJson = False) -> int:
    """Show one request: status, execution status, and how it stands."""
    with server() as client:
        found = client.requests.get(id)
    tell(found.raw) if json else show(found)
    return 0


def list_requests(
    *,
    status: str | None = None,
    assignee: str | None = None,
    project: str | None = None,
    type: str | None = None,
    requester: str | None = None,
    limit: int = 20,
    json: AsJson = False,
) -> int:
    """List requests, newest first.

    Parameters
    ----------
    status
        Some of pending, asked_question, approved … with commas between.
    assignee
        `me` for what waits for you, or somebody's address.
    requester
        `me`, somebody's address, or an agent.
    """
    said = {"status": status, "assignee": assignee, "project": project, "type": type, "requester": requester}
    wanted = {name: value for name, value in said.items() if value}
    with server() as client:
        found = client.requests.list(limit=limit, **wanted)  # type: ignore[arg-type] # the names are those of Wanted
    tell(found.raw) if json else table(found.data)
    return 0


def approve(
    id: Id,
    *,
    comment: str | None = None,
    edit: Annotated[list[str] | None, Parameter(negative="")] = None,
    revision: int | None = None,
    stage: int | None = None,
    json: AsJson = False,
) -> int:
    """Approve a request, as it is or with edits.

    Parameters
    ----------
    comment
        A word along with it.
    edit
        A change, like params.replicas:=2 (a number) or params.region=eu (text); again for more.
    revision
        Which revision you looked at; needed once there has been more than one.
    stage
        Which stage you decide in; needed once there has been more than one.
    """
    edits = pairs(edit, "--edit") or None
    with server() as client:
        return _tell(
            client.requests.approve(id, comment=comment, edits=edits, revision=revision, stage=stage), json=json
        )


def reject(
    id: Id, *, comment: str | None = None, revision: int | None = None, stage: int | None = None, json: AsJson = False
) -> int:
    """Reject a request.

    Parameters
    ----------
    comment
        The reason.
    revision
        Which revision you looked at; needed once there has been more than one.
    stage
        Which stage you decide in; needed once there has been more than one.
    """
    with server() as client:
        return _tell(client.requests.reject(id, comment=comment, revision=revision, stage=stage), json=json)


def cancel(id: Id, *, comment: str | None = None, json: AsJson = False) -> int:
    """Cancel a request, as whoever asked.

    Parameters
    ----------
    comment
        Why it is no longer needed.
    """
    with server() as client:
        return _tell(client.requests.cancel(id, comment=comment), json=json)


def answer(id: Id, answer: str, *, question: str | None = None, json: AsJson = False) -> int:
    """Answer what an approver asked.

    Parameters
    ----------
    answer
        What to say.
    question
        Which question, by its id; needed while more than one is open.
    """
    with server() as client:
        return _tell(client.requests.answer(id, answer, question=question), json=json)


def _tell(done: Done, *, json: bool) -> int:
    tell(done.raw) if json else show(done.request)
    return 0
