"""Machines that come with a platform's token: GitHub Actions, GitLab, or an issuer of one's own."""

from typing import Any

import pytest

from core.administration import operator
from core.model.people import Verb
from core.model.workload import PLATFORMS, fits, is_anchored
from tests.api.conftest import House
from tests.api.test_following import streaming
from tests.oidc.conftest import call, why
from tests.oidc.issuer import Issuer

pytestmark = pytest.mark.anyio

MAIN = "repo:acme/shop:ref:refs/heads/main"


def audience(house: House) -> str:
    return f"http://127.0.0.1:3000/{house.host.organisation}"


async def set_up(house: House, issuer: Issuer, subject: str = MAIN, agent: str = "ci", **more: Any) -> dict[str, Any]:
    body = {"issuer": issuer.url, "subject": subject, **more}
    answer = await house.post("root", f"/v1/agents/{agent}/workloads", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def token(house: House, issuer: Issuer, subject: str = MAIN, **said: Any) -> str:
    return issuer.sign(issuer.claims(audience(house), sub=subject, **said))


async def test_a_job_asks_as_its_agent_without_any_key(house: House, issuer: Issuer) -> None:
    made = await set_up(house, issuer, facts={"env": "production"})
    assert made["audience"] == audience(house)
    answer = await call(house, token(house, issuer), "/v1/requests", {"type": "deploy", "title": "Deploy"})
    assert answer.status_code == 201, answer.text
    assert (answer.json()["requester"]["name"], answer.json()["facts"]) == ("ci", {"env": "production"})


async def test_it_sees_claims_and_reports_what_the_agent_asked(house: House, issuer: Issuer) -> None:
    await set_up(house, issuer)
    asked = await house.ask("ci")
    await house.post("ada", f"/v1/requests/{asked['id']}/approve")
    claimed = await call(house, token(house, issuer), f"/v1/requests/{asked['id']}/execution", {"status": "executing"})
    assert claimed.json()["request"]["execution"]["status"] == "executing"


async def test_it_can_never_decide_nor_change_what_is_set_up(house: House, issuer: Issuer) -> None:
    await set_up(house, issuer, verbs=["read", "ask", "execute", "report_check"])
    asked = await house.ask("rex")
    for verb, body in (("approve", {}), ("reject", {"comment": "No."}), ("ask", {"question": "Why?"})):
        answer = await call(house, token(house, issuer), f"/v1/requests/{asked['id']}/{verb}", body)
        assert (answer.status_code, answer.json()["code"]) == (403, "key_cannot_decide"), verb
    more = {"issuer": "github", "subject": "repo:evil/x:**"}
    assert (await call(house, token(house, issuer), "/v1/agents/ci/workloads", more)).status_code == 403
    assert (await house.post("root", "/v1/agents/ci/workloads", {**more, "verbs": ["approve"]})).status_code == 400


@pytest.mark.parametrize(
    "subject",
    [
        "repo:acme/shop:ref:refs/heads/main2",
        "repo:acme/shop:pull_request",
        "repo:evil/shop:ref:refs/heads/main",
        " repo:acme/shop:ref:refs/heads/main",
        "repo:acme/shop:ref:refs/heads/main\n",
        "REPO:acme/shop:ref:refs/heads/main",
    ],
)
async def test_another_subject_stands_for_nobody(house: House, issuer: Issuer, subject: str) -> None:
    await set_up(house, issuer)
    status, sentence = await why(house, token(house, issuer, subject))
    assert (status, "stands for no agent here" in sentence) == (401, True)


async def test_a_token_made_out_to_another_organisation_or_server_stands_for_nobody(
    house: House, issuer: Issuer
) -> None:
    """Though both have set up the very same pattern."""
    await set_up(house, issuer)
    administration = house.administration
    other = await administration.organisations.add("Other")
    host = operator(other.id)
    await administration.agents.add(host, "theirs")
    await administration.workloads.add(host, "theirs", issuer.url, MAIN)
    theirs = issuer.sign(issuer.claims(f"http://127.0.0.1:3000/{other.id}", sub=MAIN))
    assert (await call(house, theirs)).json()["name"] == "theirs"
    assert (await call(house, token(house, issuer))).json()["name"] == "ci"
    for elsewhere in ("https://evil.example/" + house.host.organisation, "http://127.0.0.1:3000/org_nowhere"):
        assert (await why(house, issuer.sign(issuer.claims(elsewhere, sub=MAIN))))[0] == 401
    both = issuer.sign(issuer.claims("x", sub=MAIN) | {"aud": [audience(house), f"http://127.0.0.1:3000/{other.id}"]})
    assert (await why(house, both))[0] == 401


async def test_a_suspended_agent_a_revoked_workload_and_several_agents_are_refused(
    house: House, issuer: Issuer
) -> None:
    made = await set_up(house, issuer)
    await house.agent("second", Verb.ASK)
    await set_up(house, issuer, "repo:acme/*:ref:refs/heads/main", "second")
    assert "several agents" in (await why(house, token(house, issuer)))[1]
    async with house.client("root") as client:
        assert (await client.delete(f"/v1/agents/ci/workloads/{made['id']}")).json()["revoked_at"]
        assert (await client.delete(f"/v1/agents/ci/workloads/{made['id']}")).status_code == 200
        assert (await client.delete(f"/v1/agents/second/workloads/{made['id']}")).status_code == 404
    assert (await call(house, token(house, issuer))).json()["name"] == "second"
    await house.post("root", "/v1/agents/second/suspend")
    assert (await why(house, token(house, issuer)))[0] == 403


async def test_listed_patterns_are_the_agents_own(house: House, issuer: Issuer) -> None:
    made = await set_up(house, issuer, verbs=["ask", "execute"])
    await house.agent("second", Verb.ASK)
    assert (await house.get("root", "/v1/agents/ci/workloads")).json()["data"] == [made]
    assert (await house.get("root", "/v1/agents/second/workloads")).json()["data"] == []
    assert (await house.get("ada", "/v1/agents/ci/workloads")).status_code == 403
    again = {"issuer": issuer.url, "subject": MAIN}
    assert (await house.post("root", "/v1/agents/ci/workloads", again)).json()["code"] == "already_exists"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"issuer": "github", "subject": "*"}, "subject"),
        ({"issuer": "github", "subject": "repo:*"}, "subject"),
        ({"issuer": "github", "subject": "repo:*/shop:**"}, "subject"),
        ({"issuer": "github", "subject": "repo:acme*/shop:**"}, "subject"),
        ({"issuer": "gitlab", "subject": "project_path:**"}, "subject"),
        ({"issuer": "https://id.example.com", "subject": "**"}, "subject"),
        ({"issuer": "id.example.com", "subject": "a-workload"}, "issuer"),
        ({"issuer": "github", "subject": "repo:acme/shop:\u0007"}, "subject"),
        ({"issuer": "github", "subject": MAIN, "verbs": ["manage"]}, "verbs.0"),
        ({"issuer": "github", "subject": MAIN, "facts": {"acts_for": "nobody@example.com"}}, "facts.acts_for"),
        ({"issuer": "github", "subject": MAIN, "projects": ["nowhere"]}, "projects"),
    ],
)
async def test_patterns_that_would_let_strangers_in_are_refused(house: House, body: dict[str, Any], field: str) -> None:
    answer = await house.post("root", "/v1/agents/ci/workloads", body)
    assert (answer.status_code, answer.json()["field"]) == (400, field), answer.text


