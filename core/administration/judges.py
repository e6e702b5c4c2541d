"""What policies and checks share: documents of admins, read by whoever sees everything, their secrets sealed at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from core.administration.office import Office
from core.administration.schedules import Sealing
from core.administration.sight import reads_everything
from core.errors import NotAllowed, Unavailable
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Reader, Store
from core.rulebook.condition import Conditions

MOST: Final = 50
"""Policies, and as many checks, of an organisation."""

Written = Mapping[str, Any]


class JudgesOffice(Office):
    """Without `sealing` no secrets can be kept here."""

    def __init__(self, store: Store, fresh: Callable[[], str], conditions: Conditions, sealing: Sealing | None) -> None:
        super().__init__(store, fresh)
        self._conditions = conditions
        self._sealing = sealing

    def _seal(self, secret: str, place: str) -> str:
        """Before anybody else is asked, so that the secret stands in no request."""
        if self._sealing is None:
            raise Unavailable(phrase("This process keeps no secrets; ask the server itself."))
        return self._sealing.seal(secret, place)


def must_read_judges(reader: Reader, actor: Actor) -> None:
    if not reads_everything(reader, actor):
        raise NotAllowed(
            phrase("Policies and checks can be seen by whoever may read the whole organisation; ask an admin.")
        )
