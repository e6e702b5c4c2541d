"""Receipts: what they say, whom they are for, how keys change, and everything that must not pass for one."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.model.people import Verb
from countersign_client import Expected, Receipt, ReceiptRefused
from countersign_client.receipts import verify
from tests.api.conftest import House

pytestmark = pytest.mark.anyio

ACTION, PARAMS = "kubectl apply -f api.yaml", {"replicas": 6}


@dataclass
class Proof:
    """A receipt of an approved request, and the key set."""

    asked: dict[str, Any]
    token: str
    keys: dict[str, Any]

    def verify(self, token: str | None = None, *, keys: Any = None, now: Any = None, **expected: Any) -> Receipt:
        return verify(token or self.token, keys or self.keys, Expected(**expected), now=now)

    def refused(self, token: str | None = None, **more: Any) -> str:
        with pytest.raises(ReceiptRefused) as caught:
            self.verify(token, **more)
        return caught.value.reason


async def proven(house: House, who: str = "ci", **content: Any) -> Proof:
    said = {"action": ACTION, "params": PARAMS, "approvers": ["ada@example.com"], **content}
    asked = await house.ask(**said)
    assert (await house.post("ada", f"/v1/requests/{asked['id']}/approve")).status_code == 200
    answer = await house.get(who, f"/v1/requests/{asked['id']}/receipt")
    assert answer.status_code == 200, answer.text
    return Proof(asked, answer.json()["receipt"], (await house.get(None, "/.well-known/jwks.json")).json())


async def test_a_receipt_says_who_approved_exactly_what_for_whom_and_until_when(house: House) -> None:
    """D-33 E-97 E-99"""
    proof = await proven(house, subject={"kind": "task", "id": "t-7"})
    found = proof.verify(
        issuer=house.assembly.rooms.settings.url,
        organisation=house.host.organisation,
        project=proof.asked["project"],
        type="deploy",
        request=proof.asked["id"],
        action=ACTION,
        params=PARAMS,
    )
    asked = proof.asked
    assert (found.digest, found.action_digest, found.revision) == (asked["digest"], asked["action_digest"], 1)
    assert found.agent == f"agent:{asked['requester']['id']}"
    assert found.subject is not None
    assert (found.subject.kind, found.subject.id) == ("task", "t-7")
    (decider,) = found.deciders
    assert (decider.name, decider.way) == ("Ada", "token")
    assert decider.proof is not None
    assert found.execute_by is not None
    assert found.execute_by - datetime.now(UTC) > timedelta(hours=23)


async def test_the_ledgers_head_stands_in_it(house: House) -> None:
    proof = await proven(house)
    head = proof.verify().ledger
    seals = await house.assembly.rooms.store.read(lambda r: r.seals(house.host.organisation, after=0, limit=1000))
    assert head is not None
    assert head["hash"] in {seal.hash for seal in seals}


async def test_another_agent_with_execute_gets_one_of_its_own(house: House) -> None:
    await house.agent("runner", Verb.READ, Verb.EXECUTE)
    await house.agent("onlooker", Verb.READ)
    proof = await proven(house, who="runner")
    runner = proof.verify().agent
    assert runner != f"agent:{proof.asked['requester']['id']}"
    assert proof.refused(agent=f"agent:{proof.asked['requester']['id']}") == "other_agent"
    seen = (await house.get("onlooker", f"/v1/requests/{proof.asked['id']}/receipt")).json()
    assert seen["claims"]["aud"] == f"agent:{proof.asked['requester']['id']}"


@pytest.mark.parametrize("state", ["open", "rejected", "discarded"])
async def test_there_is_none_without_a_yes_or_once_it_is_discarded(house: House, state: str) -> None:
    asked = await house.ask(approvers=["ada@example.com"])
    path = f"/v1/requests/{asked['id']}"
    if state == "rejected":
        await house.post("ada", f"{path}/reject", {"comment": "No."})
    elif state == "discarded":
        await house.post("ada", f"{path}/approve")
        await house.post("ci", f"{path}/discard")
    answer = await house.get("ci", f"{path}/receipt")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_open")


async def test_who_may_not_see_the_request_sees_no_receipt(house: House) -> None:
    asked = await house.ask(approvers=["ada@example.com"])
    await house.agent("stranger")
    assert (await house.get("stranger", f"/v1/requests/{asked['id']}/receipt")).status_code == 404
    assert (await house.get(None, f"/v1/requests/{asked['id']}/receipt")).status_code == 401


async def test_what_was_approved_with_edits_says_what_was_changed(house: House) -> None:
    asked = await house.ask(params=PARAMS, editable={"params.replicas": {"minimum": 1, "maximum": 6}})
    edited = await house.post("ada", f"/v1/requests/{asked['id']}/approve", {"edits": {"params.replicas": 3}})
    assert edited.status_code == 200, edited.text
    token = (await house.get("ci", f"/v1/requests/{asked['id']}/receipt")).json()["receipt"]
    proof = Proof(asked, token, (await house.get(None, "/.well-known/jwks.json")).json())
    assert proof.verify(params={"replicas": 3}).edits == {"params.replicas": 3}
    assert proof.refused(params=PARAMS) == "other_action"
    assert proof.refused(edits_accepted=False) == "edited"


@pytest.mark.parametrize(
    ("expected", "reason"),
    [
        ({"action": "rm -rf /", "params": PARAMS}, "other_action"),
        ({"action": ACTION, "params": {"replicas": 60}}, "other_action"),
        ({"action": ACTION}, "other_action"),
        ({"action_digest": "0" * 64}, "other_action"),
        ({"organisation": "org_other"}, "other_organisation"),
        ({"project": "prj_other"}, "other_project"),
        ({"type": "merge"}, "other_type"),
        ({"request": "req_other"}, "other_request"),
        ({"agent": "agent:agt_other"}, "other_agent"),
        ({"issuer": "https://elsewhere.example"}, "other_issuer"),
    ],
)
async def test_what_is_for_something_else_is_refused(house: House, expected: dict[str, Any], reason: str) -> None:
    assert (await proven(house)).refused(**expected) == reason


async def test_after_its_window_it_is_good_for_looking_back_alone(house: House) -> None:
    proof = await proven(house)
    late = datetime.now(UTC) + timedelta(hours=25)
    assert proof.refused(now=late) == "too_late"
    assert proof.verify(now=late, late=True).status == "approved"


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def test_what_we_did_not_sign_like_this_is_no_receipt(house: House) -> None:
    proof = await proven(house)
    head, body, signature = proof.token.split(".")
    header, said = jwt.get_unverified_header(proof.token), jwt.decode(proof.token, options={"verify_signature": False})
    other = Ed25519PrivateKey.generate()
    (key,) = proof.keys["keys"]
    public = base64.urlsafe_b64decode(key["x"] + "=")
    forged = {
        "changed claims": f"{head}.{encoded({**said, 'action_digest': '0' * 64})}.{signature}",
        "changed header": f"{encoded({**header, 'extra': 1})}.{body}.{signature}",
        "another signature": f"{head}.{body}.{signature[::-1][:85]}A",
        "another key under our name": jwt.encode(
            said, other, "EdDSA", headers={"kid": key["kid"], "typ": header["typ"]}
        ),
        "no algorithm": f"{encoded({**header, 'alg': 'none'})}.{body}.",
        "our public key as a shared secret": jwt.encode(said, public, "HS256", headers=header | {"alg": "HS256"}),
        "another kind of token": jwt.encode(said, other, "EdDSA", headers={"kid": key["kid"], "typ": "JWT"}),
        "a key of its own": jwt.encode(said, other, "EdDSA", headers={**header, "jwk": key}),
    }
    assert {name: proof.refused(token) for name, token in forged.items()} == dict.fromkeys(forged, "forged")
    unknown = jwt.encode(said, other, "EdDSA", headers={"kid": "mine", "typ": header["typ"]})
    assert proof.refused(unknown) == "unknown_key"
    assert [proof.refused(text) for text in ("x", "a.b.c", "🎈", "." * 9)] == ["malformed"] * 4


@pytest.mark.parametrize("keys", [{}, {"keys": None}, {"keys": []}, {"keys": ["x"]}, {"keys": [{"kid": "x"}]}])
async def test_a_key_set_without_the_key_proves_nothing(house: House, keys: Any) -> None:
    proof = await proven(house)
    with pytest.raises(ReceiptRefused) as caught:
        verify(proof.token, keys)
    assert caught.value.reason == "unknown_key"


async def test_a_receipt_that_says_no_is_none(house: House) -> None:
    """Should we ever sign one."""
    proof = await proven(house)
    receipts = house.assembly.rooms.receipts
    rejected = await house.ask(approvers=["ada@example.com"])
    await house.post("ada", f"/v1/requests/{rejected['id']}/reject", {"comment": "No."})

    def sign(reader: Any) -> Any:
        request = reader.request(rejected["id"])
        return receipts.sign(reader, request, request.requester.key, reader.now())

    token, _ = await house.assembly.rooms.store.read(sign)
    assert proof.refused(token) == "not_approved"


# ---------------------------------------------------------------------------------------------------------------- keys


async def test_a_new_key_is_published_before_it_signs_and_the_old_one_stays(house: House) -> None:
    receipts = house.assembly.rooms.receipts
    first = await proven(house)
    fresh = await receipts.rotate(timedelta(hours=1))
    published = (await house.get(None, "/.well-known/jwks.json")).json()
    assert [key["kid"] for key in published["keys"]] == [first.keys["keys"][0]["kid"], fresh.id]
    assert jwt.get_unverified_header((await proven(house)).token)["kid"] != fresh.id
    house.turn(hours=2)
    second = await proven(house)
    assert jwt.get_unverified_header(second.token)["kid"] == fresh.id
    assert verify(first.token, published).number == first.asked["number"]


async def test_what_a_revoked_key_signed_proves_nothing_any_more(house: House) -> None:
    receipts = house.assembly.rooms.receipts
    before = await proven(house)
    old = before.keys["keys"][0]["kid"]
    assert (await house.get(None, "/.well-known/jwks.json")).headers["cache-control"] == "public, max-age=300"
    await receipts.rotate(timedelta())
    await receipts.revoke(old)
    after = await proven(house)
    assert after.verify().status == "approved"
    assert after.refused(before.token) == "unknown_key"


async def test_what_becomes_of_keys_stands_in_the_ledger(house: House) -> None:
    receipts, owner = house.assembly.rooms.receipts, house.host.organisation
    (old,) = await receipts.keys()
    fresh = await receipts.rotate(timedelta())
    await receipts.revoke(old.id)
    rows = await house.assembly.rooms.store.read(lambda reader: reader.ledger(owner, after=0, limit=100))
    said = [(row.word, (row.payload or {})["key"], row.actor) for row in rows if row.word.startswith("receipt_key")]
    by = house.host.key
    assert said[-2:] == [("receipt_key_made", fresh.id, by), ("receipt_key_revoked", old.id, by)]


async def test_private_halves_are_kept_encrypted(house: House) -> None:
    (key,) = await house.assembly.rooms.receipts.keys()
    assert key.sealed.startswith("v1:")
    assert key.public not in key.sealed
