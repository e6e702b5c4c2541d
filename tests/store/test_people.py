"""Members, groups, grants, agents, keys and tokens as they are written and read."""

from dataclasses import replace
from datetime import datetime, timedelta
from operator import methodcaller

import pytest

from core.model.organisation import Agent, ApiKey, Grant, Group, Identity, Member, Project, Settings, Token
from core.model.people import Person, Role, Verb
from core.ports import Transaction
from core.store.engine import Engine
from tests.store.builders import ELSEWHERE, ORG, PROJECT, SECOND, T0, Clock

pytestmark = pytest.mark.anyio


async def person(store: Engine, member: str, project: str = PROJECT) -> Person | None:
    read = await store.read(lambda reader: reader.person(member, project))
    assert read == await store.transact(lambda tx: tx.person(member, project))
    return read


async def roster(store: Engine, principal: str, project: str = PROJECT, limit: int = 10) -> set[str]:
    read = await store.read(lambda reader: reader.roster(principal, project, limit))
    assert read == await store.transact(lambda tx: tx.roster(principal, project, limit))
    return set(read)


async def test_a_person_is_seen_with_groups_roles_and_identity(store: Engine) -> None:
    assert await person(store, "mem_ada") == Person(
        id="mem_ada",
        name="Ada",
        email="ada@acme.example",
        active=True,
        pinned=True,
        roles=frozenset({Role.APPROVER}),
        principals=frozenset({"member:mem_ada", "group:grp_platform", f"role:approver:{PROJECT}", f"anyone:{PROJECT}"}),
        verbs=frozenset({Verb.READ, Verb.ASK, Verb.APPROVE}),
    )


async def test_a_role_holds_in_its_project_only_and_everywhere_if_granted_so(store: Engine) -> None:
    ada, sue = await person(store, "mem_ada", SECOND), await person(store, "mem_sue", SECOND)
    assert ada is not None
    assert sue is not None
    assert ada.roles == frozenset()
    assert sue.roles == {Role.REQUESTER}


async def test_nobody_of_another_organisation_is_a_person_of_a_project(store: Engine) -> None:
    assert await person(store, "mem_olga") is None
    assert await roster(store, "member:mem_olga") == set()
    assert await person(store, "mem_ada", "prj_other") is None


async def test_many_people_are_read_at_once(store: Engine) -> None:
    wanted = ["mem_ada", "mem_bob", "mem_sue", "mem_olga", "mem_nobody"]
    people = await store.transact(lambda tx: tx.people(wanted, PROJECT))
    assert {id: (found.name, found.pinned) for id, found in people.items()} == {
        "mem_ada": ("Ada", True),
        "mem_bob": ("Bob", False),
        "mem_sue": ("Sue", False),
    }
    assert await store.transact(lambda tx: tx.people([], PROJECT)) == {}


@pytest.mark.parametrize(
    ("principal", "behind"),
    [
        ("member:mem_ada", {"mem_ada"}),
        ("group:grp_platform", {"mem_ada", "mem_bob"}),
        (f"role:approver:{PROJECT}", {"mem_ada", "mem_bob"}),
        (f"role:requester:{PROJECT}", {"mem_sue"}),
        (f"role:approver:{SECOND}", set()),
        (f"anyone:{PROJECT}", {"mem_ada", "mem_bob"}),
        ("anyone:prj_other", set()),
        ("group:grp_nowhere", set()),
        ("nonsense", set()),
    ],
)
async def test_a_roster_is_the_active_members_behind_a_principal(
    store: Engine, principal: str, behind: set[str]
) -> None:
    assert await roster(store, principal) == behind


async def test_a_deactivated_member_drops_out_of_every_roster_at_once(store: Engine) -> None:
    ada = await store.read(lambda reader: reader.member(ORG, "mem_ada"))
    assert ada is not None
    await store.transact(lambda tx: tx.put(replace(ada, active=False)))
    assert await roster(store, "group:grp_platform") == {"mem_bob"}
    assert await roster(store, f"anyone:{PROJECT}") == {"mem_bob"}
    seen = await person(store, "mem_ada")
    assert seen is not None
    assert not seen.active


