"""The schema goes up, down and up again on filled databases of both kinds, and is the one the tables describe."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, inspect, text

from core.model.explanation import Explanation, RuleSeen
from core.model.request import Request
from core.ports import Filter
from core.store import migrate, schema
from core.store.schema import SchemaBehind
from core.store.sqlite import connect
from core.store.tables import metadata
from tests.postgres import Server
from tests.sqlite import fresh
from tests.store.builders import ADA, HOUR, ORG, a_request, furnish, opened, remark, store_new

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Server = request.getfixturevalue("postgres_server")
    name = server.create()
    yield server.url(name)
    server.drop(name)


async def fill(url: str, asked: Request | None = None) -> Request:
    """With people and one request."""
    asked = a_request() if asked is None else asked
    async with opened(url) as store:
        await store.transact(furnish)
        await store.transact(store_new(asked))
    return asked


def tables(url: str) -> set[str]:
    engine = create_engine(url, poolclass=NullPool)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found - {"alembic_version"}


def copies(folder: Path) -> list[Path]:
    return list(folder.glob("store.db.0*"))


async def test_the_schema_goes_up_down_and_up_on_a_filled_database(empty: str) -> None:
    assert schema.current(empty) is None
    assert migrate.upgrade(empty) == schema.newest()
    await fill(empty)
    assert migrate.downgrade(empty) is None
    assert tables(empty) == set()
    assert migrate.upgrade(empty) == schema.newest()
    await fill(empty)


async def test_upgrading_twice_changes_nothing(empty: str) -> None:
    migrate.upgrade(empty)
    await fill(empty)
    assert migrate.upgrade(empty) == schema.newest()
    async with opened(empty) as store:
        assert len(await store.read(lambda reader: reader.organisations())) == 2


async def test_migrations_and_tables_agree(empty: str) -> None:
    migrate.upgrade(empty)
    engine = create_engine(empty, poolclass=NullPool)
    with engine.connect() as connection:
        defaults = connection.dialect.name == "postgresql"  # SQLite has no identity columns to compare
        options = {"compare_type": True, "compare_server_default": defaults}
        context = MigrationContext.configure(connection, opts=options)
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


async def test_a_server_refuses_a_schema_that_is_behind(empty: str) -> None:
    with pytest.raises(SchemaBehind, match="countersign migrate"):
        schema.check_current(empty)
    migrate.upgrade(empty)
    schema.check_current(empty)


async def test_a_step_that_fails_leaves_the_database_as_it_was(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a migration is one transaction, on SQLite too."""
    migrate.upgrade(empty)
    await fill(empty)
    before = tables(empty)

    def fall_over(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr(migrate, "_check_references", fall_over)
    with pytest.raises(LookupError):
        migrate.downgrade(empty)
    assert tables(empty) == before
    assert schema.current(empty) == schema.newest()


async def test_what_was_kept_before_there_were_rules_is_kept_through_every_step(empty: str) -> None:
    """Filled by this program, which writes the newest schema alone, then taken back to the first."""
    migrate.upgrade(empty)
    await fill(empty)
    for step in (lambda url: migrate.downgrade(url, "0001"), migrate.upgrade):
        step(empty)
        async with opened(empty) as store:
            kept = await store.read(lambda reader: reader.requests(ORG, Filter(), cursor=None, limit=10))
            assert len(kept.requests) == 1


async def test_a_filled_file_is_copied_before_it_is_changed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    migrate.upgrade(url)
    await fill(url)
    migrate.downgrade(url, "0001")
    for copy in copies(tmp_path):
        copy.unlink()
    migrate.upgrade(url)
    (copy,) = copies(tmp_path)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM requests").fetchone() == (1,)


async def test_a_migration_that_would_break_references_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    url = fresh(path)
    await fill(url)
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("DELETE FROM projects")
    with pytest.raises(Exception, match="references"):
        migrate.upgrade(url)


def test_the_newest_revision_is_alembics_head() -> None:
    """Starting a server reads it off the files' names, so that Alembic need not be loaded."""
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.newest()


async def test_open_requests_of_before_are_found_by_the_rules_they_stand_on(empty: str) -> None:
    migrate.upgrade(empty)
    rules = (seen_rule("rul_1", "asks"), seen_rule("rul_2", "no_match"))
    asked = a_request()
    asked = await fill(empty, replace(asked, plan=replace(asked.plan, explanation=Explanation("asked", rules=rules))))
    migrate.downgrade(empty, "0011")
    migrate.upgrade(empty)
    async with opened(empty) as store:
        for rule, found in (("rul_1", [asked.id]), ("rul_2", [])):
            wanted = Filter(waiting_for=frozenset({f"rule:{rule}"}))
            page = await store.read(lambda reader, wanted=wanted: reader.requests(ORG, wanted, cursor=None, limit=9))  # type: ignore[misc]
            assert [one.id for one in page.requests] == found
        changed = replace(asked, version=asked.version + 1)
        await store.transact(lambda tx: tx.save(tx.request(asked.id), changed, [(remark(changed), ADA)]))


def seen_rule(rule: str, fate: str) -> RuleSeen:
    return RuleSeen(rule, rule, 1, "require", "true", fate, "")


async def test_open_requests_of_before_are_not_waited_for_by_late_joiners(empty: str) -> None:
    migrate.upgrade(empty)
    asked = await fill(empty)
    migrate.downgrade(empty, "0013")
    migrate.upgrade(empty)
    group = "group:grp_platform"
    async with opened(empty) as store:
        for since, found in ((asked.created_at - HOUR, 1), (asked.created_at + HOUR, 0)):
            wanted = Filter(waiting_for=frozenset({group}), came={group: since})
            assert await store.read(lambda reader, wanted=wanted: reader.count(ORG, wanted, 9)) == found  # type: ignore[misc]


async def test_requests_are_written_in_full_for_what_came_before(empty: str) -> None:
    """It would take defaults of its own for fields that are missing, but not do without `original`, nor read a plan's text."""
    migrate.upgrade(empty)
    asked = await fill(empty)
    migrate.downgrade(empty, "0016")
    with schema.connected(empty) as connection:
        stored = json.loads(connection.execute(text("SELECT state FROM requests")).scalar_one())
    assert stored["original"] is None
    assert stored["plan"]["stages"][0]["number"] == 1
    migrate.upgrade(empty)
    async with opened(empty) as store:
        assert await store.read(lambda reader: reader.request(asked.id)) == asked
