"""Who there is: reads of members, groups, grants, agents and keys, shared by readers and transactions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from core.codec import Codec
from core.model.organisation import Agent, ApiKey, Grant, Group, Identity, Member, Organisation, Project, Token
from core.model.people import ADMINS, VERBS_OF, Absent, Person, Role, Verb, principals_of, verbs_of
from core.store import rows
from core.store.absence import BY, givers_of
from core.store.choices import LARGEST, Joined, among, chosen, width
from core.store.driver import Row, Session
from core.store.duties import moments, on_duty
from core.store.tables import (
    agents,
    api_keys,
    delegations,
    grants,
    group_members,
    groups,
    identities,
    members,
    organisations,
    preferences,
    projects,
    schedules,
    shifts,
    tokens,
)

CAME: Final = "@"
"""Stands between a mirrored group and the moment, in microseconds since 1970, somebody came into it."""

EVERYWHERE: Final = "*"
"""Stands before a role held in the whole organisation."""

_MAY_APPROVE: Final = tuple(sorted(role.value for role, verbs in VERBS_OF.items() if Verb.APPROVE in verbs))


def _by(table: Table, *names: str) -> Select[Any]:
    """Rows of the table by equality of these columns."""
    return select(*_nouns(table)).where(*(table.c[name] == bindparam(name) for name in names))


def _nouns(table: Table) -> list[Any]:
    """A noun's own columns: secrets and the ledger's head are not among them."""
    return [column for column in table.c if column.name not in {"hashed", "ledger_seq", "ledger_hash"}]


_MEMBER: Final = _by(members, "organisation", "id")
_MEMBER_BY_EMAIL: Final = _by(members, "organisation", "email")
_MEMBERS: Final = _by(members, "organisation").where(members.c.id > bindparam("after")).order_by(members.c.id)
_MEMBERS_PAGE: Final = _MEMBERS.limit(bindparam("limit"))
_IDENTITY: Final = _by(identities, "kind", "issuer", "user")
_LINKED: Final = (
    select(*members.c, func.coalesce(preferences.c.language, preferences.c.profile_locale))
    .select_from(identities)
    .join(members, and_(members.c.id == identities.c.member, members.c.organisation == identities.c.organisation))
    .outerjoin(preferences, preferences.c.member == members.c.id)
    .where(*(identities.c[name] == bindparam(name) for name in ("kind", "issuer", "user")))
)
_IDENTITIES: Final = _by(identities, "organisation").order_by(identities.c.id)
_IDENTITIES_OF: Final = _by(identities, "organisation", "member").order_by(identities.c.id)
_GROUP: Final = _by(groups, "organisation", "id")
_GROUP_BY_NAME: Final = _by(groups, "organisation", "name")
_GROUPS: Final = _by(groups, "organisation").order_by(groups.c.name)
_GROUP_MEMBERS: Final = (
    select(group_members.c.member).where(group_members.c.group == bindparam("group")).order_by(group_members.c.member)
)
_GROUPS_OF: Final = (
    select(group_members.c.group)
    .join(groups, groups.c.id == group_members.c.group)
    .where(group_members.c.member == bindparam("member"), groups.c.organisation == bindparam("organisation"))
)
_CAME_INTO: Final = (
    select(group_members.c.group, group_members.c.since)
    .join(groups, groups.c.id == group_members.c.group)
    .where(
        group_members.c.member == bindparam("member"),
        group_members.c.since.is_not(None),
        groups.c.organisation == bindparam("organisation"),
    )
)
_GRANTS: Final = (
    select(grants.c.organisation, grants.c.project, grants.c.principal, grants.c.role)
    .where(grants.c.organisation == bindparam("organisation"))
    .order_by(grants.c.principal, grants.c.project, grants.c.role)
)
_ORGANISATION: Final = _by(organisations, "id")
_ORGANISATIONS: Final = select(*_nouns(organisations)).order_by(organisations.c.created_at, organisations.c.id)
_PROJECT: Final = _by(projects, "id")
_PROJECT_BY_NAME: Final = _by(projects, "organisation", "name")
_PROJECTS: Final = _by(projects, "organisation").order_by(projects.c.name)
_AGENT: Final = _by(agents, "id")
_AGENTS: Final = _by(agents, "organisation").order_by(agents.c.name)
_KEYS: Final = _by(api_keys, "organisation", "agent").order_by(api_keys.c.created_at, api_keys.c.id)
_KEY_BY_HASH: Final = _by(api_keys, "hashed")
_TOKENS: Final = _by(tokens, "organisation", "member").order_by(tokens.c.created_at, tokens.c.id)
_TOKEN_BY_HASH: Final = _by(tokens, "hashed")


@lru_cache(maxsize=32)
def _people(places: int, *, now: bool) -> Select[Any]:
    """Everything `Person` says of so many members as one project sees them, in one statement.

    `now` with what they are at this moment alone: on duty, and standing in for others.
    """
    own_groups = select(group_members.c.group).where(group_members.c.member == members.c.id)
    since = literal(CAME) + cast(group_members.c.since, Text)
    membership = group_members.c.group + func.coalesce(since, literal(""))
    grouped = select(Joined(membership)).where(group_members.c.member == members.c.id)
    role = case((grants.c.project == literal(""), literal(EVERYWHERE) + grants.c.role), else_=grants.c.role)
    held = select(Joined(role)).where(
        grants.c.organisation == members.c.organisation,
        grants.c.project.in_([bindparam("project", type_=grants.c.project.type), literal("")]),
        or_(
            grants.c.principal == literal("member:") + members.c.id,
            grants.c.principal.in_(own_groups.with_only_columns(literal("group:") + group_members.c.group)),
        ),
    )
    pinned = exists().where(identities.c.member == members.c.id)
    duties = on_duty(shifts.c.email == members.c.email, schedules.c.organisation == members.c.organisation)
    on_duties = duties.with_only_columns(Joined(schedules.c.id)).correlate(members).scalar_subquery()
    givers = givers_of(members.c.id).correlate(members).scalar_subquery()
    return (
        select(
            members.c.id,
            members.c.name,
            members.c.email,
            members.c.active,
            pinned.label("pinned"),
            grouped.correlate(members).scalar_subquery().label("groups"),
            held.correlate(members).scalar_subquery().label("roles"),
            (on_duties if now else literal("")).label("duties"),
            (givers if now else literal("")).label("givers"),
        )
        .join(projects, and_(projects.c.id == bindparam("project"), projects.c.organisation == members.c.organisation))
        .where(among(members.c.id, "member", places))
    )


_ANYTHING_NOW: Final = select(
    or_(exists(select(shifts.c.schedule)), exists(select(delegations.c.id).where(delegations.c.ended_at.is_(None))))
)
"""Whether anybody has ever been on duty here, or has ever delegated and not ended it."""


def _active(behind: Select[Any]) -> Select[Any]:
    """Active members among those selected, within the project's organisation."""
    return (
        select(members.c.id)
        .join(projects, and_(projects.c.id == bindparam("project"), projects.c.organisation == members.c.organisation))
        .where(members.c.active, members.c.id.in_(behind))
        .order_by(members.c.id)
        .limit(bindparam("limit"))
    )


