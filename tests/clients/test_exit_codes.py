"""`countersign request`, `wait` and `run`, as pipelines meet them: exit codes, what stands on which stream, what runs."""

import fcntl
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.cli.app import run
from bot.cli.asking import EXIT
from core.model.people import Role
from countersign_client import Countersign
from tests.clients.live import Live, Meanwhile

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from bot.cli import main; main()"]
DEPLOY = ["request", "Deploy payments 4.2 to production", "--type", "deploy", "--wait"]


@pytest.fixture(autouse=True)
def environment(live: Live, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_URL", live.url)
    monkeypatch.setenv("COUNTERSIGN_TOKEN", key)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def newest(client: Countersign) -> Any:
    return next(iter(client.requests.each(requester="me")))


def test_approved_as_asked_is_0_and_says_by_whom(live: Live, key: str, capsys: Any) -> None:
    with live.soon(key, first=live.until_somebody_waits, comment="Go."):
        assert run(DEPLOY) == 0
    said = capsys.readouterr()
    assert said.out.endswith("approved by Ada: Go.\ncause: people\n")
    assert "waits for" in said.err


def test_approved_without_people_is_0(client: Countersign, live: Live, capsys: Any) -> None:
    rule = {"name": "chores", "when": 'request.title == "Sweep the floor now"', "effect": "allow"}
    made = live.do(live.house.post("root", "/v1/rules", {"rule": rule}))
    assert made.status_code == 201, made.text
    assert run(["request", "Sweep the floor now", "--wait"]) == 0
    assert "auto approved (rule:rul_" in capsys.readouterr().out


def test_rejected_is_3_with_the_reason(live: Live, key: str, capsys: Any) -> None:
    with live.soon(key, "reject", comment="Not during the sale."):
        assert run(DEPLOY) == 3
    assert "rejected by Ada: Not during the sale.\ncause: people" in capsys.readouterr().out


def test_expired_is_4_and_nobodys_refusal(live: Live, key: str, capsys: Any) -> None:
    def nobody_answers(_id: str) -> None:
        live.house.turn(minutes=10)
        live.do(live.house.ring())

    try:
        with Meanwhile(live, key, nobody_answers):
            assert run([*DEPLOY, "--expires", "5m"]) == 4
    finally:
        live.house.turn(minutes=-10)
    assert "expired (nobody_answered)\ncause: nobody_answered" in capsys.readouterr().out


def test_cancelled_is_5(live: Live, key: str, client: Countersign, capsys: Any) -> None:
    with Meanwhile(live, key, client.requests.cancel):
        assert run(DEPLOY) == 5
    assert re.search(r"cancelled by bot-\d+ \(requester\)", capsys.readouterr().out)


EDITED = ["--param", "replicas:=6", "--editable", "params.replicas=1..6"]


def test_approved_with_edits_is_6_and_0_only_where_edits_are_accepted(live: Live, key: str, capsys: Any) -> None:
    for more, code in (([], 6), (["--accept-edits"], 0)):
        with live.soon(key, edits={"params.replicas": 2}):
            assert run([*DEPLOY, *EDITED, *more]) == code
        said = capsys.readouterr()
        assert json.loads(said.out)["params"] == {"replicas": 2}
        assert "edited: params.replicas is now 2" in said.err


def test_a_wait_that_is_over_is_7_and_can_be_taken_up_again(live: Live, client: Countersign, capsys: Any) -> None:
    assert run([*DEPLOY, "--timeout", "1s"]) == 7
    assert "still waits for" in capsys.readouterr().out
    number = newest(client).number
    assert run(["wait", str(number), "--timeout", "1s", "--json"]) == 7
    assert json.loads(capsys.readouterr().out)["status"] == "pending"
    live.decide(newest(client).id)
    assert run(["wait", str(number)]) == 0


def test_not_allowed_is_8_and_says_how_to_be(live: Live, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("COUNTERSIGN_TOKEN", "csk_nobody")
    assert run(DEPLOY) == 8
    monkeypatch.delenv("COUNTERSIGN_TOKEN")
    assert run(DEPLOY) == 8
    assert "countersign login" in capsys.readouterr().err


def test_an_unreachable_server_is_9_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("COUNTERSIGN_URL", "http://127.0.0.1:1")
    assert run(DEPLOY) == 9
    said = capsys.readouterr().err
    assert "http://127.0.0.1:1 cannot be reached" in said
    assert "COUNTERSIGN_URL" in said


def test_what_cannot_be_understood_is_2_and_nobody_is_asked(client: Countersign, capsys: Any) -> None:
    for words in (
        ["request"],
        ["request", "T", "--param", "replicas"],
        ["request", "T", "--param", "a:=1", "--param", "a=2"],
        ["request", "T", "--param", "a:={"],
        ["request", "T", "--stage", "someone"],
        ["request", "T", "--expires", "soon"],
        ["request", "T", "--subject", "run"],
        ["request", "T", "--link", "https://example.com"],
        ["request", "T", "--facts", "missing.json"],
        ["run"],
        ["run", "--param", "argv=x", "--", "true"],
    ):
        assert run(words) == 2, words
    assert list(client.requests.each(requester="me")) == []
    assert "Traceback" not in capsys.readouterr().err


def test_options_say_all_that_a_request_can(client: Countersign, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "facts.json").write_text('{"destroyed": 2}')
    (tmp_path / "base.json").write_text('{"type": "deploy", "title": "Not this", "reasoning": "Tests pass."}')
    words = [
        "request",
        "Deploy payments 4.2",
        "--from",
        "base.json",
        "--facts",
        "facts.json",
        "--fact",
        "env=production",
    ]
    words += ["--param", "replicas:=6", "--subject", "run:8f2", "--subject-url", "https://ci.example.com/8f2"]
    words += ["--stage", "Platform: 1 of ada@example.com, ben@example.com", "--stage", "all of ben@example.com"]
    words += ["--link", "Changes=https://git.example.com/1?a=b", "--cost-usd", "12.5", "--expires", "urgent", "--json"]
    words += ["--side-effect", "payments restart", "--action", "kubectl apply", "--metadata", "lines:=5"]
    assert run(words) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["type"], made["title"], made["reasoning"]) == ("deploy", "Deploy payments 4.2", "Tests pass.")
    assert made["facts"] == {"destroyed": 2, "env": "production"}
    assert (made["params"], made["metadata"], made["cost"]["usd"]) == ({"replicas": 6}, {"lines": 5}, 12.5)
    assert made["subject"] == {"kind": "run", "id": "8f2", "url": "https://ci.example.com/8f2"}
    assert made["stages"][0]["name"] == "Platform"
    assert made["links"] == [{"title": "Changes", "url": "https://git.example.com/1?a=b"}]
    assert (made["side_effects"], made["action"]) == (["payments restart"], "kubectl apply")


def test_the_same_key_finds_the_same_request(capsys: Any) -> None:
    for _ in range(2):
        assert run(["request", "Deploy payments 4.2", "--idempotency-key", "run-7"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second


def test_a_vague_title_and_too_many_approvers_get_a_hint(live: Live, capsys: Any) -> None:
    """B-70 B-73"""
    for name in ("dan", "eve", "fay"):
        live.do(live.house.member(name, Role.APPROVER))
    people = [word for name in ("ada", "ben", "dan", "eve", "fay") for word in ("--approver", f"{name}@example.com")]
    assert run(["request", "Deploy", *people]) == 0
    hints = capsys.readouterr().err
    assert "hint: The title says little" in hints
    assert "hint: 5 people must all approve" in hints


def test_usual_expiries_are_at_hand(client: Countersign) -> None:
    """B-72"""
    for word, hours in (("urgent", 4), ("normal", 24), ("low", 72)):
        assert run(["request", f"Deploy payments {word}", "--expires", word]) == 0
        made = newest(client)
        assert made.expires_at is not None
        assert (made.expires_at - made.created_at).total_seconds() <= hours * 3600 + 1


def test_a_question_is_told_with_how_to_answer_it(live: Live, key: str, client: Countersign, capsys: Any) -> None:
    with live.soon(key, "ask", question="Was the backup tried?"):
        assert run([*DEPLOY, "--timeout", "2s"]) == 7
    number = newest(client).number
    assert f"Ada asks “Was the backup tried?” · countersign answer {number}" in capsys.readouterr().err
    assert run(["answer", str(number), "Yes, this morning."]) == 0
    assert run(["cancel", str(number), "--comment", "Later."]) == 0
    assert "cancelled" in capsys.readouterr().out


def test_a_group_of_which_all_must_agree_is_named_once(live: Live, client: Countersign, capsys: Any) -> None:
    group = {"name": "both", "members": ["ada@example.com", "ben@example.com"]}
    assert live.do(live.house.post("root", "/v1/groups", group)).status_code == 201
    made = client.requests.create("deploy", "Deploy payments 4.2", approvers=["@both"])
    assert len(made.waiting_for) == 2
    assert made.waits_for == ("all of @both",)
    assert str(client.requests.wait(made.id, timeout=0)) == f"#{made.number} still waits for all of @both"
    assert run(["read", str(made.number)]) == 0
    assert capsys.readouterr().out.count("all of @both") == 1
    assert run(["list", "--requester", "me"]) == 0
    assert capsys.readouterr().out.count("@both") == 1


def test_pending_ones_are_listed_and_execution_can_be_followed(live: Live, client: Countersign, capsys: Any) -> None:
    """C-30 D-42"""
    made = client.requests.create("deploy", "Deploy payments 4.2")
    assert run(["list", "--requester", "me", "--status", "pending", "--json"]) == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)["data"]] == [made.id]
    live.decide(made.id)
    client.requests.claim(made.id)
    assert run(["read", "--id", str(made.number)]) == 0
    assert "approved (people) · execution executing" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["{id}", "failed"], ["--id", "{id}", "--status", "failed"]])
