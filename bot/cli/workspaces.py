"""`workspaces invite` and `workspaces list`: who may install the app elsewhere, and where it is."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from bot.cli.ending import tell
from bot.cli.host import AsJson, Config, here
from bot.slack.installed.scopes import USES
from bot.slack.workspaces.install import INSTALL
from core.administration.installations import missing_scopes
from core.model.installation import Installation


def invite(*, config: Config = None, json: AsJson = False) -> int:
    """Let one workspace install the app: prints an address that is good once, for a week.

    Opens even where COUNTERSIGN_INSTALL is closed. The first workspace of all belongs to the first organisation; each
    further one becomes an organisation of its own.
    """
    return asyncio.run(_invite(config, json=json))


async def _invite(config: Config, *, json: bool) -> int:
    async with here(config) as (inside, host):
        code = await inside.administration.installations.invite(host, inside.settings.install)
        address = f"{inside.settings.url}{INSTALL}?{urlencode({'invite': code})}"
        ready = inside.settings.many_workspaces
    if json:
        tell({"address": address, "ready": ready})
        return 0
    print(f"Good once, for a week:\n\n  {address}\n")
    if not ready:
        print("The server needs SLACK_CLIENT_ID and SLACK_CLIENT_SECRET for it (Basic Information of the app).")
    return 0


def list_workspaces(*, config: Config = None, json: AsJson = False) -> int:
    """Every workspace the app was ever installed in, of all organisations."""
    return asyncio.run(_list(config, json=json))


async def _list(config: Config, *, json: bool) -> int:
    async with here(config) as (inside, _):
        found = await inside.administration.installations.all()
        names = {one.id: one.name for one in await inside.store.read(lambda reader: reader.organisations())}
    if json:
        tell({"workspaces": [_fields(one, names) for one in found]})
        return 0
    for one in found:
        print(_line(one, names))
    if not found:
        print("The app is installed nowhere yet. The server notes its own workspace when it starts.")
    return 0


def _fields(one: Installation, names: dict[str, str]) -> dict[str, object]:
    return {
        "workspace": one.workspace,
        "name": one.name,
        "organisation": one.organisation,
        "organisation_name": names.get(one.organisation, ""),
        "state": one.state.value,
        "source": one.source.value,
        "installed_at": one.installed_at.isoformat().replace("+00:00", "Z"),
        "missing_scopes": list(_missing(one)),
    }


def _line(one: Installation, names: dict[str, str]) -> str:
    lacking = f"; not granted: {', '.join(_missing(one))}" if _missing(one) else ""
    belongs = names.get(one.organisation, one.organisation)
    return f"{one.workspace}  {one.name}  {one.state.value} ({one.source.value})  organisation: {belongs}{lacking}"


def _missing(one: Installation) -> tuple[str, ...]:
    """An installation that never told its scopes says nothing."""
    return missing_scopes(one, USES) if one.scopes else ()
