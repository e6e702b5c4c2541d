"""Many people who each wait for somebody's requests: known to the product and to the small Slack alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bench.world import BEGAN, World, settings
from bot.sandbox.workspace import User, Workspace
from core.model.organisation import Grant, Identity, Member
from core.model.people import Role
from core.ports import Transaction

ZONE: Final = "Etc/UTC"


def email(number: int) -> str:
    return f"crowd{number}@acme.example"


def user(number: int) -> str:
    return f"U1CROWD{number:03}"


def furnish(tx: Transaction, world: World, people: int) -> None:
    """The world, and these people beside its own; each may approve whatever names them."""
    world.furnish(tx, replace(settings(), open_requests_per_agent=100_000))
    for number in range(people):
        id = f"mem_crowd{number}"
        tx.put(Member(id, world.organisation, email(number), f"Crowd {number}", True, BEGAN))
        identity = f"idn_crowd{number}"
        tx.put(Identity(identity, world.organisation, "slack", world.team, user(number), id, email(number), BEGAN))
        tx.grant(Grant(world.organisation, None, f"member:{id}", Role.APPROVER))


def join(workspace: Workspace, people: int) -> None:
    """The same people in Slack."""
    for number in range(people):
        name = f"crowd{number}"
        workspace.users[user(number)] = User(
            user(number), name, f"Crowd {number}", email(number), tz=ZONE, team_id=workspace.team_id
        )