def test_what_was_claimed_is_reported_by_its_id_first(words: list[str], live: Live, client: Countersign) -> None:
    made = client.requests.create("deploy", "Deploy payments 4.2")
    live.decide(made.id)
    assert run(["claim", made.id]) == 0
    assert run(["report", *(word.format(id=made.id) for word in words), "--detail", "Exit code 1."]) == 0
    ended = client.requests.get(made.id).execution
    assert ended is not None
    assert (ended.status, ended.detail) == ("failed", "Exit code 1.")


def test_a_file_takes_the_place_of_the_id(live: Live, client: Countersign, tmp_path: Path, capsys: Any) -> None:
    made = client.requests.create("deploy", "Deploy payments 4.2")
    other = client.requests.create("deploy", "Deploy search 9")
    live.decide(made.id)
    (tmp_path / "asked.json").write_text(json.dumps(dict(client.requests.get(made.id).raw)))
    assert run(["claim", "--from", "asked.json"]) == 0
    assert run(["report", other.id, "success", "--from", "asked.json"]) == 2
    assert run(["report", "success", "--from", "asked.json"]) == 0
    assert client.requests.get(made.id).execution_status == "success"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Say how it ended: countersign report ID success"),
        (["1042"], "Say how it ended: countersign report ID success"),
        (["success"], "Say which request: its id or number"),
    ],
)
def test_a_report_that_is_not_whole_is_2_and_says_what_is_missing(words: list[str], said: str, capsys: Any) -> None:
    assert run(["report", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_single_dash_is_standard_input_wherever_a_file_is_taken(
    live: Live, client: Countersign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(words: list[str], value: Any) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(value)))
        return run(words)

    assert told(["request", "Deploy payments 4.2", "--facts", "-"], {"env": "production"}) == 0
    assert newest(client).raw["type"] == "custom"
    assert client.requests.get(newest(client).id).facts == {"env": "production"}
    assert told(["request", "Deploy payments 4.2", "--params", "-"], {"replicas": 6}) == 0
    assert told(["request", "--from", "-"], {"title": "Deploy search 9"}) == 0
    made = client.requests.get(newest(client).id)
    assert made.title == "Deploy search 9"
    live.decide(made.id)
    assert told(["claim", "--from", "-"], dict(made.raw)) == 0
    assert told(["report", "success", "--from", "-"], dict(made.raw)) == 0
    assert told(["batch", "-", "--type", "deploy"], {"title": "Deploy search 10"}) == 0
    assert told(["facts", "terraform", "-"], {"resource_changes": []}) == 0


def test_whoever_stops_reading_hears_no_traceback(client: Countersign) -> None:
    client.requests.create("deploy", "Deploy payments 4.2")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'clients' / 'python'}"}
    for unbuffered in ("", "1"):
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [*COMMAND, "list", "--json"],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**environment, "PYTHONUNBUFFERED": unbuffered},
        )
        os.close(writing)
        assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("words", [["success", "1042"], ["1042", "done"]])
