"""Reviews that broken glass still owes: for those who may close them, and for whoever owes one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.administration.office import Office, verbs
from core.model.emergency import Review
from core.model.people import Actor, Verb
from core.ports import Reader

LISTED: Final = 200


class Reviews(Office):
    async def list(self, actor: Actor) -> Sequence[Review]:
        """The earliest deadline first: one's own, and those of projects where the actor reads."""

        def look(reader: Reader) -> Sequence[Review]:
            owed = reader.owed_reviews(actor.organisation, LISTED)
            readable = {one.project for one in owed if Verb.READ in verbs(reader, actor, one.project)}
            return [one for one in owed if one.project in readable or one.member == actor.id]

        return await self._store.read(look)
