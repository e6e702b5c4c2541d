"""A glance is a read for a few rows: it sees what was committed, and what goes wrong in it comes out."""

import pytest

from core.ports import Reader
from core.store.engine import Engine
from tests.store.builders import a_request, store_new

pytestmark = pytest.mark.anyio


async def test_a_glance_sees_what_was_committed_before(store: Engine) -> None:
    request = await store.transact(store_new(a_request()))
    assert await store.glance(lambda reader: reader.request(request.id)) == request


async def test_a_glance_that_failed_leaves_the_next_one_alone(store: Engine) -> None:
    def fail(reader: Reader) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await store.glance(fail)
    request = await store.transact(store_new(a_request()))
    assert await store.glance(lambda reader: reader.request(request.id)) == request
