"""Judgements that are known: most of what is asked is asked alike, and what is asked alike is judged alike to the letter.

A known one is the very object that was made before, so that whoever writes its plan knows what came of that, too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from core.model.in_hand import InHand
from core.model.organisation import Project, RequestType
from core.model.request import Judgement, Stage
from core.phrases import language_now
from core.rulebook.answer import Answer
from core.rulebook.given import NOTHING, Given, Offer
from core.rulebook.judge import judge
from core.rulebook.rulebook import Look, Looked

MOST: Final = 256
"""Judgements kept."""


def judged(
    *,
    asking: frozenset[str],
    project: Project,
    type: RequestType,
    named: tuple[Stage, ...],
    distinct: bool,
    notify: tuple[str, ...],
    given: Given = NOTHING,
) -> Judgement:
    """What `judge` makes of the same; nobody else is likely to be given what was fetched for one request alone."""
    looks = given.looked.looks
    asked = _Asked(
        these=InHand(project, type, language_now(), *[look.rule for look in looks]),
        answers=tuple([(look.answer, look.spent) for look in looks]),
        rulebook=given.looked.rulebook,
        checks=given.checks,
        offers=given.offers,
        asking=asking,
        named=named,
        distinct=distinct,
        notify=notify,
    )
    is_for_it_alone = given.stands_for or given.behind or given.policies or given.watching
    return _anew(asked, given) if is_for_it_alone else _known(asked)


class _Asked(NamedTuple):
    """All that a judgement follows from. `these` are the project, the type, the language spoken and every rule looked at."""

    these: InHand
    answers: tuple[tuple[Answer, bool], ...]
    rulebook: int
    checks: tuple[str, ...]
    offers: tuple[Offer, ...]
    asking: frozenset[str]
    named: tuple[Stage, ...]
    distinct: bool
    notify: tuple[str, ...]


@lru_cache(maxsize=MOST)
def _known(asked: _Asked) -> Judgement:
    _, _, _, *rules = asked.these.held
    looks = tuple(Look(rule, *answered) for rule, answered in zip(rules, asked.answers, strict=True))
    return _anew(asked, Given(Looked(asked.rulebook, looks), checks=asked.checks, offers=asked.offers))


def _anew(asked: _Asked, given: Given) -> Judgement:
    project, type, *_ = asked.these.held
    return judge(
        asking=asked.asking,
        project=project,
        type=type,
        named=asked.named,
        distinct=asked.distinct,
        notify=asked.notify,
        given=given,
    )
