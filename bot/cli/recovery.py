"""`admin recover`: the way out for whoever has the host, when the admins are lost. Told to all who are left."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from bot.assemble import Rooms, rooms
from bot.cli.ending import USAGE, Ending, tell
from bot.outlets.slack import SlackOutlet
from bot.settings import load
from bot.wire.setting_up import NewMember
from bot.wire.strict import read
from core.administration import operator
from core.model.people import Role
from core.model.request import Request
from core.naming import find_member
from core.ports import Reader

Config = Annotated[Path | None, Parameter(help="A TOML file with settings; the environment wins over it.")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]


def recover(
    email: str | None = None,
    *,
    four_eyes_off: Annotated[bool, Parameter(negative="")] = False,
    yes: Annotated[bool, Parameter(negative="")] = False,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Make somebody an admin again, switch four eyes off, or both, when the admins who could are lost.

    Works on the database itself, so only on the host, and takes effect at once. It cannot be done quietly: the
    organisation's ledger keeps it, and it is a request of its own, of which every admin who is left is told.

    Parameters
    ----------
    email
        Who shall be an admin of the whole organisation: a member, one who was deactivated, or somebody new.
    four_eyes_off
        Switch four eyes off, so that one admin can set things right.
    yes
        Do not ask whether you are sure.
    """
    if email is None and not four_eyes_off:
        raise Ending("Say whom to make an admin again, or --four-eyes-off, or both.", USAGE)
    return asyncio.run(_recover(email, config, four_eyes_off=four_eyes_off, yes=yes, json=json))


async def _recover(email: str | None, config: Path | None, *, four_eyes_off: bool, yes: bool, json: bool) -> int:
    settings = load(config)
    words = () if settings.slack_bot_token is None else (SlackOutlet.word,)
    async with rooms(settings, outlets=words) as inside:
        organisation = await inside.administration.organisations.first()
        if organisation is None:
            raise Ending("There is no organisation here yet; countersign serve makes it.", USAGE)
        plan = await inside.store.read(
            lambda reader: _plan(reader, organisation.id, email, four_eyes_off=four_eyes_off)
        )
        if not yes and not _agreed(f"{organisation.name}: {plan}"):
            raise Ending("Nothing was changed.", 1)
        request = await _do(inside, organisation.id, email, four_eyes_off=four_eyes_off)
    if json:
        tell({"changed": request is not None, "request": None if request is None else request.id})
    elif request is None:
        print("It is so already; nothing was changed.")
    else:
        print(f"Done: {plan} It stands in the ledger as #{request.number}, and all admins are told.")
    return 0


async def _do(inside: Rooms, organisation: str, email: str | None, *, four_eyes_off: bool) -> Request | None:
    office = inside.administration
    said = {"email": email, "four_eyes_off": four_eyes_off}
    return await office.four_eyes.by_host(operator(organisation), "recovery", office.organisations, "recover", **said)


def _plan(reader: Reader, organisation: str, email: str | None, *, four_eyes_off: bool) -> str:
    known = None if email is None else find_member(reader, organisation, email)
    parts = []
    if email is not None and known is None:
        new = read(NewMember, {"email": email})
        parts.append(f"{new.email} becomes a new member, and an admin of the whole organisation.")
    elif known is not None:
        is_admin = Role.ADMIN in reader.roles(organisation, known.id, None)
        back = "" if known.active else " is active again and"
        parts.append(f"{known.email}{back} {'stays' if is_admin else 'becomes'} an admin of the whole organisation.")
    if four_eyes_off:
        parts.append("Four eyes are switched off.")
    return " ".join(parts)


def _agreed(plan: str) -> bool:
    print(f"{plan}\nEvery admin who is left will be told. Do it? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
