"""`countersign audit`, run as an operator runs it, on a ledger a real command has written."""

import json
import sqlite3
from pathlib import Path

import pytest

from bot.cli.app import run


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "audit.db"
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", f"sqlite:///{file}")
    return file


@pytest.fixture
def ledger(database: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """One agent was added."""
    assert run(["agents", "add", "deploy-bot"]) == 0
    capsys.readouterr()
    return database


def verified(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    code = run(["audit", "verify", "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_an_untouched_ledger_is_intact(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = verified(capsys)
    assert (code, report["intact"], report["rows"]) == (0, True, 3)


def test_a_changed_row_is_found(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(ledger) as connection:
        connection.execute("UPDATE events SET actor = 'system:nobody' WHERE word = 'agent_added'")
    code, report = verified(capsys)
    assert (code, report["intact"]) == (1, False)
    assert report["problems"]


def test_a_head_kept_elsewhere_still_fits(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, before = verified(capsys)
    assert run(["members", "add", "ada@example.com"]) == 0
    capsys.readouterr()
    code, after = verified(capsys, "--against", str(before["head"]))
    assert code == 0
    assert after["unknown"] == []
    assert after["head"] != before["head"]


def test_a_ledger_written_anew_does_not_fit_the_head_kept(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(capsys, "--against", f"1:{'0' * 64}")[0] == 1


def test_a_head_that_cannot_be_read_is_a_mistake(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "verify", "--against", "yesterday"]) == 2
    assert "12:9f3c" in capsys.readouterr().err


def test_the_ledger_is_written_out_in_seal_order(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """E-99"""
    assert run(["audit", "export"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["position"] for row in rows] == [1, 2, 3]
    assert [row["word"] for row in rows] == ["organisation_created", "agent_added", "key_added"]


def test_the_ledger_is_written_to_a_file_as_csv(ledger: Path, tmp_path: Path) -> None:
    assert run(["audit", "export", "--format", "csv", "--to", str(tmp_path / "out.csv"), "--after", "1"]) == 0
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0].startswith("position,at,request")
    assert len(lines) == 3
