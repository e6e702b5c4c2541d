"""`countersign audit`, run as an operator runs it, on a ledger a real command has written."""

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bot.assemble import rooms
from bot.cli.app import run
from bot.settings import load


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


def verified(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
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


@pytest.fixture
def tenant(ledger: Path) -> str:
    """Another organisation on the same server; its id."""

    async def add() -> str:
        async with rooms(load(None)) as inside:
            return (await inside.administration.organisations.add("Globex")).id

    return asyncio.run(add())


def forge(database: Path, organisation: str) -> None:
    with sqlite3.connect(database) as connection:
        changed = connection.execute("UPDATE events SET actor = 'system:nobody' WHERE request = ?", (organisation,))
        assert changed.rowcount == 1


def test_every_organisation_on_the_server_is_checked(
    ledger: Path, tenant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = verified(capsys)
    assert (code, report["intact"], report["rows"], report["head"]) == (0, True, 4, None)
    assert [one["name"] for one in report["organisations"]] == ["Our organisation", "Globex"]
    forge(ledger, tenant)
    code, report = verified(capsys)
    assert (code, [one["intact"] for one in report["organisations"]]) == (1, [True, False])
    assert run(["audit", "verify"]) == 1
    assert "Not all ledgers are intact." in capsys.readouterr().out


def test_one_organisation_may_be_chosen(ledger: Path, tenant: str, capsys: pytest.CaptureFixture[str]) -> None:
    forge(ledger, tenant)
    assert verified(capsys, "--organisation", "Our organisation")[0] == 0
    assert verified(capsys, "--organisation", tenant)[0] == 1
    assert run(["audit", "verify", "--organisation", "Initech"]) == 2
    assert f"Globex ({tenant})" in capsys.readouterr().err


def test_a_head_belongs_to_its_organisation(ledger: Path, tenant: str, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (one["head"] for one in verified(capsys)[1]["organisations"])
    assert first != second
    for held, known in ((first, [True, False]), (second, [False, True])):
        code, report = verified(capsys, "--against", held)
        assert (code, report["intact"]) == (0, True)
        assert [one["unknown"] == [] for one in report["organisations"]] == known
    code, report = verified(capsys, "--against", f"1:{'0' * 64}")
    assert (code, "is in no ledger here" in report["problems"][0]) == (1, True)
    assert verified(capsys, "--against", second, "--organisation", "Our organisation")[0] == 1


def test_where_nothing_is_nothing_is_made_and_nothing_vouched_for(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["verify"], ["export"]):
        assert run(["audit", *words]) == 2
    said = capsys.readouterr()
    assert "There is no database" in said.err
    assert "intact" not in said.out
    assert list(database.parent.iterdir()) == []


def test_without_the_key_that_seals_nothing_is_vouched_for(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger.with_name("audit.db.keys").unlink()
    assert run(["audit", "verify"]) == 2
    assert "no keys" in capsys.readouterr().err
    assert not ledger.with_name("audit.db.keys").exists()


def test_an_audit_admits_nobody(
    ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_ADMINS", "ada@example.com")
    assert verified(capsys)[1]["rows"] == 3


@pytest.mark.parametrize("head", ["12", "²:x", ":x", "12:", f"{'9' * 5000}:x"])
def test_what_is_no_head_is_said_to_be_none(ledger: Path, head: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "verify", "--against", head]) == 2
    assert "takes a head" in capsys.readouterr().err


def test_of_several_ledgers_one_is_written_out(ledger: Path, tenant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "export"]) == 2
    assert "--organisation" in capsys.readouterr().err
    assert run(["audit", "export", "--organisation", "Globex"]) == 0
    assert [json.loads(line)["request"] for line in capsys.readouterr().out.splitlines()] == [tenant]


def test_a_file_that_cannot_be_written_is_named(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for place in (ledger.parent, ledger.parent / "nowhere" / "x.jsonl"):
        assert run(["audit", "export", "--to", str(place)]) == 2
        assert f"--to: {place} cannot be written" in capsys.readouterr().err
