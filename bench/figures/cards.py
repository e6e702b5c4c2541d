"""Two hundred cards in one channel, five decisions each: what drawing them costs the clicks, and that the last state shows."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterable
from typing import Any, Final

from bench.clicks import ACTION, FORM, PATH
from bench.database import behind
from bench.figures.base import Bench, Figure
from bench.load import Job, offer
from bench.outcome import Outcome, Turns, percentile
from bench.product import Workplace, workplace
from bench.progress import report
from bench.world import CHANNEL

VOTES: Final = 5
RATE: Final = 100.0
TIMES: Final = 10.0
PATIENCE: Final = 300.0
Json = dict[str, Any]


def measure(bench: Bench) -> Iterable[Outcome]:
    count, p99 = bench.so_many(200, 60), []
    for cards in (True, False):
        folder = bench.folder / ("with" if cards else "without")
        folder.mkdir()
        with workplace(folder, f"sqlite:///{folder}/cards.db", rates=TIMES) as place:
            place.ask(count, votes=VOTES, cards=cards)
            p99.append(percentile(clicked(place, count), 99) * 1000)
    note = f"{count} cards, the last state of each on show at the end"
    turns = Turns((p99[0],), (p99[1],))
    yield turns.compare(f"ack p99 at {RATE:.0f}/s with cards, against without", "ms", 3, note=note)


def clicked(place: Workplace, count: int) -> list[float]:
    """Seconds each click took; the cards were posted before, and are all drawn anew afterwards."""
    with place.paced(TIMES) as ours:
        wait_until_shown(place.url)
        report(
            f"{count} requests {'with' if place.posted() else 'without'} cards on show; now {count * VOTES:,} clicks"
        )
        bodies = tuple(place.clicks(VOTES))
        load = offer(Job(ours.port, PATH, bodies, 64, RATE, place.secret, FORM))
        load.must_succeed()
        if not all(place.approved(place.requests)):
            raise SystemExit("a request has its five approvals and is not approved")
        report(f"clicked; {behind(place.url)} cards are to be drawn anew")
        wait_until_shown(place.url)
    open_cards = [message for message in history(place) if ACTION in json.dumps(message.get("blocks", []))]
    if open_cards:
        raise SystemExit(f"{len(open_cards)} of {count} cards still show buttons")
    return load.took


def wait_until_shown(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while behind(url):
        if time.monotonic() > deadline:
            raise SystemExit(f"{behind(url)} cards are still not drawn")
        time.sleep(0.25)


def history(place: Workplace) -> list[Json]:
    """Every message of the channel, as Slack tells it."""
    messages: list[Json] = []
    cursor = ""
    while True:
        page = asked(place, f"conversations.history?channel={CHANNEL.partition(':')[2]}&limit=200&cursor={cursor}")
        messages += page["messages"]
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            return messages


def asked(place: Workplace, call: str) -> Json:
    request = urllib.request.Request(
        f"{place.slack['api']}{call}", headers={"Authorization": f"Bearer {place.slack['token']}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        told: Json = json.load(answer)
    assert told["ok"], told
    return told


MEMBER = Figure("cards", measure)
