"""Slack workspaces: who may bring one in, what becomes of it, and how one organisation comes to have several.

A workspace is an organisation of its own, unless it is installed by an invitation of the host into the first one, belongs
to an Enterprise organisation that is here already, or an admin of it offers it and an admin of another one takes it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from core.administration.following import remirror
from core.administration.office import Office, four_eyes, must_manage, must_oversee
from core.administration.organisations import Organisations
from core.administration.schedules import Sealing
from core.errors import Conflict, NotAllowed, NotFound, Unavailable
from core.model.installation import (
    INSTALLING,
    INVITING,
    JOINING,
    Installation,
    InstallState,
    Pass,
    Source,
    place_of,
)
from core.model.organisation import Grant, Member, Organisation
from core.model.people import Actor, Role, Way
from core.model.request import OPEN
from core.phrases import phrase
from core.ports import Filter, Idempotency, Reader, Store, Transaction
from core.secrets import Pepper, new_login_code, plain_code

STATE_LIVES: Final = timedelta(minutes=10)
INVITE_LIVES: Final = timedelta(days=7)
OFFER_LIVES: Final = timedelta(days=1)
"""So long that with four eyes on another admin can agree meanwhile."""

CLOSED: Final = "closed"
INVITED: Final = "invite"

Changed = Callable[[Installation], None]


@dataclass(frozen=True, slots=True)
class Granted:
    """What Slack gave when the app was installed. `by` is the Slack user who did it, with the address that proves them."""

    team: str | None
    enterprise: str | None
    enterprise_wide: bool
    name: str
    app: str
    bot_user: str
    bot: str
    scopes: tuple[str, ...]
    token: str
    by: str | None = None
    email: str | None = None
    person: str = ""

    @property
    def workspace(self) -> str:
        return (self.enterprise if self.enterprise_wide else self.team) or ""


@dataclass(frozen=True, slots=True)
class Begun:
    """An installation on its way: `state` goes to Slack and comes back, `browser` stays in a cookie."""

    state: str
    browser: str


@dataclass(frozen=True, slots=True)
class Here:
    """What came of an installation: `fresh` where the workspace was not here before."""

    installation: Installation
    organisation: Organisation
    fresh: bool


class Installations(Office):
    """`organisations` makes the new ones; `pepper` keeps passes, `sealing` tokens."""

    def __init__(
        self,
        store: Store,
        fresh: Callable[[], str],
        organisations: Organisations,
        pepper: Pepper,
        sealing: Sealing | None,
    ) -> None:
        super().__init__(store, fresh)
        self._organisations = organisations
        self._pepper = pepper
        self._sealing = sealing
        self._listeners: list[Changed] = []

    def subscribe(self, listener: Changed) -> None:
        """Called on the loop with each workspace that was installed, changed or went away, by this process."""
        self._listeners.append(listener)

    async def list(self, actor: Actor) -> Sequence[Installation]:
        """Those of the actor's organisation."""

        def look(reader: Reader) -> Sequence[Installation]:
            must_oversee(reader, actor)
            return reader.installations(actor.organisation)

        return await self._store.read(look)

    async def all(self) -> Sequence[Installation]:
        """Of every organisation, for whoever serves them."""
        return await self._store.read(lambda reader: reader.installations())

    def token(self, installation: Installation) -> str:
        """The bot token in clear; `Unavailable` where no present key opens it."""
        return self._must_seal().unseal(installation.sealed_token, installation.place)

    # Who may.

    async def invite(self, actor: Actor, mode: str) -> str:
        """A one-time code by which one workspace may be installed; the host's first one is for the first organisation.

        Where installing is closed, only whoever has the host invites.
        """
        await self._store.read(lambda reader: must_manage(reader, actor))
        if mode == CLOSED and actor.kind != "system":
            raise NotAllowed(
                phrase(
                    "Only whoever runs this server can invite a workspace here, with countersign workspaces invite; ask them."
                )
            )
        code = secrets.token_urlsafe(24)

        def work(tx: Transaction) -> None:
            unused = actor.kind == "system" and not tx.installations(actor.organisation)
            into = actor.organisation if unused else None
            hashed = self._pepper.hash(code, INVITING)
            tx.keep_pass(Pass(hashed, INVITING, into, _member(actor), "", tx.now() + INVITE_LIVES))
            tx.log(actor.organisation, "workspace_invited", actor, {"into": into})

        await self._store.transact(work)
        return code

    async def begin(self, mode: str, invite: str | None) -> Begun:
        """The way to Slack; refused where nobody may install, or with an invitation that is not good (any more)."""
        hashed = "" if not invite else self._pepper.hash(invite, INVITING)
        found = None if not hashed else await self._store.transact(lambda tx: tx.find_pass(hashed, INVITING))
        if hashed and found is None:
            raise NotAllowed(
                phrase("This invitation was used already or is too old; ask whoever gave it to you for another.")
            )
        if mode == INVITED and found is None:
            raise NotAllowed(phrase("Countersign is added to a workspace by invitation here; ask an admin for one."))
        again = found is not None or any(one.source is Source.OAUTH for one in await self.all())
        if mode == CLOSED and not again:
            raise NotAllowed(
                phrase(
                    "No workspace may be added here; whoever runs this server can allow it with COUNTERSIGN_INSTALL."
                )
            )
        now, browser = await self._store.read(lambda reader: reader.now()), secrets.token_urlsafe(24)
        said = f"{int((now + STATE_LIVES).timestamp())}.{secrets.token_urlsafe(18)}.{hashed}"
        return Begun(f"{said}.{self._signed(said, browser)}", browser)

    def _signed(self, said: str, browser: str) -> str:
        return self._pepper.hash(f"{said}.{self._pepper.hash(browser, 'browser')}", INSTALLING)

    async def returned(self, state: str, browser: str) -> str:
        """The invitation's hash of a state that came back in time, for the first time, to the browser it was given to."""
        said, _, signature = state.rpartition(".")
        parts = said.split(".")
        if (
            len(parts) != 3
            or not parts[0].isdigit()
            or not secrets.compare_digest(signature.encode(), self._signed(said, browser).encode())
        ):
            raise NotAllowed(
                phrase("This was not begun in this browser; begin again from the install page."), code="bad_state"
            )
        used = Pass(self._pepper.hash(parts[1], INSTALLING), INSTALLING, None, None, "", _moment(parts[0]))

        def work(tx: Transaction) -> bool:
            return used.expires_at > tx.now() and tx.keep_pass(used)

        if not await self._store.transact(work):
            raise NotAllowed(
                phrase("This was used already or took longer than ten minutes; begin again."), code="bad_state"
            )
        return parts[2]

    # What becomes of it.

    async def of_environment(self, granted: Granted, organisation: str) -> Installation:
        """The workspace of `SLACK_BOT_TOKEN`: the first organisation's, unless it is here already."""

        def work(tx: Transaction) -> Installation:
            present = tx.installation_in(granted.workspace)
            owner = organisation if present is None else present.organisation
            made = self._made(granted, owner, present, tx.now(), Source.ENVIRONMENT)
            if present is not None and self._says_the_same(present, made, granted.token):
                return present
            tx.put_installation(made)
            tx.wake_deliveries(owner)
            return made

        return await self._store.transact(work)

    def _says_the_same(self, present: Installation, made: Installation, token: str) -> bool:
        """So that a restart, or one replica more, closes nothing anywhere."""
        if replace(made, sealed_token=present.sealed_token, installed_at=present.installed_at) != present:
            return False
        try:
            return self.token(present) == token
        except Unavailable:
            return False

    async def install(self, granted: Granted, *, mode: str, invite: str) -> Here:
        """Keep what Slack gave: new, or again with another token and other scopes."""
        here = await self._store.transact(
            lambda tx: tx.within(lambda inner, reader: self._install(inner, reader, granted, mode, invite))
        )
        self._tell(here.installation)
        return here

    def _install(self, tx: Transaction, reader: Reader, granted: Granted, mode: str, invite: str) -> Here:
        used = tx.take_pass(invite, INVITING) if invite else None
        present = tx.installation_in(granted.workspace)
        if present is None and used is None and (invite or mode in (CLOSED, INVITED)):
            raise NotAllowed(
                phrase("This workspace may not be added here; ask whoever runs Countersign for an invitation.")
            )
        organisation = self._organisation(tx, reader, granted, present, used)
        made = self._made(granted, organisation.id, present, tx.now(), Source.OAUTH)
        tx.put_installation(made)
        tx.wake_deliveries(organisation.id)
        actor = _installer(organisation.id, granted)
        payload = {"workspace": made.workspace, "name": made.name, "scopes": list(made.scopes), "by": granted.by}
        tx.log(organisation.id, "workspace_installed", actor, payload)
        return Here(made, organisation, fresh=present is None)

    def _organisation(
        self, tx: Transaction, reader: Reader, granted: Granted, present: Installation | None, used: Pass | None
    ) -> Organisation:
        """Where it belongs; a new organisation begins with whoever installed it as its admin."""
        if present is not None:
            owner = _must_exist(reader.organisation(present.organisation))
            if present.source is Source.OAUTH and len(reader.installations(owner.id)) == 1:
                self._admit(tx, reader, owner, granted)
            return owner
        if used is not None and used.organisation is not None:
            into = _must_exist(reader.organisation(used.organisation))
            if not tx.installations(into.id):
                self._admit(tx, reader, into, granted)
                return into
        beside = {one.organisation for one in tx.installations() if _same_enterprise(one, granted)}
        if len(beside) == 1:
            return _must_exist(reader.organisation(beside.pop()))
        organisation = self._organisations.make(tx, granted.name or granted.workspace)
        self._admit(tx, reader, organisation, granted)
        return organisation

    def _admit(self, tx: Transaction, reader: Reader, organisation: Organisation, granted: Granted) -> None:
        """The first admin, where there is none yet: else nobody could set anything up."""
        has_one = any(one.role is Role.ADMIN and one.project is None for one in reader.grants(organisation.id))
        if has_one or granted.email is None:
            return
        known = reader.member_by_email(organisation.id, granted.email)
        member = known or Member(
            f"mem_{self._fresh()}", organisation.id, granted.email, granted.person, active=True, created_at=tx.now()
        )
        tx.put(member)
        tx.grant(Grant(organisation.id, None, f"member:{member.id}", Role.ADMIN))
        payload = {"member": member.id, "email": member.email, "name": member.name, "roles": ["admin"]}
        tx.log(organisation.id, "member_added", _installer(organisation.id, granted), payload)

    def _made(
        self, granted: Granted, organisation: str, present: Installation | None, now: datetime, source: Source
    ) -> Installation:
        id = present.id if present is not None else f"ins_{self._fresh()}"
        return Installation(
            id=id,
            organisation=organisation,
            team=granted.team,
            enterprise=granted.enterprise,
            enterprise_wide=granted.enterprise_wide,
            name=granted.name,
            app=granted.app,
            bot_user=granted.bot_user,
            bot=granted.bot,
            scopes=granted.scopes,
            sealed_token=self._must_seal().seal(granted.token, place_of(id)),
            installed_by=granted.by,
            installed_at=now,
            state=InstallState.ACTIVE,
            source=source,
        )

    async def ended(self, workspace: str, state: InstallState, since: int | None = None) -> Installation | None:
        """Slack says that the app was removed there, or its token taken back; None where it is so already.

        `since` is when, in seconds: word that comes late, after the app was installed anew, ends nothing.
        """

        def work(tx: Transaction) -> Installation | None:
            present = tx.installation_in(workspace)
            if present is None or not present.is_active or _is_older(since, present):
                return None
            gone = replace(present, state=state)
            tx.put_installation(gone)
            payload = {"workspace": workspace, "name": present.name, "state": state.value}
            tx.log(present.organisation, "workspace_gone", _slack(present.organisation), payload)
            return gone

        gone = await self._store.transact(work)
        if gone is not None:
            self._tell(gone)
        return gone

    # Several workspaces, one organisation.

    async def offer(self, actor: Actor, workspace: str) -> str:
        """A one-time code with which an admin elsewhere takes this workspace into their organisation."""

        def look(reader: Reader) -> None:
            must_manage(reader, actor)
            if not actor.is_member:
                raise NotAllowed(phrase("Only a person can offer a workspace; do it in Slack."))
            _must_be_free(reader, actor.organisation, workspace)

        await self._store.read(look)
        code = new_login_code()

        def work(tx: Transaction) -> None:
            hashed = self._pepper.hash(plain_code(code), JOINING)
            until = tx.now() + OFFER_LIVES
            tx.keep_pass(Pass(hashed, JOINING, actor.organisation, actor.id, workspace, until))
            tx.log(actor.organisation, "workspace_offered", actor, {"workspace": workspace, "member": actor.id})

        await self._store.transact(work)
        return code

    @four_eyes("workspaces")
    async def join(self, actor: Actor, code: str, *, once: Idempotency | None = None) -> Installation:
        """Take the workspace that was offered with this code into the actor's organisation.

        Its people are linked anew, to members of this organisation; what was asked in its own stays there, ended.
        """
        await self._store.read(lambda reader: must_manage(reader, actor))
        hashed = self._pepper.hash(plain_code(code), JOINING)
        offered = _good(await self._store.transact(lambda tx: tx.find_pass(hashed, JOINING)), actor)

        def work(tx: Transaction) -> str:
            taken = tx.take_pass(hashed, JOINING)
            present = None if taken is None else tx.installation_in(taken.bound)
            if present is None or present.organisation != offered.organisation:
                raise NotFound(WRONG_CODE)
            moved = replace(present, organisation=actor.organisation)
            tx.put_installation(moved)
            tx.oust(present.organisation, present.issuer)
            for mirror in tx.mirrors(present.organisation):
                remirror(tx, _slack(present.organisation), mirror.group.id)
            payload = {"workspace": moved.workspace, "name": moved.name, "from": present.organisation}
            tx.log(actor.organisation, "workspace_joined", actor, payload)
            tx.log(present.organisation, "workspace_left", _slack(present.organisation), payload | {"by": actor.id})
            return moved.workspace

        await self._store.read(lambda reader: _must_be_free(reader, offered.organisation or "", offered.bound))
        made = await self._change(work, once)
        moved = await self._store.read(lambda reader: reader.installation_in(made.id))
        if moved is None:
            raise NotFound(WRONG_CODE)
        if not self._was_asked:
            self._tell(moved)
        return moved

    def _tell(self, installation: Installation) -> None:
        for listener in self._listeners:
            self._afterwards(partial(listener, installation))

    def _must_seal(self) -> Sealing:
        if self._sealing is None:
            raise Unavailable(phrase("This process keeps no tokens; the server does."))
        return self._sealing


