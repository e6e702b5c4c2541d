"""What a care is, what is known while looking for them, and the one reading that gives them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.administration.office import must_oversee
from core.model.people import Actor
from core.ports import Reader

MOST: Final = 20
"""Of one kind."""


@dataclass(frozen=True, slots=True)
class Care:
    """One thing to mend. `about` is what it concerns, `sentence` what is wrong and what to do about it.

    `topic` is the word under which an edge shows more of it (`webhooks`, `members`).
    """

    kind: str
    about: str
    sentence: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Here:
    """What the store cannot know: the kind of identities that count, what scopes are for, and what ails the server.

    `uses` says for each scope the app asks for what is lost without it; `troubles` are sentences of the server's own probes.
    """

    identities: str
    uses: Mapping[str, str] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CareKind:
    """`read` gives at most `MOST`; the actor manages the organisation, which was checked before."""

    word: str
    read: Callable[[Reader, Actor, Here], Iterable[Care]]


def needing(kinds: Mapping[str, CareKind], reader: Reader, actor: Actor, here: Here) -> Sequence[Care]:
    """Everything that needs care, kind by kind; for admins alone."""
    must_oversee(reader, actor)
    return [care for kind in kinds.values() for care in kind.read(reader, actor, here)]
