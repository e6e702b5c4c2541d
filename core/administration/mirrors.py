"""Groups that follow a Slack user group: who is in them is decided in Slack, and taken over as soon as it is known.

The Slack side says what it saw (`seen`); an admin only says which group follows what. Those of the user group whom nobody
is linked to are kept by their Slack ids, so that they are in the group the moment they are linked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.administration.following import Change, remirror
from core.administration.groups import GroupWithMembers, say_anew, the_group, with_members
from core.administration.office import Office, four_eyes, must_manage, must_oversee
from core.errors import Conflict, Invalid
from core.model.installation import Unmapped
from core.model.mirror import Mirror, Mirrored
from core.model.organisation import Group
from core.model.people import Actor
from core.model.requirement import Source
from core.phrases import phrase
from core.ports import Idempotency, Reader, Transaction

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
FOLLOWED: Final = re.compile(r"[A-Z0-9]{1,40}/[A-Z0-9]{1,40}")


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A mirrored group, and those of its user group who stand for no member, with what is known of them."""

    mirror: Mirror
    users: tuple[Unmapped | Mirrored, ...]


class Mirrors(Office):
    async def list(self, actor: Actor) -> Sequence[Unlinked]:
        """For admins: every mirrored group, and who of it is missing here."""

        def look(reader: Reader) -> Sequence[Unlinked]:
            must_oversee(reader, actor)
            return [unlinked_of(reader, mirror) for mirror in reader.mirrors(actor.organisation)]

        return await self._store.read(look)

    async def followed(self, organisation: str) -> Sequence[Mirror]:
        """For whoever looks in Slack."""
        return await self._store.read(lambda reader: reader.mirrors(organisation))

    async def users(self, group: str) -> frozenset[str]:
        """Slack ids of everybody in the user group a group follows, as last seen."""
        found = await self._store.read(lambda reader: reader.mirrored_users(group))
        return frozenset(one.user for one in found)

    async def unknown(self, organisation: str, group: str) -> frozenset[str]:
        """Those of them of whom nothing is known yet: neither linked nor looked up in vain."""

        def look(reader: Reader) -> frozenset[str]:
            missing = (one for one in reader.mirrored_users(group) if one.member is None)
            new = (one for one in missing if reader.unmapped_user(organisation, one.issuer, one.user) is None)
            return frozenset(one.user for one in new)

        return await self._store.read(look)

    @four_eyes("groups")
    async def start(
        self, actor: Actor, follows: str, name: str, *, once: Idempotency | None = None
    ) -> GroupWithMembers:
        """Let the group of this name follow a user group (`<workspace>/<user group>`); a new one where there is none.

        One that was kept by hand keeps its people until Slack has said who is in the user group.
        """
        repeat = await self._replayed(once)

        def look(reader: Reader) -> Group | None:
            must_manage(reader, actor)
            _must_be_a_name(name)
            _must_be_a_user_group(follows)
            present = reader.group_by_name(actor.organisation, name)
            if not repeat:
                _must_be_free(reader, actor.organisation, follows, present)
            return present

        present = await self._store.read(look)

        def work(tx: Transaction) -> str:
            group = present or Group(f"grp_{self._fresh()}", actor.organisation, name, None, tx.now())
            tx.put(replace(group, mirrors=follows))
            tx.note_mirror(group.id, None, None)
            payload = {"group": group.id, "name": name, "follows": follows, "kept_by_hand_before": present is not None}
            tx.log(actor.organisation, "group_mirrored", actor, payload)
            return group.id

        made = await self._change(work, once)
        return await self._store.read(
            lambda reader: with_members(reader, the_group(reader, actor.organisation, made.id))
        )

    async def follow(
        self, actor: Actor, wanted: str, user_group: str, workspace: str | None, *, once: Idempotency | None = None
    ) -> GroupWithMembers:
        """Let this group follow a user group of one of the organisation's own workspaces; of its only one, if none is named."""

        def look(reader: Reader) -> tuple[str, str]:
            must_manage(reader, actor)
            group = the_group(reader, actor.organisation, wanted)
            here = [one.workspace for one in reader.installations(actor.organisation) if one.is_active]
            return group.name, _the_workspace(here, workspace)

        name, place = await self._store.read(look)
        return await self.start(actor, f"{place}/{user_group}", name, once=once)

    @four_eyes("groups")
    async def stop(self, actor: Actor, wanted: str, *, once: Idempotency | None = None) -> GroupWithMembers:
        """From now on kept by hand, with the people it has."""
        repeat = await self._replayed(once)

        def look(reader: Reader) -> Group:
            must_manage(reader, actor)
            group = the_group(reader, actor.organisation, wanted)
            if group.mirrors is None and not repeat:
                raise Conflict(
                    phrase("@{group} follows no Slack user group; nothing needs to be changed.", group=group.name)
                )
            return group

        group = await self._store.read(look)

        def work(tx: Transaction) -> str:
            tx.put(replace(group, mirrors=None))
            tx.stop_following(group.id)
            payload = {"group": group.id, "name": group.name, "followed": group.mirrors}
            tx.log(actor.organisation, "group_unmirrored", actor, payload)
            return group.id

        await self._change(work, once)
        return await self._store.read(
            lambda reader: with_members(reader, the_group(reader, actor.organisation, group.id))
        )

    # What Slack says.

    async def seen(self, actor: Actor, group: str, issuer: str, users: Iterable[str], handle: str | None) -> Change:
        """These Slack users are in the user group now, and it is called so (None: as before)."""
        wanted = tuple(users)

        def work(tx: Transaction) -> Change:
            present = tx.group(actor.organisation, group)
            if present is None or present.mirrors is None:
                return Change()
            tx.follow_users(group, issuer, wanted)
            change = remirror(tx, actor, group)
            name, problem = _rename(tx, actor, present, handle)
            tx.note_mirror(group, tx.now(), problem)
            return replace(change, name=name)

        change = await self._store.transact(work, chore=True)
        self._look_after(actor.organisation, group, change)
        return change

    async def gone(self, actor: Actor, group: str, users: Iterable[str]) -> Change:
        """These have just left the user group; whoever came is believed only when Slack is asked."""
        leaving = frozenset(users)

        def work(tx: Transaction) -> Change:
            present = tx.group(actor.organisation, group)
            if present is None or present.mirrors is None:
                return Change()
            left = [one for one in tx.mirrored_users(group) if one.user not in leaving]
            if left:
                tx.follow_users(group, left[0].issuer, [one.user for one in left])
            else:
                tx.follow_users(group, "", ())
            return remirror(tx, actor, group)

        change = await self._store.transact(work, chore=True)
        self._look_after(actor.organisation, group, change)
        return change

    async def failed(self, actor: Actor, group: str, problem: str) -> bool:
        """It could not be followed; the people stay. True when that is news."""

        def work(tx: Transaction) -> bool:
            before = next((one for one in tx.mirrors(actor.organisation) if one.group.id == group), None)
            if before is None:
                return False
            tx.note_mirror(group, tx.now(), problem)
            if before.problem == problem:
                return False
            tx.log(actor.organisation, "group_not_followed", actor, {"group": group, "problem": problem})
            return True

        return await self._store.transact(work, chore=True)

    def _look_after(self, organisation: str, group: str, change: Change) -> None:
        for member in sorted(change.went):
            self._people_changed(organisation, f"member:{member}")
        if change.went or change.name:
            self._people_changed(organisation, f"group:{group}")


