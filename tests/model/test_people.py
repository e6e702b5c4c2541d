"""Roles are sets of verbs; principals are the names under which somebody is waited for."""

import pytest

from core.model.people import Actor, Role, Verb, Way, clock_actor, principals_of, verbs_of
from tests.lifecycle.kit import person


@pytest.mark.parametrize(
    ("role", "verbs"),
    [
        (Role.REQUESTER, {Verb.ASK}),
        (Role.APPROVER, {Verb.READ, Verb.ASK, Verb.APPROVE}),
        (Role.AUDITOR, {Verb.READ}),
        (Role.ADMIN, set(Verb) - {Verb.BREAK_GLASS}),
        (Role.BREAK_GLASS, {Verb.READ, Verb.BREAK_GLASS}),
    ],
)
def test_each_role_is_a_set_of_verbs(role: Role, verbs: set[Verb]) -> None:
    """A-14, C-03"""
    assert verbs_of([role]) == verbs


def test_several_roles_add_up() -> None:
    assert verbs_of([Role.REQUESTER, Role.AUDITOR]) == {Verb.READ, Verb.ASK}


def test_anyone_who_may_approve_is_waited_for_as_anyone() -> None:
    """B-15"""
    assert principals_of("mem_ada", ["grp_1"], [Role.APPROVER], "prj_1") == {
        "member:mem_ada",
        "group:grp_1",
        "role:approver:prj_1",
        "anyone:prj_1",
    }
    assert "anyone:prj_1" not in principals_of("mem_rita", [], [Role.REQUESTER], "prj_1")


def test_somebody_inactive_may_nothing() -> None:
    assert person("ada").may(Verb.APPROVE)
    assert not person("ada", active=False).may(Verb.APPROVE)


def test_an_actor_is_named_in_the_ledger_by_kind_and_id() -> None:
    assert Actor("agent", "agt_ci", "ci", "org_1", Way.KEY).key == "agent:agt_ci"
    assert clock_actor("org_1").key == "system:clock"
