"""Workloads by chat: which tokens of GitHub, GitLab and others stand for an agent."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from bot.slack.admin.written import missing
from bot.slack.cards import rows
from bot.slack.cards.rows import PAGE, Row
from bot.slack.drawing.blocks import Json
from bot.slack.room import Room
from core.errors import Invalid
from core.model.people import Actor
from core.model.workload import Workload, audience
from core.phrases import phrase, phrases

HOW: Final = phrase("NAME from github | gitlab | ADDRESS subject PATTERN [may ask, execute …]")
_CLAUSES: Final = ("from", "subject", "may")


async def listed(room: Room, actor: Actor, wanted: str) -> Json:
    agent = await room.administration.agents.get(actor, wanted)
    found = sorted(
        await room.administration.workloads.list(actor, agent.id), key=lambda one: one.revoked_at is not None
    )
    heading = phrase(
        "{agent}: {counted}. Whoever brings such a token, made out to {audience}, acts as this agent.",
        agent=agent.name,
        counted=phrases("{count:,} workload", "{count:,} workloads", len(found)),
        audience=audience(room.url, actor.organisation),
    )
    note = phrase("Take one back with /countersign agents unlink {agent} ID.", agent=agent.name)
    return rows.draw(phrase("Workloads"), heading, [_row(one) for one in found[:PAGE]], note=note)


def _row(one: Workload) -> Row:
    may = phrase("may {verbs}", verbs=", ".join(sorted(one.verbs)))
    said = [one.issuer, may, one.id]
    return Row(one.subject, " · ".join([phrase("revoked"), *said] if one.revoked_at else said))


def read(words: list[str]) -> tuple[str, dict[str, Any]]:
    """The agent's name is what stands before the first clause; patterns have no spaces."""
    clauses = [place for place, word in enumerate(words) if word in _CLAUSES and place]
    first = clauses[0] if clauses else len(words)
    if not first:
        raise missing(phrase("The name of the agent"), phrase("agents workload {how}", how=HOW))
    found: dict[str, list[str]] = {}
    for start, end in pairwise([*clauses, len(words)]):
        found[words[start]] = words[start + 1 : end]
    if any(len(found.get(word, [])) != 1 for word in ("from", "subject")):
        raise Invalid(phrase("Say it like this: /countersign agents workload {how}.", how=HOW))
    verbs = [word.strip(",") for word in found.get("may", ["ask"])]
    return " ".join(words[:first]), {"issuer": found["from"][0], "subject": found["subject"][0], "verbs": verbs}
