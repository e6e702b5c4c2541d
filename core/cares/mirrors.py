"""Groups that follow a Slack user group and cannot be followed, or lack people nobody is linked to."""

from __future__ import annotations

from collections.abc import Iterator

from core.administration.mirrors import unlinked_of
from core.cares.base import MOST, Care, CareKind, Here
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Reader

TOPIC = "groups"


def read(reader: Reader, actor: Actor, _here: Here) -> Iterator[Care]:
    for mirror in reader.mirrors(actor.organisation)[:MOST]:
        about = f"@{mirror.group.name}"
        if mirror.problem:
            said = phrase(
                "It no longer follows its Slack user group ({problem}); choose another one, or unlink it.",
                problem=mirror.problem,
            )
            yield Care("mirrors", about, said, TOPIC)
        elif missing := len(unlinked_of(reader, mirror).users):
            said = phrase(
                "{missing} of its Slack user group stand for no member and are left out; link them.", missing=missing
            )
            yield Care("mirrors", about, said, TOPIC)


MEMBER = CareKind("mirrors", read)
