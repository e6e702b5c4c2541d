"""Homes are drawn anew for what concerns them alone, not more often than Slack allows, and never over somebody else's drawing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from bot.slack.drawing.blocks import Json
from bot.slack.entrance.payload import Sender
from bot.slack.homes import APART, BURST, Homes, Published
from bot.slack.inbox import Drawn
from bot.slack.look import Look, read_look
from core.ports import Changed, Store

pytestmark = pytest.mark.anyio


@dataclass
class Screen:
    """A Slack that shows Homes, a clock that sleeping turns, and how each Home looks at the moment."""

    now: float = 1_000.0
    looks: dict[str, str] = field(default_factory=dict)
    published: list[tuple[float, str]] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)
    answers: list[Published] = field(default_factory=list)

    def homes(self, a_minute: float = 90.0) -> Homes:
        return Homes(
            cast("Store", None), self.draw, self.publish, a_minute=a_minute, seconds=lambda: self.now, sleep=self.sleep
        )

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def draw(self, sender: Sender, look: Look) -> Drawn:
        self.drawn.append(sender.user)
        return Drawn({"now": self.looks.get(sender.user, ""), "look": str(look)}, frozenset({f"member:{sender.user}"}))

    async def publish(self, user: str, view: Json, expected: str | None) -> Published:
        self.published.append((self.now, user))
        return self.answers.pop(0) if self.answers else Published(f"{user}.{len(self.published)}")


def sender(user: str) -> Sender:
    return Sender(user, user, "T1", None, "T1")


async def watched(screen: Screen, homes: Homes, users: Iterable[str]) -> None:
    for user in users:
        await homes.show(sender(user))
    screen.published.clear()
    screen.drawn.clear()


async def test_an_opened_home_is_shown_at_once_however_busy_slack_is() -> None:
    """B-50"""
    screen = Screen()
    homes = screen.homes()
    for number in range(BURST * 3):
        await homes.show(sender(f"U{number}"))
    assert screen.now == 1_000.0
    assert len(screen.published) == BURST * 3


async def test_many_homes_are_renewed_one_after_the_other_at_slacks_pace() -> None:
    screen = Screen()
    homes = screen.homes(a_minute=60.0)
    users = [f"U{number}" for number in range(100)]
    await watched(screen, homes, users)
    screen.now += 600
    screen.looks = dict.fromkeys(users, "something new")
    await homes.refresh()
    times = [at for at, _ in screen.published]
    assert len(times) == 100
    for start in times:
        assert sum(start <= at < start + 60 for at in times) <= 60 + BURST


async def test_whoever_looked_last_comes_first() -> None:
    screen = Screen()
    homes = screen.homes()
    await watched(screen, homes, ["U1", "U2", "U3"])
    screen.looks = dict.fromkeys(["U1", "U2", "U3"], "new")
    await homes.refresh()
    assert [user for _, user in screen.published] == ["U3", "U2", "U1"]


async def test_a_home_that_would_look_the_same_is_not_sent() -> None:
    screen = Screen()
    homes = screen.homes()
    await watched(screen, homes, ["U1"])
    await homes.refresh()
    assert screen.published == []


async def test_one_home_is_not_drawn_twice_within_two_seconds() -> None:
    screen = Screen()
    homes = screen.homes()
    await watched(screen, homes, ["U1"])
    screen.looks["U1"] = "new"
    for viewer in homes._viewers.values():
        viewer.stale = True
    await homes._renew(APART)
    assert screen.published[0][0] >= 1_000.0 + APART


async def test_what_slack_is_too_busy_for_comes_later() -> None:
    screen = Screen()
    homes = screen.homes()
    await watched(screen, homes, ["U1"])
    screen.looks["U1"] = "new"
    screen.answers = [Published(wait=30.0)]
    await homes.refresh()
    assert [user for _, user in screen.published] == ["U1", "U1"]
    assert screen.published[1][0] >= screen.published[0][0] + 30.0


async def test_a_home_that_another_replica_has_drawn_is_left_to_it() -> None:
    screen = Screen()
    homes = screen.homes()
    await watched(screen, homes, ["U1"])
    screen.looks["U1"] = "new"
    screen.answers = [Published(moved=True)]
    await homes.refresh()
    screen.looks["U1"] = "newer"
    await homes.refresh()
    assert len(screen.published) == 1


async def test_nobody_looked_for_an_hour_and_nothing_is_drawn() -> None:
    screen = Screen()
    homes = screen.homes()
    await watched(screen, homes, ["U1"])
    screen.now += 3_601
    screen.looks["U1"] = "new"
    await homes.refresh()
    assert screen.drawn == []


async def test_changes_wake_nobody_where_nobody_looks() -> None:
    homes = Screen().homes()
    homes.nudge(frozenset({Changed("org", "req_1", 2)}))
    assert not homes._woken.is_set()


@pytest.mark.parametrize(
    "written",
    ["", "null", "[]", '{"cursor": 3}', '{"cursor": "\\u0000"}', "{" * 2_000, '{"project": "' + "x" * 999 + '"}'],
)
async def test_a_reference_that_no_home_of_ours_held_is_the_whole_first_page(written: str) -> None:
    assert read_look(written) == Look()


async def test_a_look_comes_back_as_it_was() -> None:
    look: Any = Look("abc", "prj_1", "deploy")
    assert read_look(str(look)) == look
