"""Tokens that must not let anybody in, and issuers that must not be asked too much."""

import json
import time
from dataclasses import dataclass
from typing import Any

import jwt
import pytest

from bot.oidc.keys import FRESH, PAUSE, STALE
from tests.api.conftest import House
from tests.oidc.conftest import AUDIENCE, call, why
from tests.oidc.issuer import Issuer, curve_key, jwk, pem, raw, rsa_key

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class From:
    """A moment so many seconds from whenever the test runs."""

    seconds: float
    as_text: bool = False

    def said(self) -> float | str:
        at = time.time() + self.seconds
        return str(int(at)) if self.as_text else at


def person(issuer: Issuer, **said: Any) -> dict[str, Any]:
    return {**issuer.claims(AUDIENCE), "email": "ada@example.com", "email_verified": True, **said}


async def test_a_token_without_a_signature_is_refused(house: House, issuer: Issuer) -> None:
    payload = json.dumps(person(issuer)).encode()
    for algorithm in ("none", "None", "NONE", ""):
        head = json.dumps({"alg": algorithm, "kid": "one", "typ": "JWT"}).encode()
        assert (await why(house, raw(head, payload)))[0] == 401
    stripped = issuer.person(AUDIENCE).rpartition(".")[0] + "."
    assert (await why(house, stripped))[0] == 401


async def test_the_public_key_is_no_shared_secret(house: House, issuer: Issuer) -> None:
    """HS256 with the bytes that everybody can read."""
    secret = pem(issuer.keys["one"])
    head, payload = json.dumps({"alg": "HS256", "kid": "one"}).encode(), json.dumps(person(issuer)).encode()
    unsigned = raw(head, payload).rpartition(".")[0]
    algorithm: Any = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    forged = raw(head, payload, algorithm.sign(unsigned.encode(), secret))
    status, sentence = await why(house, forged)
    assert (status, "signed in a way" in sentence) == (401, True)


async def test_a_key_signs_in_its_own_way_only(house: House, issuer: Issuer) -> None:
    issuer.keys["curve"] = curve_key()
    assert (await call(house, issuer.sign(person(issuer), kid="curve", algorithm="ES256"))).status_code == 200
    swapped = issuer.sign(person(issuer), kid="curve", algorithm="RS256", key=issuer.keys["one"])
    assert "signed in a way" in (await why(house, swapped))[1]


async def test_somebody_elses_signature_is_refused(house: House, issuer: Issuer) -> None:
    forged = issuer.sign(person(issuer), key=rsa_key())
    assert "not signed by its issuer" in (await why(house, forged))[1]
    head, payload, signature = issuer.person(AUDIENCE).split(".")
    other = issuer.sign(person(issuer, email="root@example.com")).split(".")[1]
    assert payload != other
    assert "not signed by its issuer" in (await why(house, f"{head}.{other}.{signature}"))[1]


async def test_a_key_that_the_token_brings_along_is_not_looked_at(house: House, issuer: Issuer) -> None:
    mine = rsa_key()
    more = {"kid": "mine", "jwk": jwk(mine, "mine"), "jku": f"{issuer.url}/mine", "x5u": f"{issuer.url}/mine"}
    forged = jwt.encode(person(issuer), mine, "RS256", more)
    assert "a key that its issuer does not have" in (await why(house, forged))[1]
    assert "/mine" not in issuer.asked
    assert (await why(house, jwt.encode(person(issuer), mine, "RS256", {"kid": "one", "crit": ["exp"]})))[0] == 401


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"exp": From(-120), "iat": From(-600)}, "has expired"),
        ({"nbf": From(600)}, "not good yet"),
        ({"iat": From(600), "exp": From(900)}, "not good yet"),
        ({"exp": From(25 * 3600)}, "longer than a day"),
        ({"exp": From(60, as_text=True)}, "no numbers"),
        ({"aud": "somebody-else"}, "Nobody here has set up"),
        ({"aud": [AUDIENCE, "somebody-else"]}, "made out to others too"),
        ({"aud": []}, "made out to"),
        ({"aud": {"countersign": 1}}, "made out to"),
        ({"iss": "https://evil.example"}, "Nobody here has set up"),
        ({"iss": 7}, "who made it"),
        ({"sub": ""}, "who made it"),
    ],
)
async def test_what_a_token_says_must_be_right(
    house: House, issuer: Issuer, said: dict[str, Any], sentence: str
) -> None:
    """C-21"""
    said = {name: value.said() if isinstance(value, From) else value for name, value in said.items()}
    token = raw_signed(issuer, person(issuer, **said))
    status, found = await why(house, token)
    assert (status, sentence in found) == (401, True), found


