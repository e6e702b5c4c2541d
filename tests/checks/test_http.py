"""Checks called over HTTP: signed so that they know it is us, answered at once or later, and never by nonsense."""

import base64
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from bot.checks.http import HttpCheck
from bot.guard import Guard
from bot.sealing import Seals
from bot.slack.drawing import samples
from core.model.check import CheckDefinition
from core.model.inquiry import Inquiry, Kind, Progress
from core.outside import NoAnswer, Said, secret_place
from tests.policies.serving import Answer, Server, saying, serving

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "policies.md").read_text()
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
SEALS = Seals([b"0" * 32])
REQUEST = samples.pending()
INQUIRY = Inquiry(
    REQUEST.organisation, REQUEST.id, REQUEST.revision, Kind.CHECK, "chk_1", Progress.DUE,
    next_try_at=datetime(2026, 11, 20, tzinfo=UTC),
)  # fmt: skip


def check(url: str, name: str = "ci") -> CheckDefinition:
    sealed = SEALS.seal(SECRET, secret_place("org_acme", "ci"))
    return CheckDefinition("chk_1", "org_acme", name, url=url, sealed_secret=sealed)


@asynccontextmanager
async def calling(answer: Answer) -> Any:
    async with serving(answer) as server, Guard([ip_network("127.0.0.0/8")]) as guard:
        yield server, HttpCheck(guard, SEALS, "https://countersign.example.com/")


async def call(answer: Answer) -> tuple[Said, Server]:
    async with calling(answer) as (server, caller):
        return await caller.call(check(server.url), INQUIRY, REQUEST), server


async def test_a_call_is_signed_as_standard_webhooks_are_and_says_where_to_report() -> None:
    _, server = await call(saying({"status": "pending"}))
    headers, body = server.heard[0]
    said = Webhook(SECRET).verify(body, dict(headers))
    assert said["type"] == "check.requested"
    assert (said["data"]["check"], said["data"]["revision"], said["data"]["run"]) == ("ci", REQUEST.revision, 1)
    assert said["data"]["report_to"] == f"https://countersign.example.com/v1/requests/{REQUEST.id}/checks/ci"
    assert said["data"]["request"]["digest"] == REQUEST.digest


async def test_a_call_looks_as_the_manual_says() -> None:
    shown = json.loads(PAGE.partition("```call\n")[2].partition("```")[0])
    _, server = await call(saying(b""))
    sent = json.loads(server.heard[0][1])
    assert (sorted(sent), sorted(sent["data"])) == (sorted(shown), sorted(shown["data"]))
    assert shown["data"]["request"].items() <= sent["data"]["request"].items()


async def test_a_repeated_call_bears_the_same_id_and_a_new_run_another() -> None:
    async with calling(saying(b"")) as (server, caller):
        for inquiry in (INQUIRY, replace(INQUIRY, attempts=3), replace(INQUIRY, run=2)):
            await caller.call(check(server.url), inquiry, REQUEST)
    ids = [headers["webhook-id"] for headers, _ in server.heard]
    assert ids[0] == ids[1] != ids[2]


async def test_what_the_type_keeps_secret_is_not_sent() -> None:
    hidden = replace(REQUEST, plan=replace(REQUEST.plan, secret=("params.iban",)))
    hidden = replace(hidden, content=replace(hidden.content, params={"iban": "DE123456"}, title="to DE123456"))
    async with calling(saying(b"")) as (server, caller):
        await caller.call(check(server.url), INQUIRY, hidden)
    assert b"DE123456" not in server.heard[0][1]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (saying({"status": "passed", "summary": "green", "url": "https://ci.example.com/7"}),
         Said("passed", "green", "https://ci.example.com/7")),
        (saying({"status": "failed"}), Said("failed")),
        (saying({"status": "pending"}, 202), Said("pending")),
        (saying(b"", 204), Said("pending")),
        (saying(b"", 200), Said("pending")),
    ],
    ids=["passed", "failed", "pending", "nothing", "empty"],
)  # fmt: skip
async def test_a_check_may_answer_at_once(answer: Answer, said: Said) -> None:
    assert (await call(answer))[0] == said


@pytest.mark.parametrize(
    "answer",
    [
        saying({"status": "passed"}, 500),
        saying({"status": "passed"}, 404),
        saying(b"", 307, Location="http://127.0.0.1/"),
        saying(b"passed"),
        saying({"state": "passed"}),
        saying({"status": "PASSED"}),
        saying({"status": True}),
        saying({"status": "passed", "summary": "x" * 501}),
        saying({"status": "passed", "url": "javascript:alert(1)"}),
        saying(b'{"status": "passed"}' + b" " * 20_000),
        saying([]),
    ],
    ids=range(11),
)
async def test_nothing_else_is_an_answer(answer: Answer) -> None:
    with pytest.raises(NoAnswer):
        await call(answer)


async def test_a_secret_of_another_check_signs_nothing() -> None:
    async with calling(saying({"status": "passed"})) as (server, caller):
        with pytest.raises(NoAnswer):
            await caller.call(check(server.url, "another"), INQUIRY, REQUEST)
    assert server.heard == []
