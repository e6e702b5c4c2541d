"""Reads the story of a request, and who it names, for the command and for Details."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from core.model.change import CARRIER
from core.model.organisation import Agent
from core.model.request import Request
from core.phrases import phrase
from core.ports import LedgerRow, Reader

ROWS: Final = 1_000


def story_of(reader: Reader, request: Request) -> tuple[Sequence[LedgerRow], Mapping[str, str]]:
    """Its rows in the ledger, and actors' names by their key."""
    rows = reader.ledger(request.id, after=0, limit=ROWS)
    keys = {row.actor for row in rows}
    members = {key.removeprefix("member:") for key in keys if key.startswith("member:")}
    people = reader.people(members, request.project)
    names = {f"member:{id}": person.name for id, person in people.items()}
    strangers = {key: _stranger(key) for key in keys if key.startswith("stranger:")}
    machines = {f"agent:{agent.id}": agent.name for agent in _agents(reader, request, keys)}
    return rows, {**names, **strangers, **machines, request.requester.key: request.requester.name, **_ourselves()}


def _agents(reader: Reader, request: Request, keys: set[str]) -> Iterator[Agent]:
    """Machines that reported, claimed or tried to."""
    found = (reader.agent(key.removeprefix("agent:")) for key in sorted(keys) if key.startswith("agent:"))
    return (agent for agent in found if agent is not None and agent.organisation == request.organisation)


def _ourselves() -> dict[str, str]:
    return {
        "system:clock": phrase("The clock"),
        f"system:{CARRIER}": phrase("Countersign"),
        "system:operator": phrase("An operator on the host"),
        "system:slack": phrase("Slack's directory"),
        "system:oidc": phrase("Single sign-on"),
    }


def _stranger(key: str) -> str:
    return phrase("Somebody unknown here ({user} in Slack)", user=key.rpartition("/")[2])
