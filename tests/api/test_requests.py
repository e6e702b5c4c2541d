"""Asking, looking, deciding: the main path over HTTP."""

import pytest

from tests.api.conftest import House

pytestmark = pytest.mark.anyio


async def test_a_new_request_is_pending_and_says_everything_that_was_asked(house: House) -> None:
    """B-10 B-17"""
    asked = await house.ask(title="Deploy 2.4.1", approvers=["ada@example.com"], metadata={"files_changed": 5})
    assert asked["status"] == "pending"
    assert asked["metadata"] == {"files_changed": 5}
    assert asked["approvers"] == ["ada@example.com"]