_ONE_MEMBER: Final = _active(select(members.c.id).where(members.c.id == bindparam("member")))
_OF_GROUP: Final = select(group_members.c.member).where(group_members.c.group == bindparam("group"))
_IN_GROUP: Final = _active(_OF_GROUP)
_IN_GROUP_BY: Final = _active(
    _OF_GROUP.where(or_(group_members.c.since.is_(None), group_members.c.since <= bindparam("by")))
)


def _of_organisation() -> ColumnElement[bool]:
    owner = select(projects.c.organisation).where(projects.c.id == bindparam("project")).scalar_subquery()
    return grants.c.organisation == owner


@lru_cache(maxsize=8)
def _with_role(roles: int) -> Select[Any]:
    """Members holding one of so many roles in the project, by themselves or through a group."""
    here = grants.c.project.in_([bindparam("project", type_=grants.c.project.type), literal("")])
    return _granted(and_(_of_organisation(), here, among(grants.c.role, "role", roles)))


def _granted(granted: ColumnElement[bool]) -> Select[Any]:
    alone = select(func.substr(grants.c.principal, 8).label("member")).where(
        granted, grants.c.principal.like("member:%")
    )
    through = (
        select(group_members.c.member.label("member"))
        .join(grants, grants.c.principal == literal("group:") + group_members.c.group)
        .where(granted)
    )
    return _active(select(union_all(alone, through).subquery().c.member))


