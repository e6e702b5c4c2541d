"""`countersign audit`: proves the ledger from the database itself, or writes it out; run by whoever has the host."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path
from typing import Literal

from bot.cli.ending import Ending, tell
from bot.cli.host import AsJson, Config, here
from bot.settings import key_bytes
from core.ledger.export import export_csv, export_jsonl
from core.ledger.sealer import key_from, key_id
from core.ledger.verify import Report, SealedHead, verify

BROKEN = 1


def verify_ledger(*, against: str | None = None, config: Config = None, json: AsJson = False) -> int:
    """Check every row, every request's chain and every seal; exit 1 when something does not fit.

    Parameters
    ----------
    against
        A head kept elsewhere, as this command prints it (`12:9f3c…`): the chain must still contain it.
    """
    return asyncio.run(_verify(_head(against), config, json=json))


def export_ledger(
    *, format: Literal["jsonl", "csv"] = "jsonl", to: Path | None = None, after: int = 0, config: Config = None
) -> int:
    """Write the sealed ledger out, in the order of its seals.

    Parameters
    ----------
    to
        A file; without one, standard output.
    after
        The position after which to begin.
    """
    return asyncio.run(_export(format, to, after, config))


async def _verify(against: SealedHead | None, config: Path | None, *, json: bool) -> int:
    async with here(config) as (inside, host):
        public = key_from(key_bytes(inside.keys.signing)).public_key()
        look = partial(verify, organisation=host.organisation, keys={key_id(public): public}, against=against)
        report = await inside.store.read(look)
    if json:
        tell(_plain(report))
    else:
        _say(report)
    return 0 if report.intact else BROKEN


async def _export(format: str, to: Path | None, after: int, config: Path | None) -> int:
    write_out = export_csv if format == "csv" else export_jsonl
    async with here(config) as (inside, host):
        out = sys.stdout if to is None else to.open("w", encoding="utf-8", newline="")
        try:
            async for line in write_out(inside.store, host.organisation, after=after):
                out.write(line)
        finally:
            if to is not None:
                out.close()
    return 0


def _head(text: str | None) -> SealedHead | None:
    if text is None:
        return None
    number, colon, hashed = text.partition(":")
    if not (colon and number.isdigit() and hashed):
        raise Ending("--against takes a head as this command prints it, like 12:9f3c….", 2)
    return SealedHead(int(number), hashed)


def _say(report: Report) -> None:
    print(f"{report.rows} rows and {report.seals} seals checked, {report.erased} payloads erased.")
    for problem in report.problems:
        print(f"  does not fit: {problem}")
    for unknown in report.unknown:
        print(f"  cannot be known from here: {unknown}")
    if report.head is not None:
        print(f"Head: {report.head.number}:{report.head.hash}")
    print("The ledger is intact." if report.intact else "The ledger is NOT intact.")


def _plain(report: Report) -> dict[str, object]:
    head = None if report.head is None else f"{report.head.number}:{report.head.hash}"
    return {
        "intact": report.intact,
        "rows": report.rows,
        "seals": report.seals,
        "erased": report.erased,
        "head": head,
        "problems": list(report.problems),
        "unknown": list(report.unknown),
    }
