"""What the server's own probes report: a late sweep, a clock that is off, no connection to Slack."""

from __future__ import annotations

from collections.abc import Iterator

from core.cares.base import MOST, Care, CareKind, Here
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Reader


def read(_reader: Reader, _actor: Actor, here: Here) -> Iterator[Care]:
    for trouble in here.troubles[:MOST]:
        yield Care("server", phrase("The server"), trouble)


MEMBER = CareKind("server", read)
