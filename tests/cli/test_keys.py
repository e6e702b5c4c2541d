"""`countersign keys`: made, published ahead, in turn, revoked."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.cli.app import run


@pytest.fixture(autouse=True)
def somewhere_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def listed(capsys: Any) -> Any:
    capsys.readouterr()
    assert run(["keys", "list", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_first_key_signs_at_once_and_the_next_one_a_day_later(capsys: Any) -> None:
    assert run(["keys", "list"]) == 0
    assert "There is none yet" in capsys.readouterr().out
    assert run(["keys", "rotate"]) == 0
    assert run(["keys", "rotate"]) == 0
    assert "is published now, and signs from" in capsys.readouterr().out
    first, second = listed(capsys)
    assert (first["state"].split()[:2], second["state"].split()[:2]) == (["signs", "since"], ["signs", "from"])
    assert second["signs_from"] > second["made_at"]


def test_a_key_others_may_know_is_replaced_at_once_and_revoked(capsys: Any) -> None:
    run(["keys", "rotate"])
    (old,) = listed(capsys)
    assert run(["keys", "revoke", old["key"]]) == 1
    assert "the only key that signs now" in capsys.readouterr().err
    assert run(["keys", "rotate", "--at-once"]) == 0
    assert run(["keys", "revoke", old["key"]]) == 0
    before, now = listed(capsys)
    assert before["state"].startswith("revoked")
    assert now["state"].startswith("signs since")
    assert run(["keys", "revoke", old["key"]]) == 1


def test_a_wait_that_is_none_is_refused(capsys: Any) -> None:
    assert run(["keys", "rotate", "--after", "soon"]) == 2
    assert "--after" in capsys.readouterr().err
