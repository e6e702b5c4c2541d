"""Rules as they are kept: versions, one edit at a time, uses counted once, and the types beside them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from core.errors import Conflict
from core.model.organisation import BUILT_IN_TYPES, Bounds, RequestType
from core.model.request import Stage
from core.model.requirement import Source
from core.model.rule import Effect, Escalation, Place, Rule, RuleVersion, Scope
from core.ports import Rules, StaleVersion, Transaction
from core.requirements.approvals import Approvals
from core.requirements.check import Check
from core.store.engine import Engine
from tests.store.builders import ORG, T0

pytestmark = pytest.mark.anyio

MANAGERS = Source("group:grp_managers", "@managers")
RULE = Rule(
    name="prod deploys",
    effect=Effect.REQUIRE,
    when='type == "deploy"',
    scope=Scope(projects=(Place("prj_default", "default"),)),
    stages=(Stage(1, "Platform", (Approvals("s1r1", 2, (MANAGERS,)), Check("s1r2", "window"))),),
    not_from=(Source("field:metadata.author", "metadata.author"),),
    reply_window=timedelta(hours=4),
    remind=(timedelta(minutes=30),),
    escalate=Escalation(timedelta(hours=3), (MANAGERS,), reassign=True),
    id="rul_1",
    organisation=ORG,
    order=1,
    author="Root",
    changed_at=T0,
)


def put(rule: Rule, *, removed: bool = False) -> Callable[[Transaction], None]:
    return lambda tx: tx.put_rule(rule, removed=removed)


def move_from(version: int, tx: Transaction) -> None:
    tx.move_rulebook(ORG, version)


def use_after(used: int, tx: Transaction) -> None:
    tx.use_rule("rul_1", used)


async def test_a_rule_is_read_as_it_was_written(store: Engine) -> None:
    await store.transact(lambda tx: tx.move_rulebook(ORG, 0))
    await store.transact(lambda tx: tx.put_rule(RULE))
    assert await store.read(lambda reader: reader.rulebook(ORG)) == Rules(1, (RULE,), ())


async def test_an_organisation_without_rules_stands_at_version_nought(store: Engine) -> None:
    assert await store.read(lambda reader: reader.rulebook(ORG)) == Rules(0, (), ())


async def test_rules_come_oldest_first(store: Engine) -> None:
    for place, id in ((3, "rul_a"), (1, "rul_c"), (2, "rul_b")):
        await store.transact(put(replace(RULE, id=id, order=place)))
    await store.transact(lambda tx: tx.move_rulebook(ORG, 0))
    rules = (await store.read(lambda reader: reader.rulebook(ORG))).rules
    assert [rule.id for rule in rules] == ["rul_c", "rul_b", "rul_a"]


async def test_every_version_of_a_rule_is_kept_the_newest_first(store: Engine) -> None:
    off = replace(RULE, version=2, reason="too loud")
    gone = replace(RULE, version=3)
    for rule, removed in ((RULE, False), (off, False), (gone, True)):
        await store.transact(put(rule, removed=removed))
    versions = await store.read(lambda reader: reader.rule_versions(ORG, "rul_1"))
    assert versions == [RuleVersion(gone, removed=True), RuleVersion(off), RuleVersion(RULE)]
    assert (await store.read(lambda reader: reader.rulebook(ORG))).rules == ()


async def test_of_two_edits_from_one_version_the_second_is_refused(store: Engine) -> None:
    for version in (0, 1, 2):
        move = partial(move_from, version)
        await store.transact(move)
        with pytest.raises(Conflict) as caught:
            await store.transact(move)
        assert caught.value.word == "stale_version"
    assert await store.read(lambda reader: reader.rulebook_version(ORG)) == 3


async def test_a_transaction_knows_the_version_along_with_the_project(store: Engine) -> None:
    def work(tx: Transaction) -> tuple[int, int]:
        tx.project("prj_default")
        before = tx.rulebook_version(ORG)
        tx.move_rulebook(ORG, before)
        return before, tx.rulebook_version(ORG)

    assert await store.transact(work) == (0, 1)


async def test_a_use_is_counted_once(store: Engine) -> None:
    for used in (0, 1, 2):
        use = partial(use_after, used)
        await store.transact(use)
        with pytest.raises(StaleVersion):
            await store.transact(use)
    assert await store.read(lambda reader: reader.rule_uses(["rul_1", "rul_2"])) == {"rul_1": 3}


async def test_types_belong_to_their_organisation(store: Engine) -> None:
    type = RequestType("refund", "Refund", editable={"params.usd": Bounds("number", maximum=50)})
    await store.transact(lambda tx: tx.move_rulebook(ORG, 0))
    await store.transact(lambda tx: tx.put_type(ORG, type))
    assert (await store.read(lambda reader: reader.rulebook(ORG))).types == (type,)
    other = replace(BUILT_IN_TYPES["deploy"], word="refund")
    await store.transact(lambda tx: tx.put_type(ORG, other))
    assert (await store.read(lambda reader: reader.rulebook(ORG))).types == (other,)
    await store.transact(lambda tx: tx.drop_type(ORG, "refund"))
    assert (await store.read(lambda reader: reader.rulebook(ORG))).types == ()