def _rename(tx: Transaction, actor: Actor, group: Group, handle: str | None) -> tuple[str | None, str | None]:
    """Called as in Slack: the new name, or what stands in its way."""
    name = handle or group.name
    if name == group.name:
        return None, None
    if NAME.fullmatch(name) is None:
        return None, phrase(
            "Slack calls it @{name} now, which cannot be a name here, so it stays @{group}.",
            name=name[:60],
            group=group.name,
        )
    if tx.group_by_name(group.organisation, name) is not None:
        return None, phrase(
            "Slack calls it @{name} now, but there is another group of that name here; rename that one.", name=name
        )
    tx.put(replace(group, name=name))
    say_anew(tx, actor, Source(f"group:{group.id}", f"@{name}"))
    tx.log(actor.organisation, "group_renamed", actor, {"group": group.id, "name": name, "was": group.name})
    return name, None


def _must_be_a_name(name: str) -> None:
    if NAME.fullmatch(name) is None:
        raise Invalid(
            phrase(
                "The user group's handle '{name}' cannot be the name of a group here; "
                "give it one of small letters, digits, dots and dashes in Slack.",
                name=name[:60],
            ),
            field="name",
        )


def _the_workspace(here: Sequence[str], wanted: str | None) -> str:
    if wanted is None and len(here) == 1:
        return here[0]
    if wanted in here and wanted is not None:
        return wanted
    raise Invalid(
        phrase("Say which workspace the user group is in: one of {workspaces}.", workspaces=", ".join(here))
        if here
        else phrase("The app is installed in no workspace of this organisation; install it first."),
        field="workspace",
    )


def _must_be_a_user_group(follows: str) -> None:
    if FOLLOWED.fullmatch(follows) is None:
        raise Invalid(
            phrase("That user group cannot be followed; choose one that Slack offers after @."), field="follows"
        )


def _must_be_free(reader: Reader, organisation: str, follows: str, present: Group | None) -> None:
    other = next((one.group for one in reader.mirrors(organisation) if one.follows == follows), None)
    if other is not None:
        raise Conflict(
            phrase("@{other} follows that user group already; nothing needs to be changed.", other=other.name)
        )
    if present is not None and present.mirrors is not None:
        raise Conflict(
            phrase(
                "@{present} follows another Slack user group; let it stop with /countersign groups unmirror first.",
                present=present.name,
            )
        )


def unlinked_of(reader: Reader, mirror: Mirror) -> Unlinked:
    missing = (one for one in reader.mirrored_users(mirror.group.id) if one.member is None)
    organisation = mirror.group.organisation
    return Unlinked(mirror, tuple(reader.unmapped_user(organisation, one.issuer, one.user) or one for one in missing))
