"""What stands in the way of a start is said in a sentence, by every command alike, and no secret is in it."""

import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from bot.cli.app import run

SECRET: Final = "c2VjcmV0LXNpZ25pbmcta2V5LW5vYm9keS1zZWVz"
STARTS: Final = (["doctor"], ["serve"], ["agents", "add", "ci"])


@pytest.fixture(autouse=True)
def somewhere_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.cli.serving.configure", lambda: None)
    monkeypatch.setattr("bot.cli.sandbox.configure", lambda **_: None)
    monkeypatch.setattr("bot.cli.serving.gc.freeze", lambda: None)
    for name in ("SLACK_BOT_TOKEN", "COUNTERSIGN_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def said(capsys: Any, words: list[str]) -> tuple[int, str]:
    code = run(words)
    told = capsys.readouterr()
    return code, " ".join((told.out + told.err).split())


def keep_keys(text: str) -> None:
    kept = Path("countersign.db.keys")
    kept.write_text(text)
    kept.chmod(0o600)


@pytest.mark.parametrize("words", STARTS)
def test_a_key_that_is_missing_is_named_and_none_is_shown(words: list[str], capsys: Any) -> None:
    keep_keys(f'encryption = "{SECRET}"\nsigning = "{SECRET}"\n')
    code, told = said(capsys, words)
    assert code == (1 if words == ["doctor"] else 2)
    assert "countersign.db.keys has no pepper" in told
    assert SECRET[-12:] not in told


@pytest.mark.parametrize("text", [f"signing {SECRET}", f'signing = "{SECRET}"\nsigning = 1', f'signing = "{SECRET}'])
@pytest.mark.parametrize("words", STARTS)
def test_a_file_of_keys_that_cannot_be_read_is_named_and_not_shown(words: list[str], text: str, capsys: Any) -> None:
    keep_keys(text)
    code, told = said(capsys, words)
    assert code == (1 if words == ["doctor"] else 2)
    assert "countersign.db.keys is no TOML" in told
    assert SECRET[-12:] not in told


def test_a_key_that_is_no_text_is_as_good_as_missing(capsys: Any) -> None:
    keep_keys(f'encryption = []\nsigning = 7\npepper = "{SECRET}"\n')
    code, told = said(capsys, ["agents", "add", "ci"])
    assert (code, "has no encryption and signing" in told) == (2, True)


def test_a_key_that_is_too_short_is_found_by_the_doctor(capsys: Any) -> None:
    keep_keys(f'encryption = "{SECRET}"\nsigning = "abc"\npepper = "{SECRET}"\n')
    code, told = said(capsys, ["doctor"])
    assert (code, "A key is too short" in told) == (1, True)


def test_what_the_environment_names_need_not_be_in_the_file(capsys: Any, monkeypatch: Any) -> None:
    keep_keys(f'encryption = "{SECRET}"\nsigning = "{SECRET}"\n')
    monkeypatch.setenv("COUNTERSIGN_PEPPER", SECRET)
    assert said(capsys, ["agents", "add", "ci"])[0] == 0


@pytest.mark.parametrize("words", STARTS)
def test_a_file_that_is_no_database_is_named(words: list[str], capsys: Any) -> None:
    Path("countersign.db").write_text("this was a letter, and is no database at all" * 50)
    code, told = said(capsys, words)
    assert code == (1 if words == ["doctor"] else 2)
    assert "countersign.db is no database of SQLite" in told


@pytest.mark.parametrize("words", [*STARTS, ["migrate"]])
def test_a_folder_that_cannot_be_made_is_named(words: list[str], capsys: Any, monkeypatch: Any) -> None:
    Path("taken").write_text("a file where the folder should be")
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", "sqlite:///taken/x.db")
    code, told = said(capsys, words)
    assert code == (1 if words == ["doctor"] else 2)
    assert "taken" in told
    assert "COUNTERSIGN_DATABASE_URL" in told
    assert "will be made at the first start" not in told


@pytest.mark.parametrize("words", [["agents", "add", "ci"], ["migrate"]])
def test_a_folder_that_is_not_there_is_made(words: list[str], capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", "sqlite:///not/there/x.db")
    told = said(capsys, ["doctor"])[1]
    assert "not/there/x.db will be made" in told
    assert not Path("not").exists()
    assert said(capsys, words)[0] == 0
    assert Path("not/there/x.db").exists()


def test_a_lock_that_cannot_be_held_is_not_another_server(capsys: Any) -> None:
    Path("countersign.db.lock").mkdir()
    code, told = said(capsys, ["serve"])
    assert (code, "cannot be used" in told, "Another server" in told) == (2, True, False)


@pytest.mark.parametrize("words", STARTS)
def test_a_database_of_a_later_version_is_left_alone(words: list[str], capsys: Any) -> None:
    assert said(capsys, ["migrate"])[0] == 0
    with closing(sqlite3.connect("countersign.db", isolation_level=None)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9001'")
    for start in (words, ["migrate"]):
        code, told = said(capsys, start)
        assert code != 0
        assert "is at '9001', which is newer than this program's" in told


def with_keys(monkeypatch: Any) -> None:
    for name in ("ENCRYPTION_KEYS", "SIGNING_KEY"):
        monkeypatch.setenv(f"COUNTERSIGN_{name}", SECRET)


def test_an_address_with_a_driver_is_refused_and_its_password_not_shown(capsys: Any, monkeypatch: Any) -> None:
    with_keys(monkeypatch)
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", "postgresql+psycopg://me:hunter2@/none")
    for words in (*STARTS, ["migrate"]):
        code, told = said(capsys, words)
        assert code != 0
        assert "write sqlite:///file or postgresql://" in told
        assert "hunter2" not in told


def test_where_postgresqls_driver_is_not_installed_it_is_told_how_to(capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("core.store.opening.find_spec", lambda _: None)
    with_keys(monkeypatch)
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", "postgresql://me@/none")
    for words in (*STARTS, ["migrate"]):
        code, told = said(capsys, words)
        assert code != 0
        assert "pipx install '.[postgres]'" in told


@pytest.mark.parametrize(
    ("name", "token", "wanted"),
    [("SLACK_APP_TOKEN", "xoxb-1-2-3", "xapp-"), ("SLACK_BOT_TOKEN", "xapp-1-2-3", "xoxb-")],
)
def test_swapped_tokens_are_told_apart(name: str, token: str, wanted: str, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv(name, token)
    for words in (["doctor"], ["serve"]):
        code, told = said(capsys, words)
        assert code != 0
        assert f"{name}: it begins with" in told
        assert wanted in told
        assert "1-2-3" not in told


@pytest.mark.parametrize("option", ["--port", "--api-port"])
def test_a_port_of_the_sandbox_that_is_taken_is_told_with_its_option(option: str, capsys: Any) -> None:
    other = {"--port": "--api-port", "--api-port": "--port"}[option]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, told = said(capsys, ["sandbox", option, str(port), other, "0"])
    assert code == 1
    assert told.startswith(f"Port {port} cannot be used")
    assert told.endswith(f"choose another with {option}.")


@pytest.mark.parametrize(
    ("url", "meant"), [("your.host", "your.host"), ("http://ci.example/x", "ci.example"), ("https://", "your.host")]
)
def test_an_address_slack_would_not_come_to_is_refused_before_the_app_is_made(
    url: str, meant: str, capsys: Any
) -> None:
    code, told = said(capsys, ["manifest", "--url", url])
    assert (code, f"write --url https://{meant}." in told) == (2, True)
    assert "request_url" not in told
