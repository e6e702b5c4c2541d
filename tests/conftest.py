"""What every test folder shares: the asyncio backend, Hypothesis profiles, PostgreSQL, and how a run reports itself."""

import os
import tempfile
import uuid
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from core.store.migrate import upgrade
from tests.crashes import FOLDER, OfThisWorker, OfWorkers
from tests.lending import Lending
from tests.postgres import PostgresUnavailable, Server, join, run_folder

IN_CI: Final = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

# A machine under load is slow, and that is no finding: no deadlines. `print_blob` lets a failure of CI be repeated by hand.
settings.register_profile("ci", deadline=None, derandomize=False, print_blob=True)
settings.register_profile("quick", deadline=None, max_examples=20)
settings.register_profile(
    "long", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


# ----------------------------------------------------------------------------------------------------- where tests write

MEMORY: Final = Path("/dev/shm")  # noqa: S108 (everybody makes folders of their own in it)
ROOM: Final = 2 * 2**30


def has_room(folder: Path) -> bool:
    """In a container it is often tiny, or nothing in it can be run."""
    if not os.access(folder, os.W_OK):
        return False
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC


# Thousands of databases need not wait for a disk. Workers and what they start inherit it; who names a folder is obeyed.
if "TMPDIR" not in os.environ and has_room(MEMORY):
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


# ------------------------------------------------------------------------------------------------------------ PostgreSQL


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The one server of this run, shared by all its workers."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    try:
        server = join(run_folder(run))
    except PostgresUnavailable as reason:
        pytest.skip(f"no PostgreSQL: {reason}")
    yield server
    server.leave()


@pytest.fixture(scope="session")
def postgres_lending(postgres_server: Server) -> Iterator[Lending]:
    """Databases with their tables, for this worker's tests in turn."""
    lending = Lending(postgres_server, postgres_server.template(upgrade))
    yield lending
    lending.close()


@pytest.fixture
def postgres_database(postgres_lending: Lending) -> Iterator[str]:
    """The URL of a database with tables and nothing in them, as if it were new."""
    with postgres_lending.lent() as url:
        yield url


# ---------------------------------------------------------------------------------------------------- no skips in CI


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """CI has every component: a skip there hides something, so it fails."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which CI forbids: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if IN_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped, which CI forbids: {report.longrepr}"
    return report


# -------------------------------------------------------------------------------------------------------- time per folder


class TimePerFolder:
    """Adds up what each folder of tests took, set-up and tear-down included; of all workers together."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.tests: defaultdict[str, int] = defaultdict(int)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        folder = report.nodeid.split("::")[0].rpartition("/")[0]
        self.seconds[folder] += report.duration
        self.tests[folder] += report.when == "call"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("time per folder")
        for folder, seconds in sorted(self.seconds.items(), key=lambda spent: -spent[1]):
            terminalreporter.write_line(f"{seconds:8.2f} s  {self.tests[folder]:5d} tests  {folder}")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    worker: dict[str, str] | None = getattr(config, "workerinput", None)
    if worker is None:
        config.pluginmanager.register(TimePerFolder(), "time-per-folder")
        config.pluginmanager.register(OfWorkers(), "crashes")
    else:
        config.pluginmanager.register(OfThisWorker(Path(worker[FOLDER]), worker["workerid"]), "crashes")
