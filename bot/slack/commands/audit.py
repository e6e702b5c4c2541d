"""`audit [#n]`: whether what is kept of a request is what was written, and where the organisation's ledger stands."""

from __future__ import annotations

from collections.abc import Iterator

from bot.slack.answer import Answer
from bot.slack.commands.base import Command, number_alone, said
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from core.ledger.verify import Report, SealedHead
from core.model.people import Actor
from core.model.request import Request
from core.phrases import phrase, phrases

USAGE = "[#n]"


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    if not slash.text:
        return said(_stands(await room.administration.audits.head(actor)))
    request = await room.numbered(actor, number_alone(slash, USAGE))
    return said("\n".join(_checked(request, await room.administration.audits.of(request))))


def _stands(found: tuple[SealedHead, int] | None) -> str:
    if found is None:
        return phrase("Nothing is sealed yet.")
    head, reached = found
    return phrase(
        "The ledger is sealed up to row {reached}. Its head is {number}:{hash}. Keep it elsewhere: on the host, "
        "countersign audit verify --against {number}:{hash} finds out whether anything before it was changed.",
        reached=reached,
        number=head.number,
        hash=head.hash,
    )


def _checked(request: Request, report: Report) -> Iterator[str]:
    rows = phrases("{count:,} row", "{count:,} rows", report.rows)
    seals = phrases("{count:,} seal", "{count:,} seals", report.seals)
    if report.intact:
        yield phrase(
            "#{number} is kept as it was written: {rows} checked, each chained to the one before, under {seals}.",
            number=request.number,
            rows=rows,
            seals=seals,
        )
    else:
        yield phrase(
            "#{number} is NOT kept as it was written. Tell your admins; the host's backups show what it was.",
            number=request.number,
        )
        yield from report.problems
    yield from report.unknown


MEMBER = Command("audit", USAGE, phrase("Prove that a request, or the ledger's head, is as it was written"), run)
