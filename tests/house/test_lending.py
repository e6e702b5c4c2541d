"""A lent database is as if it were new, whatever the test before did to it."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.lending import Lending
from tests.postgres import Server

pytestmark = pytest.mark.postgres

TABLES = """
CREATE TABLE places (id integer PRIMARY KEY, name text);
CREATE TABLE things (id bigint GENERATED ALWAYS AS IDENTITY, place integer NOT NULL REFERENCES places (id));
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'kept for ever'; END$$;
CREATE TRIGGER kept BEFORE DELETE ON things FOR EACH ROW EXECUTE FUNCTION refuse();
INSERT INTO places VALUES (1, 'here'), (2, NULL);
INSERT INTO things (place) VALUES (1);
"""


def make_tables(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(TABLES)


@pytest.fixture(scope="module")
def lending(postgres_server: Server) -> Iterator[Lending]:
    lending = Lending(postgres_server, postgres_server.template(make_tables))
    yield lending
    lending.close()


def do(url: str, statement: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(statement.encode())
        return done.fetchall() if done.description else None


def use(lending: Lending, *statements: str) -> str:
    """What one test does with it; its address."""
    with lending.lent() as url:
        for statement in statements:
            do(url, statement)
        return url


def found(url: str) -> tuple[Any, Any]:
    return do(url, "SELECT * FROM places ORDER BY id"), do(url, "SELECT * FROM things")


AS_NEW = [(1, "here"), (2, None)], [(1, 1)]


def test_rows_are_as_they_were(lending: Lending) -> None:
    first = use(
        lending,
        "INSERT INTO places VALUES (3, 'there')",
        "UPDATE places SET name = 'nowhere' WHERE id = 1",
        "INSERT INTO things (place) VALUES (3)",
    )
    with lending.lent() as url:
        assert url == first
        assert found(url) == AS_NEW


def test_numbers_begin_again_where_they_began(lending: Lending) -> None:
    for _ in range(3):
        with lending.lent() as url:
            assert do(url, "INSERT INTO things (place) VALUES (1) RETURNING id") == [(2,)]


def test_what_guards_the_rows_guards_them_still(lending: Lending) -> None:
    use(lending)
    with lending.lent() as url, pytest.raises(psycopg.errors.RaiseException):
        do(url, "DELETE FROM things")


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more ()",
        "DROP TABLE things",
        "ALTER TABLE places ADD COLUMN more text",
        "ALTER TABLE places ALTER COLUMN name SET DEFAULT 'x'",
        "DROP TRIGGER kept ON things",
        "ALTER TABLE things DISABLE TRIGGER kept",
        "ALTER TABLE things DROP CONSTRAINT things_place_fkey",
        "CREATE INDEX more ON places (name)",
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN OLD; END$$",
        "CREATE SCHEMA more",
        "CREATE TYPE more AS ENUM ('x')",
        "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET timezone TO ''CET''', current_database()); END$$",
    ],
)
def test_nobody_gets_one_with_another_shape(lending: Lending, change: str) -> None:
    first = use(lending, change)
    with lending.lent() as url:
        assert url != first
        assert found(url) == AS_NEW


def test_nobody_gets_one_that_somebody_still_talks_to(lending: Lending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.lending.PATIENCE", 0.05)
    with lending.lent() as first:
        left_open = psycopg.connect(first)
        left_open.execute("LOCK TABLE places")
    with lending.lent() as url:
        assert url != first
        assert found(url) == AS_NEW
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")


def test_two_at_once_are_two(lending: Lending) -> None:
    with lending.lent() as one, lending.lent() as two:
        do(one, "DELETE FROM places WHERE id = 2")
        assert found(two) == AS_NEW
    assert len(lending.free) == 2
