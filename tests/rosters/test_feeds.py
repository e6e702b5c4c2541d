"""Feeds over the network: what answers slowly, too much, elsewhere or nonsense is a sentence, never a wait."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network

import anyio
import pytest
from aiohttp import web

from bot import feeds, rosters
from bot.feeds import Feeds
from bot.guard import Guard
from core.administration.schedules import FeedTrouble
from core.collection import members
from core.errors import Invalid

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVENT = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:{start}\r\nDTEND:{end}\r\n{more}SUMMARY:ada@example.com\r\nEND:VEVENT\r\n"
DUTY = EVENT.format(start="20261120T080000Z", end="20261120T160000Z", more="")
BOMB = EVENT.format(
    start="00010101T000000Z", end="00010101T000001Z", more="RRULE:FREQ=SECONDLY;BYMONTH=11;BYSECOND=1,2,3\r\n"
)


def calendar(*events: str) -> bytes:
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + "".join(events) + "END:VCALENDAR\r\n").encode()


@asynccontextmanager
async def serving(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"{runner.addresses[0][0]}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def read_from(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> list[str]:
    async with serving(answer) as where, Guard([ip_network("127.0.0.0/8")]) as guard:
        found = await Feeds(guard, members(rosters)).read(f"http://{where}/duty.ics", NOW)
    return [shift.email for shift in found]


def saying(body: bytes, status: int = 200, **headers: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status, headers=headers)

    return answer


async def test_a_feed_is_read_by_a_process_of_its_own() -> None:
    assert await read_from(saying(calendar(DUTY))) == ["ada@example.com"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (saying(b"", 404), "answered 404"),
        (saying(b"", 302, Location="http://169.254.169.254/"), "leads on to another one"),
        (saying(b"<html>Sign in</html>"), "does not lead to a calendar"),
        (saying(b"BEGIN:VCALENDAR" + b"x" * feeds.MOST_BYTES), "larger than 4 MiB"),
    ],
    ids=["gone", "moved", "a page", "too large"],
)
async def test_what_cannot_be_read_is_said_in_a_sentence(
    answer: Callable[[web.Request], Awaitable[web.Response]], said: str
) -> None:
    with pytest.raises(FeedTrouble, match=said):
        await read_from(answer)


async def test_a_calendar_that_repeats_every_second_since_the_year_one_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeds, "READ_SECONDS", 1.5)
    with pytest.raises(FeedTrouble):
        await read_from(saying(calendar(BOMB)))


async def test_a_feed_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "CALL_SECONDS", 0.2)

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"B")
            await _a_moment()

    with pytest.raises(FeedTrouble, match="no answer within"):
        await read_from(trickle)


async def _a_moment() -> None:
    await anyio.sleep(0.01)


async def test_an_address_inside_our_network_is_refused_at_once_and_webcal_means_https() -> None:
    async with Guard() as guard:
        calendars = Feeds(guard, members(rosters))
        with pytest.raises(Invalid):
            calendars.check("https://10.0.0.1/duty.ics")
        with pytest.raises(Invalid):
            calendars.check("file:///etc/passwd")
        assert calendars.check("webcal://example.com/duty.ics") == "https://example.com/duty.ics"
