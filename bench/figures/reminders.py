"""Ten thousand reminders due at once for five hundred people: one message each, and what they cost the acks meanwhile.

The whole product, against a small Slack of as many people: clicks come over signed HTTP, messages are counted in Slack.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from bench.bulk import FIRST, copy_requests
from bench.clicks import FORM, PATH
from bench.crowd import email, furnish, user
from bench.database import make_due, piled, rows, still_due
from bench.figures.base import Bench, Figure
from bench.load import Job, offer
from bench.outcome import Outcome, percentile, say
from bench.process import Server
from bench.product import Core, Workplace, core, workplace
from bench.progress import report
from bench.world import CHANNEL, at_once, create, draft
from core.naming import DraftRequirement, DraftStage

PEOPLE: Final = 500
RATE: Final = 50.0
AT_LEAST: Final = 25.0
"""Milliseconds of p99 that are no trouble, however quick it is when nothing else goes on."""

TIMES: Final = 10.0
"""So many times Slack's pace: at Slack's own, five hundred messages alone take two minutes."""

CONNECTIONS: Final = 64
WARM: Final = 50
AGE: Final = timedelta(hours=1)
"""The first reminder is due so long after a stage has opened."""

PATIENCE: Final = 240.0
LINGER: Final = 15.0
"""Seconds for what stands as told to arrive in Slack; what has not by then is missing."""


@dataclass(frozen=True, slots=True)
class Storm:
    """Seconds until all had left, each click's seconds until then, the product's seconds of processor, Slack's messages."""

    seconds: float
    clicks: Sequence[float]
    processor: float
    posted: Mapping[str, int]


def measure(bench: Bench) -> Iterable[Outcome]:
    for kind in ("SQLite", "PostgreSQL"):
        url = bench.sqlite("reminders") if kind == "SQLite" else bench.postgres.fresh()
        yield from on(bench, kind, url)


def on(bench: Bench, kind: str, url: str) -> list[Outcome]:
    count, quiet, busy = bench.so_many(10_000, 1_000), bench.so_many(1_500, 250), bench.so_many(3_000, 500)
    with workplace(bench.folder, url, rates=TIMES, people=PEOPLE) as place:
        asyncio.run(set_up(place, count, WARM + quiet + busy))
        report(f"{kind}: {count:,} requests wait to be reminded of, {len(place.requests):,} to be clicked")
        bodies = tuple(place.clicks())
        with place.paced(TIMES) as ours:
            clicked(place, ours, bodies[:WARM])
            before = clicked(place, ours, bodies[WARM : WARM + quiet])
            report(f"{kind}: acks measured with nothing else to do")
            storm = stormed(place, ours, bodies[WARM + quiet :])
        check(place, count, storm)
    return outcomes(kind, count, before, storm)


async def set_up(place: Workplace, count: int, clicks: int) -> None:
    """Requests that each wait for one of the crowd, with their cards on show; and others, without, for the clicks."""
    async with core(place.url) as made:
        await made.store.transact(lambda tx: furnish(tx, place.world, PEOPLE))
        ids = await at_once(16, (partial(waiting_for, made, place, number) for number in range(PEOPLE)))
    async with core(place.url, outlets=()) as made:
        place.requests = await create(made.desk, place.world, clicks)
    copy_requests(place.url, ids, count, age=AGE, cards=True)
    place.show()


async def waiting_for(made: Core, place: Workplace, number: int) -> str:
    stage = DraftStage((DraftRequirement((email(number),)),))
    return (await made.desk.create(place.world.asker(number), replace(draft(number), stages=(stage,)))).request.id


def clicked(place: Workplace, ours: Server, bodies: tuple[bytes, ...]) -> list[float]:
    load = offer(Job(ours.port, PATH, bodies, CONNECTIONS, RATE, place.secret, FORM))
    load.must_succeed()
    return load.took


def stormed(place: Workplace, ours: Server, bodies: tuple[bytes, ...]) -> Storm:
    """All fall due in one moment, from which on people click."""
    due = datetime.now(UTC) + timedelta(seconds=3)
    make_due(place.url, FIRST, due)
    time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
    processor = ours.cpu_seconds()
    with ThreadPoolExecutor(1) as beside:
        leaving = beside.submit(until_all_left, place, due, ours)
        clicks = clicked(place, ours, bodies)
        seconds, until = leaving.result()
    return Storm(seconds, clicks[: max(1, int(seconds * RATE))], until - processor, place.posted())


def until_all_left(place: Workplace, due: datetime, ours: Server) -> tuple[float, float]:
    """Seconds since they were due, and the product's processor time then; raises when they do not leave at all."""
    began, last = time.perf_counter(), 0.0
    while True:
        rung, told, posted = still_due(place.url, due), piled(place.url), sum(place.posted().values())
        seconds = time.perf_counter() - began
        last = seconds if rung or told else last
        if not rung and not told and (posted > PEOPLE or seconds > last + LINGER):
            return seconds, ours.cpu_seconds()
        report(f"{rung:,} to be rung for, {told:,} notices to be told, {posted:,} messages in Slack")
        if seconds > PATIENCE:
            raise SystemExit(f"after {seconds:.0f} s {rung:,} were not rung for and {told:,} not told")
        time.sleep(0.5 if seconds < 5 else 2.0)


def check(place: Workplace, count: int, storm: Storm) -> None:
    """Each request reminded one person and the channel, nobody was left out, and no click was lost."""
    told = rows(
        place.url, "SELECT place, count(*) FROM notices WHERE word = 'reminder' AND state = 'sent' GROUP BY place"
    )
    each = {f"member:mem_crowd{number}": count // PEOPLE for number in range(PEOPLE)} | {CHANNEL: count}
    if odd := {place: number for place, number in told if each.get(place) != number} or each.keys() - dict(told):
        raise SystemExit(f"the reminders that stand as told are not those that were due: {odd}")
    if missing := [place for place in places() if place not in storm.posted]:
        raise SystemExit(f"{len(missing)} places have no message, {missing[0]} for one")
    if not all(place.approved(place.requests)):
        raise SystemExit("a click was answered with 200 and its request is not approved")


def places() -> list[str]:
    """As the small Slack names them."""
    return [CHANNEL.partition(":")[2], *map(user, range(PEOPLE))]


def outcomes(kind: str, count: int, quiet: Sequence[float], storm: Storm) -> list[Outcome]:
    before, meanwhile = (percentile(each, 99) * 1000 for each in (quiet, storm.clicks))
    most, messages = max(storm.posted.values()), sum(storm.posted.values())
    all_of_it = f"{messages:,} messages to {len(storm.posted):,} places within {storm.seconds:.1f} s"
    cost = f"{storm.processor:.1f} s of processor, {len(storm.clicks):,} acks meanwhile"
    limit = max(2 * before, AT_LEAST)
    return [
        Outcome(
            f"{count:,} reminders at once, messages to one place at most, {kind}",
            f"{most}",
            "–",
            most,
            1,
            note=f"{all_of_it}, {cost}",
        ),
        Outcome(
            f"acks at {RATE:.0f}/s meanwhile, p99, {kind}", say(meanwhile, "ms"), say(before, "ms"), meanwhile, limit
        ),
    ]


MEMBER = Figure("reminders", measure)
