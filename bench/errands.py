"""A request asked for, waited for and approved by a person, one after another, from a process of its own.

The parent pickles an `Errands` into our standard input; we write the seconds of each as JSON.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import time
from dataclasses import dataclass

import uvloop

from bench.asks import JSON
from bench.wire import Answer, Connection, connect, get, post


@dataclass(frozen=True, slots=True)
class Errands:
    """Values of `Authorization` of who asks and waits, and of who decides."""

    port: int
    bodies: tuple[bytes, ...]
    asks: str
    decides: str


def run(errands: Errands) -> list[float]:
    """Seconds from asking until the waiter has the answer, each."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.errands"], input=pickle.dumps(errands), stdout=subprocess.PIPE, check=True
    )
    return [float(seconds) for seconds in json.loads(done.stdout)]


async def carry_out(errands: Errands) -> list[float]:
    asking, waiting, deciding = await connect(errands.port, 3)
    return [await one(errands, body, asking, waiting, deciding) for body in errands.bodies]


async def one(errands: Errands, body: bytes, asking: Connection, waiting: Connection, deciding: Connection) -> float:
    began = time.perf_counter()
    asked = await asking.send(post("/v1/requests", body, JSON | {"Authorization": errands.asks}))
    path = f"/v1/requests/{must(asked, 201)['id']}"
    polled = waiting.send(get(f"{path}?wait=30s", {"Authorization": errands.asks}))
    decided = deciding.send(post(f"{path}/approve", b"{}", JSON | {"Authorization": errands.decides}))
    answered = await polled
    took = time.perf_counter() - began
    must(await decided, 200)
    if must(answered, 200)["status"] != "approved":
        raise SystemExit(f"the waiter was told {answered.body[:300]!r}")
    return took


def must(answer: Answer, status: int) -> dict[str, str]:
    if answer.status != status:
        raise SystemExit(f"{answer.status} {answer.body[:300]!r}")
    told: dict[str, str] = json.loads(answer.body)
    return told


def main() -> None:
    errands = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 (written by our own parent)
    json.dump(uvloop.run(carry_out(errands)), sys.stdout)


if __name__ == "__main__":
    main()
