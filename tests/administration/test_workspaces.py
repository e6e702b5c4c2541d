"""Workspaces on both databases: who may bring one in, what becomes of it, and how one organisation comes to have several."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.administration import operator
from core.administration.installations import Granted, Installations
from core.administration.members import Members
from core.administration.organisations import Organisations
from core.errors import Conflict, NotAllowed, NotFound
from core.model.installation import InstallState
from core.model.people import Actor, Role, Way
from core.secrets import Pepper
from tests.administration.town_hall import TownHall
from tests.desk.office import ORG

pytestmark = pytest.mark.anyio

ACME = Granted("T1", None, False, "Acme", "A1", "U9", "B9", ("chat:write",), "xoxb-acme", "U1", "a@acme.example", "Ann")
GLOBEX = replace(ACME, team="T2", name="Globex", token="xoxb-globex", email="gina@globex.example", person="Gina")


class Wax:
    """Seals by turning the text around; bound to its place."""

    def seal(self, text: str, place: str) -> str:
        return f"{place}|{text[::-1]}"

    def unseal(self, sealed: str, place: str) -> str:
        where, _, text = sealed.partition("|")
        assert where == place
        return text[::-1]


def the_office(hall: TownHall) -> Installations:
    fresh = hall.office.fresh
    founding = Organisations(hall.store, fresh, Members(hall.store, fresh))
    return Installations(hall.store, fresh, founding, Pepper(b"p" * 32), Wax())


async def admin_of(hall: TownHall, organisation: str, email: str) -> Actor:
    member = await hall.read(lambda reader: reader.member_by_email(organisation, email))
    return Actor("member", member.id, member.name, organisation, Way.SLACK, may_decide=True)


async def test_an_open_server_makes_an_organisation_for_each_workspace_with_its_installer_as_admin(
    hall: TownHall,
) -> None:
    office = the_office(hall)
    here = await office.install(GLOBEX, mode="open", invite="")
    assert here.fresh
    assert here.organisation.id != ORG
    gina = await admin_of(hall, here.organisation.id, "gina@globex.example")
    assert [one.name for one in await office.list(gina)] == ["Globex"]
    assert "xoxb-globex" not in here.installation.sealed_token
    assert office.token(here.installation) == "xoxb-globex"
    roles = await hall.read(lambda reader: reader.roles(here.organisation.id, gina.id, None))
    assert roles == {Role.ADMIN}


async def test_installing_again_renews_token_and_scopes_and_makes_no_second_organisation(hall: TownHall) -> None:
    office = the_office(hall)
    first = await office.install(GLOBEX, mode="open", invite="")
    wider = replace(GLOBEX, token="xoxb-2", scopes=("chat:write", "users:read"), email="hugo@globex.example")
    again = await office.install(wider, mode="closed", invite="")
    assert not again.fresh
    assert again.organisation.id == first.organisation.id
    assert again.installation.id == first.installation.id
    assert again.installation.scopes == ("chat:write", "users:read")
    assert await hall.read(lambda reader: reader.member_by_email(first.organisation.id, "hugo@globex.example")) is None


async def test_an_invitation_is_good_for_one_workspace(hall: TownHall) -> None:
    office = the_office(hall)
    await office.of_environment(ACME, ORG)
    code = await office.invite(operator(ORG), "closed")
    begun = await office.begin("closed", code)
    invite = await office.returned(begun.state, begun.browser)
    await office.install(GLOBEX, mode="closed", invite=invite)
    with pytest.raises(NotAllowed, match="used already"):
        await office.begin("closed", code)
    with pytest.raises(NotAllowed, match="may not be added"):
        await office.install(replace(GLOBEX, team="T3"), mode="closed", invite=invite)


async def test_the_hosts_first_invitation_is_for_the_first_organisation(hall: TownHall) -> None:
    office = the_office(hall)
    begun = await office.begin("invite", await office.invite(operator(ORG), "invite"))
    here = await office.install(ACME, mode="invite", invite=await office.returned(begun.state, begun.browser))
    assert here.organisation.id == ORG


async def test_a_closed_server_lets_nobody_begin(hall: TownHall) -> None:
    office = the_office(hall)
    with pytest.raises(NotAllowed, match="COUNTERSIGN_INSTALL"):
        await office.begin("closed", None)
    with pytest.raises(NotAllowed, match="by invitation"):
        await office.begin("invite", None)
    with pytest.raises(NotAllowed, match="countersign workspaces invite"):
        await office.invite(hall.actor("root"), "closed")


@pytest.mark.parametrize("minutes", [0, 11])
async def test_a_state_counts_once_in_time_and_in_its_browser(hall: TownHall, minutes: int) -> None:
    office = the_office(hall)
    begun = await office.begin("open", None)
    with pytest.raises(NotAllowed, match="not begun in this browser"):
        await office.returned(begun.state, "another browser")
    with pytest.raises(NotAllowed, match="not begun in this browser"):
        await office.returned("9" + begun.state, begun.browser)
    hall.office.turn(timedelta(minutes=minutes))
    if not minutes:
        assert await office.returned(begun.state, begun.browser) == ""
    with pytest.raises(NotAllowed, match="used already or took longer"):
        await office.returned(begun.state, begun.browser)


async def test_a_workspace_goes_to_another_organisation_by_a_code_that_is_good_once(hall: TownHall) -> None:
    office = the_office(hall)
    here = await office.install(GLOBEX, mode="open", invite="")
    gina = await admin_of(hall, here.organisation.id, "gina@globex.example")
    code = await office.offer(gina, "T2")
    with pytest.raises(NotAllowed):
        await office.join(hall.actor("bob"), code)
    with pytest.raises(Conflict, match="already"):
        await office.join(gina, code)
    moved = await office.join(hall.actor("root"), code)
    assert moved.organisation == ORG
    assert [one.name for one in await office.list(hall.actor("root"))] == ["Globex"]
    with pytest.raises(NotFound):
        await office.join(hall.actor("root"), code)
    assert await office.list(gina) == []


async def test_nobody_gives_away_a_workspace_that_is_not_theirs(hall: TownHall) -> None:
    office = the_office(hall)
    await office.of_environment(ACME, ORG)
    here = await office.install(GLOBEX, mode="open", invite="")
    gina = await admin_of(hall, here.organisation.id, "gina@globex.example")
    with pytest.raises(NotFound):
        await office.offer(gina, "T1")


async def test_word_of_an_end_that_is_older_than_the_installation_ends_nothing(hall: TownHall) -> None:
    office = the_office(hall)
    here = await office.install(GLOBEX, mode="open", invite="")
    moment = int(here.installation.installed_at.timestamp())
    assert await office.ended("T2", InstallState.UNINSTALLED, since=moment - 60) is None
    gone = await office.ended("T2", InstallState.REVOKED, since=moment + 60)
    assert gone is not None
    assert gone.state is InstallState.REVOKED
    assert await office.ended("T2", InstallState.UNINSTALLED, since=moment + 61) is None


async def test_the_environments_workspace_is_noted_once_however_often_it_starts(hall: TownHall) -> None:
    office = the_office(hall)
    first = await office.of_environment(ACME, ORG)
    assert await office.of_environment(ACME, ORG) == first
    other = await office.of_environment(replace(ACME, token="xoxb-new"), ORG)
    assert other.id == first.id
    assert office.token(other) == "xoxb-new"


async def test_a_workspace_of_an_enterprise_that_is_here_joins_its_organisation(hall: TownHall) -> None:
    office = the_office(hall)
    first = await office.install(replace(GLOBEX, enterprise="E1"), mode="open", invite="")
    second = await office.install(
        replace(GLOBEX, enterprise="E1", team="T4", email="x@y.example"), mode="open", invite=""
    )
    whole = replace(GLOBEX, enterprise="E1", team=None, enterprise_wide=True)
    third = await office.install(whole, mode="open", invite="")
    assert {second.organisation.id, third.organisation.id} == {first.organisation.id}
    assert third.installation.workspace == "E1"
    assert await hall.read(lambda reader: reader.member_by_email(first.organisation.id, "x@y.example")) is None
