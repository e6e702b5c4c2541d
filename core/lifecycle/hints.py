"""What would help approvers, said to whoever asks: nothing here is wrong, and nothing is refused for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from core.model.request import Content, Stage
from core.phrases import phrase

MANY: Final = 4
"""More people than this, all of whom must answer, keep a request waiting."""

SHORT: Final = 2
"""Words of a title below which it cannot say what and where."""

_SAID_ANYWHERE: Final = (
    "a an the my our this that it please pls approve approval approved request change changes update updates fix fixes "
    "deploy deployment release merge test new stuff thing things something some run do need needed for to of in on and "
    "production prod staging now asap urgent important quick small"
)
"""Words that say nothing of what in particular."""

_EMPTY: Final = frozenset(_SAID_ANYWHERE.split())

_WORD: Final = re.compile(r"[^\W_]+(?:[.\-_/][^\W_]+)*")


def hints(content: Content, named: Iterable[Stage] = ()) -> tuple[str, ...]:
    """Sentences for the requester; `named` are the stages the request itself asks for."""
    return (*_title(content), *_people(tuple(named)))


def _title(content: Content) -> Iterator[str]:
    words = [word.lower() for word in _WORD.findall(content.title)]
    telling = [word for word in words if word not in _EMPTY]
    if len(words) < SHORT or not telling:
        yield phrase("The title says little: name what and where, so that people can decide without asking back.")


def _people(named: tuple[Stage, ...]) -> Iterator[str]:
    alone = {
        source.principal
        for stage in named
        for requirement in stage.requirements
        if len(requirement.ways) == 1
        and (requirement.fixes_people or requirement.slots(None) == len(requirement.sources))
        for source in requirement.sources
        if source.principal.startswith("member:")
    }
    if len(alone) > MANY:
        yield phrase(
            "{count} people must all approve: a few who know the matter answer sooner than many.", count=len(alone)
        )
