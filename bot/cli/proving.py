"""`receipt` and `verify`: the signed proof that something was approved, fetched and checked."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from bot.cli.ending import NOT_ALLOWED, REFUSED, USAGE, Ending, tell
from bot.cli.pairs import FILE, object_in, pairs
from bot.cli.there import PIPELINE, AsJson, Id, server, speaking
from countersign_client import Countersign, Expected, NotLoggedIn, Receipt, ReceiptRefused, Request
from countersign_client.receipts import verify as check

TOO_LATE: Final = 4
NO_LONGER: Final = 5
EDITED: Final = 6
NOT_GENUINE: Final = frozenset({"malformed", "forged", "unknown_key", "not_approved"})
OF_OTHERS: Final = {"too_late": TOO_LATE, "edited": EDITED}
DOTS: Final = 2
"""In a receipt, a compact JWS."""

LONGEST: Final = 255
"""Characters up to which what is said may be a file's name; a receipt is always longer."""


def receipt(id: Id, *, json: AsJson = False) -> int:
    """Print the signed proof that a request was approved."""
    with server(patience=PIPELINE) as client:
        token = client.requests.receipt(id)
    tell({"receipt": token}) if json else print(token)
    return 0


def _option(words: str) -> Parameter:
    return Parameter(help=words, negative="")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is about to be done, and by whom; what is not said is not looked at."""

    action: Annotated[str | None, _option("What is about to be done.")] = None
    param: Annotated[
        list[str] | None, _option("A parameter of it, name=text or name:=json; again for more. All of them.")
    ] = None
    params: Annotated[
        Path | None, FILE, _option("A file with all parameters as a JSON object; - is standard input.")
    ] = None
    action_digest: Annotated[str | None, _option("In place of action and parameters.")] = None
    organisation: Annotated[str | None, _option("The organisation it must be of.")] = None
    project: Annotated[str | None, _option("The project it must be of, by id.")] = None
    type: Annotated[str | None, _option("The type it must be of.")] = None
    request: Annotated[str | None, _option("The request it must be of, by id.")] = None
    agent: Annotated[str | None, _option("Whom it must have been issued to, like agent:agt_01J….")] = None
    issuer: Annotated[str | None, _option("The server it must come from.")] = None
    accept_edits: Annotated[
        bool,
        _option("Also what approvers changed; without, it must be as asked, or what is about to be done be said here."),
    ] = False
    late: Annotated[bool, _option("Also when the time to act is over: to look back.")] = False

    def expected(self) -> Expected:
        return Expected(
            issuer=self.issuer,
            organisation=self.organisation,
            project=self.project,
            type=self.type,
            request=self.request,
            agent=self.agent,
            action_digest=self.action_digest,
            action=self.action,
            params=self._params(),
            edits_accepted=self.accept_edits or self._says_what(),
            late=self.late,
        )

    def _says_what(self) -> bool:
        return bool(self.action or self.param or self.params or self.action_digest)

    def _params(self) -> Mapping[str, Any] | None:
        if not self.param and self.params is None:
            return None
        return ({} if self.params is None else object_in(self.params, "--params")) | pairs(self.param, "--param")


NOTHING_SAID: Final = Wanted()


def verify(
    receipt: Annotated[str, FILE, Parameter(help="The receipt, or a file that holds it; - is standard input.")],
    *,
    keys: Annotated[
        Path | None,
        FILE,
        Parameter(help="The key set, as /.well-known/jwks.json gives it; - is standard input. Then no server."),
    ] = None,
    wanted: Wanted = NOTHING_SAID,
    json: AsJson = False,
) -> int:
    """Check that a receipt is genuine, and is for exactly what is about to be done.

    That it is done once only no receipt can say: claim it.
    """
    try:
        found, now = _checked(_text(receipt), keys, wanted.expected())
    except ReceiptRefused as refused:
        said = {"valid": False, "reason": refused.reason} if json else None
        raise Ending(str(refused), _code(refused), said) from None
    if now is not None and (now.discarded or now.superseded_by):
        what = "discarded" if now.discarded else "superseded"
        raise Ending(f"#{found.number} was approved, but has been {what} since.", NO_LONGER)
    _say(found, now, json=json)
    return 0


def _code(refused: ReceiptRefused) -> int:
    return REFUSED if refused.reason in NOT_GENUINE else OF_OTHERS.get(refused.reason, NOT_ALLOWED)


def _checked(token: str, keys: Path | None, expected: Expected) -> tuple[Receipt, Request | None]:
    """What it says and, where a server was asked, how the request stands now, if it is ours to see."""
    if keys is not None:
        with speaking(ReceiptRefused):
            return check(token, object_in(keys, "--keys"), expected), None
    with server(patience=PIPELINE, letting_through=ReceiptRefused) as client:
        found = client.verify(token, expected)
        return found, _now(client, found)


def _now(client: Countersign, found: Receipt) -> Request | None:
    try:
        return client.requests.get(found.request)
    except NotLoggedIn:
        return None


def _text(said: str) -> str:
    if said == "-":
        return sys.stdin.read()
    try:
        if len(said) < LONGEST and Path(said).is_file():
            return Path(said).read_text("utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        raise Ending(f"{said[:60]} cannot be read; is it there, and is it text?", USAGE) from None
    if said.count(".") != DOTS:
        raise ReceiptRefused("malformed", f"There is no file {said[:60]}, and this is no receipt: it cannot be read.")
    return said


def _say(found: Receipt, now: Request | None, *, json: bool) -> None:
    state = None if now is None or now.execution is None else now.execution.status
    if json:
        tell({"valid": True, "execution_status": state, "claims": dict(found.raw)})
        return
    by = ", ".join(decider.name for decider in found.deciders) or found.cause or "nobody"
    print(f"Genuine: #{found.number} ({found.request}) was {found.status.replace('_', ' ')}, by {by}.")
    print(f"Issued to {found.agent}, by {found.issuer}, of organisation {found.organisation}.")
    if found.edits:
        print(f"Changed by approvers: {', '.join(sorted(found.edits))}.")
    if found.execute_by is not None:
        over = "was" if datetime.now(UTC) >= found.execute_by else "is"
        print(f"It {over} to be acted on until {found.execute_by:%Y-%m-%d %H:%M} UTC.")
    if state is not None:
        print(f"Its execution is {state} now." if state != "pending" else "Nobody has claimed it yet.")
