"""The feed: what of it is asked for and may be seen, page by page and as a stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from bot.api import following
from bot.event_feed import EventFeed
from core.administration import operator
from core.model.people import Role, Verb
from tests.api.conftest import House, both_databases

pytestmark = pytest.mark.anyio


@dataclass
class Stream:
    """A client of the stream, by ASGI itself; it reads nothing while `held`."""

    task: asyncio.Task[None] | None = None
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    came: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    held: bool = False

    async def receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if self.held:
            await asyncio.sleep(3600)
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        self.text += message.get("body", b"").decode()
        self.came.set()

    @property
    def events(self) -> list[dict[str, Any]]:
        found = []
        for block in self.text.split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
            if "data" in lines:
                found.append({**json.loads(lines["data"]), "id": int(lines["id"]), "word": lines["event"]})
        return found

    async def until(self, count: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(10):
            while len(self.events) < count:
                self.came.clear()
                await self.came.wait()
        return self.events

    async def over(self) -> None:
        assert self.task is not None
        async with asyncio.timeout(10):
            await asyncio.wait([self.task])


@asynccontextmanager
async def streaming(house: House, who: str, query: str = "", **headers: str) -> AsyncIterator[Stream]:
    stream = Stream()
    sent = {"accept": "text/event-stream", "authorization": f"Bearer {house.credentials[who]}", **headers}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/v1/events",
        "raw_path": b"/v1/events",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "scheme": "http",
        "server": ("test", 80),
        "client": ("test", 1),
        "state": {},
    }
    stream.task = asyncio.create_task(house.assembly.app(scope, stream.receive, stream.send))  # type: ignore[arg-type]
    try:
        async with asyncio.timeout(10):
            await stream.came.wait()
        yield stream
    finally:
        stream.left.set()
        await stream.over()


async def sealed(house: House) -> None:
    organisation = house.host.organisation
    async with asyncio.timeout(10):
        while await house.assembly.rooms.store.read(lambda reader: reader.unsealed_count(organisation, 1)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def words(house: House, who: str, query: str) -> list[str]:
    return [row["event"] for row in (await house.get(who, f"/v1/events?{query}")).json()["data"]]


# ---------------------------------------------------------------------------------------------------------------- pages


async def test_a_page_holds_what_is_asked_for(house: House) -> None:
    """E-90"""
    await house.post("root", "/v1/projects", {"name": "payments"})
    await house.ask(project="payments", type="merge")
    await house.ask()
    await house.ask(type="merge")
    page = (await house.get("ada", "/v1/events?project=payments&event=created")).json()["data"]
    assert [row["announced"] for row in page] == ["request.created"]
    assert len(await words(house, "ada", "type=merge&event=request.created")) == 2
    assert await words(house, "ada", "project=nowhere") == []
    assert (await house.get("ada", "/v1/events?event=invented")).status_code == 400


async def test_a_page_says_whether_there_is_more(house: House) -> None:
    for _ in range(3):
        await house.ask()
    first = (await house.get("ada", "/v1/events?event=created&limit=2")).json()
    assert (len(first["data"]), first["more"]) == (2, True)
    rest = (await house.get("ada", f"/v1/events?event=created&limit=2&after={first['next_after']}")).json()
    assert (len(rest["data"]), rest["more"]) == (1, False)
    assert (await house.get("ada", f"/v1/events?after={rest['next_after']}")).json()["data"] == []
    assert (await house.get("ada", "/v1/events?after=999999999")).json()["data"] == []


async def test_a_page_looks_through_only_so_much_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "SCANNED", 5)
    monkeypatch.setattr(following, "PAGE", 5)
    await house.ask()
    page = (await house.get("ada", "/v1/events?event=ended")).json()
    assert (page["data"], page["more"], page["next_after"]) == ([], True, 5)


async def test_each_sees_what_they_may(house: House) -> None:
    payments = (await house.post("root", "/v1/projects", {"name": "payments"})).json()["id"]
    await house.member("pia")
    await house.post("root", "/v1/grants", {"to": "pia@example.com", "role": "auditor", "project": "payments"})
    await house.agent("bound", Verb.READ, Verb.ASK, projects=[payments])
    mine, other = await house.ask(project="payments"), await house.ask("bound", project="payments")
    await house.ask()
    for who, seen in (("pia", {mine["id"], other["id"]}), ("bound", {mine["id"], other["id"]}), ("rex", set())):
        rows = (await house.get(who, "/v1/events")).json()["data"]
        assert {row["request"] for row in rows} == seen, who
    rows = (await house.get("ci", "/v1/events?event=created")).json()["data"]
    assert mine["id"] in {row["request"] for row in rows}
    assert other["id"] not in {row["request"] for row in rows}


async def test_for_a_key_bound_to_a_project_the_others_are_not_there(house: House) -> None:
    payments = (await house.post("root", "/v1/projects", {"name": "payments"})).json()["id"]
    secret = (await house.post("root", "/v1/projects", {"name": "secretproject"})).json()["id"]
    await house.agent("bound", Verb.READ, Verb.ASK, projects=[payments])
    assert (await house.get("bound", "/v1/projects/payments")).json()["id"] == payments
    for hidden in ("secretproject", secret):
        other = hidden[:-1] + "x"
        seen, nothing = [await house.get("bound", f"/v1/projects/{one}") for one in (hidden, other)]
        assert (seen.status_code, seen.json()["detail"]) == (404, nothing.json()["detail"])
        listed, empty = [await house.get("bound", "/v1/requests", params={"project": one}) for one in (hidden, other)]
        assert (listed.status_code, empty.status_code) == (400, 400)


async def test_another_organisation_has_a_feed_of_its_own(house: House) -> None:
    """A-18"""
    organisation = await house.administration.organisations.add("Elsewhere")
    other = House(house.assembly, house.clock, operator(organisation.id), house.credentials)
    await other.member("eve", Role.ADMIN)
    await house.ask()
    assert all(row["request"] == organisation.id for row in (await other.get("eve", "/v1/events")).json()["data"])
    async with streaming(other, "eve", "after=0") as stream:
        await house.ask()
        await asyncio.sleep(0.2)
        assert all(one["request"] == organisation.id for one in stream.events)


# --------------------------------------------------------------------------------------------------------------- streams


@both_databases
async def test_a_stream_tells_what_happens_from_now_on_without_a_gap(house: House) -> None:
    """E-90 E-91"""
    await house.ask()
    await sealed(house)
    async with streaming(house, "ada") as stream:
        asked = await house.ask()
        await house.post("ada", f"/v1/requests/{asked['id']}/approve")
        told = await stream.until(6)
    assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert [one["word"] for one in told] == [
        "created",
        "judged",
        "stage_opened",
        "decision_recorded",
        "stage_passed",
        "ended",
    ]
    assert {one["request"] for one in told} == {asked["id"]}
    assert [one["id"] for one in told] == list(range(told[0]["id"], told[0]["id"] + 6))


@both_databases
async def test_who_comes_back_goes_on_where_they_were(house: House) -> None:
    await house.ask()
    await sealed(house)
    seen = (await house.get("ada", "/v1/events?limit=4")).json()["data"]
    async with streaming(house, "ada", **{"last-event-id": str(seen[-1]["position"])}) as stream:
        told = await stream.until(1)
    assert told[0]["id"] == seen[-1]["position"] + 1


@both_databases
async def test_many_writers_at_once_leave_no_gap(house: House) -> None:
    await house.agent("cron", Verb.ASK)
    async with streaming(house, "ada", "event=created") as stream, streaming(house, "ada") as whole:
        asked = await asyncio.gather(*(house.ask(who) for who in ("ci", "cron") for _ in range(8)))
        told = await stream.until(16)
        await sealed(house)
        all_of_it = await whole.until(48)
    assert {one["request"] for one in told} == {one["id"] for one in asked}
    positions = [one["id"] for one in all_of_it]
    assert positions == list(range(positions[0], positions[0] + len(positions)))


async def test_one_read_serves_all_who_follow(house: House) -> None:
    feed, reads = house.assembly.house.feed, 0
    real = house.assembly.rooms.store.read

    async def counted(work: Any) -> Any:
        nonlocal reads
        reads += 1
        return await real(work)

    async with AsyncExitStack() as following_it:
        streams = [await following_it.enter_async_context(streaming(house, "ada")) for _ in range(15)]
        await asyncio.sleep(0.1)
        feed._store = _Counting(counted)  # type: ignore[assignment]
        await house.ask()
        for stream in streams:
            await stream.until(3)
        assert reads <= 4


@dataclass
class _Counting:
    read: Any


@dataclass
class _SealedMeanwhile:
    """A store with one row, sealed right after the first thing that is asked of it."""

    sealed: bool = False

    async def read(self, work: Any) -> Any:
        return work(self)

    def feed_head(self, organisation: str) -> int:
        return 0

    def feed_rows(self, organisation: str, *, after: int, limit: int) -> list[Any]:
        found = [SimpleNamespace(row=SimpleNamespace(position=1))] if self.sealed else []
        self.sealed = True
        return found

    def unsealed_count(self, organisation: str, limit: int) -> int:
        found = 0 if self.sealed else 1
        self.sealed = True
        return found


async def test_what_is_sealed_while_the_feed_is_looked_at_is_told_at_once() -> None:
    """E-91"""
    feed = EventFeed(_SealedMeanwhile())  # type: ignore[arg-type]
    assert await feed.more("org_acme", 0, seconds=1)


async def test_a_revoked_credential_hears_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "HEARTBEAT", 0.05)
    await house.agent("watcher", Verb.READ)
    async with streaming(house, "watcher") as stream:
        await house.ask()
        await stream.until(1)
        agent = await house.administration.agents.get(house.host, "watcher")
        await house.administration.agents.suspend(house.host, agent.id)
        await stream.over()


async def test_a_client_that_does_not_read_is_let_go(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "SLOWEST", 0.1)
    async with streaming(house, "ada") as stream:
        stream.held = True
        await house.ask()
        await stream.over()
    assert not house.assembly.house.streams


async def test_streams_end_when_the_server_stops(house: House) -> None:
    async with streaming(house, "ada") as stream:
        house.assembly.house.feed.stop()
        await stream.over()
    assert stream.text.startswith("retry:")


async def test_one_credential_holds_only_so_many(house: House) -> None:
    house.assembly.house.streams["elsewhere"] = 1000
    answer = await house.get("ada", "/v1/events", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")


async def test_a_stream_is_refused_like_a_page(house: House) -> None:
    for query in ("after=x", "event=invented"):
        answer = await house.get("ada", f"/v1/events?{query}", headers={"Accept": "text/event-stream"})
        assert answer.status_code == 400
    for said in ("x", "-1", "9" * 20):
        answer = await house.get("ada", "/v1/events", headers={"Accept": "text/event-stream", "Last-Event-ID": said})
        assert answer.status_code == 400
    assert (await house.get(None, "/v1/events", headers={"Accept": "text/event-stream"})).status_code == 401
