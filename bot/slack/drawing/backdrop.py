"""Reads what a card shows of the world around its request: project, people's names, the revision before."""

from __future__ import annotations

from bot.slack.drawing.drawn import Backdrop
from core.codec import Codec
from core.model.emergency import Freeze
from core.model.request import Content, ExecutionStatus, Request
from core.ports import Reader, Store

LEDGER = 1_000
_WITH_CONTENT = frozenset({"created", "revised", "edited"})


def _held(reader: Reader, request: Request) -> tuple[Freeze | None, bool]:
    """What stands in the way of executing it, where that is still to come."""
    execution = request.execution
    if not request.is_open and (execution is None or execution.status is not ExecutionStatus.PENDING):
        return None, False
    freeze = reader.freeze_over(request.organisation, request.project, reader.now())
    agent = reader.agent(request.requester.id) if request.requester.kind == "agent" else None
    return freeze, agent is not None and agent.suspended


class Backdrops:
    """`codec` reads contents back from the ledger."""

    def __init__(self, store: Store, codec: Codec) -> None:
        self._store = store
        self._codec = codec

    async def of(self, request: Request) -> Backdrop:
        return await self._store.read(lambda reader: self.read(reader, request))

    def read(self, reader: Reader, request: Request) -> Backdrop:
        project = reader.project(request.project)
        behalf = [request.on_behalf_of] if request.on_behalf_of else []
        people = reader.people(behalf, request.project) if behalf else {}
        type = reader.type_of(request.organisation, request.content.type)
        return Backdrop(
            project.name if project is not None else "a project",
            {id: person.name for id, person in people.items()},
            self._previous(reader, request),
            None if type is None else type.title,
            *_held(reader, request),
        )

    def _previous(self, reader: Reader, request: Request) -> Content | None:
        """The content of the revision before, from the ledger; an approver's edits are told by themselves."""
        if request.revision < 2 or request.edits:
            return None
        rows = reader.ledger(request.id, after=0, limit=LEDGER)
        said = [row.payload["content"] for row in rows if row.word in _WITH_CONTENT and row.payload is not None]
        return self._codec.build(said[-2], Content) if len(said) > 1 else None
