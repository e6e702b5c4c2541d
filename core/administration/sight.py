"""What an actor sees of an organisation's requests: the lists' side of `read`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.administration.office import verbs
from core.model.people import Actor, Verb
from core.model.request import Request
from core.ports import FeedRow, Filter, Reader


def narrowed(reader: Reader, actor: Actor, wanted: Filter) -> Filter:
    """The filter, held to the projects where the actor has `read` and to what it asked for itself."""
    if reads_everything(reader, actor):
        return wanted
    projects = (project.id for project in reader.projects(actor.organisation))
    readable = frozenset(id for id in projects if Verb.READ in verbs(reader, actor, id))
    return replace(wanted, projects=readable, visible_to=actor.key)


def reads_everything(reader: Reader, actor: Actor) -> bool:
    return actor.projects is None and Verb.READ in verbs(reader, actor)


def sees_secrets(reader: Reader, actor: Actor, request: Request) -> bool:
    """What a type keeps secret is for whoever asked, or is asked for, and for those who carry it out."""
    own = request.requester.is_actor(actor) or (actor.is_member and actor.id == request.on_behalf_of)
    return own or Verb.EXECUTE in verbs(reader, actor, request.project)


@dataclass(frozen=True, slots=True)
class Sight:
    """What of the feed an actor sees: everything, or the requests of these projects and their own.

    `hidden` are paths, by the types that keep them secret.
    """

    everything: bool
    projects: frozenset[str]
    own: str
    behalf: str | None
    hidden: Mapping[str, tuple[str, ...]]

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple({path for paths in self.hidden.values() for path in paths})

    def sees(self, row: FeedRow) -> bool:
        if self.everything:
            return True
        if row.project is None:
            return False
        mine = row.requester == self.own or (self.behalf is not None and row.on_behalf_of == self.behalf)
        return mine or row.project in self.projects


def sight_of(reader: Reader, actor: Actor) -> Sight:
    """As in lists: every project where the actor has `read`, and what it asked for itself."""
    behalf = actor.id if actor.is_member else None
    if reads_everything(reader, actor):
        return Sight(True, frozenset(), actor.key, behalf, hidden_in_feed(reader, actor))
    projects = (project.id for project in reader.projects(actor.organisation))
    readable = frozenset(id for id in projects if Verb.READ in verbs(reader, actor, id))
    return Sight(False, readable, actor.key, behalf, hidden_in_feed(reader, actor))


def hidden_in_feed(reader: Reader, actor: Actor) -> Mapping[str, tuple[str, ...]]:
    """What any type keeps secret, for those who may not execute everywhere: the feed does not ask of each request."""
    if Verb.EXECUTE in verbs(reader, actor):
        return {}
    return {word: type.secret for word, type in reader.types(actor.organisation).items() if type.secret}
