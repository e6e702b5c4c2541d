"""Every code of the API by a way to meet it, and what no key of a machine can do, nor a repeat with other words."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx2
import pytest

from core.model.people import Verb
from tests.api.conftest import House

pytestmark = pytest.mark.anyio

Way = Callable[[House], Awaitable[httpx2.Response]]
ADA: Final[dict[str, Any]] = {"approvers": ["ada@example.com"]}


async def to(house: House, who: str | None, asked: Any, verb: str, **body: Any) -> httpx2.Response:
    return await house.post(who, f"/v1/requests/{asked['id']}/{verb}", body)


async def fine(house: House, who: str, asked: Any, verb: str, **body: Any) -> None:
    done = await to(house, who, asked, verb, **body)
    assert done.status_code == 200, done.text


async def validation_error(house: House) -> httpx2.Response:
    return await house.post("ci", "/v1/requests", {"type": "deploy", "title": ""})


async def unauthorized(house: House) -> httpx2.Response:
    return await to(house, None, await house.ask(**ADA), "approve")


async def forbidden(house: House) -> httpx2.Response:
    return await to(house, "ada", await house.ask(**ADA), "cancel")


async def key_cannot_decide(house: House) -> httpx2.Response:
    return await to(house, "ci", await house.ask(**ADA), "approve")


async def own_request(house: House) -> httpx2.Response:
    return await to(house, "ada", await house.ask("ada"), "approve")


async def not_an_approver(house: House) -> httpx2.Response:
    return await to(house, "ben", await house.ask(**ADA), "approve")


async def not_found(house: House) -> httpx2.Response:
    return await house.get("ci", "/v1/requests/req_01JD0000000000000000000000")


async def already_decided(house: House) -> httpx2.Response:
    asked = await house.ask(**ADA)
    await fine(house, "ada", asked, "approve")
    return await to(house, "ada", asked, "reject", comment="No.")


async def approval_expired(house: House) -> httpx2.Response:
    asked = await house.ask(**ADA)
    house.turn(hours=5)
    return await to(house, "ada", asked, "approve")


async def not_open(house: House) -> httpx2.Response:
    asked = await house.ask(**ADA)
    await fine(house, "ci", asked, "cancel")
    return await to(house, "ada", asked, "approve")


async def stale_revision(house: House) -> httpx2.Response:
    asked = await house.ask(**ADA)
    await fine(house, "ci", asked, "revise", title="Another")
    return await to(house, "ada", asked, "approve", revision=1)


async def stale_stage(house: House) -> httpx2.Response:
    stages = [{"requirements": [{"approvals": {"min": 1, "from": [f"{n}@example.com"]}}]} for n in ("ada", "ben")]
    asked = await house.ask(stages=stages)
    await fine(house, "ada", asked, "approve")
    return await to(house, "ben", asked, "approve", stage=1)


async def idempotency_conflict(house: House) -> httpx2.Response:
    await house.post("ci", "/v1/requests", {"type": "deploy", "title": "One"}, headers={"Idempotency-Key": "k"})
    return await house.post("ci", "/v1/requests", {"type": "deploy", "title": "Two"}, headers={"Idempotency-Key": "k"})


async def already_executing(house: House) -> httpx2.Response:
    asked = await approved(house)
    await fine(house, "ci", asked, "execution", status="executing")
    return await to(house, "ci", asked, "execution", status="executing")


async def execution_expired(house: House) -> httpx2.Response:
    asked = await approved(house)
    house.turn(hours=24)
    return await to(house, "ci", asked, "execution", status="executing")


async def too_large(house: House) -> httpx2.Response:
    return await house.post("ci", "/v1/requests", {"type": "deploy", "title": "Deploy", "description": "x" * 300_000})


async def rate_limited(house: House) -> httpx2.Response:
    asked = await house.ask(**ADA)
    await fine(house, "ci", asked, "remind")
    return await to(house, "ci", asked, "remind")


async def approved(house: House) -> Any:
    asked = await house.ask(**ADA)
    await fine(house, "ada", asked, "approve")
    return asked


CODES: Final = {
    400: ("validation_error",),
    401: ("unauthorized",),
    403: ("forbidden", "key_cannot_decide", "own_request", "not_an_approver"),
    404: ("not_found",),
    409: (
        "already_decided",
        "approval_expired",
        "not_open",
        "stale_revision",
        "stale_stage",
        "idempotency_conflict",
        "already_executing",
        "execution_expired",
    ),
    413: ("too_large",),
    429: ("rate_limited",),
}


@pytest.mark.parametrize(("status", "word"), [(status, word) for status, words in CODES.items() for word in words])
async def test_each_code_is_met_with_its_status_and_a_sentence_that_says_what_to_do(
    house: House, status: int, word: str
) -> None:
    way: Way = globals()[word]
    answer = await way(house)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["status"]) == (status, word, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(problem["detail"].split()) > 3
    assert ("retry-after" in answer.headers) is (status == 429)


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("approve", {}),
        ("approve", {"comment": "me", "revision": 1, "stage": 1}),
        ("approve", {"edits": {"cost.usd": 1}}),
        ("reject", {"comment": "no"}),
        ("withdraw", {}),
        ("ask", {"question": "why?"}),
        ("handover", {"to": "ben@example.com"}),
    ],
)
@pytest.mark.parametrize("verbs", [(Verb.ASK,), (Verb.READ, Verb.ASK, Verb.EXECUTE, Verb.REPORT_CHECK)])
async def test_a_machines_key_decides_by_no_way_whatever_it_may_do(
    house: House, verb: str, body: Any, verbs: tuple[Verb, ...]
) -> None:
    await house.agent("bot", *verbs)
    asked = await house.ask("bot", cost={"usd": 30}, **ADA)
    answer = await to(house, "bot", asked, verb, **body)
    assert (answer.status_code, answer.json()["code"]) == (403, "key_cannot_decide")
    after = (await house.get("ada", f"/v1/requests/{asked['id']}")).json()
    assert (after["status"], after["decisions"], after["questions"]) == ("pending", [], [])


@pytest.mark.parametrize("verb", [Verb.APPROVE, Verb.MANAGE])
async def test_no_key_is_ever_made_that_could(house: House, verb: Verb) -> None:
    agent = await house.agent("bot")
    body = {"label": "more", "verbs": [verb.value]}
    assert (await house.post("root", f"/v1/agents/{agent}/keys", body)).status_code == 400


@pytest.mark.parametrize(
    ("who", "verb", "first", "second"),
    [
        ("ada", "approve", {"comment": "Yes."}, {"comment": "Yes!"}),
        ("ada", "reject", {"comment": "No."}, {"comment": "Never."}),
        ("ada", "ask", {"question": "Why?"}, {"question": "When?"}),
        ("ada", "comment", {"comment": "One"}, {"comment": "Two"}),
        ("ci", "cancel", {"comment": "One"}, {"comment": "Two"}),
        ("ci", "revise", {"title": "One"}, {"title": "Two"}),
        ("ci", "comment", {"comment": "One"}, {"comment": "Two"}),
    ],
)
async def test_a_repeat_with_the_same_key_says_the_same_and_with_other_words_conflicts(
    house: House, who: str, verb: str, first: Any, second: Any
) -> None:
    path = f"/v1/requests/{(await house.ask(**ADA))['id']}/{verb}"
    once = {"headers": {"Idempotency-Key": "once"}}
    said = await house.post(who, path, first, **once)
    again = await house.post(who, path, first, **once)
    assert (said.status_code, again.status_code) == (200, 200), said.text
    assert again.json()["request"]["version"] == said.json()["request"]["version"]
    other = await house.post(who, path, second, **once)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


# ----------------------------------------------------------------------------------------------------------- execution


async def test_a_repeated_claim_with_its_key_is_the_same_claim_and_another_is_none(house: House) -> None:
    path = f"/v1/requests/{(await approved(house))['id']}/execution"
    claim, once = {"status": "executing"}, {"headers": {"Idempotency-Key": "claim"}}
    assert (await house.post("ci", path, claim, **once)).status_code == 200
    assert (await house.post("ci", path, claim, **once)).status_code == 200
    assert (await house.post("ci", path, claim)).json()["code"] == "already_executing"
    assert (await house.post("ci", path, {"status": "failed"}, **once)).json()["code"] == "idempotency_conflict"


@pytest.mark.parametrize(
    ("verbs", "code"),
    [((Verb.ASK,), "not_found"), ((Verb.READ, Verb.ASK), "forbidden"), ((Verb.READ, Verb.REPORT_CHECK), "forbidden")],
)
async def test_another_agent_claims_nothing_without_execute(house: House, verbs: tuple[Verb, ...], code: str) -> None:
    await house.agent("other", *verbs)
    asked = await approved(house)
    for verb, body in (("execution", {"status": "executing"}), ("run", {})):
        assert (await to(house, "other", asked, verb, **body)).json()["code"] == code


async def test_who_claimed_reports_and_nobody_else(house: House) -> None:
    await house.agent("runner", Verb.READ, Verb.EXECUTE)
    asked = await approved(house)
    await fine(house, "runner", asked, "execution", status="executing")
    assert (await to(house, "ci", asked, "execution", status="success")).json()["code"] == "forbidden"
    await fine(house, "runner", asked, "execution", status="failed", detail="No.")


async def test_it_is_run_once_by_an_approver_and_then_claimed(house: House) -> None:
    """A-71 C-31"""
    asked = await approved(house)
    assert (await to(house, "ben", asked, "run")).json()["code"] == "forbidden"
    done = (await to(house, "ada", asked, "run")).json()["request"]
    assert (done["execution"]["status"], done["execution"]["requested_by"]) == ("pending", "Ada")
    assert (await to(house, "root", asked, "run")).json()["code"] == "already_requested"
    await fine(house, "ci", asked, "execution", status="executing")
    assert (await to(house, "ada", asked, "run")).json()["code"] == "already_executing"


async def test_a_freeze_holds_run_as_it_holds_claims(house: House) -> None:
    asked = await approved(house)
    froze = await house.administration.freezes.freeze(house.host, None, "Until Monday.")
    assert froze is not None
    assert (await to(house, "ada", asked, "run")).json()["code"] == "frozen"
