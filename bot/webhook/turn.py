"""One endpoint's turn: what it is told now, chain by chain, and what is noted of it afterwards. Pure but for the clock's pace."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from core.model.endpoint import PATIENCE, Arrear, Attempt, Endpoint, Outcome, Progress, announced, next_try
from core.ports import FeedRow, LedgerRow, Reader, Told

CHAIN: Final = 200
"""Events of one request that are told again in one go."""

NOT_BEGUN: Final = "It was this endpoint's turn when the server stopped."


@dataclass(frozen=True, slots=True)
class Chain:
    """Events of one request, to be told one after the other. `rest`: there are more behind them."""

    request: str
    rows: tuple[LedgerRow, ...]
    arrear: Arrear | None = None
    rest: bool = False


@dataclass(slots=True)
class Turn:
    """What one endpoint is told now, and what comes of it."""

    endpoint: Endpoint
    progress: Progress
    secrets: tuple[str, ...]
    began: datetime
    chains: tuple[Chain, ...]
    cursor: int
    since: float = field(default_factory=time.monotonic)
    attempts: list[Attempt] = field(default_factory=list)
    arrears: list[Arrear] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    recovered: bool = False
    gone: bool = False

    def now(self) -> datetime:
        return self.began + timedelta(seconds=time.monotonic() - self.since)


# ------------------------------------------------------------------------------------------------- what is to be told


def chains(endpoint: Endpoint, rows: Iterable[FeedRow]) -> tuple[Chain, ...]:
    """What of a page this endpoint wants, request by request."""
    found: dict[str, list[LedgerRow]] = {}
    for one in rows:
        if endpoint.wants(announced(one.row.word, one.row.payload), one.project, one.type):
            found.setdefault(one.row.request, []).append(one.row)
    return tuple(Chain(request, tuple(mine)) for request, mine in found.items())


def again(reader: Reader, endpoint: Endpoint, arrear: Arrear, cursor: int) -> Chain:
    """What a request that is behind has not been told: up to the cursor, since the feed brings the rest."""
    request = reader.request(arrear.request)
    project, type = (None, None) if request is None else (request.project, request.content.type)
    read = reader.ledger(arrear.request, after=arrear.seq - 1, limit=CHAIN)
    rows = tuple(
        row
        for row in read
        if row.position is not None
        and row.position <= cursor
        and endpoint.wants(announced(row.word, row.payload), project, type)
    )
    return Chain(arrear.request, rows, arrear, rest=len(read) == CHAIN and (read[-1].position or cursor) < cursor)


def tries(chain: Chain, row: LedgerRow) -> int:
    return chain.arrear.attempts if chain.arrear is not None and chain.arrear.seq == row.seq else 0


# ----------------------------------------------------------------------------------------------------- what came of it


def finish(turn: Turn, chain: Chain) -> None:
    if chain.arrear is None:
        return
    if chain.rest:
        seq = chain.rows[-1].seq + 1 if chain.rows else chain.arrear.seq + CHAIN
        turn.arrears.append(replace(chain.arrear, seq=seq, attempts=0, since=turn.now(), next_try_at=turn.began))
    else:
        turn.settled.append(chain.request)


def put_off(turn: Turn, chain: Chain, row: LedgerRow) -> Arrear:
    """Not even tried: it is due at once, to whoever goes on."""
    if chain.arrear is not None and chain.arrear.seq == row.seq:
        return chain.arrear
    return Arrear(turn.endpoint.id, chain.request, row.seq, 0, turn.now(), turn.now(), NOT_BEGUN)


def missed(turn: Turn, chain: Chain, row: LedgerRow, outcome: Outcome, number: int) -> Arrear:
    now = turn.now()
    before = chain.arrear
    since = before.since if before is not None and before.seq == row.seq else now
    missed = Arrear(turn.endpoint.id, chain.request, row.seq, number, since, now, outcome.problem or "")
    return replace(missed, next_try_at=next_try(missed, now, outcome.wait))


def told(turn: Turn) -> Told:
    """The turn as it is noted. With patience at its end either one request is given up, or the endpoint."""
    now = turn.now()
    delivered = [one.at for one in turn.attempts if one.delivered]
    failed = [one for one in turn.attempts if not one.delivered]
    last_success = max(delivered, default=turn.progress.delivered_at)
    spent = {one.request for one in turn.arrears if now - one.since >= PATIENCE}
    alone = {
        one.request
        for one in turn.arrears
        if one.request in spent and last_success is not None and last_success > one.since
    }
    return Told(
        endpoint=turn.endpoint.id,
        cursor=turn.cursor,
        attempts=tuple(turn.attempts),
        arrears=tuple(replace(one, parked=True) if one.request in alone else one for one in turn.arrears),
        settled=tuple(turn.settled),
        delivered_at=max(delivered, default=None),
        failed_at=max((one.at for one in failed), default=None),
        problem=failed[-1].problem if failed else None,
        parked_at=now if turn.gone or spent - alone else None,
        recovered=turn.recovered,
    )
