"""The company's OPA judges deploys: a small one passes by itself, one that destroys a lot needs security, and Fridays need nobody."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.opa import Opa, opa
from tests.stories.town import Town

pytestmark = pytest.mark.anyio

REGO = """
package deploys

import rego.v1

decision := {
    "allow": input.facts.weekday != "friday",
    "reasons": reasons,
    "require_approval": approvals,
}

reasons contains "production is frozen on Fridays" if input.facts.weekday == "friday"

approvals contains {"stage": 2, "name": "Security", "min": 2, "from": ["@security"]} if input.facts.destroyed > 5

approvals contains {"stage": 1, "name": "Platform", "from": ["@platform"]} if input.facts.destroyed > 5
"""


@pytest.fixture(scope="module")
def rego() -> Iterator[Opa]:
    with opa(REGO) as running:
        yield running


async def the_policy(town: Town, rego: Opa, **changes: Any) -> None:
    meant = {"on_pass": "approve", "on_fail": "reject", "when": 'type == "deploy"'}
    written = {"name": "deploys", "url": rego.url("deploys/decision"), **meant, **changes}
    await town.assembly.rooms.administration.policies.add(town.host, written)


def deploy(destroyed: int, weekday: str) -> dict[str, Any]:
    facts = {"destroyed": destroyed, "weekday": weekday}
    return {"type": "deploy", "title": "Deploy payments", "facts": facts, "notify": ["#deploys"]}


async def test_opa_adds_a_stage(town_both_ways: Town, rego: Opa) -> None:
    """A-03 A-05 D-43"""
    town = town_both_ways
    await the_policy(town, rego)
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(**deploy(7, "monday"))
    await town.settles()
    assert [stage["name"] for stage in asked["stages"]] == ["Platform", "Security"]

    # Security is not asked before platform has said yes.
    await town.clicks("carol", asked, "request.approve")
    assert "not your turn yet" in town.told("carol")
    for who in ("bob", "carol", "dave"):
        await town.clicks(who, asked, "request.approve")
    done = await pipeline.reads(asked)
    assert (done["status"], done["cause"]) == ("approved", "people")

    # Whoever asks why hears which policy asked, in Details and by command.
    said = str((await town.types("bob", f"/countersign why #{asked['number']}"))["text"])
    assert "Policy deploys passed, so its people are asked." in said


async def test_opa_decides_alone_and_is_named_with_its_reasons(town: Town, rego: Opa) -> None:
    """D-05 D-06 D-45"""
    await the_policy(town, rego)
    pipeline = await town.machine("deploy-bot")
    small, friday = await pipeline.asks(**deploy(0, "monday")), await pipeline.asks(**deploy(0, "friday"))
    await town.settles()
    policy = (await town.assembly.rooms.administration.policies.get(town.host, "deploys")).policy.id
    assert [(one["status"], one["cause"]) for one in (small, friday)] == [
        ("auto_approved", f"policy:{policy}"),
        ("auto_rejected", f"policy:{policy}"),
    ]
    said = str((await town.types("bob", f"/countersign why #{friday['number']}"))["text"])
    assert "Its reasons: production is frozen on Fridays." in said


async def test_opa_is_down_nobody_can_approve_and_it_goes_on_when_it_is_back(town: Town, rego: Opa) -> None:
    """A-03"""
    with opa(REGO) as fragile:
        await the_policy(town, fragile)
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(**deploy(7, "monday"))
    await town.settles()
    assert (asked["status"], asked["stage"]) == ("pending", 0)
    assert "policy deploys" in str(town.card("bob", asked)["blocks"])
    await town.clicks("bob", asked, "request.approve")
    assert "policy deploys" in town.told("bob")
    assert "Policy deploys cannot be asked" in town.heard("alice")

    # The admin gives it the address of one that is up; what waits is judged at once.
    policies = town.assembly.rooms.administration.policies
    written = {"name": "deploys", "url": rego.url("deploys/decision"), "on_pass": "approve", "on_fail": "reject"}
    await policies.change(town.host, "deploys", written)
    await town.later(seconds=5)
    assert [stage["name"] for stage in (await pipeline.reads(asked))["stages"]] == ["Platform", "Security"]
    await town.clicks("bob", asked, "request.approve")
    assert (await pipeline.reads(asked))["stage"] == 2