def test_what_is_no_status_is_2_and_named(words: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["report", *words])
    assert ended.value.code == 2
    assert f'"{words[1]}" for STATUS' in capsys.readouterr().err


def test_the_manual_says_the_exit_codes_as_they_are() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+)", (ROOT / "docs" / "cli.md").read_text(), re.MULTILINE)}
    assert {*EXIT.values(), 1, 2, 8, 9} <= told
    assert sorted(EXIT.values()) == [0, 3, 4, 5, 6, 7]


def test_the_shell_completes_commands_and_options(capsys: Any) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert run(["completion", shell]) == 0
        script = capsys.readouterr().out
        assert "accept-edits" in script
    assert run(["completion", "bash"]) == 0
    checked = subprocess.run(["bash", "-n"], input=capsys.readouterr().out, text=True, check=False)
    assert checked.returncode == 0


# ------------------------------------------------------------------------------------------------------------------ run


def test_the_command_runs_after_the_yes_and_its_exit_code_is_ours(
    live: Live, key: str, client: Countersign, capfd: Any
) -> None:
    with live.soon(key):
        assert run(["run", "--", sys.executable, "-c", "print('it ran'); raise SystemExit(41)"]) == 41
    assert capfd.readouterr().out == "it ran\n"
    done = client.requests.get(newest(client).id)
    assert done.params["argv"] == [sys.executable, "-c", "print('it ran'); raise SystemExit(41)"]
    assert done.execution is not None
    assert (done.execution.status, done.execution.detail) == ("failed", "Exit code 41.")
    with live.soon(key):
        assert run(["run", "--title", "Say nothing", "--", "true"]) == 0
    assert newest(client).execution_status == "success"


