"""Offers prebuilt POSTs to a server on this machine from a process of its own, so that measuring costs the server nothing.

The parent pickles a `Job` into our standard input (its own data, never anybody else's); we write a `Load` as JSON.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import pickle
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field

import uvloop

from bench.wire import Answer, Connection, connect, post


@dataclass(frozen=True, slots=True)
class Job:
    """`rate` None: each connection sends as soon as it was answered. Else so many are offered a second, answered or not.

    With a `secret` each body is signed as Slack signs, just before the start. `each` are headers body by body.
    """

    port: int
    path: str
    bodies: tuple[bytes, ...]
    connections: int
    rate: float | None = None
    secret: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    each: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """`took` are seconds per request from when it was due (not from when a free connection was found).

    `took` and `statuses` are in the order of the job's bodies; `odd` shows the first few answers that were no success.
    """

    seconds: float
    took: list[float]
    statuses: list[int]
    odd: list[str]

    @property
    def per_second(self) -> float:
        return len(self.took) / self.seconds

    def must_succeed(self) -> None:
        if self.odd:
            raise SystemExit(f"{len(self.statuses)} requests, among the answers: {'; '.join(self.odd)}")


def offer(job: Job) -> Load:
    """Run the job in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=pickle.dumps(job), stdout=subprocess.PIPE, check=True
    )
    return Load(**json.loads(done.stdout))


def prepare(job: Job) -> list[bytes]:
    now = str(int(time.time()))
    each = job.each or ({},) * len(job.bodies)
    return [
        post(job.path, body, job.headers | own | signature(job.secret, now, body))
        for body, own in zip(job.bodies, each, strict=True)
    ]


def signature(secret: str, now: str, body: bytes) -> dict[str, str]:
    if not secret:
        return {}
    base = b"v0:" + now.encode() + b":" + body
    signed = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={signed}"}


class Run:
    """One run in progress."""

    def __init__(self, requests: list[bytes]) -> None:
        self.requests = requests
        self.took = [0.0] * len(requests)
        self.statuses = [0] * len(requests)
        self.odd: list[str] = []

    def note(self, place: int, due: float, answer: Answer) -> None:
        self.took[place] = time.perf_counter() - due
        self.statuses[place] = answer.status
        if answer.status not in (200, 201) and len(self.odd) < 3:
            self.odd.append(f"{answer.status} {answer.body[:300]!r}")


async def answered_at_once(run: Run, connections: list[Connection]) -> None:
    """Each connection sends its next request once the last one was answered."""
    left = iter(enumerate(run.requests))

    async def keep_sending(connection: Connection) -> None:
        for place, request in left:
            due = time.perf_counter()
            run.note(place, due, await connection.send(request))

    await asyncio.gather(*(keep_sending(connection) for connection in connections))


async def at_rate(run: Run, connections: list[Connection], rate: float) -> None:
    """Requests fall due at even distances whether or not earlier ones were answered; waiting for a connection counts."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in connections:
        free.put_nowait(connection)

    async def send(place: int, due: float) -> None:
        connection = await free.get()
        run.note(place, due, await connection.send(run.requests[place]))
        free.put_nowait(connection)

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for place in range(len(run.requests)):
            due = start + place / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(send(place, due))


async def carry_out(job: Job) -> Load:
    run = Run(prepare(job))
    connections = await connect(job.port, job.connections)
    start = time.perf_counter()
    if job.rate is None:
        await answered_at_once(run, connections)
    else:
        await at_rate(run, connections, job.rate)
    seconds = time.perf_counter() - start
    for connection in connections:
        connection.close()
    return Load(seconds, run.took, run.statuses, run.odd)


def main() -> None:
    job = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 (written by our own parent)
    load = uvloop.run(carry_out(job))
    json.dump(asdict(load), sys.stdout)


if __name__ == "__main__":
    main()
