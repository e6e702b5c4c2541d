"""Cards for a place that could not be reached, and now can."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.store.engine import Engine
from tests.store.builders import ORG, Clock, a_request
from tests.store.test_outbox import a_delivery, claimed, shown_in

pytestmark = pytest.mark.anyio

ADA, BEN = "member:mem_ada", "member:mem_ben"


async def test_what_was_given_up_in_one_place_is_posted_as_if_new(store: Engine) -> None:
    for place in (ADA, BEN):
        await shown_in(store, a_delivery(a_request(), place))
    for one in await claimed(store):
        lost = replace(one, state="lost", attempts=6, address={"channel": "D1"}, problem="not linked")
        await store.transact(lambda tx, lost=lost: tx.record_delivery(lost))  # type: ignore[misc]
    assert await claimed(store) == []
    await store.transact(lambda tx: tx.show_after_all("org_other", "slack", ADA))
    await store.transact(lambda tx: tx.show_after_all(ORG, "oidc", ADA))
    assert await claimed(store) == []
    await store.transact(lambda tx: tx.show_after_all(ORG, "slack", ADA))
    (found,) = await claimed(store)
    assert (found.place, found.state, found.shown, found.attempts) == (ADA, "new", 0, 0)
    assert (dict(found.address), found.problem) == ({}, None)


async def test_what_waits_for_another_try_there_waits_no_longer(store: Engine, clock: Clock) -> None:
    await shown_in(store, a_delivery(a_request(), ADA))
    (one,) = await claimed(store)
    later = await store.read(lambda reader: reader.now()) + timedelta(minutes=5)
    await store.transact(lambda tx: tx.record_delivery(replace(one, attempts=3, next_try_at=later)))
    assert await claimed(store) == []
    await store.transact(lambda tx: tx.show_after_all(ORG, "slack", ADA))
    (found,) = await claimed(store)
    assert found.attempts == 3
