"""How much one credential may do: calls, open requests, revisions; and when it may go on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.api import limits
from bot.api.limits import Limits
from core.errors import TooSoon
from tests.api.conftest import Furnished, House, opened, settings_for

pytestmark = pytest.mark.anyio


@pytest.fixture
async def strict(sqlite: str, furnished: Furnished) -> AsyncIterator[House]:
    """Ten calls at once, one more each two seconds. Nothing fills while the hand of the clock is not turned."""
    async with opened(settings_for(sqlite, rate_limit=0.5, rate_burst=10)) as found:
        found.credentials |= furnished.credentials
        yield found


async def test_who_calls_too_fast_is_told_when_to_go_on_and_may_then(strict: House) -> None:
    answers = [await strict.get("ci", "/v1/me") for _ in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    assert answers[-1].json()["code"] == "rate_limited"
    wait = int(answers[-1].headers["retry-after"])
    assert 1 <= wait <= 2
    strict.turn(seconds=wait)
    assert (await strict.get("ci", "/v1/me")).status_code == 200
    assert (await strict.get("ci", "/v1/me")).status_code == 429


async def test_one_credentials_haste_is_nobody_elses(strict: House) -> None:
    for _ in range(11):
        await strict.get("ci", "/v1/me")
    assert (await strict.get("ada", "/v1/me")).status_code == 200
    assert (await strict.get(None, "/healthz")).status_code == 200


async def test_a_refused_call_does_nothing_and_a_repeat_does_it_once(strict: House) -> None:
    for _ in range(10):
        await strict.get("ci", "/v1/me")
    body, key = {"type": "deploy", "title": "Deploy"}, {"Idempotency-Key": "one"}
    assert (await strict.post("ci", "/v1/requests", body, headers=key)).status_code == 429
    strict.turn(seconds=20)
    assert (await strict.post("ci", "/v1/requests", body, headers=key)).status_code == 201
    assert (await strict.get("ci", "/v1/requests?total=true")).json()["total"] == 1


async def test_a_wait_is_one_call_however_long_it_is(strict: House) -> None:
    asked = await strict.ask("ci")
    await strict.post("ada", f"/v1/requests/{asked['id']}/approve")
    answers = [await strict.get("ci", f"/v1/requests/{asked['id']}?wait=30s") for _ in range(9)]
    assert {answer.status_code for answer in answers} == {200}


async def test_who_is_unknown_hears_that_and_not_that_it_was_too_fast(strict: House) -> None:
    """401 comes first."""
    strict.credentials["nobody"] = "csk_unknown"
    assert {(await strict.get("nobody", "/v1/me")).status_code for _ in range(12)} == {401}


async def test_nothing_is_counted_where_it_is_switched_off(sqlite: str, furnished: Furnished) -> None:
    async with opened(settings_for(sqlite, rate_limit=0, rate_burst=1)) as house:
        house.credentials |= furnished.credentials
        assert {(await house.get("ci", "/v1/me")).status_code for _ in range(5)} == {200}


async def test_an_agent_may_have_so_many_open_requests_and_more_once_some_have_ended(house: House) -> None:
    await house.administration.projects.change(house.host, "default", {"open_requests_per_agent": 2})
    first = await house.ask("ci")
    await house.ask("ci")
    body = {"type": "deploy", "title": "One more"}
    refused = await house.post("ci", "/v1/requests", body)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert int(refused.headers["retry-after"]) >= 1
    assert (await house.post("rex", "/v1/requests", body)).status_code == 201
    await house.post("ci", f"/v1/requests/{first['id']}/cancel")
    assert (await house.post("ci", "/v1/requests", body)).status_code == 201


async def test_a_request_is_revised_five_times_an_hour(house: House) -> None:
    path = f"/v1/requests/{(await house.ask('ci'))['id']}/revise"
    answers = [await house.post("ci", path, {"title": f"Deploy {number}"}) for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    wait = int(answers[-1].headers["retry-after"])
    assert 3500 <= wait <= 3600
    house.turn(seconds=wait)
    assert (await house.post("ci", path, {"title": "Deploy at last"})).status_code == 200


def test_buckets_that_say_nothing_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_BUCKETS", 3)
    seconds = [0.0]
    found = Limits(lambda: datetime.fromtimestamp(seconds[0], UTC), 1, 2)
    for name in ("a", "b", "c"):
        found.take(name)
    found.take("c")
    seconds[0] = 1.0
    found.take("d")
    assert sorted(found._buckets) == ["c", "d"]


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    seconds = [1000.0]
    found = Limits(lambda: datetime.fromtimestamp(seconds[0], UTC), 1, 1)
    found.take("a")
    for at in (0.0, 0.9):
        seconds[0] = at
        with pytest.raises(TooSoon):
            found.take("a")
    seconds[0] = 1.0
    found.take("a")
