"""Run by `./task wheel` with the Python of an environment that holds nothing but the wheel and its lock, from an empty folder.

Usage: wheel_smoke.py WHEEL
"""

import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

# What is no Python module but must travel along.
PATTERNS: Final = (
    "bot/manifest.yml",
    "bot/sandbox/page/index.html",
    "bot/sandbox/page/vendor/*",
    "core/store/migrations/*",
)


def missing_files(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        names = [Path(name) for name in archive.namelist()]
    return [pattern for pattern in PATTERNS if not any(name.match(pattern) for name in names)]


def foreign_files(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        roots = {name.split("/")[0] for name in archive.namelist()}
    return sorted(root for root in roots - {"bot", "core"} if not root.endswith(".dist-info"))


def answer_of_the_command() -> str:
    command = Path(sysconfig.get_path("scripts")) / "countersign"
    return subprocess.run([command, "--version"], check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    wheel = Path(sys.argv[1])
    if any(Path.cwd().iterdir()):
        sys.exit("the folder is not empty: files beside the wheel could stand in for files in it")
    if missing := missing_files(wheel):
        sys.exit(f"the wheel lacks {', '.join(missing)}")
    if foreign := foreign_files(wheel):
        sys.exit(f"the wheel would install {', '.join(foreign)} beside bot and core")
    if version("countersign") not in (answer := answer_of_the_command()):
        sys.exit(f"countersign --version answered {answer!r}")
    print(f"the wheel is whole, and its command says {answer}")


if __name__ == "__main__":
    main()
