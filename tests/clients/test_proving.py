"""`countersign receipt` and `verify`: online, from a key set alone, and against what is about to be done."""

import io
import json
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Self

import pytest

from bot.cli.app import run
from countersign_client import AsyncCountersign, Countersign, Expected, ReceiptRefused, Request
from tests.clients.live import Live

ACTION, PARAMS = "kubectl apply -f payments.yaml", {"replicas": 6}
DOING = ["--action", ACTION, "--param", "replicas:=6"]


@pytest.fixture(autouse=True)
def environment(live: Live, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_URL", live.url)
    monkeypatch.setenv("COUNTERSIGN_TOKEN", key)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


@dataclass
class Approved:
    request: Request
    receipt: str


@pytest.fixture
def approved(client: Countersign, live: Live, capsys: Any) -> Approved:
    """Its receipt is in `receipt.jws`, the key set in `jwks.json`."""
    asked = client.requests.create("deploy", "Deploy payments 4.2", action=ACTION, params=PARAMS)
    live.decide(asked.id)
    assert run(["receipt", asked.id]) == 0
    token = capsys.readouterr().out.strip()
    Path("receipt.jws").write_text(token)
    Path("jwks.json").write_text(json.dumps(client.key_set()))
    return Approved(asked, token)


def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing answers there, and nobody is logged in."""
    monkeypatch.setenv("COUNTERSIGN_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("COUNTERSIGN_TOKEN")


def test_a_genuine_one_for_exactly_this_is_0(approved: Approved, capsys: Any) -> None:
    assert run(["verify", "receipt.jws", *DOING]) == 0
    said = capsys.readouterr().out
    assert f"Genuine: #{approved.request.number}" in said
    assert "by Ada" in said
    assert "Nobody has claimed it yet." in said


def test_a_key_set_is_enough_without_any_server(approved: Approved, capsys: Any, monkeypatch: Any) -> None:
    away(monkeypatch)
    assert run(["verify", approved.receipt, "--keys", "jwks.json", *DOING, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["valid"], said["claims"]["sub"]) == (True, approved.request.id)


def test_the_receipt_or_the_keys_may_come_on_standard_input(approved: Approved, monkeypatch: Any) -> None:
    for words, said in (
        (["-", "--keys", "jwks.json"], approved.receipt),
        (["receipt.jws", "--keys", "-"], "jwks.json"),
    ):
        text = Path(said).read_text() if said == "jwks.json" else said
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        assert run(["verify", *words]) == 0


def test_what_is_neither_a_file_nor_a_receipt_proves_nothing_and_is_named(approved: Approved, capsys: Any) -> None:
    assert run(["verify", "recipt.jws"]) == 1
    assert "There is no file recipt.jws" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        run(["verify", "--keyz", "jwks.json", "receipt.jws"])
    assert ended.value.code == 2
    assert "--keyz is no option here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "code", "reason"),
    [
        (["--action", "rm -rf /"], 8, "other_action"),
        (["--action", ACTION, "--param", "replicas:=60"], 8, "other_action"),
        (["--organisation", "org_other"], 8, "other_organisation"),
        (["--project", "prj_other"], 8, "other_project"),
        (["--type", "merge"], 8, "other_type"),
        (["--agent", "agent:agt_other"], 8, "other_agent"),
        (["--request", "req_other"], 8, "other_request"),
        (["--issuer", "https://elsewhere.example"], 8, "other_issuer"),
    ],
)
def test_one_for_something_else_is_8(approved: Approved, capsys: Any, more: list[str], code: int, reason: str) -> None:
    assert run(["verify", "receipt.jws", "--keys", "jwks.json", *more, "--json"]) == code
    said = capsys.readouterr()
    assert json.loads(said.out) == {"valid": False, "reason": reason}
    assert said.err.startswith("countersign: This is genuine, but ")


def test_a_changed_one_is_1_with_one_sentence(approved: Approved, capsys: Any) -> None:
    head, body, signature = approved.receipt.split(".")
    changed = f"{head}.{body[:-4]}AAAA.{signature}"
    assert run(["verify", changed, "--keys", "jwks.json"]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert run(["verify", "no receipt at all", "--keys", "jwks.json"]) == 1


def test_another_key_set_is_1_and_says_to_fetch_it_again(approved: Approved, capsys: Any) -> None:
    Path("old.json").write_text('{"keys": []}')
    assert run(["verify", "receipt.jws", "--keys", "old.json"]) == 1
    assert "fetch the set again" in capsys.readouterr().err


def test_what_was_discarded_since_is_5_where_the_server_is_asked(
    approved: Approved, client: Countersign, capsys: Any
) -> None:
    """A-72"""
    client.requests.discard(approved.request.id)
    assert run(["verify", "receipt.jws"]) == 5
    assert "has been discarded since" in capsys.readouterr().err


def test_it_says_that_somebody_has_claimed_it(approved: Approved, client: Countersign, capsys: Any) -> None:
    client.requests.claim(approved.request.id)
    assert run(["verify", "receipt.jws"]) == 0
    assert "Its execution is executing now." in capsys.readouterr().out


def test_edits_are_6_unless_they_are_what_is_about_to_be_done(client: Countersign, live: Live, capsys: Any) -> None:
    asked = client.requests.create(
        "deploy", "Deploy it", params=PARAMS, editable={"params.replicas": {"minimum": 1, "maximum": 6}}
    )
    live.decide(asked.id, edits={"params.replicas": 3})
    token = client.requests.receipt(asked.id)
    assert run(["verify", token]) == 6
    assert run(["verify", token, "--accept-edits"]) == 0
    assert run(["verify", token, "--param", "replicas:=3"]) == 0
    assert run(["verify", token, "--param", "replicas:=6"]) == 8


class Later(datetime):
    """The clock of whoever verifies: the server's, in this same process, stays where it is."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls(2126, 1, 1, tzinfo=tz)


def test_after_its_window_it_is_4_but_to_look_back(approved: Approved, monkeypatch: Any, capsys: Any) -> None:
    verify = ["verify", "receipt.jws", "--keys", "jwks.json"]
    assert run(verify) == 0  # and by now the shape of receipts was read, with the real class of moments
    monkeypatch.setattr("countersign_client.receipts.datetime", Later)
    assert run(verify) == 4
    assert run([*verify, "--late"]) == 0
    assert "ask again" in capsys.readouterr().err


def test_a_server_that_is_away_is_9(approved: Approved, monkeypatch: Any, capsys: Any) -> None:
    away(monkeypatch)
    assert run(["verify", "receipt.jws"]) == 9
    assert "cannot be reached" in capsys.readouterr().err


def test_the_client_checks_against_the_servers_keys(approved: Approved, client: Countersign) -> None:
    found = client.verify(approved.receipt, Expected(action=ACTION, params=PARAMS))
    assert (found.digest, found.deciders[0].name) == (approved.request.digest, "Ada")
    with pytest.raises(ReceiptRefused):
        client.verify(approved.receipt, Expected(action="something else"))


@pytest.mark.anyio
async def test_and_so_it_does_when_awaited(approved: Approved, live: Live) -> None:
    async with AsyncCountersign(live.url, None) as client:
        assert (await client.verify(approved.receipt)).request == approved.request.id


def test_a_person_has_it_run_and_whoever_asked_sees_by_whom(approved: Approved, ada: Countersign) -> None:
    """A-71 C-31"""
    done = ada.requests.have_run(approved.request.id)
    assert done.request.execution is not None
    assert (done.request.execution.status, done.request.execution.requested_by) == ("pending", "Ada")
