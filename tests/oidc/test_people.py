"""People who come with a token of their company's single sign-on."""

import pytest

from bot.assemble import assemble
from bot.settings_problem import SettingsProblem
from core.administration import operator
from core.model.organisation import Identity
from core.model.people import Role
from tests.api.conftest import House, settings_for
from tests.api.test_following import sealed, streaming
from tests.oidc.conftest import AUDIENCE, call, why
from tests.oidc.issuer import Issuer

pytestmark = pytest.mark.anyio


async def test_a_person_is_linked_by_their_verified_address_once_and_decides(house: House, issuer: Issuer) -> None:
    """C-02"""
    asked = await house.ask(approvers=["ada@example.com"])
    answer = await call(house, issuer.person(AUDIENCE), f"/v1/requests/{asked['id']}/approve", {})
    assert answer.status_code == 200, answer.text
    decision = answer.json()["decision"]
    assert (decision["way"], decision["email"]) == ("oidc", "ada@example.com")
    stored = await house.assembly.rooms.desk.see(house.host, asked["id"])
    proof = stored.decisions[0].proof
    assert proof is not None
    assert (proof.issuer, proof.user, len(proof.payload or "")) == (issuer.url, "ada-1", 64)


async def test_issuer_and_subject_count_from_then_on_and_not_the_address(house: House, issuer: Issuer) -> None:
    assert (await call(house, issuer.person(AUDIENCE))).json()["email"] == "ada@example.com"
    imposter = issuer.person(AUDIENCE, sub="eve-1")
    assert await why(house, imposter) == (
        401,
        "Somebody else of your single sign-on is linked to this member; ask an admin.",
    )


async def test_a_changed_address_unlinks_and_the_next_sign_in_is_judged_as_if_new(house: House, issuer: Issuer) -> None:
    await call(house, issuer.person(AUDIENCE))
    moved = issuer.person(AUDIENCE, email="ben@example.com")
    status, sentence = await why(house, moved)
    assert (status, "changed since you were linked" in sentence) == (401, True)
    assert (await call(house, moved)).json()["email"] == "ben@example.com"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"email_verified": False}, "has not verified your e-mail address"),
        ({"email_verified": None}, "has not verified your e-mail address"),
        ({"email_verified": "true"}, "has not verified your e-mail address"),
        ({"email": "stranger@example.com"}, "no member here yet"),
        ({"email": None}, "speaks for a program"),
        ({"email": ["ada@example.com"]}, "speaks for a program"),
        ({"gty": "client-credentials"}, "speaks for a program"),
        ({"azp": "ada-1"}, "speaks for a program"),
        ({"client_id": "ada-1"}, "speaks for a program"),
        ({"idtyp": "app"}, "speaks for a program"),
    ],
)
async def test_who_is_not_shown_to_be_a_member_is_refused(
    house: House, issuer: Issuer, said: dict[str, object], sentence: str
) -> None:
    status, found = await why(
        house, issuer.sign({**issuer.claims(AUDIENCE), "email": "ada@example.com", "email_verified": True, **said})
    )
    assert (status, sentence in found) == (401, True), found


async def test_a_deactivated_member_is_refused_at_once(house: House, issuer: Issuer) -> None:
    await call(house, issuer.person(AUDIENCE))
    await house.administration.members.change(house.host, "ada@example.com", active=False)
    assert "not active" in (await why(house, issuer.person(AUDIENCE)))[1]


async def test_where_the_project_wants_decisions_in_slack_alone_a_token_does_not_decide(
    house: House, issuer: Issuer
) -> None:
    await call(house, issuer.person(AUDIENCE))
    await house.administration.projects.change(house.host, "default", {"decide_in": frozenset({"slack"})})
    asked = await house.ask(approvers=["ada@example.com"])
    answer = await call(house, issuer.person(AUDIENCE), f"/v1/requests/{asked['id']}/approve", {})
    assert answer.status_code == 403, answer.text


async def test_what_they_may_follows_from_their_roles(house: House, issuer: Issuer) -> None:
    await house.member("olga", Role.REQUESTER)
    token = issuer.person(AUDIENCE, sub="olga-1", email="olga@example.com")
    assert (await call(house, token, "/v1/agents")).status_code == 403
    assert (await call(house, token, "/v1/requests")).status_code == 200


async def test_an_issuer_without_an_audience_stops_the_start(sqlite: str) -> None:
    settings = settings_for(sqlite, oidc_issuer="https://id.example.com")
    with pytest.raises(SettingsProblem, match="COUNTERSIGN_OIDC_AUDIENCE"):
        async with assemble(settings):
            pass


async def test_the_event_stream_tells_a_person_what_the_page_tells_them(house: House, issuer: Issuer) -> None:
    house.credentials["signed on"] = issuer.person(AUDIENCE)
    asked = await house.ask()
    await sealed(house)
    page = (await house.get("signed on", "/v1/events?after=0&event=created")).json()["data"]
    async with streaming(house, "signed on", "after=0&event=created") as stream:
        told = await stream.until(1)
    assert [one["request"] for one in told] == [row["request"] for row in page] == [asked["id"]]


async def test_another_organisation_can_keep_nobody_out_by_linking_them_first(house: House, issuer: Issuer) -> None:
    organisation = await house.administration.organisations.add("Elsewhere")
    other = House(house.assembly, house.clock, operator(organisation.id), house.credentials)
    eve = await other.member("eve", Role.ADMIN)
    link = {"kind": "oidc", "issuer": issuer.url, "user": "ada-1", "member": "eve@example.com"}
    refused = await other.post("eve", "/v1/identities", link)
    assert (refused.status_code, refused.json()["field"]) == (400, "issuer"), refused.text
    before = Identity("idn_1", organisation.id, "oidc", issuer.url, "ada-1", eve, "eve@example.com", house.clock.now())
    await house.assembly.rooms.store.transact(lambda tx: tx.put(before))
    assert (await call(house, issuer.person(AUDIENCE))).json()["email"] == "ada@example.com"