_ON_DUTY: Final = _active(
    select(members.c.id).where(
        members.c.email.in_(on_duty(schedules.c.id == bindparam("schedule")).with_only_columns(shifts.c.email))
    )
)
_DUTIES: Final = (
    on_duty(schedules.c.organisation == bindparam("organisation"))
    .join(members, and_(members.c.email == shifts.c.email, members.c.organisation == schedules.c.organisation))
    .where(members.c.id == bindparam("member"))
)
_ADMINS: Final = _granted(and_(_of_organisation(), grants.c.project == literal(""), grants.c.role == Role.ADMIN.value))


class PeopleReads:
    """The reads of `Reader` and `Transaction` about people and what admins set up."""

    _db: Session
    _codec: Codec

    def person(self, member: str, project: str) -> Person | None:
        return self.people((member,), project).get(member)

    def people(self, members: Iterable[str], project: str) -> Mapping[str, Person]:
        """With those they stand in for, who come without theirs: what was delegated is not passed on."""
        found = self._people(members, project)
        named = {id: _givers(row[-1]) for id, row in found.items() if row[-1]}
        people = {id: _person(row, project) for id, row in found.items()}
        if not named:
            return people
        absent = self._people({giver for givers in named.values() for giver, _ in givers}, project)
        for id, givers in named.items():
            away = (Absent(_person(absent[giver], project), by) for giver, by in givers if giver in absent)
            people[id] = replace(people[id], stands_in_for=tuple(away))
        return people

    def _people(self, members: Iterable[str], project: str) -> dict[str, Row]:
        wanted = sorted(set(members))
        now = not self._db.keeps or bool(self._db.rows(_ANYTHING_NOW)[0][0])
        found: dict[str, Row] = {}
        for start in range(0, len(wanted), LARGEST):
            part = wanted[start : start + LARGEST]
            places = width(len(part))
            params = {"project": project, **chosen("member", part, places)}
            if now:
                params |= moments(self._db.about_now())
            found |= {row[0]: row for row in self._db.rows(_people(places, now=now), params)}
        return found

    def roster(self, principal: str, project: str, limit: int, *, by: datetime | None = None) -> frozenset[str]:
        kind, _, rest = principal.partition(":")
        params: dict[str, Any] = {"project": project, "limit": limit}
        match kind:
            case "role" if principal == ADMINS:
                found = self._db.rows(_ADMINS, params)
            case "member":
                found = self._db.rows(_ONE_MEMBER, params | {"member": rest})
            case "group" if by is not None:
                found = self._db.rows(_IN_GROUP_BY, params | {"group": rest, "by": _microseconds(by)})
            case "group":
                found = self._db.rows(_IN_GROUP, params | {"group": rest})
            case "oncall":
                found = self._db.rows(_ON_DUTY, params | {"schedule": rest} | moments(self._db.about_now()))
            case "role":
                role, _, where = rest.partition(":")
                found = self._db.rows(_with_role(1), {"project": where or project, "limit": limit, "role_0": role})
            case "anyone":
                roles = chosen("role", _MAY_APPROVE, len(_MAY_APPROVE))
                found = self._db.rows(_with_role(len(_MAY_APPROVE)), params | {"project": rest or project} | roles)
            case _:
                return frozenset()
        return frozenset(row[0] for row in found)

    def member(self, organisation: str, id: str) -> Member | None:
        row = self._db.row(_MEMBER, {"organisation": organisation, "id": id})
        return None if row is None else rows.member(row)

    def member_by_email(self, organisation: str, email: str) -> Member | None:
        row = self._db.row(_MEMBER_BY_EMAIL, {"organisation": organisation, "email": email.lower()})
        return None if row is None else rows.member(row)

    def members(self, organisation: str, *, cursor: str | None, limit: int) -> Sequence[Member]:
        params = {"organisation": organisation, "after": cursor or "", "limit": limit}
        return [rows.member(row) for row in self._db.rows(_MEMBERS_PAGE, params)]

    def principals(self, organisation: str, member: str) -> frozenset[str]:
        grouped = self._groups_of(organisation, member)
        held = self._held(organisation, member, grouped)
        names = {f"member:{member}", *(f"group:{group}" for group in grouped)}
        for project in self._db.rows(_PROJECTS, {"organisation": organisation}) if held else ():
            roles = held[""] | held[project[0]]
            names |= principals_of(member, (), roles, project[0], held[""])
        asked = {"organisation": organisation, "member": member} | moments(self._db.about_now())
        return frozenset(names | {f"oncall:{row[0]}" for row in self._db.rows(_DUTIES, asked)})

    def came(self, organisation: str, member: str) -> Mapping[str, datetime]:
        found = self._db.rows(_CAME_INTO, {"organisation": organisation, "member": member})
        return {f"group:{group}": _moment(since) for group, since in found}

    def roles(self, organisation: str, member: str, project: str | None) -> frozenset[Role]:
        held = self._held(organisation, member, self._groups_of(organisation, member))
        return frozenset(held[""] | (held[project] if project is not None else set()))

    def _groups_of(self, organisation: str, member: str) -> list[str]:
        found = self._db.rows(_GROUPS_OF, {"organisation": organisation, "member": member})
        return [row[0] for row in found]

    def _held(self, organisation: str, member: str, grouped: Iterable[str]) -> defaultdict[str, set[Role]]:
        """Roles by project, '' for everywhere."""
        held: defaultdict[str, set[Role]] = defaultdict(set)
        names = [f"member:{member}", *(f"group:{group}" for group in grouped)]
        for start in range(0, len(names), LARGEST):
            part = names[start : start + LARGEST]
            places = width(len(part))
            params = {"organisation": organisation, **chosen("principal", part, places)}
            for project, role in self._db.rows(_roles_of(places), params):
                held[project].add(Role(role))
        return held

    def identity(self, kind: str, issuer: str, user: str) -> Identity | None:
        row = self._db.row(_IDENTITY, {"kind": kind, "issuer": issuer, "user": user})
        return None if row is None else rows.identity(row)

    def linked(self, kind: str, issuer: str, user: str) -> tuple[Member, str | None] | None:
        row = self._db.row(_LINKED, {"kind": kind, "issuer": issuer, "user": user})
        return None if row is None else (rows.member(row[:-1]), row[-1])

    def identities(self, organisation: str, member: str | None) -> Sequence[Identity]:
        if member is None:
            found = self._db.rows(_IDENTITIES, {"organisation": organisation})
        else:
            found = self._db.rows(_IDENTITIES_OF, {"organisation": organisation, "member": member})
        return [rows.identity(row) for row in found]

    def group(self, organisation: str, id: str) -> Group | None:
        row = self._db.row(_GROUP, {"organisation": organisation, "id": id})
        return None if row is None else rows.group(row)

    def group_by_name(self, organisation: str, name: str) -> Group | None:
        row = self._db.row(_GROUP_BY_NAME, {"organisation": organisation, "name": name})
        return None if row is None else rows.group(row)

    def groups(self, organisation: str) -> Sequence[Group]:
        return [rows.group(row) for row in self._db.rows(_GROUPS, {"organisation": organisation})]

    def group_members(self, group: str) -> Sequence[str]:
        return [row[0] for row in self._db.rows(_GROUP_MEMBERS, {"group": group})]

    def grants(self, organisation: str) -> Sequence[Grant]:
        found = self._db.rows(_GRANTS, {"organisation": organisation})
        return [Grant(owner, project or None, principal, Role(role)) for owner, project, principal, role in found]

    def organisation(self, id: str) -> Organisation | None:
        row = self._db.row(_ORGANISATION, {"id": id})
        return None if row is None else rows.organisation(row)

    def organisations(self) -> Sequence[Organisation]:
        return [rows.organisation(row) for row in self._db.rows(_ORGANISATIONS)]

    def project(self, id: str) -> Project | None:
        row = self._db.row(_PROJECT, {"id": id})
        return None if row is None else rows.project(row, self._codec)

    def project_by_name(self, organisation: str, name: str) -> Project | None:
        row = self._db.row(_PROJECT_BY_NAME, {"organisation": organisation, "name": name})
        return None if row is None else rows.project(row, self._codec)

    def projects(self, organisation: str) -> Sequence[Project]:
        found = self._db.rows(_PROJECTS, {"organisation": organisation})
        return [rows.project(row, self._codec) for row in found]

    def agent(self, id: str) -> Agent | None:
        row = self._db.row(_AGENT, {"id": id})
        return None if row is None else rows.agent(row)

    def agents(self, organisation: str) -> Sequence[Agent]:
        return [rows.agent(row) for row in self._db.rows(_AGENTS, {"organisation": organisation})]

    def keys(self, organisation: str, agent: str) -> Sequence[ApiKey]:
        return [rows.api_key(row) for row in self._db.rows(_KEYS, {"organisation": organisation, "agent": agent})]

    def key_by_hash(self, hashed: str) -> ApiKey | None:
        row = self._db.row(_KEY_BY_HASH, {"hashed": hashed})
        return None if row is None else rows.api_key(row)

    def tokens(self, organisation: str, member: str) -> Sequence[Token]:
        return [rows.token(row) for row in self._db.rows(_TOKENS, {"organisation": organisation, "member": member})]

    def token_by_hash(self, hashed: str) -> Token | None:
        row = self._db.row(_TOKEN_BY_HASH, {"hashed": hashed})
        return None if row is None else rows.token(row)


