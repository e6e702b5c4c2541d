"""Webhooks that fail or were given up."""

from __future__ import annotations

from collections.abc import Iterator

from core.cares.base import MOST, Care, CareKind, Here
from core.model.endpoint import Endpoint, Progress
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Reader

NEVER_TOLD = Progress(0)


def read(reader: Reader, actor: Actor, _here: Here) -> Iterator[Care]:
    progress = reader.endpoint_progress(actor.organisation)
    found = (_care(one, progress.get(one.id, NEVER_TOLD)) for one in reader.endpoints(actor.organisation))
    yield from [care for care in found if care is not None][:MOST]


def _care(endpoint: Endpoint, progress: Progress) -> Care | None:
    if endpoint.paused:
        return None
    if progress.parked_at is not None:
        said = phrase("It took nothing for days and is not tried any more; mend it, then resume it.")
        return Care("webhooks", endpoint.name, said, "webhooks")
    if progress.problem:
        said = phrase("It fails and is tried again ({problem}); look at its deliveries.", problem=progress.problem)
        return Care("webhooks", endpoint.name, said, "webhooks")
    return None


MEMBER = CareKind("webhooks", read)
