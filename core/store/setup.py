"""What admins set up, written: nouns whole, grants, group members, and the hashes of secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Executable, Table, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.codec import Codec
from core.errors import Conflict
from core.model.organisation import Agent, ApiKey, Grant, Group, Identity, Member, Organisation, Project, Token
from core.model.workload import Workload
from core.store import rows
from core.store.driver import Session
from core.store.mirroring import CAME
from core.store.tables import (
    agents,
    api_keys,
    grants,
    group_members,
    groups,
    identities,
    login_codes,
    members,
    mirrored_users,
    mirrors,
    organisations,
    projects,
    tokens,
    workloads,
)

Noun = Organisation | Member | Identity | Group | Project | Agent | ApiKey | Token | Workload

_TABLES: Final[Mapping[type[Noun], Table]] = {
    Organisation: organisations,
    Member: members,
    Identity: identities,
    Group: groups,
    Project: projects,
    Agent: agents,
    ApiKey: api_keys,
    Token: tokens,
    Workload: workloads,
}


def _put(kind: type[Noun], table: Table) -> Executable:
    """New, or whole in place of the one with its id; never over to another organisation."""
    names = [name for name in kind.__dataclass_fields__ if name in table.c]
    fresh = upsert(table).values({name: bindparam(name) for name in names})
    changed = {name: fresh.excluded[name] for name in names if name not in {"id", "organisation"}}
    same = table.c.organisation == fresh.excluded.organisation if "organisation" in table.c else None
    return fresh.on_conflict_do_update(index_elements=[table.c.id], set_=changed, where=same)


_PUT: Final = {kind: _put(kind, table) for kind, table in _TABLES.items()}
_UNPIN: Final = delete(identities).where(identities.c.id == bindparam("id"))
_EMPTY_GROUP: Final = delete(group_members).where(group_members.c.group == bindparam("group"))
_PRESENT: Final = select(group_members.c.member, group_members.c.since).where(
    group_members.c.group == bindparam("group")
)
_HELD: Final = select(groups.c.mirrors).where(groups.c.id == bindparam("group")).with_for_update(key_share=True)
_HELD_ORGANISATION: Final = (
    select(organisations.c.id).where(organisations.c.id == bindparam("id")).with_for_update(key_share=True)
)
_NOBODY_FOLLOWED: Final = delete(mirrored_users).where(mirrored_users.c.group == bindparam("group"))
_NOT_MIRRORED: Final = delete(mirrors).where(mirrors.c.group == bindparam("group"))
_DROP_GROUP: Final = delete(groups).where(groups.c.id == bindparam("group"))
_INTO_GROUP: Final = upsert(group_members).on_conflict_do_nothing()
_GRANT: Final = upsert(grants).on_conflict_do_nothing()
_REVOKE: Final = delete(grants).where(*(column == bindparam(column.name) for column in grants.c))
_KEY_HASH: Final = update(api_keys).where(api_keys.c.id == bindparam("b_id")).values(hashed=bindparam("hashed"))
_FIRST_KEY_HASH: Final = _KEY_HASH.where(api_keys.c.hashed.is_(None))
_TOKEN_HASH: Final = update(tokens).where(tokens.c.id == bindparam("b_id")).values(hashed=bindparam("hashed"))
_KEEP_CODE: Final = upsert(login_codes).on_conflict_do_nothing()
_CODE: Final = (
    select(login_codes.c.organisation, login_codes.c.member)
    .where(login_codes.c.hashed == bindparam("hashed"), login_codes.c.expires_at > bindparam("now"))
    .with_for_update()
)
_USE_CODE: Final = delete(login_codes).where(login_codes.c.hashed == bindparam("hashed"))


class Setup:
    """The part of a transaction that admins use."""

    _db: Session
    _codec: Codec

    def put(self, noun: Noun) -> None:
        statement = _PUT[type(noun)]
        changed = self._db.run(statement, rows.noun_values(noun, self._codec))
        if changed != 1:
            raise Conflict("This id belongs to another organisation; nothing was changed.")

    def hold(self, organisation: str) -> None:
        self._db.rows(_HELD_ORGANISATION, {"id": organisation})

    def unpin(self, identity: str) -> None:
        self._db.run(_UNPIN, {"id": identity})

    def set_group_members(self, group: str, members: Iterable[str]) -> None:
        """Whoever comes into a mirrored group comes when they came into the user group, as far as that was seen."""
        wanted = sorted(set(members))
        held = self._db.row(_HELD, {"group": group})  # two who set the same group come one after the other
        mirrored = held is not None and bool(held[0])
        present = {row[0]: row[1] for row in self._db.rows(_PRESENT, {"group": group})}
        came = {row[0]: row[1] for row in self._db.rows(CAME, {"group": group})} if mirrored else {}
        now = round(self._db.now().timestamp() * 1_000_000) if mirrored else None
        self._db.run(_EMPTY_GROUP, {"group": group})
        rows = [{"group": group, "member": one, "since": present.get(one, came.get(one, now))} for one in wanted]
        self._db.send(_INTO_GROUP, rows)

    def drop_group(self, group: Group) -> None:
        self._db.run(_NOBODY_FOLLOWED, {"group": group.id})
        self._db.run(_NOT_MIRRORED, {"group": group.id})
        self._db.run(_EMPTY_GROUP, {"group": group.id})
        self._db.run(_DROP_GROUP, {"group": group.id})

    def grant(self, grant: Grant) -> None:
        self._db.run(_GRANT, _grant_values(grant))

    def revoke(self, grant: Grant) -> None:
        self._db.run(_REVOKE, _grant_values(grant))

    def keep_key_hash(self, key: str, hashed: str) -> None:
        self._db.run(_KEY_HASH, {"b_id": key, "hashed": hashed})

    def keep_first_key_hash(self, key: str, hashed: str) -> bool:
        return self._db.run(_FIRST_KEY_HASH, {"b_id": key, "hashed": hashed}) == 1

    def keep_token_hash(self, token: str, hashed: str) -> None:
        self._db.run(_TOKEN_HASH, {"b_id": token, "hashed": hashed})

    def keep_login_code(self, hashed: str, organisation: str, member: str, expires_at: datetime) -> None:
        self._db.run(
            _KEEP_CODE, {"hashed": hashed, "organisation": organisation, "member": member, "expires_at": expires_at}
        )

    def take_login_code(self, hashed: str) -> tuple[str, str] | None:
        row = self._db.row(_CODE, {"hashed": hashed, "now": self._db.now()})
        if row is None:
            return None
        self._db.run(_USE_CODE, {"hashed": hashed})
        return row[0], row[1]


def _grant_values(grant: Grant) -> dict[str, Any]:
    return {
        "organisation": grant.organisation,
        "principal": grant.principal,
        "project": grant.project or "",
        "role": grant.role.value,
    }
