"""Where something goes is told without asking anybody where that is known, so that what must wait is put off cheaply."""

from dataclasses import dataclass
from typing import Any

import pytest

from bot.slack.workspaces.everywhere import SlackEverywhere
from core.courier import Spot
from core.courier.outlet import Guide

pytestmark = pytest.mark.anyio


@dataclass
class Here:
    """One workspace that answers nobody."""

    id: str

    @property
    def outlet(self) -> "Here":
        return self

    def known_spot(self, organisation: str, place: str, address: Any) -> Spot:
        return Spot(self.id, place)

    async def spot(self, organisation: str, place: str, address: Any) -> Spot:
        return self.known_spot(organisation, place, address)


class Several:
    """Workspaces of one organisation."""

    def __init__(self, *ids: str) -> None:
        self._here = [Here(id) for id in ids]

    def of(self, organisation: str) -> list[Here]:
        return self._here


def everywhere(*ids: str) -> SlackEverywhere:
    return SlackEverywhere(Several(*ids), None)  # type: ignore[arg-type]


async def test_in_the_only_workspace_every_spot_is_known() -> None:
    outlet = everywhere("T1")
    assert isinstance(outlet, Guide)
    for place in ("#deploys", "channel:C1", "member:mem_ada"):
        assert outlet.known_spot("org", place, {}) == await outlet.spot("org", place, {}) == Spot("T1", place)


async def test_a_card_that_stands_in_one_of_several_is_paced_there() -> None:
    outlet, address = everywhere("T1", "T2"), {"workspace": "T2"}
    assert outlet.known_spot("org", "#deploys", address) == await outlet.spot("org", "#deploys", address)
    assert outlet.known_spot("org", "#deploys", address) == Spot("T2", "#deploys")


@pytest.mark.parametrize("place", ["#deploys", "channel:C1", "member:mem_ada"])
def test_where_several_would_have_to_be_asked_nothing_is_known(place: str) -> None:
    assert everywhere("T1", "T2").known_spot("org", place, {}) is None


def test_of_a_workspace_that_was_left_nothing_is_known() -> None:
    assert everywhere("T1").known_spot("org", "#deploys", {"workspace": "T9"}) is None


def test_without_any_workspace_nothing_is_known() -> None:
    assert everywhere().known_spot("org", "#deploys", {}) is None
