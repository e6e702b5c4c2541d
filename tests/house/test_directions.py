"""Who may import whom: what the contracts in pyproject.toml cannot say."""

import ast
import graphlib
import sys
from collections.abc import Iterator
from typing import Final

import pytest

from tests.house.source import Module, imports, imports_of, modules, within

# The one room, or few, in which each library may be used.
ONLY_IN: Final = {
    "sqlalchemy": ["core.store"],
    "alembic": ["core.store"],
    "psycopg": ["core.store"],
    "sqlite3": ["core.store"],
    "apscheduler": ["core.scheduling.alarm"],
    "slack_sdk": ["bot.slack", "bot.outlets.slack", "bot.outlets.workflow", "bot.sandbox"],
    "slack_bolt": ["bot.slack", "bot.outlets.slack", "bot.sandbox"],
    "fastapi": ["bot.api", "bot.sandbox"],
    "countersign_client": ["bot.cli", "bot.mcp"],
    "mcp": ["bot.mcp"],
    "jwt": ["bot.oidc", "bot.receipts", "countersign_client.receipts"],
    "mcp_types": ["bot.mcp"],
    "cyclopts": ["bot.cli"],
    "rich": ["bot.cli"],
    "pydantic_settings": ["bot.settings"],
    "cel_expr_python": ["core.rulebook.engine"],
    "yaml": ["core.rulebook.load", "bot.manifest", "bot.sandbox"],
}

PURE: Final = (
    "core.model",
    "core.masking",
    "core.veil",
    "core.standing",
    "core.lifecycle",
    "core.notices",
    "core.requirements",
    "core.rulebook",
    "core.scheduling.calendar",
    "core.scheduling.deadlines",
    "core.scheduling.escalations",
)
IMPURE: Final = ("core.rulebook.load",)

# What reaches for the clock, chance, the log, the environment or the world outside.
WORLDLY: Final = {
    "asyncio",
    "anyio",
    "concurrent",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "structlog",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
}
CLOCK_READS: Final = {"now", "utcnow", "today"}

COLLECTIONS: Final = (
    "core.cares",
    "core.requirements",
    "bot.slack.cards",
    "bot.slack.flows",
    "bot.slack.commands",
    "bot.outlets",
    "bot.policies",
    "bot.checks",
    "bot.rosters",
    "bot.api.routes",
)


def pure_modules() -> Iterator[Module]:
    return (module for name, module in modules().items() if within(name, *PURE) and not within(name, *IMPURE))


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_used_in_its_own_room_only(library: str) -> None:
    rooms = ONLY_IN[library]
    strays = [str(i) for i in imports() if within(i.imported, library) and not within(i.importer.name, *rooms)]
    assert strays == []


def test_core_does_not_import_bot_and_nothing_imports_tests() -> None:
    upwards = [str(i) for i in imports() if within(i.importer.name, "core") and within(i.imported, "bot")]
    assert upwards + [str(i) for i in imports() if within(i.imported, "tests")] == []


def test_the_sandbox_knows_neither_core_nor_the_rest_of_bot() -> None:
    from_outside = [
        str(i)
        for i in imports()
        if within(i.importer.name, "bot.sandbox")
        and within(i.imported, "core", "bot")
        and not within(i.imported, "bot.sandbox")
    ]
    assert from_outside == []


def test_the_model_needs_nothing_but_the_standard_library() -> None:
    allowed = {
        "core",
        "orjson",
        "rfc8785",
    }  # the digest's canonical form is a standard, with a quick way where it agrees
    foreign = [
        str(i)
        for i in imports()
        if within(i.importer.name, "core.model") and i.imported.split(".")[0] not in allowed | sys.stdlib_module_names
    ]
    assert foreign == []


def test_pure_rooms_do_not_reach_for_the_world() -> None:
    reaches = [str(i) for module in pure_modules() for i in imports_of(module) if i.imported.split(".")[0] in WORLDLY]
    assert reaches == []


def test_pure_rooms_import_only_pure_rooms_of_core() -> None:
    beyond = [
        str(i)
        for module in pure_modules()
        for i in imports_of(module)
        if within(i.imported, "core") and not within(i.imported, *PURE, "core.errors", "core.phrases")
    ]
    assert beyond == []


def test_pure_rooms_do_not_await_or_ask_what_time_it_is() -> None:
    found = [
        module.at(node)
        for module in pure_modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.expr | ast.stmt) and (awaits(node) or reads_the_clock(node))
    ]
    assert found == []


def awaits(node: ast.expr | ast.stmt) -> bool:
    return isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)


def reads_the_clock(node: ast.expr | ast.stmt) -> bool:
    """Or anything else that comes from outside."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="datetime" | "date"), attr=attribute)):
            return attribute in CLOCK_READS
        case ast.Call(func=ast.Name(id="open" | "print" | "input")):
            return True
        case _:
            return False


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_members_of_a_collection_do_not_import_each_other(collection: str) -> None:
    crossings = [
        str(i)
        for i in imports()
        if (mine := member_of(collection, i.importer.name))
        and (theirs := member_of(collection, i.imported))
        and mine != theirs
    ]
    assert crossings == []


def member_of(collection: str, name: str) -> str | None:
    """The member a module belongs to; None for modules outside, the collection's base and the collection itself."""
    if not name.startswith(f"{collection}."):
        return None
    member = name.removeprefix(f"{collection}.").split(".")[0]
    return None if member == "base" else member


def test_no_module_imports_itself_in_a_circle() -> None:
    graph: dict[str, set[str]] = {name: set() for name in modules()}
    for found in imports():
        if found.imported in graph and found.imported != found.importer.name:
            graph[found.importer.name].add(found.imported)
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle
