"""How a person gets a token: a one-time code shown privately in Slack, typed into a terminal within five minutes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from core.administration.office import Office, must_manage, must_oversee, the_member
from core.errors import NotAllowed, NotFound, TooSoon
from core.model.organisation import Token
from core.model.people import Actor, Way
from core.phrases import phrase
from core.ports import Reader, Store, Transaction
from core.secrets import LOGIN, LOGIN_TO_DECIDE, TOKEN, Pepper, new_login_code, new_secret, plain_code

CODE_LIVES: Final = timedelta(minutes=5)
TOKEN_LIVES: Final = timedelta(hours=12)
WRONG_PER_MINUTE: Final = 10
WRONG_PER_MINUTE_IN_ALL: Final = 300


class WrongCode(NotAllowed):
    """The code is unknown, used or too old; which of these is nobody's business."""

    code = "unauthorized"


@dataclass(frozen=True, slots=True)
class NewToken:
    """`secret` is there once: it is not stored."""

    token: Token
    secret: str


class Logins(Office):
    def __init__(self, store: Store, fresh: Callable[[], str], pepper: Pepper) -> None:
        super().__init__(store, fresh)
        self._pepper = pepper
        self._guesses = Guesses()
        self._listeners: list[Callable[[Token], None]] = []

    def subscribe(self, listener: Callable[[Token], None]) -> None:
        """Called with each new token, on the loop: its member should hear that somebody logged in as them."""
        self._listeners.append(listener)

    async def show_code(self, actor: Actor, *, may_decide: bool = False) -> str:
        """A one-time code for the member, to be shown to them alone; `may_decide` is what they ticked."""
        if not actor.is_member:
            raise NotAllowed(phrase("Only a member can log in; ask an admin to add you."))
        code = new_login_code()
        hashed = self._pepper.hash(plain_code(code), LOGIN_TO_DECIDE if may_decide else LOGIN)

        def work(tx: Transaction) -> None:
            tx.keep_login_code(hashed, actor.organisation, actor.id, tx.now() + CODE_LIVES)
            tx.log(actor.organisation, "login_code_shown", actor, {"member": actor.id, "may_decide": may_decide})

        await self._store.transact(work)
        return code

    async def exchange(self, code: str, label: str, *, origin: str) -> NewToken:
        """The token for a code, which is used up. Too many wrong codes from one `origin` must wait."""
        self._guesses.must_be_few(origin)
        secret, plain = new_secret(TOKEN), plain_code(code)
        made = await self._store.transact(lambda tx: self._exchange(tx, plain, label, secret))
        if made is None:
            self._guesses.add(origin)
            raise WrongCode(
                phrase("This code is wrong, used or older than five minutes; ask /countersign login for a new one.")
            )
        for listener in self._listeners:
            listener(made)
        return NewToken(made, secret)

    def _exchange(self, tx: Transaction, code: str, label: str, secret: str) -> Token | None:
        for purpose in (LOGIN, LOGIN_TO_DECIDE):
            taken = tx.take_login_code(self._pepper.hash(code, purpose))
            if taken is not None:
                return self._keep(tx, taken, label, secret, may_decide=purpose == LOGIN_TO_DECIDE)
        return None

    def _keep(self, tx: Transaction, whose: tuple[str, str], label: str, secret: str, *, may_decide: bool) -> Token:
        organisation, member = whose
        now = tx.now()
        token = Token(
            f"tok_{self._fresh()}", organisation, member, label, may_decide, now, now + TOKEN_LIVES, revoked_at=None
        )
        tx.put(token)
        tx.keep_token_hash(token.id, self._pepper.hash(secret, TOKEN))
        actor = Actor("member", member, member, organisation, Way.TOKEN)
        payload = {"token": token.id, "member": member, "label": label, "may_decide": may_decide}
        tx.log(organisation, "token_added", actor, payload)
        return token

    async def tokens(self, actor: Actor, member: str | None = None) -> Sequence[Token]:
        """One's own, or as an admin somebody's."""
        return await self._tokens(actor, member, must_oversee)

    async def _tokens(self, actor: Actor, member: str | None, may: Callable[[Reader, Actor], None]) -> Sequence[Token]:
        return await self._store.read(
            lambda reader: reader.tokens(actor.organisation, _whose(reader, actor, member, may))
        )

    async def revoke(self, actor: Actor, token: str, member: str | None = None) -> Token:
        """One's own, or as an admin somebody's; revoking twice is no error."""
        found = next((one for one in await self._tokens(actor, member, must_manage) if one.id == token), None)
        if found is None:
            raise NotFound(phrase("There is no such token of yours; look at the list of tokens."))
        return await self._revoke(actor, found, "token_revoked", {"token": token, "member": found.member})


def _whose(reader: Reader, actor: Actor, member: str | None, may: Callable[[Reader, Actor], None]) -> str:
    if member is None or member == actor.id:
        if not actor.is_member:
            raise NotAllowed(phrase("A machine has no personal tokens; log in as a person."))
        return actor.id
    may(reader, actor)
    return the_member(reader, actor, member).id


class Guesses:
    """Wrong codes of the last minute, per origin and in all. Each process counts its own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._all: deque[tuple[float, str]] = deque()

    def add(self, origin: str) -> None:
        self._all.append((self._clock(), origin))

    def must_be_few(self, origin: str) -> None:
        minute_ago = self._clock() - 60
        while self._all and self._all[0][0] <= minute_ago:
            self._all.popleft()
        mine = [at for at, whose in self._all if whose == origin]
        if len(mine) >= WRONG_PER_MINUTE or len(self._all) >= WRONG_PER_MINUTE_IN_ALL:
            first = mine[0] if len(mine) >= WRONG_PER_MINUTE else self._all[0][0]
            raise TooSoon(
                phrase("Too many wrong codes; wait a minute and ask /countersign login for a new one."),
                retry_after=max(1, round(first - minute_ago)),
            )
