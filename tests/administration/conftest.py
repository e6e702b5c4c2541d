"""The offices on both databases, with three admins, and four eyes to switch on."""

import pytest

from core.desk import Desk
from core.rulebook.condition import Conditions
from tests.administration.town_hall import TownHall, furnish_hall
from tests.desk.conftest import database, office
from tests.desk.office import Office

__all__ = ["database", "office"]


@pytest.fixture
async def hall(office: Office) -> TownHall:
    await office.store.transact(furnish_hall)
    desk = Desk(office.store, fresh=office.fresh, outlets=office.outlets, conditions=Conditions())
    return TownHall(office, desk)
