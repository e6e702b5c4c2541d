"""`countersign agents workload`: on the host, let a platform's tokens stand for an agent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

from bot.cli.ending import tell
from bot.cli.host import AsJson, Config, here
from bot.wire.setting_up import show_workload
from core.model.people import Verb
from core.model.workload import Workload


def add(
    name: str,
    *,
    issuer: str,
    subject: str,
    verb: list[Literal["read", "ask", "execute", "report_check"]] | None = None,
    project: list[str] | None = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Let whoever brings such a token act as the agent, without a key. It can never decide.

    Parameters
    ----------
    name
        The agent.
    issuer
        github, gitlab, or the address of another issuer.
    subject
        Whose tokens: a pattern where * is anything but a colon and ** anything, e.g. repo:acme/shop:ref:refs/heads/main.
    verb
        What they may do; again for more. None: ask.
    project
        A project they are good for; again for more. None: all.
    """
    return asyncio.run(
        _add(name, issuer, subject, [Verb(word) for word in verb or ["ask"]], project, config, json=json)
    )


async def _add(
    name: str,
    issuer: str,
    subject: str,
    verbs: list[Verb],
    projects: list[str] | None,
    config: Path | None,
    *,
    json: bool,
) -> int:
    async with here(config) as (inside, host):
        made = await inside.administration.workloads.add(host, name, issuer, subject, verbs=verbs, projects=projects)
        url = inside.settings.url
    _say(name, made, url, json=json)
    return 0


def _say(name: str, made: Workload, url: str, *, json: bool) -> None:
    shown = show_workload(made, url)
    if json:
        tell(shown.model_dump(mode="json"))
        return
    may = ", ".join(shown.verbs)
    print(
        f"Tokens of {made.issuer} for {made.subject} may {may} as {name}, made out to this audience:\n\n  {shown.audience}\n"
    )
    print("Put such a token into COUNTERSIGN_TOKEN.")
