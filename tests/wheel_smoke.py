"""Run by `./task wheel` with the Python of an environment that holds nothing but the wheel and its lock, from an empty folder.

Usage: wheel_smoke.py WHEEL
"""

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from urllib.request import Request, urlopen

ALICE: Final = "U0ALICE001"
DEPLOYS: Final = "C0DEPLOYS1"

# What is no Python module but must travel along.
PATTERNS: Final = (
    "bot/manifest.yml",
    "bot/sandbox/page/index.html",
    "bot/sandbox/page/vendor/*",
    "core/store/migrations/*",
    "countersign_client/py.typed",
)


def missing_files(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        names = [Path(name) for name in archive.namelist()]
    return [pattern for pattern in PATTERNS if not any(name.match(pattern) for name in names)]


def foreign_files(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        roots = {name.split("/")[0] for name in archive.namelist()}
    return sorted(root for root in roots - {"bot", "core", "countersign_client"} if not root.endswith(".dist-info"))


def answer_of_the_command() -> str:
    command = Path(sysconfig.get_path("scripts")) / "countersign"
    return subprocess.run([command, "--version"], check=True, capture_output=True, text=True).stdout.strip()


def decide_in_the_sandbox() -> str:
    """Start the sandbox as a user would, approve the first card as Alice, and read what the card says then."""
    command = Path(sysconfig.get_path("scripts")) / "countersign"
    running = subprocess.Popen(
        [command, "sandbox", "--port", "0", "--api-port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=bare_environment(),
    )
    try:
        address, credentials = address_told_by(running), credentials_told_by(running)
        return f"{approve(address)}, and the command line {ask_by_command(credentials)}"
    finally:
        running.send_signal(signal.SIGINT)
        if running.wait(timeout=20) != 0:
            sys.exit(f"the sandbox ended with {running.returncode} after Ctrl-C")


def bare_environment() -> dict[str, str]:
    """Nothing of ours: an unbuffered pipe, no colours, no settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSIGN_", "SLACK_"))}
    return {**kept, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}


def address_told_by(running: "subprocess.Popen[str]") -> str:
    for line in running.stdout or ():
        if found := re.search(r"http://\S+(?=/\?as=)", line):
            return found[0]
    sys.exit("the sandbox ended before it told its address")


def credentials_told_by(running: "subprocess.Popen[str]") -> dict[str, str]:
    for line in running.stdout or ():
        if found := re.findall(r"(COUNTERSIGN_\w+)=(\S+)", line):
            return dict(found)
    sys.exit("the sandbox did not tell how to ask from a terminal")


def ask_by_command(credentials: dict[str, str]) -> str:
    """With the client that travels in the wheel."""
    command = Path(sysconfig.get_path("scripts")) / "countersign"
    environment = {**bare_environment(), **credentials}
    asked = subprocess.run(
        [command, "request", "Try the wheel in an empty folder", "--wait", "--timeout", "1s", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 7 or json.loads(asked.stdout)["status"] != "pending":
        sys.exit(f"countersign request ended with {asked.returncode}: {asked.stdout}{asked.stderr}")
    return "asks and waits"


def approve(address: str) -> str:
    asked = {"as": ALICE, "channel": DEPLOYS}
    messages = ask(f"{address}/page/messages?{urlencode(asked)}")["messages"]
    card = messages[-1]
    button = next(
        {"block_id": block["block_id"], **element}
        for block in card["blocks"]
        for element in block.get("elements", ())
        if element.get("type") == "button" and element["text"]["text"] == "Approve"
    )
    action = {name: button[name] for name in ("block_id", "action_id", "type", "value")}
    source = {"channel": DEPLOYS, "ts": card["ts"]}
    answer = ask(f"{address}/page/click", {"as": ALICE, "source": source, "action": action, "state": {"values": {}}})
    if not answer["ok"]:
        sys.exit(f"the click was not answered: {answer}")
    for _ in range(100):
        text = str(ask(f"{address}/page/messages?{urlencode(asked)}")["messages"][-1])
        if "Alice Archer" in text:
            return "the sandbox's card shows Alice's approval"
        time.sleep(0.1)
    sys.exit("the card never showed the approval")


def ask(url: str, body: object = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"})
    with urlopen(request, timeout=20) as response:
        return dict(json.load(response))


def main() -> None:
    wheel = Path(sys.argv[1])
    if any(Path.cwd().iterdir()):
        sys.exit("the folder is not empty: files beside the wheel could stand in for files in it")
    if missing := missing_files(wheel):
        sys.exit(f"the wheel lacks {', '.join(missing)}")
    if foreign := foreign_files(wheel):
        sys.exit(f"the wheel would install {', '.join(foreign)} beside bot, core and its client")
    if version("countersign") not in (answer := answer_of_the_command()):
        sys.exit(f"countersign --version answered {answer!r}")
    print(f"the wheel is whole, and its command says {answer}")
    print(decide_in_the_sandbox())


if __name__ == "__main__":
    main()
