"""`countersign audit`: proves the ledger from the database itself, or writes it out; run by whoever has the host."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TextIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cyclopts import Parameter

from bot.assemble import Rooms, rooms
from bot.cli.ending import USAGE, Ending, tell
from bot.cli.host import AsJson, Config
from bot.settings import Settings, key_bytes, keys_file, load
from core.ledger.export import export_csv, export_jsonl
from core.ledger.sealer import key_from, key_id
from core.ledger.verify import Report, SealedHead, verify
from core.model.organisation import Organisation
from core.ports import Reader

BROKEN: Final = 1
_HEAD: Final = re.compile(r"(?P<number>[0-9]{1,15}):(?P<hash>[^\s:]+)")

Checked = Sequence[tuple[Organisation, Report]]
Whose = Annotated[str | None, Parameter(name="--organisation")]


def verify_ledger(
    *, against: str | None = None, organisation: Whose = None, config: Config = None, json: AsJson = False
) -> int:
    """Check every row, every request's chain and every seal; exit 1 when something does not fit.

    Parameters
    ----------
    against
        A head kept elsewhere, as this command prints it (`12:9f3c…`): the chain it belongs to must still contain it.
    organisation
        Whose ledger, by name or id. Default: those of all who are on this server.
    """
    return asyncio.run(_verify(_head(against), organisation, config, json=json))


def export_ledger(
    *,
    format: Literal["jsonl", "csv"] = "jsonl",
    to: Path | None = None,
    after: int = 0,
    organisation: Whose = None,
    config: Config = None,
) -> int:
    """Write the sealed ledger out, in the order of its seals.

    Parameters
    ----------
    to
        A file; without one, standard output.
    after
        The position after which to begin.
    organisation
        Whose ledger, by name or id; needed where several are on this server.
    """
    return asyncio.run(_export(format, to, after, organisation, config))


async def _verify(against: SealedHead | None, wanted: str | None, config: Path | None, *, json: bool) -> int:
    async with _kept(config) as (inside, there):
        public = key_from(key_bytes(inside.keys.signing)).public_key()
        chosen = there if wanted is None else [_named(there, wanted)]
        look = partial(_check, chosen, {key_id(public): public}, against)
        checked, strange = await inside.store.read(look)
    tell(_plain(checked, strange)) if json else _say(checked, strange)
    return 0 if _is_intact(checked, strange) else BROKEN


def _check(
    organisations: Sequence[Organisation],
    keys: Mapping[str, Ed25519PublicKey],
    against: SealedHead | None,
    reader: Reader,
) -> tuple[Checked, SealedHead | None]:
    """Each organisation's report, and the head where it is no one's. Its hash says whose it is: the organisation is in it."""
    owner = None if against is None else _owner(reader, organisations, against)
    checked = [
        (one, verify(reader, one.id, keys=keys, against=against if one.id == owner else None)) for one in organisations
    ]
    return checked, None if owner is not None else against


def _owner(reader: Reader, organisations: Sequence[Organisation], head: SealedHead) -> str | None:
    """None where none of several has such a seal; a head of the only one is its own to answer for."""
    if len(organisations) == 1:
        return organisations[0].id
    seals = ((one.id, reader.seals(one.id, after=head.number - 1, limit=1)) for one in organisations)
    fits = (id for id, found in seals if found and (found[0].number, found[0].hash) == (head.number, head.hash))
    return next(fits, None)


@asynccontextmanager
async def _kept(config: Path | None) -> AsyncIterator[tuple[Rooms, Sequence[Organisation]]]:
    """What is there; where nothing is, nothing is made that could be vouched for."""
    settings = load(config)
    _must_be_there(settings)
    async with rooms(settings) as inside:
        organisations = await inside.store.read(lambda reader: reader.organisations())
        if not organisations:
            raise Ending("There is no organisation in this database, so there is no ledger yet.", USAGE)
        yield inside, sorted(organisations, key=lambda one: one.created_at)


def _must_be_there(settings: Settings) -> None:
    file = settings.sqlite_file
    if file is None:
        return
    if not file.exists():
        raise Ending(f"There is no database {file}; run this where it is, or set COUNTERSIGN_DATABASE_URL.", USAGE)
    if settings.signing_key is None and not keys_file(file).exists():
        raise Ending(f"There are no keys {keys_file(file)}, without which no seal can be checked.", USAGE)


def _named(organisations: Sequence[Organisation], wanted: str) -> Organisation:
    found = [one for one in organisations if wanted in (one.id, one.name)]
    if len(found) != 1:
        which = f"Several are called {wanted}" if found else f"There is no organisation {wanted[:60]} here"
        raise Ending(f"{which}; there are {_all_of(organisations)}.", USAGE)
    return found[0]


def _the_one(organisations: Sequence[Organisation]) -> Organisation:
    if len(organisations) > 1:
        raise Ending(f"Say whose ledger with --organisation; there are {_all_of(organisations)}.", USAGE)
    return organisations[0]


def _all_of(organisations: Iterable[Organisation]) -> str:
    return ", ".join(f"{one.name} ({one.id})" for one in organisations)


async def _export(format: str, to: Path | None, after: int, wanted: str | None, config: Path | None) -> int:
    write_out = export_csv if format == "csv" else export_jsonl
    async with _kept(config) as (inside, there):
        whose = _the_one(there) if wanted is None else _named(there, wanted)
        with nullcontext(sys.stdout) if to is None else _opened(to) as out:
            async for line in write_out(inside.store, whose.id, after=after):
                out.write(line)
    return 0


def _opened(to: Path) -> TextIO:
    try:
        return to.open("w", encoding="utf-8", newline="")
    except OSError as problem:
        raise Ending(f"--to: {to} cannot be written ({problem.strerror}).", USAGE) from None


def _head(text: str | None) -> SealedHead | None:
    if text is None:
        return None
    read = _HEAD.fullmatch(text)
    if read is None:
        raise Ending("--against takes a head as this command prints it, like 12:9f3c….", USAGE)
    return SealedHead(int(read["number"]), read["hash"])


def _is_intact(checked: Checked, strange: SealedHead | None) -> bool:
    return strange is None and all(report.intact for _, report in checked)


def _nobodys(strange: SealedHead) -> str:
    return f"Seal {strange.number}, which you hold, is in no ledger here: one was written anew, or its end was cut off."


def _say(checked: Checked, strange: SealedHead | None) -> None:
    for organisation, report in checked:
        if len(checked) > 1:
            print(f"{organisation.name} ({organisation.id})")
        _say_one(report)
    if strange is not None:
        print(f"  does not fit: {_nobodys(strange)}")
    said = "The ledger is" if len(checked) == 1 else "All ledgers are"
    if not _is_intact(checked, strange):
        said = "The ledger is NOT" if len(checked) == 1 else "Not all ledgers are"
    print(f"{said} intact.")


def _say_one(report: Report) -> None:
    print(f"{report.rows} rows and {report.seals} seals checked, {report.erased} payloads erased.")
    for problem in report.problems:
        print(f"  does not fit: {problem}")
    for unknown in report.unknown:
        print(f"  cannot be known from here: {unknown}")
    if report.head is not None:
        print(f"Head: {_written(report.head)}")


def _written(head: SealedHead | None) -> str | None:
    return None if head is None else f"{head.number}:{head.hash}"


def _plain(checked: Checked, strange: SealedHead | None) -> dict[str, Any]:
    """Numbers are those of all; a head is one organisation's, so of several each has its own."""
    reports = [report for _, report in checked]
    return {
        "intact": _is_intact(checked, strange),
        **{name: sum(getattr(report, name) for report in reports) for name in ("rows", "seals", "erased")},
        "head": _written(reports[0].head) if len(reports) == 1 else None,
        "problems": [*([] if strange is None else [_nobodys(strange)]), *(p for r in reports for p in r.problems)],
        "unknown": list(dict.fromkeys(unknown for report in reports for unknown in report.unknown)),
        "organisations": [
            {
                "organisation": organisation.id,
                "name": organisation.name,
                "intact": report.intact,
                "rows": report.rows,
                "seals": report.seals,
                "erased": report.erased,
                "head": _written(report.head),
                "problems": list(report.problems),
                "unknown": list(report.unknown),
            }
            for organisation, report in checked
        ],
    }