@lru_cache(maxsize=16)
def _roles_of(places: int) -> Select[Any]:
    return select(grants.c.project, grants.c.role).where(
        grants.c.organisation == bindparam("organisation"), among(grants.c.principal, "principal", places)
    )


@lru_cache(maxsize=2048)
def _person(row: Row, project: str) -> Person:
    """The same row is the very same person: it is known what follows from it."""
    id, name, email, active, pinned, grouped, held, duties, _ = row
    groups, came = _came(grouped) if grouped and CAME in grouped else (grouped or "", {})
    roles, principals, verbs = _place(id, groups, held or "", project)
    principals |= {f"oncall:{schedule}" for schedule in duties.split()} if duties else frozenset()
    return Person(id, name, email, active, bool(pinned), roles, principals, verbs, came)


def _givers(said: str) -> list[tuple[str, str]]:
    """Whom somebody stands in for, and by which delegation."""
    parted = (word.partition(BY) for word in said.split())
    return sorted((giver, delegation) for giver, _, delegation in parted)


def _came(grouped: str) -> tuple[str, dict[str, datetime]]:
    """The groups alone, and since when in those that are mirrored."""
    parted = [word.partition(CAME) for word in grouped.split()]
    came = {f"group:{group}": _moment(int(since)) for group, _, since in parted if since}
    return " ".join(group for group, _, _ in parted), came


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)


def _microseconds(moment: datetime) -> int:
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)


@lru_cache(maxsize=2048)
def _place(id: str, grouped: str, held: str, project: str) -> tuple[frozenset[Role], frozenset[str], frozenset[Verb]]:
    """Roles, principals and verbs, worked out once for what the rows say: sets of enums are slow to build."""
    words = held.split()
    roles = frozenset(Role(word.removeprefix(EVERYWHERE)) for word in words)
    everywhere = (Role(word[1:]) for word in words if word.startswith(EVERYWHERE))
    return roles, principals_of(id, grouped.split(), roles, project, everywhere), verbs_of(roles)
