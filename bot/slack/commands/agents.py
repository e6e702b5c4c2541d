"""`agents …`: machines that ask, and their keys."""

from __future__ import annotations

from itertools import pairwise

from bot.slack.admin import agents, workloads
from bot.slack.admin.written import missing, name_of, words_of
from bot.slack.answer import Answer, Open
from bot.slack.commands.base import Command, Run, opening, said, topic
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from bot.wire.setting_up import NewAgent, NewWorkload
from bot.wire.strict import read
from core.errors import Invalid, NotFound
from core.model.people import Actor, Verb
from core.model.workload import audience
from core.phrases import phrase

ADD = phrase("NAME [team TEAM] [acts_for always | sometimes | never] [owners @who …]")


def _about(word: str, draw: Run) -> Command:
    return Command(word, "NAME", _SUMMARIES[word], draw)


async def _name(room: Room, actor: Actor, slash: Slash, word: str) -> str:
    return await name_of(room, actor, slash, phrase("The name of the agent"), phrase("agents {word} NAME", word=word))


async def show(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await agents.shown(room, actor, await _name(room, actor, slash, "show")))


async def keys(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await agents.keys(room, actor, await _name(room, actor, slash, "keys")))


async def key(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await agents.key_form(room, actor, await _name(room, actor, slash, "key")))


async def suspend(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await agents.suspending(room, actor, await _name(room, actor, slash, "suspend")))


async def resume(room: Room, actor: Actor, slash: Slash) -> Answer:
    name = await _name(room, actor, slash, "resume")
    agent = await room.administration.agents.suspend(
        actor, name, suspended=False, once=room.once(slash, ("resume", name))
    )
    return said(phrase("{agent} may ask and claim again; what was cancelled stays cancelled.", agent=agent.name))


async def add(room: Room, actor: Actor, slash: Slash) -> Answer:
    await room.administration.must_manage(actor)
    wanted = _read(await words_of(room, actor, slash))
    new = read(NewAgent, wanted, what=phrase("The agent"))
    agent = await room.administration.agents.add(
        actor, new.name, team=new.team, acts_for=new.acts_for, owners=new.owners, once=room.once(slash, wanted)
    )
    return said(
        phrase("The agent {agent} is there. Make it a key with /countersign agents key {agent}.", agent=agent.name)
    )


def _read(words: list[str]) -> dict[str, object]:
    """The name is what stands before the first clause."""
    clauses = [place for place, word in enumerate(words) if word in ("team", "acts_for", "owners") and place]
    first = clauses[0] if clauses else len(words)
    if not first:
        raise missing(phrase("The name of the agent"), phrase("agents add {add}", add=ADD))
    found: dict[str, object] = {"name": " ".join(words[:first])}
    for start, end in pairwise([*clauses, len(words)]):
        clause, said = words[start], words[start + 1 : end]
        if not said or (clause != "owners" and len(said) > 1):
            raise Invalid(
                phrase(
                    "After {clause} one word is expected; write it like /countersign agents add {add}.",
                    clause=clause,
                    add=ADD,
                )
            )
        found[clause] = said if clause == "owners" else said[0]
    return found


async def workload(room: Room, actor: Actor, slash: Slash) -> Answer:
    await room.administration.must_manage(actor)
    name, wanted = workloads.read(await words_of(room, actor, slash))
    new = read(NewWorkload, wanted, what=phrase("The workload"))
    verbs = [Verb(verb) for verb in new.verbs]
    once = room.once(slash, (name, wanted))
    made = await room.administration.workloads.add(actor, name, new.issuer, new.subject, verbs=verbs, once=once)
    return said(
        phrase(
            "Tokens of {issuer} for {subject} act as {name} from now on. They must be made out to {audience}.",
            issuer=made.issuer,
            subject=made.subject,
            name=name,
            audience=audience(room.url, actor.organisation),
        )
    )


async def listed_workloads(room: Room, actor: Actor, slash: Slash) -> Answer:
    return Open(await workloads.listed(room, actor, await _name(room, actor, slash, "workloads")))


async def unlink(room: Room, actor: Actor, slash: Slash) -> Answer:
    words = await words_of(room, actor, slash)
    if len(words) < 2:
        raise missing(phrase("The agent, or the workload"), phrase("agents unlink NAME ID"))
    gone = await room.administration.workloads.revoke(actor, " ".join(words[:-1]), words[-1])
    return said(phrase("Tokens for {subject} stand for nobody from now on.", subject=gone.subject))


async def revoke(room: Room, actor: Actor, slash: Slash) -> Answer:
    """By its id, or its label where only one in use is called so."""
    words = await words_of(room, actor, slash)
    if len(words) < 2:
        raise missing(
            phrase("The agent, or the key") if not words else phrase("The key"), phrase("agents revoke NAME KEY")
        )
    agent = await room.administration.agents.get(actor, " ".join(words[:-1]))
    held = await room.administration.keys.list(actor, agent.id)
    found = [key for key in held if words[-1] in (key.id, key.label) and key.revoked_at is None]
    if len(found) != 1:
        raise NotFound(
            phrase("There is not one such key in use; look at /countersign agents keys {agent}.", agent=agent.name)
        )
    return Open(await agents.revoking(room, actor, f"{agent.id}.{found[0].id}"))


_SUMMARIES = {
    "show": phrase("Team, owners, keys of an agent"),
    "key": phrase("A new key; its secret is shown once, in a window"),
    "keys": phrase("The keys of an agent, and revoking them"),
    "workloads": phrase("The platforms' tokens that stand for an agent"),
    "suspend": phrase("Stop an agent at once: keys, claims, open requests"),
    "resume": phrase("Let a suspended agent go on"),
}

MEMBER = topic(
    "agents",
    phrase("Machines that ask, and their keys"),
    Command("list", "", phrase("All agents"), opening(agents.listed)),
    _about("show", show),
    Command("add", ADD, phrase("A new agent"), add),
    _about("key", key),
    _about("keys", keys),
    Command("revoke", "NAME KEY", phrase("Take a key back, by its label or id"), revoke),
    Command("workload", workloads.HOW, phrase("Let GitHub's or GitLab's tokens stand for it, without a key"), workload),
    _about("workloads", listed_workloads),
    Command("unlink", "NAME ID", phrase("Let them stand for nobody"), unlink),
    _about("suspend", suspend),
    _about("resume", resume),
)
