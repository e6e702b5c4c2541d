"""What needs an admin's care: each kind is noticed, says what to do, and is for admins alone."""

from datetime import UTC, datetime
from typing import Final

import pytest

from core import cares
from core.cares.base import Care, CareKind, Here, needing
from core.collection import members
from core.errors import NotAllowed
from core.model.endpoint import Endpoint
from core.model.installation import Installation, InstallState, Source, Unmapped
from core.model.policy import Policy
from core.model.schedule import Schedule
from core.ports import Hopeless, Told, Transaction
from tests.administration.town_hall import TownHall
from tests.desk.office import ORG

pytestmark = pytest.mark.anyio

KINDS: Final[dict[str, CareKind]] = members(cares)
AT: Final = datetime(2026, 3, 1, tzinfo=UTC)
WELL: Final = Here("slack")
HOOK: Final = Endpoint("whk_1", ORG, "ci", "https://ci.example/hook", None, None, None, False, "root", AT)


def installed(*scopes: str) -> Installation:
    return Installation(
        "ins_1", ORG, "T1", None, False, "Acme", "A1", "U1", "B1", scopes, "sealed", None, AT, InstallState.ACTIVE,
        Source.OAUTH,
    )  # fmt: skip


async def found(hall: TownHall, here: Here = WELL, who: str = "root") -> dict[str, Care]:
    """By kind; one of each is enough here."""
    actor = hall.actor(who)
    return {care.kind: care for care in await hall.read(lambda reader: needing(KINDS, reader, actor, here))}


async def test_only_admins_may_look(hall: TownHall) -> None:
    for who in ("ada", "pat"):
        with pytest.raises(NotAllowed):
            await found(hall, who=who)


async def test_a_rule_nobody_can_meet_is_named_with_who_is_missing(hall: TownHall) -> None:
    await hall.store.transact(lambda tx: tx.put_hopeless_rule(ORG, Hopeless("rul_1", "prod deploys", ("@platform",))))
    care = (await found(hall))["rules"]
    assert (care.about, care.topic) == ("prod deploys", "rules")
    assert "@platform" in care.sentence


async def test_webhooks_that_fail_or_were_given_up_are_named_and_paused_ones_are_not(hall: TownHall) -> None:
    await hall.store.transact(lambda tx: tx.put_endpoint(HOOK))
    assert "webhooks" not in await found(hall)
    await hall.store.transact(lambda tx: tx.note_told(Told("whk_1", 0, failed_at=AT, problem="500")))
    assert "is tried again (500)" in (await found(hall))["webhooks"].sentence
    await hall.store.transact(lambda tx: tx.note_told(Told("whk_1", 0, problem="500", parked_at=AT)))
    assert "not tried any more" in (await found(hall))["webhooks"].sentence


async def test_policies_that_give_no_answer_are_named(hall: TownHall) -> None:
    await hall.store.transact(silent_policy)
    care = (await found(hall))["judges"]
    assert care.about == "policy spend"
    assert "connection refused" in care.sentence


def silent_policy(tx: Transaction) -> None:
    tx.put_policy(Policy("pol_1", ORG, "spend", "opa", "https://opa.example"))
    tx.note_outside_trouble(ORG, "pol_1", "connection refused")
    tx.note_outside_trouble(ORG, "pol_gone", "of a policy that was removed meanwhile")


async def test_a_calendar_that_cannot_be_read_is_named(hall: TownHall) -> None:
    await hall.store.transact(
        lambda tx: tx.put_schedule(Schedule("sch_1", ORG, "primary", "sealed", "c.example", AT, problem="404"))
    )
    care = (await found(hall))["schedules"]
    assert (care.about, care.topic) == ("primary", "schedules")
    assert "nobody is on duty" in care.sentence


async def test_people_who_say_who_they_are_come_before_those_who_do_not(hall: TownHall) -> None:
    await hall.store.transact(strangers)
    seen = await hall.read(lambda reader: needing(KINDS, reader, hall.actor("root"), WELL))
    people = [care for care in seen if care.kind == "people"]
    assert people[0].about == "Claire"
    assert "wait for your yes" in people[0].sentence
    assert people[1].about == "Frank"


def strangers(tx: Transaction) -> None:
    tx.note_unmapped(Unmapped(ORG, "T1", "U1", "Claire", None, "unknown", "ada@acme.example", AT))
    tx.note_unmapped(Unmapped(ORG, "T1", "U2", "Frank", None, "not_member", None, AT))


async def test_scopes_that_were_not_granted_say_what_is_lost(hall: TownHall) -> None:
    uses = {"chat:write": "no card can be posted", "commands": "there is no /countersign"}
    here = Here("slack", uses)
    await hall.store.transact(lambda tx: tx.put_installation(installed("chat:write")))
    care = (await found(hall, here))["scopes"]
    assert care.about == "Acme"
    assert "commands (there is no /countersign)" in care.sentence
    assert "chat:write" not in care.sentence
    await hall.store.transact(lambda tx: tx.put_installation(installed("chat:write", "commands")))
    assert "scopes" not in await found(hall, here)


async def test_what_the_servers_probes_report_is_passed_on(hall: TownHall) -> None:
    assert (await found(hall, Here("slack", {}, ("The last sweep is late.",))))["server"].sentence == (
        "The last sweep is late."
    )


async def test_all_kinds_together_say_at_most_so_much(hall: TownHall) -> None:
    def many(tx: Transaction) -> None:
        for number in range(60):
            tx.put_hopeless_rule(ORG, Hopeless(f"rul_{number}", f"rule {number}", ("@x",)))

    await hall.store.transact(many)
    seen = await hall.read(lambda reader: needing(KINDS, reader, hall.actor("root"), WELL))
    assert sum(care.kind == "rules" for care in seen) == 20