WRONG_CODE: Final = phrase("This code is wrong, used or too old; ask an admin of the other workspace for a new one.")


def missing_scopes(installation: Installation, wanted: Mapping[str, object] | Sequence[str]) -> tuple[str, ...]:
    """What the app asks for by now and was not granted when it was installed."""
    return tuple(scope for scope in wanted if scope not in installation.scopes)


def _good(found: Pass | None, actor: Actor) -> Pass:
    if found is None:
        raise NotFound(WRONG_CODE)
    if found.organisation == actor.organisation:
        raise Conflict(
            phrase("That workspace belongs to this organisation already; nothing needs to be changed."),
            code="already_exists",
        )
    return found


def _must_be_free(reader: Reader, organisation: str, workspace: str) -> None:
    """An organisation gives its only workspace away when nothing there is under way and nobody else must agree."""
    owner = _must_exist(reader.organisation(organisation))
    here = [one for one in reader.installations(organisation) if one.workspace == workspace and one.is_active]
    if not here:
        raise NotFound(phrase("This workspace is not installed here any more; install it again first."))
    if owner.four_eyes:
        raise Conflict(phrase("Four eyes are on in the organisation it would leave; switch them off there first."))
    others = [one for one in reader.installations(organisation) if one.workspace != workspace and one.is_active]
    wanted = Filter(statuses=frozenset(status.value for status in OPEN))
    still = () if others else reader.requests(organisation, wanted, cursor=None, limit=1).requests
    if still:
        raise Conflict(
            phrase(
                "#{still} is still open there; let every request of that workspace end, or cancel it, first.",
                still=still[0].number,
            ),
            code="still_open",
        )


def _must_exist(found: Organisation | None) -> Organisation:
    if found is None:
        raise Conflict(phrase("This organisation is gone; ask whoever runs this server."))
    return found


def _same_enterprise(one: Installation, granted: Granted) -> bool:
    return granted.enterprise is not None and one.enterprise == granted.enterprise


def _member(actor: Actor) -> str | None:
    return actor.id if actor.is_member else None


def _installer(organisation: str, granted: Granted) -> Actor:
    by = granted.by or "somebody"
    return Actor("stranger", f"{granted.workspace}/{by}", granted.person or by, organisation, Way.SLACK)


def _slack(organisation: str) -> Actor:
    return Actor("system", "slack", "Slack", organisation, Way.SYSTEM)


def _is_older(since: int | None, present: Installation) -> bool:
    return since is not None and since < int(present.installed_at.timestamp())


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
