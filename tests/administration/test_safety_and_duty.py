"""Safety settings, leases and schedules by their offices: who may, what is refused, and what four eyes say of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.sealing import Seals
from core.administration import Administration
from core.administration.schedules import FeedTrouble
from core.desk import Draft
from core.errors import ApprovalError, Conflict, Invalid, NotAllowed, NotFound, Unavailable
from core.model import command as c
from core.model.lease import Lease
from core.model.organisation import Agent
from core.model.request import Content, ExecutionStatus, Status
from core.model.schedule import Shift
from core.model.trust import Safety
from core.secrets import Pepper
from tests.administration.town_hall import TownHall
from tests.desk.office import HOUR, LONG_AGO, ORG

pytestmark = pytest.mark.anyio

URL = "https://calendar.example.com/secret-token/duty.ics"
SEALS = Seals([b"k" * 32])


@dataclass
class Calendars:
    """Feeds by their address, as an outside would answer; what is not there cannot be read."""

    shifts: dict[str, list[tuple[str, float, float]]] = field(default_factory=dict)

    def check(self, url: str) -> str:
        if not url.startswith("https://"):
            raise Invalid("The address must begin with https://.", field="url")
        return url

    async def read(self, url: str, now: datetime) -> Sequence[Shift]:
        if url not in self.shifts:
            raise FeedTrouble("The address answered 404 instead of a calendar.")
        hour = timedelta(hours=1)
        return [Shift(f"{who}@example.com", now + a * hour, now + b * hour) for who, a, b in self.shifts[url]]


@dataclass
class Duty:
    hall: TownHall
    calendars: Calendars

    @property
    def administration(self) -> Administration:
        return self._administration

    def __post_init__(self) -> None:
        self._administration = Administration(
            self.hall.store,
            self.hall.desk,
            fresh=self.hall.office.fresh,
            pepper=Pepper(b"p" * 32),
            sealing=SEALS,
            feeds=self.calendars,
        )

    @property
    def office(self) -> Any:
        return self.administration.schedules

    def actor(self, name: str) -> Any:
        return self.hall.actor(name)


@pytest.fixture
def duty(hall: TownHall) -> Duty:
    return Duty(hall, Calendars({URL: [("ada", -1, 1), ("bob", 1, 2)]}))


# --------------------------------------------------------------------------------------------------------------- safety


async def test_an_admin_sets_safety_and_it_is_in_the_ledger(hall: TownHall) -> None:
    """E-87"""
    root = hall.actor("root")
    saved = await hall.administration.safety.change(root, {"enabled": True, "usd_each": 2.0})
    assert saved == Safety(enabled=True, usd_each=2.0)
    assert await hall.administration.safety.get(root) == saved
    rows = await hall.read(lambda reader: reader.ledger(ORG, after=0, limit=99))
    assert rows[-1].word == "safety_changed"


@pytest.mark.parametrize(
    "changes",
    [
        {"enabled": "yes"},
        {"least_score": 0.2},
        {"least_score": float("nan")},
        {"usd_each": -1},
        {"usd_each": 30},
        {"count_a_day": 0},
        {"count_a_day": 2.5},
        {"spot_checks": 0},
        {"half_life": 1},
    ],
)
async def test_no_setting_goes_beyond_its_bounds(hall: TownHall, changes: dict[str, Any]) -> None:
    """E-89"""
    with pytest.raises(Invalid):
        await hall.administration.safety.change(hall.actor("root"), changes)


@pytest.mark.parametrize("who", ["ada", "rita", "ci", "pat"])
async def test_nobody_else_sets_safety(hall: TownHall, who: str) -> None:
    """E-87"""
    with pytest.raises(NotAllowed):
        await hall.administration.safety.change(hall.actor(who), {"enabled": True})


async def test_with_four_eyes_another_admin_agrees_to_safety(hall: TownHall) -> None:
    await hall.switch_on()
    office = hall.administration.safety
    request = await hall.asked(lambda: office.change(hall.actor("root"), {"enabled": True}))
    assert request.content.description == "Safety: enabled no → yes."
    assert not (await office.get(hall.actor("root"))).enabled
    await hall.approve("ruth", request)
    assert (await office.get(hall.actor("root"))).enabled


# --------------------------------------------------------------------------------------------------------------- leases


async def granted(hall: TownHall, uses: int = 3) -> Lease:
    content = Content(type="deploy", title="Restart", action="restart")
    asked = (await hall.desk.create(hall.actor("ci"), Draft(content))).request
    return await hall.administration.leases.grant(hall.actor("ada"), asked.id, c.GrantLease(uses, HOUR))


async def again(hall: TownHall) -> Status:
    content = Content(type="deploy", title="Restart", action="restart")
    return (await hall.desk.create(hall.actor("ci"), Draft(content))).request.status


async def test_leases_are_seen_by_those_who_read_there_and_by_nobody_else(hall: TownHall) -> None:
    lease = await granted(hall)
    office = hall.administration.leases
    for who in ("ada", "bob", "root", "ci"):
        assert [one.id for one in await office.list(hall.actor(who))] == [lease.id]
    for who in ("rita", "olga"):
        assert list(await office.list(hall.actor(who))) == []
        with pytest.raises(NotFound):
            await office.revoke(hall.actor(who), lease.id)


async def test_suspending_an_agent_takes_its_leases_back_for_good(hall: TownHall) -> None:
    lease = await granted(hall)
    await hall.administration.agents.suspend(hall.actor("root"), "ci")
    assert (await hall.administration.leases.get(hall.actor("root"), lease.id)).revoked_by == "Root"
    await hall.administration.agents.suspend(hall.actor("root"), "ci", suspended=False)
    assert await again(hall) is Status.PENDING


async def test_a_suspended_agent_gets_no_lease(hall: TownHall) -> None:
    content = Content(type="deploy", title="Restart", action="restart")
    asked = (await hall.desk.create(hall.actor("ci"), Draft(content))).request
    await hall.administration.agents.suspend(hall.actor("root"), "ci")
    with pytest.raises(Conflict):
        await hall.administration.leases.grant(hall.actor("ada"), asked.id, c.GrantLease(1, HOUR))


async def test_with_four_eyes_an_admin_agrees_to_a_lease(hall: TownHall) -> None:
    """Asked when it is wanted, judged once more when it is granted, in the name of whoever wanted it."""
    await hall.switch_on()
    request = await hall.asked(lambda: granted(hall))
    assert request.content.type == "countersign.leases"
    assert request.content.description == (
        'Let up to 3 like #1 by ci pass without asking: deploy "restart", for 1h. Granted by Ada, whose one approval would '
        "do there."
    )
    assert await again(hall) is Status.PENDING
    made = await hall.approve("root", request)
    assert made.execution is not None
    assert made.execution.status is ExecutionStatus.SUCCESS
    assert await again(hall) is Status.AUTO_APPROVED
    (lease,) = await hall.administration.leases.held(hall.actor("ada"))
    assert (lease.granted_by_name, lease.used) == ("Ada", 1)
    await hall.administration.leases.revoke(hall.actor("ada"), lease.id)
    assert list(await hall.administration.leases.held(hall.actor("ada"))) == []


async def test_a_lease_agreed_to_when_its_request_has_ended_is_not_granted(hall: TownHall) -> None:
    await hall.switch_on()
    request = await hall.asked(lambda: granted(hall))
    leased = await hall.read(lambda reader: reader.request_by_number(ORG, 1))
    await hall.desk.do(hall.actor("bob"), leased.id, c.Reject("No.", revision=1, stage=1))
    made = await hall.approve("root", request)
    assert made.execution is not None
    assert made.execution.status is ExecutionStatus.FAILED
    assert await again(hall) is Status.PENDING


async def test_with_four_eyes_whoever_could_not_grant_one_is_refused_at_once(hall: TownHall) -> None:
    await hall.switch_on()
    content = Content(type="deploy", title="Restart", action="restart")
    asked = (await hall.desk.create(hall.actor("ci"), Draft(content))).request
    for who in ("rita", "nick", "olga"):
        with pytest.raises(ApprovalError) as caught:
            await hall.administration.leases.grant(hall.actor(who), asked.id, c.GrantLease(1, HOUR))
        assert caught.value.word != "asked"


async def test_leases_in_force_are_held_by_who_granted_them_and_who_owns_the_agent(hall: TownHall) -> None:
    lease = await granted(hall)
    await hall.office.change(
        lambda tx: tx.put(Agent("agt_ci", ORG, "ci", "builders", "sometimes", ("mem_sue",), False, LONG_AGO))
    )
    for who, held in (("ada", [lease.id]), ("sue", [lease.id]), ("bob", []), ("olga", [])):
        assert [one.id for one in await hall.administration.leases.held(hall.actor(who))] == held


# ------------------------------------------------------------------------------------------------------------ schedules


async def test_a_schedule_is_read_and_says_who_is_on_duty(duty: Duty) -> None:
    root = duty.actor("root")
    added = await duty.office.add(root, "primary", URL)
    assert added.nobody == "Its feed has not been read yet."
    read = await duty.office.refresh(root, "primary")
    assert (read.now, read.nobody, read.next.email) == (("Ada",), None, "bob@example.com")


async def test_the_address_of_a_feed_is_kept_sealed_and_said_nowhere(duty: Duty) -> None:
    root = duty.actor("root")
    await duty.office.add(root, "primary", URL)
    kept = await duty.hall.read(lambda reader: reader.schedule(ORG, "primary"))
    rows = await duty.hall.read(lambda reader: reader.ledger(ORG, after=0, limit=99))
    assert kept.host == "calendar.example.com"
    assert "secret-token" not in repr(kept) + repr(rows)
    assert SEALS.unseal(kept.sealed_url, f"schedules/{ORG}/primary") == URL
    with pytest.raises(Unavailable):
        SEALS.unseal(kept.sealed_url, f"schedules/{ORG}/another")
    with pytest.raises(Unavailable):
        Seals([b"x" * 32]).unseal(kept.sealed_url, f"schedules/{ORG}/primary")
    assert Seals([b"n" * 32, b"k" * 32]).unseal(kept.sealed_url, f"schedules/{ORG}/primary") == URL


async def test_with_four_eyes_the_request_does_not_tell_the_address_either(duty: Duty) -> None:
    await duty.hall.switch_on()
    request = await duty.hall.asked(lambda: duty.office.add(duty.actor("root"), "primary", URL))
    assert "secret-token" not in repr(request)
    assert request.content.description == "Add schedule primary with host calendar.example.com."
    await duty.hall.approve("ruth", request)
    assert (await duty.office.refresh(duty.actor("root"), "primary")).now == ("Ada",)


async def test_trouble_with_a_feed_is_shown_and_what_it_said_last_stays(duty: Duty) -> None:
    root = duty.actor("root")
    await duty.office.add(root, "primary", URL)
    await duty.office.refresh(root, "primary")
    del duty.calendars.shifts[URL]
    broken = await duty.office.refresh(root, "primary")
    assert (broken.now, broken.schedule.problem) == (
        ("Ada",),
        "The address answered 404 instead of a calendar.",
    )
    duty.hall.office.turn(25 * HOUR)
    late = await duty.office.get(root, "primary")
    assert late.nobody == "Its feed could not be read for a day: The address answered 404 instead of a calendar."


async def test_feeds_are_read_when_they_are_due_and_not_before(duty: Duty) -> None:
    root = duty.actor("root")
    await duty.office.add(root, "primary", URL)
    await duty.office.refresh_due()
    first = (await duty.office.get(root, "primary")).schedule.fetched_at
    await duty.office.refresh_due()
    assert (await duty.office.get(root, "primary")).schedule.fetched_at == first
    duty.hall.office.turn(timedelta(minutes=6))
    await duty.office.refresh_due()
    assert (await duty.office.get(root, "primary")).schedule.fetched_at > first


async def test_another_feed_makes_the_old_one_count_no_more(duty: Duty) -> None:
    root = duty.actor("root")
    await duty.office.add(root, "primary", URL)
    await duty.office.refresh(root, "primary")
    changed = await duty.office.change(root, "primary", "https://elsewhere.example/duty.ics")
    assert (changed.now, changed.nobody) == ((), "Its feed has not been read yet.")


async def test_a_schedule_that_a_rule_names_cannot_be_removed(duty: Duty) -> None:
    root = duty.actor("root")
    await duty.office.add(root, "primary", URL)
    await duty.administration.rules.add(root, "add urgent when true require oncall:primary")
    with pytest.raises(Conflict, match="urgent"):
        await duty.office.remove(root, "primary")
    await duty.administration.rules.remove(root, "urgent")
    await duty.office.remove(root, "primary")
    with pytest.raises(NotFound):
        await duty.office.get(root, "primary")


@pytest.mark.parametrize(("name", "url"), [("Primary!", URL), ("", URL), ("primary", "http://calendar.example.com/x")])
async def test_names_and_addresses_that_cannot_be_are_refused(duty: Duty, name: str, url: str) -> None:
    with pytest.raises(Invalid):
        await duty.office.add(duty.actor("root"), name, url)


@pytest.mark.parametrize("who", ["ada", "rita", "ci", "pat"])
async def test_only_admins_keep_schedules(duty: Duty, who: str) -> None:
    with pytest.raises(NotAllowed):
        await duty.office.add(duty.actor(who), "primary", URL)
