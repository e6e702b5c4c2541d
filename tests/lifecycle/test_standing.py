"""How a request stands is worked out once for all that stand alike, and anew for whatever stands otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.model.emergency import Glass
from core.model.people import Way
from core.model.request import Life, Plan, Request, Status
from core.model.requirement import Report
from core.requirements.any_of import AnyOf
from core.requirements.check import Check
from core.standing import Standing, _AsItStands, _stand, stand
from tests.lifecycle.kit import HOUR, given, one_of, person, some, stages

ADA, BOB = person("ada", "platform"), person("bob", "platform")


def asked(**changes: Any) -> Request:
    """Two stages, the second open; Ada has said yes in both."""
    story = given(ADA, BOB, asks=stages(one_of("@platform"), some(2, "@platform")))
    story.approve("ada")
    story.approve("ada")
    return replace(story.request, **changes)


def anew(request: Request) -> Standing:
    """Worked out for this very request."""
    return _stand.__wrapped__(_AsItStands(request))


BEFORE = asked()
ALL = Plan((*BEFORE.plan.stages[:1], replace(BEFORE.plan.stages[1], requirements=(Check("s2r1", "ci"),))))
CHOICE = AnyOf("s2r1", (Check("", "ci"), *BEFORE.plan.stages[1].requirements))
AT = BEFORE.created_at
GLASS = Glass("gls_1", "mem_sue", "Sue", "sue@example.com", "outage", 1, 2, AT, Way.SLACK, None, review_by=AT)

OTHERWISE: Mapping[str, dict[str, Any]] = {
    "plan": {"plan": ALL},
    "plan with a choice": {"plan": replace(ALL, stages=(replace(ALL.stages[1], requirements=(CHOICE,)),))},
    "plan that wants different people": {"plan": replace(BEFORE.plan, distinct=True)},
    "decisions": {"decisions": BEFORE.decisions[:1]},
    "a decision that lapsed": {"decisions": tuple(replace(one, life=Life.LAPSED) for one in BEFORE.decisions)},
    "status": {"status": Status.CANCELLED},
    "stage": {"stage": 1},
    "revision": {"revision": 2},
    "fixed": {"fixed": {"s2r1": frozenset({"mem_ada"})}},
    "glasses": {"glasses": (GLASS,)},
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_what_stands_otherwise_is_worked_out_anew(what: str) -> None:
    stand(BEFORE)
    changed = replace(BEFORE, **OTHERWISE[what])
    assert stand(changed) == anew(changed)


def test_a_report_changes_how_its_check_stands() -> None:
    waiting = replace(BEFORE, plan=ALL)
    passed = replace(waiting, checks={"ci": Report("passed", 1, AT)})
    assert not stand(waiting).stages[1].met
    assert stand(passed).stages[1].met


def test_what_stands_alike_is_worked_out_once() -> None:
    """Another request of the same plan; and this one after what changes nothing of it."""
    other = replace(BEFORE, id="req_other", number=7, content=replace(BEFORE.content, title="Another"), fixed={})
    assert stand(other) is stand(BEFORE)
    assert stand(replace(BEFORE, expires_at=AT + HOUR, version=9)) is stand(BEFORE)


@pytest.mark.parametrize("distinct", [False, True])
def test_nothing_else_of_a_request_is_read(distinct: bool) -> None:
    """Or it would have to be told apart by that, too."""
    request = replace(BEFORE, plan=replace(BEFORE.plan, distinct=distinct), glasses=(GLASS,))
    read: set[str] = set()

    class Watched(SimpleNamespace):
        def __getattr__(self, name: str) -> Any:
            read.add(name)
            return getattr(request, name)

    known = _AsItStands(request)
    known.request = cast("Request", Watched())
    _stand.__wrapped__(known)
    assert read <= {"plan", "decisions", "checks", "fixed", "glass", "is_open", "stage", "revision"}
