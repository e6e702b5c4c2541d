"""Agents by chat: lists and sheets, their keys, and what suspending one means."""

from __future__ import annotations

from bot.slack.admin.lookup import counted, names_of
from bot.slack.blocks import Json, utc
from bot.slack.cards import agent_key, rows, sheet, sure
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.room import Room
from core.model.organisation import Agent, ApiKey
from core.model.people import Actor


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.agents.list(actor)
    page = [Row(one.name, _line(one), "agents.show", one.id) for one in found[start : start + PAGE]]
    heading = f"{counted(len(found), 'agent')}. An agent is a machine that asks; it can never decide."
    note = "Add one with /countersign agents add NAME, then make it a key."
    return rows.draw("Agents", heading, page, turn="agents", start=start, total=len(found), note=note)


def _line(agent: Agent) -> str:
    said = [f"team {agent.team}" if agent.team else "no team", f"acts for somebody {agent.acts_for}"]
    return " · ".join(["SUSPENDED", *said] if agent.suspended else said)


async def shown(room: Room, actor: Actor, wanted: str) -> Json:
    agent = await room.administration.agents.get(actor, wanted)
    keys = await room.administration.keys.list(actor, agent.id)
    owners = await room.read(lambda reader: names_of(reader, actor.organisation, agent.owners))
    figures = [
        ("Owners", ", ".join(owners) or "nobody"),
        ("Keys in use", str(sum(key.revoked_at is None for key in keys))),
        ("Since", utc(agent.created_at)),
    ]
    stop = Act("Suspend", "agents.suspend", agent.id, "danger")
    go_on = Act("Resume", "agents.resume", agent.id, sure=f"{agent.name} may ask and claim again.")
    acts = [Act("Keys", "agents.keys", agent.id), Act("New key", "agents.key", agent.id)]
    return sheet.draw(
        Sheet("Agent", agent.name, _line(agent), figures=figures, acts=[*acts, go_on if agent.suspended else stop])
    )


async def keys(room: Room, actor: Actor, wanted: str) -> Json:
    agent = await room.administration.agents.get(actor, wanted)
    found = sorted(await room.administration.keys.list(actor, agent.id), key=lambda key: key.revoked_at is not None)
    page = [_key(agent, one) for one in found[:PAGE]]
    heading = f"{agent.name}: {counted(len(found), 'key')}, those in use first. Their secrets are kept nowhere."
    note = f"Make one with /countersign agents key {agent.name}."
    return rows.draw("Keys", heading, page, note=note)


def _key(agent: Agent, key: ApiKey) -> Row:
    last = f"last used {utc(key.last_used_at)}" if key.last_used_at else "never used"
    ends = f"ends {utc(key.expires_at)}" if key.expires_at else "never ends"
    said = [f"may {', '.join(sorted(key.verbs))}", last, ends]
    if key.revoked_at is not None:
        return Row(key.label or key.id, " · ".join([f"revoked {utc(key.revoked_at)}", *said]))
    return Row(key.label or key.id, " · ".join(said), "agents.revoke", f"{agent.id}.{key.id}", "Revoke")


async def key_form(room: Room, actor: Actor, wanted: str) -> Json:
    agent = await room.administration.agents.get(actor, wanted)
    projects = await room.administration.projects.list(actor)
    return agent_key.draw(agent.name, [project.name for project in projects], agent.id)


async def suspending(room: Room, actor: Actor, wanted: str) -> Json:
    agent = await room.administration.agents.get(actor, wanted)
    consequences = [
        "Its keys stop working at once.",
        "What it has asked for and is still open is cancelled.",
        "What was approved can no longer be claimed by it.",
    ]
    return sure.draw(
        "agents.suspend", "Suspend an agent", f"Suspend {agent.name}?", consequences, yes="Suspend", metadata=agent.id
    )


async def revoking(room: Room, actor: Actor, wanted: str) -> Json:
    """`wanted` names agent and key."""
    owner, _, id = wanted.partition(".")
    agent = await room.administration.agents.get(actor, owner)
    found = next((key for key in await room.administration.keys.list(actor, agent.id) if key.id == id), None)
    called = f"“{found.label}”" if found is not None and found.label else id
    consequences = ["Whatever uses it is refused from now on.", "It cannot be brought back; make another key instead."]
    question = f"Revoke the key {called} of {agent.name}?"
    return sure.draw("agents.revoke", "Revoke a key", question, consequences, yes="Revoke", metadata=wanted)
