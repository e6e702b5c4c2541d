"""`countersign keys`: the keys that sign receipts, for whoever has the host."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Annotated

from cyclopts import Parameter

from bot.cli.ending import USAGE, Ending, tell
from bot.cli.host import AsJson, Config, here
from bot.receipts import AHEAD
from core.errors import Invalid
from core.model.duration import parse_duration, say_duration
from core.model.signing import SigningKey, signs_now


def show_keys(*, config: Config = None, json: AsJson = False) -> int:
    """List them: which one signs, which will, which did, which were revoked."""
    return asyncio.run(_show(config, json=json))


def rotate(
    *,
    after: str = say_duration(AHEAD),
    at_once: Annotated[bool, Parameter(negative="")] = False,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Make a new key. Old ones stay published, so that what they signed can still be checked.

    Parameters
    ----------
    after
        How long it is published before it signs, so that everybody who keeps the key set has it by then.
    at_once
        Let it sign now, as when the old one may be known to others; revoke that one next.
    """
    try:
        ahead = timedelta() if at_once else parse_duration(after)
    except Invalid as problem:
        raise Ending(f"--after: {problem.sentence}", USAGE) from None
    return asyncio.run(_rotate(ahead, config, json=json))


def revoke(id: str, *, config: Config = None) -> int:
    """Revoke a key that others may know. It signs no more, and whatever it has signed proves nothing from now on.

    Parameters
    ----------
    id
        As keys list shows it.
    """
    return asyncio.run(_revoke(id, config))


async def _show(config: Config, *, json: bool) -> int:
    async with here(config) as (inside, _):
        keys, now = await inside.receipts.keys(), inside.clock.now()
    signing = signs_now(keys, now)
    if json:
        tell([_plain(key, signing, now) for key in keys])
        return 0
    for key in keys:
        print(f"{key.id}  {_state(key, signing, now)}")
    if not keys:
        print("There is none yet; countersign serve makes the first one.")
    return 0


async def _rotate(ahead: timedelta, config: Config, *, json: bool) -> int:
    async with here(config) as (inside, _):
        first = not await inside.receipts.keys()
        key = await inside.receipts.rotate(timedelta() if first else ahead)
    if json:
        tell({"key": key.id, "signs_from": key.signs_from.isoformat()})
    else:
        print(f"{key.id} is published now, and signs from {key.signs_from:%Y-%m-%d %H:%M} UTC on.")
    return 0


async def _revoke(id: str, config: Config) -> int:
    async with here(config) as (inside, _):
        await inside.receipts.revoke(id)
    print(f"{id} is revoked. Whoever keeps a copy of the key set should fetch it again.")
    return 0


def _state(key: SigningKey, signing: SigningKey | None, now: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d %H:%M} UTC"
    if signing is not None and key.id == signing.id:
        return f"signs since {key.signs_from:%Y-%m-%d %H:%M} UTC"
    return f"signs from {key.signs_from:%Y-%m-%d %H:%M} UTC on" if key.signs_from > now else "signed before"


def _plain(key: SigningKey, signing: SigningKey | None, now: datetime) -> dict[str, object]:
    return {
        "key": key.id,
        "made_at": key.made_at.isoformat(),
        "signs_from": key.signs_from.isoformat(),
        "revoked_at": None if key.revoked_at is None else key.revoked_at.isoformat(),
        "state": _state(key, signing, now),
    }
