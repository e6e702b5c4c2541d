"""How long judging takes: 50 of 1,000 rules, 500 of 10,000, all of 1,000; and replaying 10,000 requests.

`python -m bench.rules` prints the median of each in CPU time, the promised limit, and how often the machine could do it in that time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bench.stored import measure
from core.model.organisation import BUILT_IN_TYPES, Project, Settings
from core.model.request import Content, Cost, Requester
from core.model.rule import Rule
from core.rulebook.condition import Conditions
from core.rulebook.line import read_line
from core.rulebook.past import PastRevision
from core.rulebook.replay import replay
from core.rulebook.rulebook import Rulebook
from core.rulebook.source import AsWritten

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PROJECT = Project("payments", "org", "payments", Settings(), NOW)
CONDITIONS = Conditions()
CONTENT = Content(
    type="deploy",
    title="Deploy 4.2",
    action="deploy payments 4.2",
    cost=Cost(usd=3.5),
    facts={"destroyed": 20, "added": 3},
    metadata={"env": "production", "owner": "ada", "region": "eu"},
)


@dataclass(frozen=True)
class Figure:
    name: str
    limit_ms: float
    found_ms: float

    def __str__(self) -> str:
        ratio = self.limit_ms / self.found_ms
        return f"{self.name:44} {self.found_ms:9.3f} ms   promised {self.limit_ms:8.1f} ms   {ratio:6.1f} x"

    @property
    def holds(self) -> bool:
        return self.found_ms <= self.limit_ms


def rules(count: int, candidates: int) -> list[Rule]:
    """Of each kind of scope and type some; `candidates` of them concern the request, half of those match it."""
    return [_rule(number, concerns=number % (count // candidates) == 0) for number in range(count)]


def _rule(number: int, *, concerns: bool) -> Rule:
    conditions = [
        f'type == "deploy" && metadata.env == "production" && facts.destroyed > {number % 40} && facts.added < {number}',
        f'metadata.region == "eu" && cost.usd > {number % 7} && facts.added < {number}',
        f'action.startsWith("deploy") && facts.added + facts.destroyed > {number % 50} && facts.added < {number}',
    ]
    elsewhere = [f'for project "project {number % 97}" when true', f'when type == "type {number % 89}" && facts.x > 1']
    place = f"when {conditions[number % 3]}" if concerns else elsewhere[number % 2]
    effect = ["require 1 of @platform then 2 of @security in #deploys", "require 2 of @team-{} waivable", "allow"][
        number % 3
    ]
    line = f'add "rule {number}" {place} {effect.format(number % 11)}'
    return replace(read_line(line, AsWritten(), CONDITIONS), id=f"rul_{number}", order=number)


def past(number: int) -> PastRevision:
    content = Content(
        type="deploy" if number % 3 else "merge",
        title=f"Deploy {number}",
        action="deploy payments",
        cost=Cost(usd=number % 10),
        facts={"destroyed": number % 30, "added": 1},
        metadata={"env": "production" if number % 2 else "test", "region": "eu"},
    )
    return PastRevision(number, Requester("member", "mem_1", "Rita"), PROJECT, BUILT_IN_TYPES["deploy"], content, NOW)


def judging(count: int, candidates: int, limit_ms: float) -> Figure:
    book = Rulebook(1, rules(count, candidates), CONDITIONS)
    asked = PastRevision(1, Requester("member", "mem_1", "Rita"), PROJECT, BUILT_IN_TYPES["deploy"], CONTENT, NOW)
    found = book.candidates(type="deploy", project="payments", agent=None, team=None, now=NOW)
    assert len(found) == candidates, len(found)
    name = f"judge {candidates} of {count} rules"
    return Figure(name, limit_ms, median_ms(lambda: asked.judged(asked.looked_at_by(book, asked.view(CONDITIONS)))))


def median_ms(work: Callable[[], object], times: int = 60) -> float:
    work()
    took = []
    for _ in range(times):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return statistics.median(took) * 1000


def replaying(count: int, limit_ms: float) -> Figure:
    before = rules(100, 20)
    changed = [*before[:-1], _rule(100, concerns=True)]
    books = Rulebook(1, before, CONDITIONS), Rulebook(2, changed, CONDITIONS)
    pasts = [past(number) for number in range(count)]
    began = time.process_time()
    slices = 0
    for _ in replay(pasts, *books, CONDITIONS, {}):
        slices += 1
    took = (time.process_time() - began) * 1000
    return Figure(f"replay {count} requests in {slices} slices, 100 rules", limit_ms, took)


def stored(count: int, limit_ms: float) -> list[Figure]:
    """From the database, through the same door as the API; by the processor's time and by the clock."""
    felt = measure(count)
    what = f"replay {felt.seen} stored requests"
    return [
        Figure(f"{what}, processor", limit_ms, felt.processor * 1000),
        Figure(f"{what}, by the clock", limit_ms, felt.wall * 1000),
        Figure(f"commands meanwhile, p99 (quiet {felt.quiet:.1f})", 2 * felt.quiet, felt.meanwhile),
    ]


def main() -> None:
    figures = [
        judging(1_000, 50, 1.5),
        judging(10_000, 500, 9.0),
        judging(1_000, 1_000, 20.0),
        replaying(10_000, 5_000.0),
        *stored(10_000, 5_000.0),
    ]
    for figure in figures:
        print(figure)


if __name__ == "__main__":
    main()
