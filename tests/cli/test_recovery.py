"""`countersign admin recover`: the way out on the host, confirmed, kept in the ledger, told to the admins who are left."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.assemble import Rooms, rooms
from bot.cli.app import run
from bot.settings import load
from core.administration import operator
from core.model.people import Actor, Role, Way
from core.ports import Reader

T = TypeVar("T")
OUTLETS = ("slack",)


@pytest.fixture(autouse=True)
def somewhere_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    asyncio.run(here(lock_up))


async def here(does: Callable[[Rooms, Actor], Awaitable[T]]) -> T:
    async with rooms(load(None), outlets=OUTLETS) as inside:
        organisation = await inside.administration.organisations.bootstrap("Acme")
        return await does(inside, operator(organisation.id))


async def lock_up(inside: Rooms, host: Actor) -> None:
    """Three admins switch four eyes on; all but Cara leave."""
    office = inside.administration
    ids = [
        (await office.members.add(host, f"{name}@example.com", roles=[Role.ADMIN])).id
        for name in ("ada", "ben", "cara")
    ]
    ada = Actor("member", ids[0], "Ada", host.organisation, Way.SLACK, may_decide=True)
    await office.organisations.change(ada, four_eyes=True)
    directory = Actor("system", "slack", "Slack's directory", host.organisation, Way.SYSTEM)
    for gone in ("ada@example.com", "ben@example.com"):
        await office.members.change(directory, gone, active=False)


def read(look: Callable[[Reader, str], T]) -> T:
    return asyncio.run(here(lambda inside, host: inside.store.read(lambda reader: look(reader, host.organisation))))


def is_admin(email: str) -> bool:
    def look(reader: Reader, organisation: str) -> bool:
        member = reader.member_by_email(organisation, email)
        return member is not None and member.active and Role.ADMIN in reader.roles(organisation, member.id, None)

    return read(look)


def four_eyes() -> bool:
    return read(lambda reader, organisation: bool(getattr(reader.organisation(organisation), "four_eyes", None)))


def test_somebody_who_was_deactivated_is_an_admin_again(capsys: Any) -> None:
    assert not is_admin("ada@example.com")
    assert run(["admin", "recover", "ada@example.com", "--yes"]) == 0
    assert "ada@example.com is active again and" in capsys.readouterr().out
    assert is_admin("ada@example.com")
    assert four_eyes()


def test_somebody_new_becomes_admin_and_four_eyes_go_off(capsys: Any) -> None:
    assert run(["admin", "recover", "dora@example.com", "--four-eyes-off", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changed"] is True
    assert is_admin("dora@example.com")
    assert not four_eyes()


def test_it_asks_first_and_no_means_no(capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run(["admin", "recover", "--four-eyes-off"]) == 1
    assert "Four eyes are switched off. " not in capsys.readouterr().err
    assert four_eyes()
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert run(["admin", "recover", "--four-eyes-off"]) == 0
    assert not four_eyes()


def test_it_stands_in_the_ledger_and_every_admin_who_is_left_is_told() -> None:
    assert run(["admin", "recover", "ada@example.com", "--yes"]) == 0
    words = read(lambda reader, organisation: [row.word for row in reader.ledger(organisation, after=0, limit=100)])
    assert words[-2:] == ["admin_recovered", "change_carried_out"]
    cara = read(lambda reader, organisation: reader.member_by_email(organisation, "cara@example.com"))
    assert cara is not None
    notices = asyncio.run(
        here(lambda inside, _: inside.store.read(lambda reader: reader.due_out("slack", 100).notices))
    )
    told = {notice.place: notice.sentence for notice in notices}
    assert "Member ada (ada@example.com): active no → yes" in told[f"member:{cara.id}"]
    assert "countersign admin recover" in told[f"member:{cara.id}"]


def test_what_is_so_already_changes_nothing(capsys: Any) -> None:
    assert run(["admin", "recover", "cara@example.com", "--yes"]) == 0
    assert "nothing was changed" in capsys.readouterr().out


def test_it_wants_to_know_what_to_do(capsys: Any) -> None:
    assert run(["admin", "recover"]) == 2
    assert "--four-eyes-off" in capsys.readouterr().err


def test_help_says_what_it_does_and_who_hears(capsys: Any) -> None:
    assert run(["admin", "recover", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "--four-eyes-off" in said
    assert "every admin left is told" in said


def test_who_is_no_member_must_have_an_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["admin", "recover", "notanemail", "--yes"]) == 2
    assert "email must be an e-mail address" in capsys.readouterr().err
