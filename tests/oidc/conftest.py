"""A server whose people sign on at an issuer of their own."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest

from core.model.people import Actor, Way
from tests.api.conftest import Furnished, House, furnished, opened, settings_for, sqlite
from tests.oidc.issuer import Issuer

__all__ = ["furnished", "sqlite"]

AUDIENCE = "countersign"


@pytest.fixture(scope="session")
def only_issuer() -> Iterator[Issuer]:
    with Issuer() as found:
        yield found


@pytest.fixture
def issuer(only_issuer: Issuer) -> Issuer:
    """Its first key is kept for all tests: keys are slow to make."""
    only_issuer.keys, only_issuer.away, only_issuer.calls_itself = {"one": only_issuer.first}, False, None
    only_issuer.asked.clear()
    return only_issuer


@pytest.fixture
async def house(sqlite: str, furnished: Furnished, issuer: Issuer) -> AsyncIterator[House]:
    settings = settings_for(
        sqlite, oidc_issuer=issuer.url, oidc_audience=AUDIENCE, allow_private_addresses=["127.0.0.0/8"]
    )
    async with opened(settings) as found:
        found.credentials |= furnished.credentials
        yield found


async def call(house: House, token: str, path: str = "/v1/me", body: Any = None) -> httpx2.Response:
    house.credentials["token"] = token
    return await (house.get("token", path) if body is None else house.post("token", path, body))


async def why(house: House, token: str) -> tuple[int, str]:
    """Status and sentence of the refusal."""
    answer = await call(house, token)
    assert answer.json()["code"] in ("unauthorized", "unavailable", "forbidden"), answer.text
    return answer.status_code, str(answer.json()["detail"])


def admin(house: House, id: str) -> Actor:
    return Actor("member", id, "root", house.host.organisation, Way.TOKEN, may_decide=True)
