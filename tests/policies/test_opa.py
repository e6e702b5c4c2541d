"""OPA over the network: real Rego, and servers that are down, slow, endless or lying. None of them says yes by accident."""

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web

from bot.guard import Guard
from bot.policies.opa import MOST_BYTES, Opa
from bot.sealing import Seals
from core.errors import Invalid
from core.model.policy import Policy
from core.outside import NoAnswer, Verdict, WantedStage, token_place
from core.rulebook.given import PolicyState
from tests.opa import opa
from tests.policies.serving import Answer, saying, serving

pytestmark = pytest.mark.anyio

SEALS = Seals([b"0" * 32])
REGO = """
package deploys

import rego.v1

decision := {
    "allow": count(problems) == 0,
    "reasons": [problem | some problem in problems],
    "require_approval": approvals,
}

problems contains "production is frozen on Fridays" if {
    input.metadata.env == "production"
    input.facts.weekday == "friday"
}

approvals contains {"stage": 2, "min": 2, "from": ["@security"]} if input.facts.destroyed > 5

small if input.cost.usd < 5
"""


def policy(url: str, **changes: Any) -> Policy:
    return replace(Policy("pol_1", "org_acme", "deploys", url), **changes)


@asynccontextmanager
async def engine(*, loopback: bool = True) -> Any:
    async with Guard([ip_network("127.0.0.0/8")] if loopback else []) as guard:
        yield Opa(guard, SEALS)


async def ask(answer: Answer, *, seconds: float = 5, **changes: Any) -> Verdict:
    async with serving(answer) as server, engine() as asked:
        verdict: Verdict = await asked.ask(policy(server.url, **changes), {"type": "deploy"}, seconds=seconds)
        return verdict


@pytest.fixture(scope="module")
def rego() -> Iterator[Any]:
    with opa(REGO) as running:
        yield running


@pytest.mark.parametrize(
    ("about", "verdict"),
    [
        ({"metadata": {}, "facts": {"destroyed": 0}}, Verdict(PolicyState.PASSED)),
        (
            {"metadata": {"env": "production"}, "facts": {"weekday": "friday", "destroyed": 6}},
            Verdict(PolicyState.FAILED, ("production is frozen on Fridays",), (WantedStage(2, 2, ("@security",)),)),
        ),
    ],
    ids=["passes", "fails and asks"],
)
async def test_real_rego_is_understood(rego: Any, about: dict[str, Any], verdict: Verdict) -> None:
    """A-03 D-43"""
    async with engine() as asked:
        assert await asked.ask(policy(rego.url("deploys/decision")), about, seconds=5) == verdict


async def test_a_bare_yes_or_no_is_a_decision_and_an_undefined_one_is_unclear(rego: Any) -> None:
    async with engine() as asked:
        small = policy(rego.url("deploys/small"))
        assert (await asked.ask(small, {"cost": {"usd": 1}}, seconds=5)).state is PolicyState.PASSED
        unclear = await asked.ask(small, {"cost": {"usd": 9}}, seconds=5)
        assert (unclear.state, unclear.reasons) == (
            PolicyState.UNCLEAR,
            ("its decision is undefined for this request",),
        )


YES = {"result": {"allow": True}}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"yes",
        b"[true]",
        b'{"result": true, "result": false}',
        b'{"result": {"allow": NaN}}',
        b'{"result": {"allow": true}' + b" " * MOST_BYTES + b"}",
        b'{"result":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        {},
        {"result": None},
        {"result": "true"},
        {"result": 1},
        {"result": {}},
        {"result": {"allow": "true"}},
        {"result": {"allow": 1}},
        {"result": {"allow": True, "pass": True}},
        {"result": {"allow": True, "deny": True}},
        {"result": {"allow": True, "reasons": "because"}},
        {"result": {"allow": True, "reasons": ["x" * 501]}},
        {"result": {"allow": True, "reasons": ["x"] * 21}},
        {"result": {"allow": True, "require_approval": True}},
        {"result": {"allow": True, "require_approval": [{"min": 1}]}},
        {"result": {"allow": True, "require_approval": [{"from": []}]}},
        {"result": {"allow": True, "require_approval": [{"from": ["@a"], "min": 0}]}},
        {"result": {"allow": True, "require_approval": [{"from": ["@a"], "min": 1.5}]}},
        {"result": {"allow": True, "require_approval": [{"from": ["@a"], "stage": 0}]}},
        {"result": {"allow": True, "require_approval": [{"from": "@a"}]}},
        {"result": {"allow": True, "require_approval": [{"from": ["@a"]}] * 21}},
        {"result": {"allow": True, "require_approval": [{"from": ["\x00"]}]}},
    ],
    ids=range(28),
)
async def test_whatever_cannot_be_understood_is_unclear(said: Any) -> None:
    verdict = await ask(saying(said))
    assert verdict.state is PolicyState.UNCLEAR
    assert len(verdict.reasons) == 1
    assert verdict.stages == ()


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (saying(YES, 500), "answered 500"),
        (saying(YES, 404), "answered 404"),
        (saying(YES, 401), "answered 401"),
        (saying(YES, 204), "answered 204"),
        (saying(b"", 302, Location="http://169.254.169.254/latest/meta-data"), "leads on to another one"),
    ],
    ids=["broken", "not there", "not for us", "empty", "elsewhere"],
)
async def test_what_is_no_answer_is_asked_again_later(answer: Answer, trouble: str) -> None:
    with pytest.raises(NoAnswer, match=trouble):
        await ask(answer)


async def never(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b'{"result": {"allow": true')
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("answer", [never, endless])
async def test_a_server_that_takes_its_time_is_not_waited_for(answer: Answer) -> None:
    with pytest.raises(NoAnswer, match=r"no answer within 0\.1 seconds"):
        await ask(answer, seconds=0.1)


async def test_a_server_that_is_down_is_no_answer() -> None:
    async with serving(saying(YES)) as server:
        url = server.url
    async with engine() as asked:
        with pytest.raises(NoAnswer, match="does not take connections"):
            await asked.ask(policy(url), {}, seconds=5)


async def test_a_private_address_is_called_only_where_the_operator_allows_it() -> None:
    async with serving(saying(YES)) as server, engine(loopback=False) as asked:
        with pytest.raises(NoAnswer):
            await asked.ask(policy(server.url), {}, seconds=5)
        assert server.heard == []
        with pytest.raises(Invalid):
            asked.check(server.url)


async def test_the_token_is_sent_to_the_address_it_was_given_for_and_to_no_other() -> None:
    async with serving(saying(YES)) as server, engine() as asked:
        sealed = SEALS.seal("s3cret", token_place("org_acme", server.url))
        await asked.ask(policy(server.url, sealed_token=sealed), {"type": "deploy"}, seconds=5)
        headers, body = server.heard[-1]
        assert headers["Authorization"] == "Bearer s3cret"
        assert body == b'{"input":{"type":"deploy"}}'
        with pytest.raises(NoAnswer):
            await asked.ask(policy(f"{server.url}/other", sealed_token=sealed), {}, seconds=5)
        assert len(server.heard) == 1


def test_a_policy_shows_nobody_its_token() -> None:
    assert "s3cret" not in repr(policy("https://opa.example.com", sealed_token="s3cret"))
