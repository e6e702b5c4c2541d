"""Rules that nobody can satisfy as things stand, as the hourly look around noted them."""

from __future__ import annotations

from collections.abc import Iterator

from core.cares.base import MOST, Care, CareKind, Here
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Reader


def read(reader: Reader, actor: Actor, _here: Here) -> Iterator[Care]:
    for rule in reader.hopeless_rules(actor.organisation)[:MOST]:
        missing = ", ".join(rule.missing)
        said = phrase("Too few people can approve as {missing}; add people there, or change the rule.", missing=missing)
        yield Care("rules", rule.name, said, "rules")


MEMBER = CareKind("rules", read)
