"""Opening the form: which types this person may ask for, in which projects, and how long people may take to answer."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.slack.cards import ask
from bot.slack.drawing.blocks import Json
from bot.slack.room import Room, must_be_mapped
from core.errors import Invalid, NotAllowed
from core.lifecycle.changing import not_from_outside
from core.lifecycle.who import may_ask_for
from core.model.change import is_change_type
from core.model.duration import parse_duration
from core.model.organisation import Project, RequestType
from core.model.people import Actor, Verb, verbs_of
from core.phrases import phrase
from core.ports import Reader

PROJECTS = 50
"""Projects looked at for a role somebody holds in one of them."""

ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody may ask for, and in which projects: `types` by their word, those that are not for them in `others`."""

    projects: tuple[Project, ...]
    types: Mapping[str, RequestType]
    others: Mapping[str, RequestType]

    def named(self, word: str) -> RequestType | None:
        """The type of this word; refused where it is not for this person."""
        if is_change_type(word):
            raise Invalid(not_from_outside(word))
        if (denied := self.others.get(word)) is not None:
            raise not_for_them(denied)
        return self.types.get(word)

    def like(self, word: str) -> str | None:
        """A type somebody may have meant."""
        return next(iter(difflib.get_close_matches(word, self.types, n=1, cutoff=ALIKE)), None)

    @property
    def first(self) -> RequestType:
        """What the form starts with."""
        found = self.types.get("custom") or next(iter(self.types.values()), None)
        if found is None:
            raise NotAllowed(phrase("There is no type of request here that you may ask for; ask an admin."))
        return found

    def form(self, type: RequestType, *, title: str = "", description: str = "") -> Json:
        longest = _longest(self.projects, type)
        windows = [one for one in ask.WINDOWS if longest is None or parse_duration(one) <= longest]
        names = [project.name for project in self.projects]
        types = tuple(self.types.values())
        return ask.draw(names, types, type, windows=windows, title=title, description=description)


def not_for_them(type: RequestType) -> NotAllowed:
    allowed = ", ".join(source.label for source in type.may_ask)
    return NotAllowed(
        phrase("Only {allowed} may ask for a {word}; ask one of them, or an admin.", allowed=allowed, word=type.word)
    )


async def offer(room: Room, actor: Actor) -> Offer:
    must_be_mapped(actor)
    return await room.read(lambda reader: read_offer(reader, actor))


def read_offer(reader: Reader, actor: Actor) -> Offer:
    projects = _projects(reader, actor)
    if not projects:
        raise NotAllowed(phrase("You may not ask for approvals in any project; ask an admin for the requester role."))
    types = reader.types(actor.organisation)
    mine = {word: type for word, type in types.items() if _is_for(reader, actor, type, projects)}
    return Offer(projects, mine, {word: type for word, type in types.items() if word not in mine})


def _projects(reader: Reader, actor: Actor) -> tuple[Project, ...]:
    """Those they may ask in."""
    there = tuple(reader.projects(actor.organisation))
    if Verb.ASK in verbs_of(reader.roles(actor.organisation, actor.id, None)):
        return there
    return tuple(one for one in there if Verb.ASK in verbs_of(reader.roles(actor.organisation, actor.id, one.id)))


def _is_for(reader: Reader, actor: Actor, type: RequestType, projects: tuple[Project, ...]) -> bool:
    if not type.may_ask:
        return True
    people = (reader.person(actor.id, project.id) for project in projects[:PROJECTS])
    return any(may_ask_for(type, actor, person) for person in people)


def chosen(offered: Offer, text: str) -> tuple[RequestType, str]:
    """`refund Order 8812`: the type and the title. A lone word that is nearly a type was meant as one."""
    first, _, rest = text.partition(" ")
    type = offered.named(first) if first else None
    if type is not None:
        return type, rest
    if first and not rest and (near := offered.like(first)) is not None:
        raise Invalid(
            phrase(
                "There is no type '{first}'; did you mean {near}? Write it like /countersign ask {near}.",
                first=first[:40],
                near=near,
            )
        )
    return offered.first, text


def _longest(projects: tuple[Project, ...], type: RequestType) -> timedelta | None:
    """The longest anybody may take to answer; None where nothing ends it."""
    windows = [project.settings.reply_window for project in projects]
    of_projects = None if None in windows or not windows else max(one for one in windows if one is not None)
    ends = [window for window in (of_projects, type.reply_window) if window is not None]
    return min(ends, default=None)
