"""Policies and checks that cannot be asked: what waits for them goes to people, or waits."""

from __future__ import annotations

from collections.abc import Iterator

from core.cares.base import MOST, Care, CareKind, Here
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Reader


def read(reader: Reader, actor: Actor, _here: Here) -> Iterator[Care]:
    organisation = actor.organisation
    troubles = reader.outside_troubles(organisation)
    if not troubles:
        return
    named = {one.id: phrase("policy {one}", one=one.name) for one in reader.policies(organisation)}
    named |= {one.id: phrase("check {one}", one=one.name) for one in reader.checks(organisation)}
    for id, problem in list(troubles.items())[:MOST]:
        if id in named:
            said = phrase(
                "It gives no answer ({problem}); see that its server is up, or switch it off.", problem=problem
            )
            yield Care("judges", named[id], said)


MEMBER = CareKind("judges", read)