def test_whatever_stands_in_a_command_is_run_as_it_was_shown(
    live: Live, key: str, client: Countersign, capfd: Any
) -> None:
    """Blanks, line ends, quotes and letters of all kinds survive the way to people and back."""
    argv = ["printf", "%s|", " a  b ", "line\nbreak\t", 'it\'s "so"', "$HOME `id` ;", "żółć 🚀 e\u0301", "--", "*"]
    with live.soon(key):
        assert run(["run", "--", *argv]) == 0
    assert capfd.readouterr().out == "".join(f"{word}|" for word in argv[2:])
    assert client.requests.get(newest(client).id).params["argv"] == argv


def test_nothing_runs_after_a_no_or_without_an_answer(
    live: Live, key: str, client: Countersign, tmp_path: Path
) -> None:
    command = ["run", "--timeout", "1s", "--", "touch", "ran"]
    with live.soon(key, "reject", comment="No."):
        assert run(command) == 3
    assert run(command) == 7
    assert newest(client).status == "cancelled"
    assert not (tmp_path / "ran").exists()


def test_nothing_runs_after_edits(live: Live, key: str, client: Countersign, tmp_path: Path, capsys: Any) -> None:
    edits = {"params.level": "calm"}
    with live.soon(key, edits=edits):
        assert run(["run", "--param", "level=wild", "--editable", "params.level", "--", "touch", "ran"]) == 6
    assert "nothing was run" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()
    assert client.requests.get(newest(client).id).discarded


def test_a_plan_that_was_changed_after_it_was_shown_does_not_run(
    live: Live, key: str, client: Countersign, tmp_path: Path, capsys: Any
) -> None:
    plan = tmp_path / "plan.tfplan"
    plan.write_text("destroy nothing")
    with live.soon(key, first=lambda: plan.write_text("destroy everything")):
        assert run(["run", "--bind", "plan.tfplan", "--", "touch", "ran"]) == 1
    assert "plan.tfplan has changed since it was shown" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()
    with live.soon(key):
        assert run(["run", "--bind", "plan.tfplan", "--", "touch", "ran"]) == 0
    assert (tmp_path / "ran").exists()


def test_nobody_is_asked_for_a_program_that_is_not_there(client: Countersign, capsys: Any) -> None:
    assert run(["run", "--", "no-such-program"]) == 127
    assert list(client.requests.each(requester="me")) == []


def test_a_program_that_cannot_be_started_is_reported_so(
    live: Live, key: str, client: Countersign, tmp_path: Path
) -> None:
    script = tmp_path / "broken"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    with live.soon(key):
        assert run(["run", "--", str(script)]) == 126
    assert newest(client).execution_status == "failed"


@pytest.fixture
def started(live: Live, key: str) -> Iterator[list[subprocess.Popen[str]]]:
    found: list[subprocess.Popen[str]] = []
    yield found
    for process in found:
        if process.poll() is None:
            process.kill()
        process.communicate()


