"""The command line as its users meet it: its words, its exit codes, what it keeps."""

import asyncio
import io
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import uvicorn

from bot.cli.app import run
from core.model.people import Actor, Role, Way
from countersign_client import login_file
from tests.api.conftest import House, running, settings_for
from tests.serving import served


@pytest.fixture(autouse=True)
def somewhere_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("COUNTERSIGN_URL", "COUNTERSIGN_TOKEN", "SLACK_BOT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


class Served(threading.Thread):
    """A server on a thread of its own, with a request in it, for commands that bring their own loop."""

    def __init__(self, database: str) -> None:
        super().__init__(daemon=True)
        self.database, self.ready = database, threading.Event()
        self.url, self.asked, self.code = "", dict[str, Any](), ""
        self.credentials: dict[str, str] = {}

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        async with running(settings_for(self.database)) as house:
            await self._furnish(house)
            server = uvicorn.Server(uvicorn.Config(house.assembly.app, port=0, log_level="critical", lifespan="off"))
            async with served(server) as self.url:
                self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
                self.ready.set()
                await self.over.wait()

    async def _furnish(self, house: House) -> None:
        ada = await house.member("ada", Role.APPROVER)
        await house.agent("ci")
        self.asked = await house.ask(title="Deploy 2.4.1")
        actor = Actor("member", ada, "ada", house.host.organisation, Way.SLACK)
        self.code = await house.administration.logins.show_code(actor, may_decide=True)
        self.credentials = house.credentials


@pytest.fixture
def silent() -> Iterator[None]:
    """The server's log does not mix with what commands print."""
    structlog.configure(processors=[_drop])
    yield
    structlog.reset_defaults()


def _drop(*_: Any) -> Any:
    raise structlog.DropEvent


@pytest.fixture
def server(silent: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    found = Served(f"sqlite:///{tmp_path / 'served.db'}")
    found.start()
    assert found.ready.wait(30)
    monkeypatch.setenv("COUNTERSIGN_URL", found.url)
    yield found
    found.loop.call_soon_threadsafe(found.over.set)
    found.join(20)


def test_a_request_is_read_by_number_with_both_statuses(server: Served, capsys: Any, monkeypatch: Any) -> None:
    """D-42"""
    monkeypatch.setenv("COUNTERSIGN_TOKEN", server.credentials["ada"])
    assert run(["read", "--id", str(server.asked["number"]), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["id"], shown["status"], shown["execution_status"]) == (server.asked["id"], "pending", None)
    assert run(["read", f"#{server.asked['number']}"]) == 0
    assert run(["read", "--id", server.asked["id"]]) == 0
    assert "Deploy 2.4.1" in capsys.readouterr().out


def test_the_code_typed_at_login_becomes_a_token_only_its_owner_can_read(
    server: Served, capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(server.code + "\n"))
    assert run(["login"]) == 0
    assert "read, ask and decide" in capsys.readouterr().out
    assert stat.S_IMODE(login_file().stat().st_mode) == 0o600
    assert run(["approve", server.asked["id"], "--comment", "Fine."]) == 0
    assert run(["list", "--status", "approved"]) == 0
    assert "Deploy 2.4.1" in capsys.readouterr().out


def test_a_login_that_cannot_be_kept_does_not_use_the_code_up(
    server: Served, tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    monkeypatch.setattr("sys.stdin", io.StringIO(server.code + "\n"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "taken"))
    assert run(["login"]) == 1
    assert "cannot be kept in" in capsys.readouterr().err
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert run(["login"]) == 0


@pytest.mark.parametrize(
    ("words", "held", "said"),
    [
        (["--idempotency-key", " a"], {}, "An idempotency key is 1 to 255 visible ASCII characters"),
        (["--idempotency-key", "a\nb"], {}, "An idempotency key is 1 to 255 visible ASCII characters"),
        (["--idempotency-key", ""], {}, "An idempotency key is 1 to 255 visible ASCII characters"),
        ([], {"idempotency_key": "k"}, "says idempotency_key, which is no part of a request"),
        ([], {"self": "k"}, "says self, which is no part of a request"),
        ([], {"nonsense": "k"}, "nonsense is not known here"),
    ],
)
def test_what_cannot_be_sent_is_said_in_a_sentence(
    server: Served, words: list[str], held: dict[str, str], said: str, capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("COUNTERSIGN_TOKEN", server.credentials["ci"])
    Path("asked.json").write_text(json.dumps({"title": "Deploy 2.4.2", **held}))
    assert run(["request", "--from", "asked.json", *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("url", ["foo", "http://a..b", f"http://{'a' * 64}.example"])
def test_what_is_no_address_is_said_to_be_none(url: str, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("COUNTERSIGN_URL", url)
    monkeypatch.setenv("COUNTERSIGN_TOKEN", "csk_x")
    assert run(["list"]) == 2
    assert "is no address of a server" in capsys.readouterr().err


def test_a_refusal_is_one_sentence_and_says_by_its_exit_code_of_what_kind(
    server: Served, capsys: Any, monkeypatch: Any
) -> None:
    assert run(["list"]) == 8
    assert "not logged in" in capsys.readouterr().err
    monkeypatch.setenv("COUNTERSIGN_TOKEN", server.credentials["ci"])
    assert run(["approve", server.asked["id"]]) == 8
    monkeypatch.setenv("COUNTERSIGN_TOKEN", server.credentials["ada"])
    assert run(["read", "--id", "99999"]) == 1
    assert run(["list", "--status", "sleeping"]) == 2
    assert run(["reject", server.asked["id"], "--comment", "No."]) == 0
    assert run(["approve", server.asked["id"]]) == 1
    monkeypatch.setenv("COUNTERSIGN_URL", "http://127.0.0.1:1")
    assert run(["list"]) == 9
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["request", "Deploy 2.4.2", "--wait", "--timeout", "30 minutes"],
        ["run", "--timeout", "30min", "--", "true"],
        ["batch", "asked.jsonl", "--wait", "--timeout", "soon"],
    ],
)
def test_a_mistyped_timeout_asks_nobody(server: Served, words: list[str], capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("COUNTERSIGN_TOKEN", server.credentials["ci"])
    Path("asked.jsonl").write_text('{"title": "Deploy 2.4.2"}\n')
    assert run(words) == 2
    assert "--timeout: " in capsys.readouterr().err
    assert run(["list", "--json"]) == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)["data"]] == [server.asked["id"]]


def test_a_kept_token_is_not_sent_to_another_server(server: Served, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(server.code + "\n"))
    assert run(["login"]) == 0
    monkeypatch.setenv("COUNTERSIGN_URL", "http://127.0.0.1:1")
    assert run(["list"]) == 8


def test_a_platforms_tokens_stand_for_an_agent_from_the_host(capsys: Any) -> None:
    assert run(["agents", "add", "ci", "--json"]) == 0
    capsys.readouterr()
    pattern = ["--issuer", "github", "--subject", "repo:acme/shop:ref:refs/heads/main"]
    assert run(["agents", "workload", "ci", *pattern, "--verb", "ask", "--verb", "execute", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["verbs"], made["issuer"]) == (["ask", "execute"], "https://token.actions.githubusercontent.com")
    assert made["audience"].startswith("http://127.0.0.1:3000/org_")
    assert run(["agents", "workload", "ci", *pattern]) == 1
    assert run(["agents", "workload", "ci", "--issuer", "github", "--subject", "repo:acme/other:**"]) == 0
    assert "made out to this audience" in capsys.readouterr().out
    assert run(["agents", "workload", "ci", "--issuer", "github", "--subject", "*"]) == 2


def test_an_agent_added_on_the_host_gets_a_key_shown_once(capsys: Any) -> None:
    assert run(["agents", "add", "ci", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["secret"].startswith("csk_")
    assert run(["agents", "add", "ci"]) == 1
    assert "already is an agent ci" in capsys.readouterr().err


def test_a_member_is_added_on_the_host(capsys: Any) -> None:
    assert run(["members", "add", "Ada@Example.com", "--role", "admin", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["email"] == "ada@example.com"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["members", "add", "notanemail"], "email must be an e-mail address"),
        (["members", "add", "ada@example.com", "--name", ""], "name is empty"),
        (["agents", "add", ""], "name must be 1 to 60 letters"),
        (["agents", "add", "x/y"], "name must be 1 to 60 letters"),
        (["agents", "add", "ci", "--team", ""], "team is empty"),
    ],
)
def test_the_host_takes_the_names_the_api_takes(words: list[str], said: str, capsys: Any) -> None:
    assert run(words) == 2
    assert f"countersign: {said}" in capsys.readouterr().err
    assert not Path("countersign.db").exists()


def test_the_slack_app_is_printed_as_slack_takes_it(capsys: Any) -> None:
    assert run(["manifest", "--workflow", "--url", "https://countersign.example"]) == 0
    printed = capsys.readouterr().out
    assert "ask_for_approval:" in printed
    assert "request_url: https://countersign.example/slack/events" in printed
    assert "message.channels" not in printed


def test_the_doctor_says_what_single_sign_on_still_needs(capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("COUNTERSIGN_OIDC_ISSUER", "https://login.example.com")
    run(["doctor"])
    assert "COUNTERSIGN_OIDC_AUDIENCE must say" in capsys.readouterr().out
    monkeypatch.setenv("COUNTERSIGN_OIDC_AUDIENCE", "countersign")
    run(["doctor"])
    assert "AUDIENCE" not in capsys.readouterr().out


def test_the_doctor_says_what_is_missing_and_how_to_get_it(capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.delenv("SLACK_APP_TOKEN", raising=False)
    monkeypatch.delenv("SLACK_SIGNING_SECRET", raising=False)
    assert run(["doctor", "--json"]) == 1
    found = {one["what"]: one for one in json.loads(capsys.readouterr().out)}
    assert not found["Slack"]["well"]
    assert "manifest.yml" in found["Slack"]["sentence"]
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    assert run(["doctor"]) == 0
    assert list(Path().glob("*.db*")) == []


def test_a_misspelt_setting_stops_every_command_on_the_host(capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("COUNTERSIGN_PROT", "1")
    assert run(["doctor"]) == 2
    assert "COUNTERSIGN_PROT" in capsys.readouterr().err


def test_help_loads_neither_the_database_nor_the_server() -> None:
    look = "import sys; from bot.cli.app import run; run(['--help']); print(sorted({'sqlalchemy','fastapi','slack_sdk'} & set(sys.modules)))"
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": root}
    )
    assert done.stdout.rstrip().endswith("[]")


@pytest.mark.slow
def test_a_served_server_stops_gently_and_refuses_a_second_one(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root, "COUNTERSIGN_PORT": "0"}
    command = [sys.executable, "-c", "from bot.cli import main; main()", "serve"]
    first = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    assert first.stderr is not None
    assert any("listening" in line for line in first.stderr)
    second = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    first.send_signal(signal.SIGTERM)
    assert (first.wait(20), second.returncode) == (0, 1)
    assert "Another server" in second.stderr
    first.stderr.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "nobody.invalid"])
def test_a_server_that_cannot_be_reached_does_not_say_it_listens(host: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-c", "from bot.cli import main; main()", "serve"],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "COUNTERSIGN_HOST": host,
                "COUNTERSIGN_PORT": port,
            },
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert ended.returncode == 1
    assert f"countersign: Nobody can be served at port {port} of {host}" in ended.stderr
    assert "listening" not in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr
