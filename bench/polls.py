"""Holds long polls from a process of its own, and decides what they wait for when told to: `python -m bench.polls FILE`.

`FILE` is our parent's pickled `Watch`. We say `{"held": n}` on standard output once all polls were sent, wait for a line, decide,
and write `Woken` as JSON.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import uvloop

from bench.wire import Answer, Connection, connect, get, post

CONNECTED_AT_ONCE: Final = 100
PATIENCE: Final = 50.0
"""Seconds until the last poll is answered; a held one is answered after sixty in any case."""


@dataclass(frozen=True, slots=True)
class Watch:
    """`polls` are (path, Authorization); `decisions` likewise, offered `rate` a second to `deciding`, another port or the same.

    `wakes[i]` are the places of the polls that wait for decision `i`.
    """

    port: int
    polls: tuple[tuple[str, str], ...]
    deciding: int = 0
    decisions: tuple[tuple[str, str], ...] = ()
    wakes: tuple[tuple[int, ...], ...] = ()
    rate: float = 100.0
    body: bytes = b"{}"


@dataclass(frozen=True, slots=True)
class Woken:
    """Seconds from each decision's sending until each poll that waited for it was answered, and until its own answer."""

    took: list[float]
    decided: list[float]
    odd: list[str]

    def must_succeed(self) -> None:
        if self.odd:
            raise SystemExit(f"among the answers: {'; '.join(self.odd[:3])}")


class Watching:
    """The process that holds them; `go` lets it decide."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def go(self) -> Woken:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"go\n")
        self._process.stdin.flush()
        return Woken(**json.loads(self._process.stdout.readline()))


@contextmanager
def watching(folder: Path, watch: Watch) -> Iterator[Watching]:
    """From when all polls have been sent until the end of the block."""
    file = folder / "watch.pickle"
    file.write_bytes(pickle.dumps(watch))
    command = [sys.executable, "-m", "bench.polls", str(file)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise SystemExit("the polls could not be sent")
        yield Watching(process)
    finally:
        process.kill()
        process.wait()


async def connected(port: int, many: int) -> list[Connection]:
    """A few at a time: a listening socket keeps only so many waiting at its door."""
    found: list[Connection] = []
    while len(found) < many:
        found += await connect(port, min(CONNECTED_AT_ONCE, many - len(found)))
    return found


async def carry_out(watch: Watch) -> Woken:
    connections = await connected(watch.port, len(watch.polls))
    held = [
        connection.send(get(path, {"Authorization": who}))
        for connection, (path, who) in zip(connections, watch.polls, strict=True)
    ]
    answered: dict[int, float] = {}
    for place, poll in enumerate(held):
        poll.add_done_callback(lambda _, place=place: answered.__setitem__(place, time.perf_counter()))  # type: ignore[misc]
    say({"held": len(held)})
    await asyncio.to_thread(sys.stdin.readline)
    began, decided = await decide(watch)
    due = [held[place] for places in watch.wakes for place in places]
    if due:
        await asyncio.wait(due, timeout=PATIENCE)
    odd = problems([poll for poll in due if not poll.done()], [poll.result() for poll in due if poll.done()])
    took = [
        answered[place] - at
        for at, places in zip(began, watch.wakes, strict=True)
        for place in places
        if place in answered
    ]
    return Woken(took, decided, odd)


async def decide(watch: Watch) -> tuple[list[float], list[float]]:
    """When each decision was sent, and how long each took to be answered."""
    connections = await connected(watch.deciding, len(watch.decisions)) if watch.decisions else []
    began, took = [0.0] * len(watch.decisions), [0.0] * len(watch.decisions)

    async def one(place: int) -> None:
        path, who = watch.decisions[place]
        headers = {"Authorization": who, "Content-Type": "application/json"}
        began[place] = time.perf_counter()
        answer = await connections[place].send(post(path, watch.body, headers))
        took[place] = time.perf_counter() - began[place]
        if answer.status != 200:
            raise SystemExit(f"a decision was answered with {answer.status} {answer.body[:300]!r}")

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for place in range(len(watch.decisions)):
            await asyncio.sleep(max(0.0, start + place / watch.rate - time.perf_counter()))
            group.create_task(one(place))
    return began, took


def problems(missing: Sequence[object], answers: Sequence[Answer]) -> list[str]:
    odd = [f"{answer.status} {answer.body[:200]!r}" for answer in answers if answer.status != 200]
    still = [
        f"still open: {answer.body[:200]!r}"
        for answer in answers
        if answer.status == 200 and json.loads(answer.body)["status"] == "pending"
    ]
    return [*odd, *still, *([f"{len(missing)} polls were never answered"] if missing else [])]


def say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    watch = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 (written by our own parent)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    say(asdict(uvloop.run(carry_out(watch))))


if __name__ == "__main__":
    main()
