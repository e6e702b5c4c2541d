"""Reviews that broken glass owes, the late ones first, and freezes that hold."""

from __future__ import annotations

from collections.abc import Iterator

from core.cares.base import MOST, Care, CareKind, Here
from core.model.emergency import Freeze, Review
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Reader


def read(reader: Reader, actor: Actor, _here: Here) -> Iterator[Care]:
    for review in reader.owed_reviews(actor.organisation, MOST):
        yield _review(review, late=review.review_by <= reader.now())
    for freeze in reader.freezes(actor.organisation, reader.now())[:MOST]:
        yield _freeze(reader, freeze)


def _review(review: Review, *, late: bool) -> Care:
    about = phrase("Break-glass on #{number}", number=review.number)
    who, number = review.name, review.number
    if late:
        said = phrase(
            "{who}'s break-glass should have been reviewed by now; close it with /countersign review #{number}.",
            who=who,
            number=number,
        )
    else:
        said = phrase(
            "{who} broke the glass; another person must look at it with /countersign review #{number}.",
            who=who,
            number=number,
        )
    return Care("emergencies", about, said)


def _freeze(reader: Reader, freeze: Freeze) -> Care:
    project = None if freeze.project is None else reader.project(freeze.project)
    about = phrase("Everything is frozen") if project is None else phrase("{name} is frozen", name=project.name)
    said = phrase(
        "Nothing is executed there; {name} froze it: {reason}. Lift it with /countersign unfreeze.",
        name=freeze.by_name,
        reason=freeze.reason.rstrip("."),
    )
    return Care("emergencies", about, said)


MEMBER = CareKind("emergencies", read)