async def test_a_roster_stops_at_its_limit(store: Engine) -> None:
    assert len(await roster(store, "group:grp_platform", limit=1)) == 1


async def test_unpinning_takes_effect_at_once(store: Engine) -> None:
    await store.transact(lambda tx: tx.unpin("idn_ada"))
    seen = await person(store, "mem_ada")
    assert seen is not None
    assert not seen.pinned
    assert await store.read(lambda reader: reader.identity("slack", "T1", "U1")) is None


async def test_all_names_one_is_waited_for_under(store: Engine) -> None:
    names = await store.read(lambda reader: reader.principals(ORG, "mem_ada"))
    assert names == {"member:mem_ada", "group:grp_platform", f"role:approver:{PROJECT}", f"anyone:{PROJECT}"}
    everywhere = await store.read(lambda reader: reader.principals(ORG, "mem_sue"))
    assert everywhere == {"member:mem_sue", f"role:requester:{PROJECT}", f"role:requester:{SECOND}"}


async def test_roles_are_told_for_a_project_or_everywhere(store: Engine) -> None:
    assert await store.read(lambda reader: reader.roles(ORG, "mem_ada", PROJECT)) == {Role.APPROVER}
    assert await store.read(lambda reader: reader.roles(ORG, "mem_ada", None)) == frozenset()
    assert await store.read(lambda reader: reader.roles(ORG, "mem_sue", None)) == {Role.REQUESTER}


async def test_a_grant_can_be_revoked_and_given_twice(store: Engine) -> None:
    grant = Grant(ORG, PROJECT, "group:grp_platform", Role.APPROVER)
    await store.transact(lambda tx: tx.grant(grant))
    assert grant in await store.read(lambda reader: reader.grants(ORG))
    await store.transact(lambda tx: tx.revoke(grant))
    assert await store.read(lambda reader: reader.grants(ORG)) == [Grant(ORG, None, "member:mem_sue", Role.REQUESTER)]


async def test_group_members_are_replaced_as_a_whole(store: Engine) -> None:
    await store.transact(lambda tx: tx.set_group_members("grp_platform", ["mem_sue", "mem_sue"]))
    assert await store.read(lambda reader: reader.group_members("grp_platform")) == ["mem_sue"]


async def test_nouns_are_found_by_id_and_by_name_in_their_organisation(store: Engine) -> None:
    group, project = Group("grp_x", ORG, "x", "S1", T0), Project("prj_x", ORG, "x", Settings(remind=()), T0)
    member = Member("mem_x", ORG, "x@acme.example", "X", active=True, created_at=T0)
    identity = Identity("idn_x", ORG, "slack", "T1", "UX", "mem_x", "x@acme.example", T0)
    agent = Agent("agt_x", ORG, "x", None, "always", (), suspended=True, created_at=T0)
    for noun in (group, project, member, identity, agent):
        await store.transact(methodcaller("put", noun))
    found = await store.read(
        lambda reader: [
            reader.group(ORG, "grp_x"),
            reader.group_by_name(ORG, "x"),
            reader.project("prj_x"),
            reader.project_by_name(ORG, "x"),
            reader.member(ORG, "mem_x"),
            reader.member_by_email(ORG, "X@acme.example"),
            reader.identity("slack", "T1", "UX"),
            reader.agent("agt_x"),
            *reader.identities(ORG, "mem_x"),
        ]
    )
    assert found == [group, group, project, project, member, member, identity, agent, identity]
    assert await store.read(lambda reader: reader.group(ELSEWHERE, "grp_x")) is None
    assert await store.read(lambda reader: reader.group_by_name(ELSEWHERE, "x")) is None
    assert await store.read(lambda reader: reader.identities(ELSEWHERE, None)) == []


