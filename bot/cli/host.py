"""Commands for whoever has the host: they open the database itself, and stand in the ledger as the operator's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from bot.assemble import Rooms, rooms
from bot.cli.ending import tell
from bot.settings import load
from bot.wire.setting_up import NewAgent, NewMember
from bot.wire.strict import read
from core.administration import operator
from core.model.people import Actor, Role, Verb
from core.store.migrate import upgrade

Config = Annotated[Path | None, Parameter(help="A TOML file with settings; the environment wins over it.")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]


def migrate(*, config: Config = None) -> int:
    """Bring the database's schema up to this program."""
    stands = upgrade(load(config).database_url.get_secret_value())
    print(f"The database's schema is at {stands}.")
    return 0


def add_agent(
    name: str,
    *,
    project: list[str] | None = None,
    verb: list[Literal["read", "ask", "execute", "report_check"]] | None = None,
    team: str | None = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Add an agent, a machine that asks, and print its first key. The key is shown this once.

    Parameters
    ----------
    name
        What people will read on its cards.
    project
        A project the key is good for; again for more. None: all.
    verb
        What the key may do; again for more. None: ask.
    team
        The team it belongs to.
    """
    return asyncio.run(_add_agent(name, project, [Verb(word) for word in verb or ["ask"]], team, config, json=json))


async def _add_agent(
    name: str, projects: list[str] | None, verbs: list[Verb], team: str | None, config: Path | None, *, json: bool
) -> int:
    wanted = read(NewAgent, {"name": name, "team": team})
    async with here(config) as (inside, host):
        agent = await inside.administration.agents.add(host, wanted.name, team=wanted.team)
        made = await inside.administration.keys.add(host, agent.id, label="first key", verbs=verbs, projects=projects)
    if json:
        tell({"agent": agent.id, "name": agent.name, "key": made.key.id, "secret": made.secret})
        return 0
    print(
        f"Agent {agent.name} ({agent.id}) may {', '.join(sorted(verbs))}. Its key, shown this once:\n\n  {made.secret}\n"
    )
    print(f"Try it:  curl -H 'Authorization: Bearer {made.secret}' {inside.settings.url}/v1/me")
    return 0


def add_member(
    email: str,
    *,
    name: str | None = None,
    role: list[Literal["requester", "approver", "auditor", "admin", "break_glass"]] | None = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Add a member.

    Parameters
    ----------
    email
        The verified address by which Slack knows them.
    name
        What people will read.
    role
        What they may do everywhere; again for more. None: requester.
    """
    return asyncio.run(_add_member(email, name, [Role(word) for word in role or ["requester"]], config, json=json))


async def _add_member(email: str, name: str | None, roles: list[Role], config: Path | None, *, json: bool) -> int:
    wanted = read(NewMember, {"email": email, "name": name})
    async with here(config) as (inside, host):
        member = await inside.administration.members.add(host, wanted.email, wanted.name, roles=roles)
    if json:
        tell({"member": member.id, "email": member.email, "name": member.name, "roles": [role.value for role in roles]})
    else:
        print(f"{member.email} ({member.id}) is a member now, as {' and '.join(role.value for role in roles)}.")
    return 0


@asynccontextmanager
async def here(config: Path | None) -> AsyncIterator[tuple[Rooms, Actor]]:
    """The rooms and the operator of the first organisation, which is made where there is none."""
    settings = load(config)
    async with rooms(settings) as inside:
        organisation = await inside.administration.organisations.bootstrap("Our organisation", settings.admins)
        yield inside, operator(organisation.id)