def raw_signed(issuer: Issuer, claims: dict[str, Any]) -> str:
    """Signed rightly, whatever it says."""
    return sign_bytes(issuer, json.dumps(claims).encode())


def sign_bytes(issuer: Issuer, payload: bytes) -> str:
    head = json.dumps({"alg": "RS256", "kid": "one"}).encode()
    algorithm: Any = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    unsigned = raw(head, payload).rpartition(".")[0]
    return raw(head, payload, algorithm.sign(unsigned.encode(), issuer.keys["one"]))


async def test_what_must_be_said_may_not_be_missing(house: House, issuer: Issuer) -> None:
    for name in ("iss", "aud", "sub", "exp", "iat"):
        said = person(issuer)
        del said[name]
        assert (await why(house, raw_signed(issuer, said)))[0] == 401


async def test_a_token_that_two_readers_could_read_differently_is_refused(house: House, issuer: Issuer) -> None:
    said = json.dumps(person(issuer))[:-1]
    doubled = said + ', "email": "root@example.com"}'
    for payload in (doubled, said + ', "x": NaN}', said + ', "x": ' + "[" * 40 + "]" * 40 + "}", "[]", "7", ""):
        assert "cannot be read" in (await why(house, sign_bytes(issuer, payload.encode())))[1]
    assert (await why(house, "eyJ.eyJ."))[0] == 401
    assert (await why(house, "eyJhbGciOiJSUzI1NiJ9.!!.x"))[0] == 401


async def test_a_huge_token_is_not_read(house: House, issuer: Issuer) -> None:
    token = issuer.sign(person(issuer, filler="x" * 20_000))
    assert "larger than any" in (await why(house, token))[1]


async def test_short_and_encrypting_keys_are_not_believed(house: House, issuer: Issuer) -> None:
    issuer.keys["short"] = rsa_key(1024)
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = issuer.sign(person(issuer), kid="short")
    assert "too short" in (await why(house, token))[1]


async def test_nothing_is_fetched_for_an_issuer_nobody_has_set_up(house: House, issuer: Issuer) -> None:
    with Issuer() as evil:
        for audience in (AUDIENCE, f"http://127.0.0.1:3000/{house.host.organisation}"):
            assert (await why(house, evil.person(audience)))[0] == 401
        assert evil.asked == []
    assert issuer.asked == []


async def test_an_issuer_that_calls_itself_otherwise_is_not_believed(house: House, issuer: Issuer) -> None:
    issuer.calls_itself = "https://other.example"
    assert (await why(house, issuer.person(AUDIENCE)))[0] == 503


class Hand:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def turn(house: House) -> Hand:
    """Seconds, as the cache of keys counts them."""
    hand = Hand()
    sign_on: Any = house.assembly.house.sign_on
    sign_on._keys._now = hand
    return hand


async def test_keys_are_fetched_once_and_again_when_they_are_old(house: House, issuer: Issuer) -> None:
    hand = turn(house)
    for _ in range(3):
        await call(house, issuer.person(AUDIENCE))
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]
    hand.at += FRESH + 1
    await call(house, issuer.person(AUDIENCE))
    assert issuer.asked.count("/keys") == 2


async def test_a_new_key_is_found_at_once_and_a_withdrawn_one_is_soon_believed_no_more(
    house: House, issuer: Issuer
) -> None:
    hand = turn(house)
    old = issuer.person(AUDIENCE)
    assert (await call(house, old)).status_code == 200
    hand.at += PAUSE
    issuer.keys = {"two": rsa_key()}
    assert (await call(house, issuer.sign(person(issuer), kid="two"))).status_code == 200
    assert "a key that its issuer does not have" in (await why(house, old))[1]


async def test_made_up_key_ids_do_not_make_us_ask_the_issuer_again_and_again(house: House, issuer: Issuer) -> None:
    hand = turn(house)
    await call(house, issuer.person(AUDIENCE))
    for number in range(20):
        await why(house, issuer.sign(person(issuer), kid=f"made-up-{number}", key=issuer.keys["one"]))
    assert issuer.asked.count("/keys") == 1
    hand.at += PAUSE
    await why(house, issuer.sign(person(issuer), kid="made-up", key=issuer.keys["one"]))
    assert issuer.asked.count("/keys") == 2


async def test_an_issuer_that_is_away_is_believed_for_an_hour_and_then_nobody_comes_in(
    house: House, issuer: Issuer
) -> None:
    hand = turn(house)
    token = issuer.person(AUDIENCE)
    assert (await call(house, token)).status_code == 200
    issuer.away = True
    hand.at += FRESH + 1
    assert (await call(house, token)).status_code == 200
    hand.at += STALE
    answer = await call(house, token)
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "1")