@pytest.mark.parametrize(
    ("pattern", "subject", "does"),
    [
        (MAIN, MAIN, True),
        ("repo:acme/*:ref:refs/heads/main", MAIN, True),
        ("repo:acme/*:ref:refs/heads/main", "repo:acme/x:y:ref:refs/heads/main", False),
        ("repo:acme/shop:*", MAIN, False),
        ("repo:acme/shop:*", "repo:acme/shop:pull_request", True),
        ("repo:acme/shop:**", MAIN, True),
        ("repo:acme/shop.", "repo:acme/shopx", False),
        ("repo:acme/(a|b)", "repo:acme/a", False),
        ("repo:acme/**", "repo:acme/\n", True),
        ("repo:acme/shop", "repo:acme/shop\n", False),
    ],
)
def test_a_pattern_stands_for_no_more_than_it_says(pattern: str, subject: str, *, does: bool) -> None:
    assert fits(pattern, subject) is does


def test_each_platform_has_its_own_way_to_say_whose_it_is() -> None:
    assert is_anchored(PLATFORMS["github"], "repo:acme/**")
    assert is_anchored(PLATFORMS["gitlab"], "project_path:acme/shop:ref_type:branch:ref:main")
    assert not is_anchored(PLATFORMS["gitlab"], "repo:acme/**")


async def test_the_event_stream_tells_a_job_of_what_its_agent_asked(house: House, issuer: Issuer) -> None:
    await set_up(house, issuer)
    house.credentials["job"] = token(house, issuer)
    asked = await house.ask("job")
    async with streaming(house, "job", "after=0&event=created") as stream:
        told = await stream.until(1)
    assert told[0]["request"] == asked["id"]
