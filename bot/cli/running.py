"""`run -- command`: asks for this very command, runs exactly it after the yes, once, and reports how it ended."""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Final, Self

from cyclopts import Parameter

from bot.cli.asking import EXIT, NOTHING, Timeout, finish, say_hints, waiting_for
from bot.cli.ending import REFUSED, USAGE, Ending, complain
from bot.cli.progress import watching
from bot.cli.said import Said
from bot.cli.there import PIPELINE, server
from countersign_client import (
    ActionChanged,
    Approved,
    ApprovedWithEdits,
    Countersign,
    CountersignError,
    Outcome,
    Patience,
    Request,
    StillOpen,
    digest_for,
)

NOT_FOUND: Final = 127
NOT_STARTED: Final = 126
FORWARDED: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCONT")
    if hasattr(signal, name)
)
FROM_KEYS: Final = frozenset(getattr(signal, name) for name in ("SIGINT", "SIGQUIT") if hasattr(signal, name))
"""What a terminal sends to every program in the foreground by itself: sent once more it would mean "at once"."""

REPORTING: Final = Patience(seconds=120, first=0.5, longest=10)
"""The command has run; a server that is away for a moment shall still hear how it ended."""


def run(
    *command: Annotated[str, Parameter(allow_leading_hyphen=True)],
    title: str | None = None,
    said: Said = NOTHING,
    bind: Annotated[list[Path] | None, Parameter(negative="")] = None,
    timeout: Timeout = None,
) -> int:
    """Ask for a command, and run exactly it after the yes: countersign run -- terraform apply plan.tfplan.

    Nothing runs without a yes, after edits, or twice. The command has this terminal's input and output, and gets the
    signals sent to us; its exit code is ours. Before it has run, exit codes are as of request --wait.

    Parameters
    ----------
    command
        The program and its arguments, after --.
    title
        What people read first. Default: the command.
    bind
        A file the command reads, like a plan: what was approved is this content, and no other runs; again for more.
    """
    asked, seconds = said.asked(), waiting_for(timeout)
    doing = Doing(command, tuple(bind or ()), asked.get("params", {}))
    doing.must_be_there()
    metadata = {"host": platform.node(), "folder": str(Path.cwd()), **asked.get("metadata", {})}
    asked |= {"action": doing.action, "params": doing.params(), "metadata": metadata}
    with server(patience=PIPELINE) as client, _stopping():
        made = client.requests.create(said.type or "custom", (title or f"Run {doing.action}")[:200], **asked)
        say_hints(made)
        outcome = _answer(client, made, seconds)
        if not isinstance(outcome, Approved):
            return _not_run(client, outcome)
        complain(f"{outcome}; running it.")
        _claim(client, outcome.request, doing)
        return _run(made, doing)


@dataclass(frozen=True, slots=True)
class Doing:
    """The command, and what it is bound to."""

    command: tuple[str, ...]
    files: tuple[Path, ...]
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def action(self) -> str:
        return shlex.join(self.command)

    def must_be_there(self) -> None:
        """Nobody is asked for what cannot be done."""
        if not self.command:
            raise Ending("Say what to run, after --: countersign run -- terraform apply plan.tfplan", USAGE)
        if taken := {"argv", "files"} & self.more.keys():
            raise Ending(f"The parameter {taken.pop()} is the command's own; choose another name.", USAGE)
        if shutil.which(self.command[0]) is None:
            raise Ending(f"There is no program {self.command[0]} here; nobody was asked.", NOT_FOUND)

    def params(self) -> dict[str, Any]:
        """As they are at this moment: a bound file is read each time."""
        files = {str(file): _sha256(file) for file in self.files}
        return {**self.more, "argv": list(self.command), **({"files": files} if files else {})}


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return f"sha256:{hashlib.file_digest(opened, 'sha256').hexdigest()}"
    except OSError as problem:
        raise Ending(f"--bind: {file} cannot be read ({problem.strerror}).", USAGE) from None


def _answer(client: Countersign, made: Request, seconds: float | None) -> Outcome:
    """When we are stopped meanwhile, nobody shall decide for nothing."""
    try:
        with watching() as seen:
            return client.requests.wait(made.id, timeout=seconds, on_change=seen)
    except (KeyboardInterrupt, SystemExit):
        _cancel(client, made)
        raise


def _not_run(client: Countersign, outcome: Outcome) -> int:
    if isinstance(outcome, StillOpen):
        _cancel(client, outcome.request)
    if isinstance(outcome, ApprovedWithEdits):
        complain("It was approved with edits, so not as asked: nothing was run. Ask for the edited command instead.")
        client.requests.discard(outcome.id, comment="Nothing was run: a command cannot be edited.")
    finish(outcome, accept_edits=False, json=False)
    return EXIT[type(outcome)]


def _cancel(client: Countersign, made: Request) -> None:
    try:
        client.requests.cancel(made.id, comment="Whoever asked no longer waits.")
    except CountersignError:
        complain(f"#{made.number} could not be cancelled; it ends by itself, and nothing will run.")


def _claim(client: Countersign, approved: Request, doing: Doing) -> None:
    try:
        digest = digest_for(approved, action=doing.action, params=doing.params())
        client.requests.claim(approved.id, action_digest=digest)
    except ActionChanged:
        changed = [str(file) for file in doing.files]
        what = f"{' or '.join(changed)} has changed" if changed else "The command has changed"
        raise Ending(
            f"{what} since it was shown to people: nothing was run. Ask again for what it is now.", REFUSED
        ) from None


def _run(made: Request, doing: Doing) -> int:
    with Signals() as signals:
        try:
            process = subprocess.Popen(doing.command)  # noqa: S603 - what was approved, and no shell
        except OSError as problem:
            _report(made, succeeded=False, detail="The program could not be started.")
            raise Ending(f"{doing.command[0]} could not be started ({problem.strerror}).", NOT_STARTED) from None
        signals.belong_to(process)
        code = process.wait()
    detail = f"Exit code {code}." if code >= 0 else f"Ended by {signal.Signals(-code).name}."
    _report(made, succeeded=code == 0, detail=detail)
    return code if code >= 0 else 128 - code


def _report(made: Request, *, succeeded: bool, detail: str) -> None:
    """Whether it can be reported or not, the command has run, and its exit code counts."""
    try:
        with Countersign(patience=REPORTING) as patient:
            patient.requests.report(made.id, "success" if succeeded else "failed", detail=detail)
    except CountersignError as problem:
        complain(f"The command has run, but its end could not be reported: {problem}")


@contextmanager
def _stopping() -> Iterator[None]:
    """SIGTERM ends us as Ctrl-C does: with what is to be said on the way out."""

    def stop(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Signals:
    """While the command runs, whatever is sent to us is for it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        handler: Callable[[int, FrameType | None], None] = self._take
        self._before = {number: signal.signal(number, handler) for number in FORWARDED}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def belong_to(self, process: subprocess.Popen[bytes]) -> None:
        """Those that came before it had started, too."""
        self._process = process
        for number in self._early:
            process.send_signal(number)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if number in FROM_KEYS and _in_foreground():
            return
        if self._process is None:
            self._early.append(number)
        else:
            self._process.send_signal(number)


def _in_foreground() -> bool:
    """Whether a terminal sends the keys' signals to us and to the command alike, whatever standard input is."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except (OSError, AttributeError):
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
