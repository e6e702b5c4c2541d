"""Rules, plans and their explanations are stored as plain JSON and come back as they were."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given

import core.requirements
from core.codec import codec
from core.collection import members
from core.model import event as e
from core.model.request import Plan, Request
from core.model.requirement import Report
from core.model.rule import Rule
from tests.lifecycle.kit import given as given_request
from tests.lifecycle.kit import one_of, person, stages
from tests.rulebook.kit import NINE, judged
from tests.rulebook.strategies import some_rules

CODEC = codec(members(core.requirements))


@given(some_rules())
def test_a_rule_is_stored_whole(rule: Any) -> None:
    saved = replace(rule, id="rul_1", organisation="org_acme", order=3, version=2, author="mem_ada", changed_at=NINE)
    assert CODEC.parse(CODEC.text(saved), Rule) == saved


def test_a_plan_keeps_why_it_is_as_it_is() -> None:
    plan = judged(
        [
            'add "x" when true require either 2 of @a or else check ci escalate after 1h to @boss notify @b',
            'add "y" when facts.x > 1 allow',
            'add "z" when true deny shadow',
        ]
    ).plan
    again = CODEC.parse(CODEC.text(plan), Plan)
    assert again == plan
    assert again.explanation == plan.explanation
    assert plan.explanation is not None
    assert len(plan.explanation.rules) == 3


def test_a_request_keeps_the_reports_of_its_checks() -> None:
    request = given_request(person("ada", "platform"), asks=stages(one_of("@platform"))).request
    checked = replace(request, checks={"ci": Report("failed", 1, NINE, "3 red", "https://ci.example.com/1")})
    assert CODEC.request(CODEC.text(checked)) == checked


def test_a_request_stored_before_there_were_checks_is_read() -> None:
    request = given_request(person("ada", "platform"), asks=stages(one_of("@platform"))).request
    plain = CODEC.plain(request)
    for key in ("explanation", "tell", "escalations", "allowed_by"):
        del plain["plan"][key]
    del plain["checks"]
    assert CODEC.build(plain, Request) == request


def test_a_report_is_an_event_of_the_ledger() -> None:
    event = e.CheckReported(NINE, "ci", Report("passed", 2, NINE))
    word, payload = CODEC.payload(event)
    assert word == "check_reported"
    assert CODEC.event(word, NINE, payload) == event