def as_from_a_terminal() -> None:
    """What runs in the background of a script ignores Ctrl-C, and so would whatever it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(found: list[subprocess.Popen[str]], *words: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [*COMMAND, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients' / 'python'}"},
        preexec_fn=as_from_a_terminal,  # noqa: PLW1509 - one system call, then it is another program
    )
    found.append(process)
    return process


def test_input_and_output_pass_through_and_signals_reach_the_command(
    live: Live, key: str, client: Countersign, started: list[subprocess.Popen[str]]
) -> None:
    program = (
        "import signal, sys, time\n"
        "def stop(*_): print('stopping gently', flush=True); sys.exit(7)\n"
        "signal.signal(signal.SIGTERM, stop); print(sys.stdin.readline().upper(), flush=True)\n"
        "while True: time.sleep(1)\n"
    )
    with live.soon(key):
        process = start(started, "run", "--", sys.executable, "-c", program)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("hello\n")
        process.stdin.flush()
        assert process.stdout.readline() == "HELLO\n"
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    assert (process.returncode, out.strip()) == (7, "stopping gently")
    done = client.requests.get(newest(client).id)
    assert done.execution is not None
    assert (done.execution.status, done.execution.detail) == ("failed", "Exit code 7.")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_while_it_waits_it_cancels_and_runs_nothing(
    client: Countersign, started: list[subprocess.Popen[str]], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    process = start(started, "run", "--", "touch", "ran")
    assert process.stderr is not None
    assert "waits for" in process.stderr.readline()
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode == code
    assert newest(client).status == "cancelled"
    assert not (tmp_path / "ran").exists()


def test_stopped_while_it_waits_request_says_how_to_go_on(
    client: Countersign, started: list[subprocess.Popen[str]]
) -> None:
    process = start(started, *DEPLOY)
    assert process.stderr is not None
    assert "waits for" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    number = newest(client).number
    assert (process.returncode, newest(client).status) == (130, "pending")
    assert f"countersign wait {number}" in said


def test_ctrl_c_on_a_terminal_reaches_the_command_once(live: Live, key: str, tmp_path: Path) -> None:
    """A second one would mean "at once" to Terraform and its like."""
    program = (
        "import os, signal, time\n"
        "arriving, counter = os.pipe()\n"  # two signals at once are one call of a handler, but two bytes here
        "os.set_blocking(counter, False)\n"
        "signal.set_wakeup_fd(counter)\n"
        "signal.signal(signal.SIGINT, lambda *_: None)\n"
        "print('ready', flush=True)\n"
        "first = os.read(arriving, 1)\n"
        "time.sleep(0.3)\n"
        "os.write(counter, b'.')\n"
        "print(len(first + os.read(arriving, 100)) - 1, flush=True)\n"
    )
    terminal, theirs = pty.openpty()

    def take_terminal() -> None:
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    with live.soon(key):
        process = subprocess.Popen(
            [*COMMAND, "run", "--", sys.executable, "-c", program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients' / 'python'}"},
            start_new_session=True,
            preexec_fn=take_terminal,  # noqa: PLW1509 - one system call, then it is another program
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.write(terminal, b"\x03")
        out, _ = process.communicate(timeout=25)
    os.close(terminal)
    os.close(theirs)
    assert (process.returncode, out) == (0, "1\n")


def test_on_a_terminal_a_live_line_shows_what_it_waits_for(live: Live, key: str, tmp_path: Path) -> None:
    terminal, theirs = pty.openpty()
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'clients' / 'python'}",
        "TERM": "xterm",
        "COLUMNS": "120",
    }
    process = subprocess.Popen([*COMMAND, *DEPLOY], stdout=subprocess.PIPE, stderr=theirs, text=True, env=environment)
    os.close(theirs)
    seen = ""
    until = time.monotonic() + 20
    while "waits for" not in seen and time.monotonic() < until:
        seen += os.read(terminal, 4096).decode(errors="replace")
    with live.soon(key):
        out, _ = process.communicate(timeout=20)
    os.close(terminal)
    assert "waits for" in seen
    assert "0:00:0" in seen
    assert out.endswith("cause: people\n")


def test_several_are_asked_for_by_a_file_of_lines(
    live: Live, client: Countersign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing at all is asked where one of them is wrong; the wait's code is that of the first that was not approved."""
    lines = [json.dumps({"title": f"Migrate shard {n}", "action": f"migrate {n}"}) for n in (1, 2)]
    (tmp_path / "shards.jsonl").write_text("\n".join(lines) + "\n\n")
    assert run(["batch", "shards.jsonl", "--type", "deploy"]) == 0
    assert capsys.readouterr().out.count(" pending\n") == 2
    first = newest(client)
    assert first.type == "deploy"
    assert len(client.requests.batch(first.batch).requests) == 2
    for one in client.requests.batch(first.batch).requests:
        client.requests.cancel(one.id)
    assert run(["batch", "shards.jsonl", "--wait", "--timeout", "1s"]) == 7
    for text, said in (("{", "is no JSON"), ("[]", "line 1, must hold a JSON object"), ("\n", "holds nothing")):
        (tmp_path / "wrong.jsonl").write_text(text)
        assert run(["batch", "wrong.jsonl"]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("url", ["countersign.example.com", "http://[::1", "http://x:99999999"])
def test_an_address_that_is_none_is_2_and_nothing_is_asked(url: str, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setenv("COUNTERSIGN_URL", url)
    assert run(["list"]) == 2
    assert "is no address of a server" in capsys.readouterr().err