async def test_lists_of_nouns_are_of_one_organisation(store: Engine) -> None:
    told = await store.read(
        lambda reader: (
            [project.name for project in reader.projects(ORG)],
            [group.name for group in reader.groups(ORG)],
            [agent.name for agent in reader.agents(ORG)],
            [organisation.id for organisation in reader.organisations()],
        )
    )
    assert told == (["default", "second"], ["platform"], ["ci"], [ORG, ELSEWHERE])
    assert await store.read(lambda reader: reader.agents(ELSEWHERE)) == []


async def test_members_are_paged_by_id(store: Engine) -> None:
    first = await store.read(lambda reader: reader.members(ORG, cursor=None, limit=2))
    rest = await store.read(lambda reader: reader.members(ORG, cursor=first[-1].id, limit=2))
    assert [member.id for member in [*first, *rest]] == ["mem_ada", "mem_bob", "mem_sue"]


async def test_a_key_is_found_by_its_hash_and_keeps_it_when_changed(store: Engine) -> None:
    key = ApiKey(
        id="key_1",
        organisation=ORG,
        agent="agt_ci",
        label="build",
        verbs=frozenset({Verb.ASK, Verb.READ}),
        projects=frozenset({PROJECT}),
        facts={"env": "production"},
        created_at=T0,
        expires_at=None,
        revoked_at=None,
    )

    def work(tx: Transaction) -> None:
        tx.put(key)
        tx.keep_key_hash("key_1", "aa")
        tx.put(replace(key, last_used_at=T0, projects=None))

    await store.transact(work)
    assert await store.read(lambda reader: reader.key_by_hash("aa")) == replace(key, last_used_at=T0, projects=None)
    assert await store.read(lambda reader: reader.key_by_hash("bb")) is None
    assert [found.id for found in await store.read(lambda reader: reader.keys(ORG, "agt_ci"))] == ["key_1"]


async def test_a_token_is_found_by_its_hash(store: Engine) -> None:
    token = Token("tok_1", ORG, "mem_ada", "laptop", may_decide=False, created_at=T0, expires_at=T0, revoked_at=None)

    def work(tx: Transaction) -> None:
        tx.put(token)
        tx.keep_token_hash("tok_1", "cc")

    await store.transact(work)
    assert await store.read(lambda reader: reader.token_by_hash("cc")) == token
    assert await store.read(lambda reader: reader.tokens(ORG, "mem_ada")) == [token]


async def test_a_login_code_is_used_once_and_in_time(store: Engine, clock: Clock) -> None:
    now = clock.now()
    for code, minutes in (("fresh", 5), ("late", 1)):
        until = now + timedelta(minutes=minutes)
        await store.transact(methodcaller("keep_login_code", code, ORG, "mem_ada", until))
    clock.turn(timedelta(minutes=2))
    assert await store.transact(lambda tx: tx.take_login_code("fresh")) == (ORG, "mem_ada")
    assert await store.transact(lambda tx: tx.take_login_code("fresh")) is None
    assert await store.transact(lambda tx: tx.take_login_code("late")) is None


async def test_of_a_mirrored_group_only_those_who_came_in_time_are_behind_it(store: Engine) -> None:
    def mirror(tx: Transaction) -> datetime:
        tx.put(Group("grp_guards", ORG, "guards", "T1/S1", T0))
        tx.set_group_members("grp_guards", ["mem_ada"])
        return tx.now()

    def comes(tx: Transaction) -> None:
        tx.set_group_members("grp_guards", ["mem_ada", "mem_bob"])

    asked = await store.transact(mirror)
    await store.transact(comes)
    came = await store.read(lambda reader: reader.came(ORG, "mem_bob"))
    assert came.keys() == {"group:grp_guards"}
    for by, behind in ((asked, {"mem_ada"}), (came["group:grp_guards"], {"mem_ada", "mem_bob"})):
        assert await store.read(lambda reader, by=by: reader.roster("group:grp_guards", PROJECT, 9, by=by)) >= behind  # type: ignore[misc]
