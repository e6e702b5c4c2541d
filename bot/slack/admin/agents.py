"""Agents by chat: lists and sheets, their keys, and what suspending one means."""

from __future__ import annotations

from bot.slack.admin.lookup import names_of
from bot.slack.cards import agent_key, rows, sheet, sure
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.drawing.blocks import Json, utc
from bot.slack.room import Room
from core.model.organisation import Agent, ApiKey
from core.model.people import Actor
from core.phrases import phrase, phrases


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.agents.list(actor)
    page = [Row(one.name, _line(one), "agents.show", one.id) for one in found[start : start + PAGE]]
    heading = phrase(
        "{counted}. An agent is a machine that asks; it can never decide.",
        counted=phrases("{count:,} agent", "{count:,} agents", len(found)),
    )
    note = phrase("Add one with /countersign agents add NAME, then make it a key.")
    return rows.draw(phrase("Agents"), heading, page, turn="agents", start=start, total=len(found), note=note)


def _line(agent: Agent) -> str:
    said = [
        phrase("team {team}", team=agent.team) if agent.team else phrase("no team"),
        phrase("acts for somebody {acts_for}", acts_for=agent.acts_for),
    ]
    return " · ".join(["SUSPENDED", *said] if agent.suspended else said)


async def shown(room: Room, actor: Actor, wanted: str) -> Json:
    agent = await room.administration.agents.get(actor, wanted)
    keys = await room.administration.keys.list(actor, agent.id)
    owners = await room.read(lambda reader: names_of(reader, actor.organisation, agent.owners))
    figures = [
        (phrase("Owners"), ", ".join(owners) or "nobody"),
        (phrase("Keys in use"), str(sum(key.revoked_at is None for key in keys))),
        (phrase("Since"), utc(agent.created_at)),
    ]
    stop = Act(phrase("Suspend"), "agents.suspend", agent.id, "danger")
    go_on = Act(
        phrase("Resume"), "agents.resume", agent.id, sure=phrase("{agent} may ask and claim again.", agent=agent.name)
    )
    acts = [Act(phrase("Keys"), "agents.keys", agent.id), Act(phrase("New key"), "agents.key", agent.id)]
    return sheet.draw(
        Sheet(
            phrase("Agent"), agent.name, _line(agent), figures=figures, acts=[*acts, go_on if agent.suspended else stop]
        )
    )


async def keys(room: Room, actor: Actor, wanted: str) -> Json:
    agent = await room.administration.agents.get(actor, wanted)
    found = sorted(await room.administration.keys.list(actor, agent.id), key=lambda key: key.revoked_at is not None)
    page = [_key(agent, one) for one in found[:PAGE]]
    heading = phrase(
        "{agent}: {counted}, those in use first. Their secrets are kept nowhere.",
        agent=agent.name,
        counted=phrases("{count:,} key", "{count:,} keys", len(found)),
    )
    note = phrase("Make one with /countersign agents key {agent}.", agent=agent.name)
    return rows.draw(phrase("Keys"), heading, page, note=note)


def _key(agent: Agent, key: ApiKey) -> Row:
    last = phrase("last used {utc}", utc=utc(key.last_used_at)) if key.last_used_at else phrase("never used")
    ends = phrase("ends {utc}", utc=utc(key.expires_at)) if key.expires_at else phrase("never ends")
    said = [phrase("may {verbs}", verbs=", ".join(sorted(key.verbs))), last, ends]
    if key.revoked_at is not None:
        return Row(key.label or key.id, " · ".join([phrase("revoked {utc}", utc=utc(key.revoked_at)), *said]))
    return Row(key.label or key.id, " · ".join(said), "agents.revoke", f"{agent.id}.{key.id}", phrase("Revoke"))


async def key_form(room: Room, actor: Actor, wanted: str) -> Json:
    agent = await room.administration.agents.get(actor, wanted)
    projects = await room.administration.projects.list(actor)
    return agent_key.draw(agent.name, [project.name for project in projects], agent.id)


async def suspending(room: Room, actor: Actor, wanted: str) -> Json:
    agent = await room.administration.agents.get(actor, wanted)
    consequences = [
        phrase("Its keys stop working at once."),
        phrase("What it has asked for and is still open is cancelled."),
        phrase("What was approved can no longer be claimed by it."),
    ]
    return sure.draw(
        "agents.suspend",
        phrase("Suspend an agent"),
        phrase("Suspend {agent}?", agent=agent.name),
        consequences,
        yes=phrase("Suspend"),
        metadata=agent.id,
    )


async def revoking(room: Room, actor: Actor, wanted: str) -> Json:
    """`wanted` names agent and key."""
    owner, _, id = wanted.partition(".")
    agent = await room.administration.agents.get(actor, owner)
    found = next((key for key in await room.administration.keys.list(actor, agent.id) if key.id == id), None)
    called = f"“{found.label}”" if found is not None and found.label else id
    consequences = [
        phrase("Whatever uses it is refused from now on."),
        phrase("It cannot be brought back; make another key instead."),
    ]
    question = phrase("Revoke the key {called} of {agent}?", called=called, agent=agent.name)
    return sure.draw(
        "agents.revoke", phrase("Revoke a key"), question, consequences, yes=phrase("Revoke"), metadata=wanted
    )
