"""A judgement that is known is the one that would be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.model.organisation import BUILT_IN_TYPES
from core.model.request import Judgement, Stage
from core.model.requirement import Source
from core.model.rule import Mode, Rule
from core.phrases import speaking
from core.requirements.approvals import Approvals
from core.rulebook.given import Given, Offer, PolicyAnswer, PolicyState
from core.rulebook.judge import judge
from core.rulebook.judged import judged
from core.rulebook.rulebook import Looked, Rulebook
from tests.rulebook.kit import BOT, CONDITIONS, content, looked, project, rules
from tests.rulebook.strategies import some_rules

ADA = Source("member:ada", "Ada")
NAMED = (Stage(1, "Approval", (Approvals("s1r1", 1, (ADA,)),)),)
HERE = project()
"""One object, as the store's is."""
RULES = rules(['add "two" when type == "deploy" require 2 of @platform', 'add "ok" when facts.fine allow'])
POLICY = PolicyAnswer("pol_1", "opa", PolicyState.FAILED, on_fail="reject")


def asked(**changes: Any) -> dict[str, Any]:
    book = Rulebook(1, changes.pop("rules", RULES), CONDITIONS)
    said = changes.pop("said", {})
    given_ = Given(looked=looked(book, content(**said), BOT))
    plain: dict[str, Any] = {"asking": frozenset[str](), "project": HERE, "type": BUILT_IN_TYPES["deploy"]}
    plain |= {"named": (), "distinct": False, "notify": (), "given": given_}
    return plain | changes


def must_be_the_same(one: Judgement, other: Judgement) -> None:
    """The explanation, too, which plans are not compared by."""
    assert one == other
    assert one.plan.explanation == other.plan.explanation


def test_what_is_asked_alike_is_judged_once() -> None:
    """So that a plan that was written is known when it is to be written again."""
    assert judged(**asked()) is judged(**asked())
    assert judged(**asked(named=NAMED)) is judged(**asked(named=tuple(map(replace, NAMED))))


OTHERWISE: Mapping[str, dict[str, Any]] = {
    "asking": {"asking": frozenset({"mem_ada"})},
    "project": {"project": project(reply_window=None)},
    "type": {"type": BUILT_IN_TYPES["merge"]},
    "named": {"named": NAMED},
    "distinct": {"distinct": True},
    "notify": {"notify": ("#deploys",)},
    "what a rule answers": {"said": {"facts": {"fine": True}}},
    "a rule's text": {"rules": (replace(RULES[0], stages=NAMED), RULES[1])},
    "a rule's mode": {"rules": (RULES[0], replace(RULES[1], mode=Mode.SHADOW)), "said": {"facts": {"fine": True}}},
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_what_is_asked_otherwise_is_judged_anew(what: str) -> None:
    before = judged(**asked())
    changed = asked(**OTHERWISE[what])
    must_be_the_same(judged(**changed), judge(**changed))
    assert judged(**changed) is not before


GIVEN: Mapping[str, Any] = {
    "looked": Looked(7),
    "stands_for": {"field:metadata.owner": (ADA,)},
    "behind": {"group:platform": frozenset({"mem_ada"})},
    "policies": (POLICY,),
    "watching": (POLICY,),
    "checks": ("ci",),
    "offers": (Offer("trust_budget", "trusted"),),
}


def test_everything_that_can_be_given_is_looked_at() -> None:
    """A new field of `Given` must come to be told apart."""
    assert set(GIVEN) == {field.name for field in fields(Given)}


@pytest.mark.parametrize("what", GIVEN)
def test_what_was_given_is_told_apart(what: str) -> None:
    plain = asked()
    before = judged(**plain)
    changed = plain | {"given": replace(plain["given"], **{what: GIVEN[what]})}
    must_be_the_same(judged(**changed), judge(**changed))
    assert judged(**changed) is not before


def test_what_was_said_in_another_language_is_not_known_in_this_one() -> None:
    class German:
        def find(self, pattern: str) -> str | None:
            return "Die Anfrage nennt, wer zustimmt." if pattern == "The request names its approvers." else None

        def find_many(self, one: str, many: str, count: int) -> str | None:
            return None

    english = judged(**asked(rules=(), named=NAMED))
    with speaking(German()):
        german = judged(**asked(rules=(), named=NAMED))
    assert german.plan.why == ("Die Anfrage nennt, wer zustimmt.",)
    assert english.plan.why == judged(**asked(rules=(), named=NAMED)).plan.why == ("The request names its approvers.",)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(some_rules(), max_size=4), min_size=1, max_size=4), st.booleans())
def test_of_any_rules_the_same_is_known_that_would_be_judged(drawn: list[list[Rule]], fine: bool) -> None:
    books = [
        tuple(replace(rule, id=f"rul_{n}", name=f"rule {n}", order=n) for n, rule in enumerate(each)) for each in drawn
    ]
    for book in (*books, *books):
        one = asked(rules=book, said={"facts": {"fine": fine}})
        must_be_the_same(judged(**one), judge(**one))
