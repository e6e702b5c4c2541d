"""Receivers that are down, slow, hostile or wrong: nobody else waits for them, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from bot.assemble import assemble
from bot.webhook import courier
from bot.wire.webhooks import show_webhook
from core.administration import operator
from core.model.endpoint import MOST_ARREARS, PATIENCE
from core.model.people import Role
from tests.api.conftest import SECRET, House, furnish, opened
from tests.webhooks.conftest import allowing
from tests.webhooks.receiver import Receiver
from tests.webhooks.test_telling import decide, hook

pytestmark = pytest.mark.anyio


async def seen(house: House, name: str = "hook") -> Any:
    """By the host, whose credentials do not run out while days pass."""
    return show_webhook(await house.administration.webhooks.get(house.host, name)).model_dump()


async def tried(house: House, name: str = "hook") -> list[Any]:
    found: list[Any] = (await house.get("root", f"/v1/webhooks/{name}/deliveries?limit=100")).json()["data"]
    return found


async def settled(house: House) -> None:
    """Until nothing more can be told now."""
    house.assembly.webhooks.nudge()
    await house.assembly.webhooks.drain()


async def test_what_is_not_taken_is_told_again_under_the_same_id_and_in_order(house: House, receiver: Receiver) -> None:
    await hook(house, receiver)
    receiver.answers = [500, 503]
    asked = await house.ask()
    await settled(house)
    await decide(house, "ada", asked)
    await settled(house)
    assert [one.answered for one in receiver.got] == [500], "what comes later of this request waits behind it"
    assert (await seen(house))["state"] == "failing"
    for _ in range(2):
        house.turn(minutes=5)
        await settled(house)
    ids = [one.id for one in receiver.got]
    assert ids[0] == ids[1] == ids[2]
    assert receiver.types == ["request.created", "decision.recorded", "stage.passed", "request.approved"]
    now = await seen(house)
    assert (now["state"], now["behind"], now["problem"]) == ("active", 0, None)
    assert [one["number"] for one in reversed(await tried(house))] == [1, 2, 3, 1, 1, 1]


async def test_a_request_it_chokes_on_holds_up_no_other_and_is_given_up_alone(house: House, receiver: Receiver) -> None:
    await hook(house, receiver, events=["request.created"])
    first = await house.ask()
    await receiver.until(1)
    receiver.refuses = {int((await house.ask())["number"])}
    for _ in range(3):
        await house.ask()
    await settled(house)
    assert len(receiver.taken) == 4
    house.turn(days=2)
    await house.ask()
    await settled(house)
    house.turn(seconds=PATIENCE.total_seconds())
    await settled(house)
    now = await seen(house)
    assert (now["state"], now["behind"], now["given_up"], now["parked_at"]) == ("active", 0, 1, None)
    receiver.refuses.clear()
    await house.administration.webhooks.resume(house.host, now["id"])
    await settled(house)
    assert len(receiver.taken) == 6
    assert first["number"] in {one.number for one in receiver.taken}


async def test_one_that_takes_nothing_for_three_days_is_parked_and_loses_nothing(
    house: House, receiver: Receiver
) -> None:
    await hook(house, receiver, events=["request.created"])
    receiver.status = 500
    heard: list[str] = []
    house.assembly.webhooks.subscribe(lambda _, sentence: heard.append(sentence))
    for _ in range(3):
        await house.ask()
    await settled(house)
    house.turn(seconds=PATIENCE.total_seconds() + 1)
    await settled(house)
    now = await seen(house)
    assert [sentence.split(":")[0] for sentence in heard] == ["The webhook hook is parked"]
    assert (now["state"], now["problem"]) == ("parked", "It answered 500; only 2xx means that it took the message.")
    calls = len(receiver.got)
    await house.ask()
    await settled(house)
    assert len(receiver.got) == calls, "a parked one is not called"
    receiver.status = 200
    await house.administration.webhooks.resume(house.host, now["id"])
    await settled(house)
    assert len({one.id for one in receiver.taken}) == 4
    assert (await seen(house))["state"] == "active"


async def test_one_that_is_down_is_not_called_for_every_event(house: House, receiver: Receiver) -> None:
    await hook(house, receiver, events=["request.created"])
    receiver.status = 500
    for _ in range(50):
        await _ask(house)
    await settled(house)
    now = await seen(house)
    assert now["behind"] <= courier.PAGE + MOST_ARREARS
    assert len(receiver.got) == now["behind"]
    receiver.status = 200
    house.turn(hours=2)
    await settled(house)
    assert len({one.id for one in receiver.taken}) == 50


async def _ask(house: House) -> None:
    """Not more than one agent may have open."""
    asked = await house.ask()
    await decide(house, "ci", asked, "cancel")


async def test_a_redirect_is_not_followed_and_is_explained(house: House, receiver: Receiver) -> None:
    await hook(house, receiver, events=["request.created"])
    receiver.answers, receiver.extra = [307], {"Location": "/other"}
    await house.ask()
    await settled(house)
    assert [one.path for one in receiver.got] == ["/hook"]
    assert "redirect" in (await seen(house))["problem"]


async def test_one_that_is_gone_for_good_is_parked_at_once(house: House, receiver: Receiver) -> None:
    await hook(house, receiver, events=["request.created"])
    receiver.answers = [410]
    await house.ask()
    await settled(house)
    assert (await seen(house))["state"] == "parked"


async def test_one_that_wants_to_be_left_alone_for_a_while_is(house: House, receiver: Receiver) -> None:
    await hook(house, receiver, events=["request.created"])
    receiver.answers, receiver.extra = [429], {"Retry-After": "900"}
    await house.ask()
    await settled(house)
    house.turn(minutes=14)
    await settled(house)
    assert len(receiver.got) == 1
    house.turn(minutes=2)
    await settled(house)
    assert len(receiver.taken) == 1


async def test_one_that_hangs_holds_up_nobody(house: House, receiver: Receiver) -> None:
    await hook(house, receiver, "/hangs", events=["request.created"])
    await hook(house, receiver, "/well", events=["request.created"])
    receiver.hanging = {"/hangs"}
    for _ in range(5):
        await house.ask()
    told = await receiver.until(5, seconds=3)
    assert {one.path for one in told} == {"/well"}


async def test_one_that_cannot_be_reached_is_explained(house: House, receiver: Receiver) -> None:
    body = {"name": "nowhere", "url": "https://localhost:9/hook"}
    assert (await house.post("root", "/v1/webhooks", body)).status_code == 201
    await house.ask()
    await settled(house)
    assert "does not take connections" in (await seen(house, "nowhere"))["problem"]


@pytest.mark.slow
async def test_killed_between_a_message_and_its_note_it_is_told_again_under_the_same_id(
    tmp_path: Path, receiver: Receiver
) -> None:
    """`kill -9` in the moment the receiver has the message and the server does not know it yet."""
    url = f"sqlite:///{tmp_path / 'killed.db'}"
    async with opened(allowing(url)) as house:
        await furnish(house)
        await house.administration.webhooks.add(house.host, "hook", receiver.url + "/hook", events=["request.created"])
        organisation = house.host.organisation
    environment = {
        **os.environ,
        "COUNTERSIGN_DATABASE_URL": url,
        "COUNTERSIGN_PORT": "0",
        "COUNTERSIGN_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1",
        **{f"COUNTERSIGN_{name}": SECRET for name in ("ENCRYPTION_KEYS", "SIGNING_KEY", "PEPPER")},
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    script = (
        "import asyncio, sys\n"
        "from bot.assemble import assemble\n"
        "from bot.settings import load\n"
        "from core.desk import Draft\n"
        "from core.model.people import Actor, Verb, Way\n"
        "from core.model.request import Content\n"
        "async def run():\n"
        "    async with assemble(load()) as server:\n"
        "        organisation = (await server.rooms.administration.organisations.first()).id\n"
        "        (agent,) = await server.rooms.store.read(lambda reader: reader.agents(organisation))\n"
        "        verbs = frozenset({Verb.ASK})\n"
        "        actor = Actor('agent', agent.id, 'ci', organisation, Way.KEY, verbs=verbs)\n"
        "        await server.rooms.desk.create(actor, Draft(Content(type='deploy', title='Deploy')))\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(run())\n"
    )
    receiver.hanging = {"/hook"}
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", script, env=environment)
    async with asyncio.timeout(30):
        await receiver.came.wait()
    server.send_signal(signal.SIGKILL)
    await server.wait()
    receiver.hanging.clear()
    async with assemble(allowing(url)) as assembly:
        told = await receiver.until(1)
        assert [one.id for one in told] == [receiver.got[0].id]
        progress = await _delivered(assembly, organisation)
    assert progress


async def _delivered(assembly: Any, organisation: str) -> bool:
    await assembly.webhooks.drain()
    found = await assembly.rooms.administration.webhooks.list(operator(organisation))
    return found[0].progress.delivered_at is not None


@pytest.mark.postgres
async def test_two_replicas_tell_each_event_once_and_in_order(postgres_database: str, receiver: Receiver) -> None:
    async with opened(allowing(postgres_database)) as house, assemble(allowing(postgres_database)) as other:
        await house.member("root", Role.ADMIN)
        await furnish(house)
        await hook(house, receiver)
        second = House(other, house.clock, house.host, house.credentials)
        for place in range(10):
            asked = await (house, second)[place % 2].ask()
            await decide((second, house)[place % 2], "ada", asked)
        told = await receiver.until(40, seconds=20)
        await settled(house)
        await settled(second)
    assert len(receiver.got) == len({one.id for one in told}) == 40
    per_request: defaultdict[int, list[str]] = defaultdict(list)
    for one in told:
        per_request[one.number].append(one.type)
    wanted = ["request.created", "decision.recorded", "stage.passed", "request.approved"]
    assert list(per_request.values()) == [wanted] * 10
