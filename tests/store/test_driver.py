"""Values find their places, whatever a statement looks like and whichever database it is sent to."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, literal, or_, select, text, update

from core.store import sqlite
from core.store.driver import MOST_ROWS, Session
from core.store.sqlite import SqliteSession
from core.store.tables import agents, organisations
from tests.store.builders import ORG, T0, Clock

_NAMES = select(agents.c.name).order_by(agents.c.id)


@pytest.fixture
def session(database: str) -> Iterator[Session]:
    if database.startswith("sqlite"):
        connection = sqlite.connect(Path(database.removeprefix("sqlite:///")))
        yield SqliteSession(connection, sqlite.statements(), Clock())
        connection.close()
        return
    from core.store import postgres  # noqa: PLC0415 (its driver is an extra)

    session = postgres.PostgresSession(postgres.connect(database), postgres.statements(), timedelta)
    yield session
    session.connection.close()


@pytest.fixture
def organised(session: Session) -> Session:
    session.send(insert(organisations), [{"id": ORG, "name": "Acme", "created_at": T0}])
    return session


def agent(number: int) -> dict[str, Any]:
    """With its columns in another order than the table's."""
    return {
        "created_at": T0 + timedelta(seconds=number),
        "name": f"agent {number}",
        "owners": [f"mem_{number}"],
        "suspended": number % 2 == 1,
        "team": None,
        "acts_for": "never",
        "organisation": ORG,
        "id": f"agt_{number:03}",
    }


@pytest.mark.parametrize("count", [0, 1, 2, MOST_ROWS, MOST_ROWS + 1, 2 * MOST_ROWS + 3])
def test_each_of_many_rows_gets_its_own_values(organised: Session, count: int) -> None:
    organised.send(insert(agents), [agent(number) for number in range(count)])
    columns = [agents.c[name] for name in agent(0)]
    found = organised.rows(select(*columns).order_by(agents.c.id))
    assert found == [tuple(agent(number).values()) for number in range(count)]


def test_one_value_stands_in_several_places_beside_written_ones(organised: Session) -> None:
    organised.send(insert(agents), [agent(number) for number in range(4)])
    twice = or_(agents.c.name == bindparam("name"), agents.c.id == bindparam("name"))
    query = select(literal("100 %").label("share"), agents.c.id, agents.c.created_at).where(
        twice, agents.c.created_at >= bindparam("since"), agents.c.name.like("agent%"), agents.c.suspended.is_(True)
    )
    asked = {"since": T0, "name": "agent 3", "nobody asks for": "this"}
    assert organised.rows(query, asked) == [("100 %", "agt_003", T0 + timedelta(seconds=3))]
    assert organised.rows(query, asked | {"since": T0 + timedelta(seconds=4)}) == []


def test_nothing_is_a_value_too(organised: Session) -> None:
    organised.send(insert(agents), [agent(1)])
    rename = update(agents).where(agents.c.id == bindparam("b_id")).values(team=bindparam("team"))
    assert organised.run(rename, {"b_id": "agt_001", "team": "blue"}) == 1
    assert organised.run(rename, {"team": None, "b_id": "agt_001"}) == 1
    assert organised.rows(select(agents.c.team)) == [(None,)]


def test_a_statement_may_have_a_lone_value_or_none(organised: Session) -> None:
    organised.send(insert(agents), [agent(1), agent(2)])
    assert organised.rows(_NAMES.where(agents.c.id == bindparam("id")), {"id": "agt_002"}) == [("agent 2",)]
    assert organised.rows(_NAMES) == [("agent 1",), ("agent 2",)]
    organised.run(text("DELETE FROM agents"))
    assert organised.row(_NAMES) is None


def test_a_missing_value_is_refused(organised: Session) -> None:
    with pytest.raises(KeyError):
        organised.rows(_NAMES.where(agents.c.id == bindparam("id"), agents.c.name == bindparam("name")), {"id": "x"})
