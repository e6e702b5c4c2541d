"""What an actor sees of an organisation's requests: the lists' side of `read`."""

from __future__ import annotations

from dataclasses import replace

from core.administration.office import verbs
from core.errors import NotAllowed
from core.model.people import Actor, Verb
from core.model.request import Request
from core.ports import Filter, Reader


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


def must_read_everything(reader: Reader, actor: Actor) -> None:
    if not reads_everything(reader, actor):
        raise NotAllowed("The feed tells of every project, so it needs read in the whole organisation; ask an admin.")


def hidden_in_feed(reader: Reader, actor: Actor) -> tuple[str, ...]:
    """What any type keeps secret, for those who may not execute everywhere: the feed does not ask of each request."""
    if Verb.EXECUTE in verbs(reader, actor):
        return ()
    return tuple({path for type in reader.types(actor.organisation).values() for path in type.secret})
