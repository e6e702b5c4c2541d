"""The launcher of tests/postgres.py keeps its promises."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests.postgres import SOCKET_NAME, SOCKET_PATH_LIMIT, Server

pytestmark = pytest.mark.postgres

HOLD_A_SERVER = """
import sys, time
from tests.postgres import join, run_folder
server = join(run_folder(sys.argv[1]))
print(server.pid, server.folder, flush=True)
time.sleep(60)
"""


def fill_one_table(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE filled (id integer)")


def test_a_database_opens_with_psycopg_and_with_sqlalchemy(postgres_database: str) -> None:
    engine = create_engine(postgres_database.replace("postgresql://", "postgresql+psycopg://"))
    with psycopg.connect(postgres_database) as by_hand, engine.connect() as core:
        assert by_hand.execute("SELECT 1").fetchone() == (1,)
        assert core.execute(text("SELECT current_user")).scalar() == "postgres"
    engine.dispose()


def test_the_socket_fits_into_the_kernels_limit(postgres_server: Server) -> None:
    path = postgres_server.folder / "socket" / f"{SOCKET_NAME}"
    assert path.exists()
    assert len(os.fsencode(path)) < SOCKET_PATH_LIMIT


def test_the_server_runs_as_an_unprivileged_user(postgres_server: Server) -> None:
    assert Path(f"/proc/{postgres_server.pid}").stat().st_uid != 0


def test_a_template_is_built_once_and_copied(postgres_server: Server) -> None:
    calls: list[str] = []

    def build(url: str) -> None:
        calls.append(url)
        fill_one_table(url)

    first, second = (postgres_server.create(postgres_server.template(build)) for _ in range(2))
    with psycopg.connect(postgres_server.url(second)) as connection:
        assert connection.execute("SELECT count(*) FROM filled").fetchone() == (0,)
    postgres_server.drop(first)
    postgres_server.drop(second)
    assert len(calls) <= 1


def test_a_dropped_database_is_gone_although_somebody_is_connected(postgres_server: Server) -> None:
    name = postgres_server.create()
    with psycopg.connect(postgres_server.url(name)) as left_open:
        postgres_server.drop(name)
        assert not postgres_server.exists(name)
        with pytest.raises(psycopg.OperationalError):
            left_open.execute("SELECT 1")


def test_the_server_ends_when_its_only_user_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD_A_SERVER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as user:
        assert user.stdout is not None
        pid, folder = user.stdout.readline().split()
        user.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while Path(folder).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(folder).exists()
    assert not Path(f"/proc/{pid}").exists()
