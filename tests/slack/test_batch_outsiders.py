"""People of other organisations who read along where several things are asked together."""

from collections.abc import Sequence

import pytest

from core.desk import Draft
from core.model.request import Content, Request
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio


async def together(world: World) -> Sequence[Request]:
    drafts = [
        Draft(Content("deploy", f"Joint plan {n}"), approvers=("bob@acme.example",), notify=("#acme-partner",))
        for n in (1, 2, 3)
    ]
    made = await world.rooms.desk.create_batch(world.bot, drafts)
    await world.settle()
    return made.requests


async def test_strangers_who_read_along_see_that_things_wait_and_not_what(http: World) -> None:
    """A-62"""
    requests = await together(http)
    seen = http.hand("ivan").messages("#acme-partner")
    (card,) = [each for each in seen if f"#{requests[0].number}" in each["text"]]
    assert "Joint plan" not in str(card)
    assert all(f"request #{request.number}." in card["text"] for request in requests)
    assert "batch.approve" not in str(card)  # nobody can decide there unseen


async def test_where_details_are_shown_to_them_still_nobody_from_outside_decides(http: World) -> None:
    """A-62"""
    await http.hand("alice").command("/countersign projects set default details_in_shared_channels shown")
    await http.settle()
    requests = await together(http)
    ivan = http.hand("ivan")
    card = ivan.find_message("#acme-partner", containing="asked together")
    assert "Joint plan 3" in str(card)
    for action in ("batch.approve", "batch.reject", "batch.choose"):
        await ivan.click(card, action)
        await http.settle()
        assert "You belong to another organisation" in ivan.ephemerals()[-1]["text"]
        assert ivan.open_modal() is None
    assert all([(await http.now(request)).is_open for request in requests])
    assert await http.refusals(requests[2]) == ["not_mapped"] * 2
