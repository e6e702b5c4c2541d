"""The tables. Each index is named by the question it answers; each CHECK by the rule it keeps.

Rows that only ever hang on a request (`waiting`, `answered`, `events`) have no foreign key to it: they are written in the
request's own transaction, and checking them again is a third of a decision's work in the database.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from core.model.request import Status
from core.store.columns import Json, JsonText, UtcDateTime

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id: Final = String(64)
Serial: Final = BigInteger().with_variant(Integer(), "sqlite")


def _one_of(column: str, words: tuple[str, ...], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


def _organisation() -> Column[Any]:
    return Column("organisation", Id, ForeignKey("organisations.id"), nullable=False)


# ------------------------------------------------------------------------------------------------ what an admin sets up

organisations: Final = Table(
    "organisations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ledger_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("ledger_hash", Text, nullable=False, server_default=text("''")),
    Column("four_eyes", Boolean, nullable=False, server_default=text("false")),
    Column("admin_channel", Text),
    Column("language", String(35), nullable=False, server_default=text("'en'")),
)

members: Final = Table(
    "members",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("organisation", "email"),
    CheckConstraint("email = lower(email)", name="email_is_lower_case"),
    Index("ix_members_of_organisation", "organisation", "id"),
)

identities: Final = Table(
    "identities",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("kind", String(16), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("member", Id, ForeignKey("members.id"), nullable=False, index=True),
    Column("email", Text, nullable=False),
    Column("pinned_at", UtcDateTime, nullable=False),
    UniqueConstraint("kind", "issuer", "user"),
    Index("ix_identities_of_organisation", "organisation"),
)

groups: Final = Table(
    "groups",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("name", Text, nullable=False),
    Column("mirrors", Text),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("organisation", "name"),
)

group_members: Final = Table(
    "group_members",
    metadata,
    Column("group", Id, ForeignKey("groups.id"), primary_key=True),
    Column("member", Id, ForeignKey("members.id"), primary_key=True, index=True),
    Column("since", BigInteger),  # microseconds since 1970; only where the group is mirrored and the member came later
)

grants: Final = Table(
    "grants",
    metadata,
    Column("organisation", Id, ForeignKey("organisations.id"), primary_key=True),
    Column("principal", Text, primary_key=True),
    Column("project", Id, primary_key=True),  # '' is everywhere: a key holds no NULL
    Column("role", String(16), primary_key=True),
    _one_of("role", ("requester", "approver", "auditor", "admin", "break_glass"), "role_is_known"),
    Index("ix_grants_principal", "principal"),
)

projects: Final = Table(
    "projects",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("name", Text, nullable=False),
    Column("settings", JsonText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("organisation", "name"),
)

agents: Final = Table(
    "agents",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("name", Text, nullable=False),
    Column("team", Text),
    Column("acts_for", String(16), nullable=False),
    Column("owners", Json, nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("organisation", "name"),
    _one_of("acts_for", ("always", "sometimes", "never"), "acts_for_is_known"),
)

api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("agent", Id, ForeignKey("agents.id"), nullable=False, index=True),
    Column("label", Text, nullable=False),
    Column("verbs", Json, nullable=False),
    Column("projects", Json),
    Column("facts", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Column("hashed", Text, unique=True),
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("member", Id, ForeignKey("members.id"), nullable=False, index=True),
    Column("label", Text, nullable=False),
    Column("may_decide", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("hashed", Text, unique=True),
)

login_codes: Final = Table(
    "login_codes",
    metadata,
    Column("hashed", Text, primary_key=True),
    _organisation(),
    Column("member", Id, ForeignKey("members.id"), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

# ---------------------------------------------------------------------------------------------------------------- rules

rulebooks: Final = Table(
    "rulebooks",
    metadata,
    Column("organisation", Id, ForeignKey("organisations.id"), primary_key=True),
    Column("version", BigInteger, nullable=False),
)

rules: Final = Table(
    "rules",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("name", Text, nullable=False),
    Column("place", BigInteger, nullable=False),  # the older of two rules decides
    Column("version", Integer, nullable=False),
    Column("state", Json, nullable=False),
    Index("ix_rules_of_organisation", "organisation", "place"),
)

rule_versions: Final = Table(
    "rule_versions",
    metadata,
    Column("rule", Id, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _organisation(),
    Column("removed", Boolean, nullable=False),
    Column("state", Json, nullable=False),
)

rule_uses: Final = Table(
    "rule_uses",
    metadata,
    Column("rule", Id, primary_key=True),
    Column("used", BigInteger, nullable=False),
)

types: Final = Table(
    "types",
    metadata,
    Column("organisation", Id, ForeignKey("organisations.id"), primary_key=True),
    Column("word", Text, primary_key=True),
    Column("state", Json, nullable=False),
)

# ------------------------------------------------------------------------------------------------------------- requests

counters: Final = Table(
    "counters",
    metadata,
    Column("organisation", Id, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

requests: Final = Table(
    "requests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Id, nullable=False),
    Column("project", Id, ForeignKey("projects.id"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("status", String(24), nullable=False),
    Column("type", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("team", Text),
    Column("on_behalf_of", Id),
    Column("subject_kind", Text),
    Column("subject_id", Text),
    Column("supersede_key", Text),  # only while a newer request with this key would put it out of the way
    Column("revision", Integer, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("deadline", UtcDateTime, nullable=False),
    Column("next_due", UtcDateTime),
    Column("version", BigInteger, nullable=False),
    Column("ledger_seq", BigInteger, nullable=False),
    Column("ledger_hash", Text, nullable=False),
    Column("waits_for", Text, nullable=False),  # what `waiting` holds for it, so that unchanged rows are left alone
    Column("state", Text, nullable=False),
    Column("batch", Id),  # what it was asked together with
    _one_of("status", tuple(Status), "status_is_known"),
    UniqueConstraint("organisation", "number"),
    Index("ix_requests_newest", "organisation", "created_at", "id"),
    Index("ix_requests_by_status", "organisation", "status", "created_at", "id"),
    Index("ix_requests_by_project", "organisation", "project", "status", "created_at", "id"),
    Index("ix_requests_by_requester", "organisation", "requester", "status", "created_at", "id"),
    Index("ix_requests_by_type", "organisation", "type", "status", "created_at", "id"),
)
Index(
    "ix_requests_by_team",
    requests.c.organisation,
    requests.c.team,
    requests.c.status,
    requests.c.created_at,
    requests.c.id,
    postgresql_where=requests.c.team.is_not(None),
    sqlite_where=requests.c.team.is_not(None),
)
Index(
    "ix_requests_by_subject",
    requests.c.organisation,
    requests.c.subject_kind,
    requests.c.subject_id,
    requests.c.created_at,
    requests.c.id,
    postgresql_where=requests.c.subject_id.is_not(None),
    sqlite_where=requests.c.subject_id.is_not(None),
)
_OPEN: Final = text("status IN ('pending', 'asked_question')")
Index(
    "ix_requests_open_by_deadline",
    requests.c.organisation,
    requests.c.deadline,
    requests.c.id,
    postgresql_where=_OPEN,
    sqlite_where=_OPEN,
)
Index(
    "ix_requests_due",
    requests.c.next_due,
    postgresql_where=requests.c.next_due.is_not(None),
    sqlite_where=requests.c.next_due.is_not(None),
)
Index(
    "ix_requests_to_supersede",
    requests.c.project,
    requests.c.supersede_key,
    postgresql_where=requests.c.supersede_key.is_not(None),
    sqlite_where=requests.c.supersede_key.is_not(None),
)

waiting: Final = Table(
    "waiting",
    metadata,
    Column("request", Id, primary_key=True),
    Column("principal", Text, primary_key=True),
    Column("organisation", Id, nullable=False),
    Column("deadline", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("late_after", UtcDateTime),  # of a group: whoever came into it later is not waited for
    Index("ix_waiting_by_deadline", "organisation", "principal", "deadline", "request", "late_after"),
    Index("ix_waiting_newest", "organisation", "principal", "created_at", "request"),
    sqlite_with_rowid=False,
)

answered: Final = Table(
    "answered",
    metadata,
    Column("request", Id, primary_key=True),
    Column("decision", Id, primary_key=True),
    Column("organisation", Id, nullable=False),
    Column("member", Id, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_answered_by", "organisation", "member", "created_at", "request"),
    sqlite_with_rowid=False,
)

replies: Final = Table(
    "replies",
    metadata,
    Column("credential", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("request", Id, nullable=False),
    Column("reply", Json, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    sqlite_with_rowid=False,
)

turns: Final = Table(
    "turns",
    metadata,
    Column("project", Id, primary_key=True),
    Column("supersede_key", Text, primary_key=True),
    Column("turn", BigInteger, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

# --------------------------------------------------------------------------------------------------- showing and telling

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Id, nullable=False),
    Column("request", Id, nullable=False),
    Column("outlet", String(32), nullable=False),
    Column("place", Text, nullable=False),
    Column("wanted", BigInteger, nullable=False),
    Column("shown", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("address", Json, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("problem", Text),
    Column("owner", Text),
    Column("claimed_until", UtcDateTime, nullable=False),
    Column("batch", Id),  # as its request's
    UniqueConstraint("request", "outlet", "place"),
    _one_of("state", ("new", "shown", "unknown", "lost"), "state_is_known"),
)
_BEHIND: Final = text("wanted > shown AND state <> 'lost'")
Index(
    "ix_deliveries_behind",
    deliveries.c.outlet,
    deliveries.c.next_try_at,
    deliveries.c.id,
    postgresql_where=_BEHIND,
    sqlite_where=_BEHIND,
)

notices: Final = Table(
    "notices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Id, nullable=False),
    Column("request", Id, nullable=False),
    Column("event", Text, nullable=False),
    Column("outlet", String(32), nullable=False),
    Column("place", Text, nullable=False),
    Column("word", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("extra", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("address", Json, nullable=False),
    Column("owner", Text),
    Column("claimed_until", UtcDateTime, nullable=False),
    UniqueConstraint("event", "place", "outlet"),
)
_DUE: Final = text("state = 'due'")
Index(
    "ix_notices_due",
    notices.c.outlet,
    notices.c.next_try_at,
    notices.c.id,
    postgresql_where=_DUE,
    sqlite_where=_DUE,
)

leases: Final = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

# ---------------------------------------------------------------------------------------------------------------- ledger

events: Final = Table(
    "events",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("organisation", Id, nullable=False),
    Column("request", Id, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("word", String(32), nullable=False),
    Column("actor", Text, nullable=False),
    Column("way", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("payload", Text),  # NULL once erased; its digest stays, so that the chain still verifies
    Column("payload_digest", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("position", BigInteger),  # given once, by the sealer
    UniqueConstraint("request", "seq"),
    Index(
        "ix_events_position",
        "organisation",
        "position",
        unique=True,
        postgresql_where=text("position IS NOT NULL"),
        sqlite_where=text("position IS NOT NULL"),
    ),
)
_UNSEALED: Final = text("position IS NULL")
Index(
    "ix_events_unsealed",
    events.c.organisation,
    events.c.id,
    postgresql_where=_UNSEALED,
    sqlite_where=_UNSEALED,
)

seals: Final = Table(
    "seals",
    metadata,
    Column("organisation", Id, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("root", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

refusals: Final = Table(
    "refusals",
    metadata,
    Column("request", Id, primary_key=True),
    Column("actor", Text, primary_key=True),
    Column("command", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("missed", Integer, nullable=False),
)

# ------------------------------------------------------------------------------------------ trust, leases, who is on duty

safety: Final = Table(
    "safety",
    metadata,
    Column("organisation", Id, ForeignKey("organisations.id"), primary_key=True),
    Column("state", Json, nullable=False),
)

# Only ever added to by those who end requests, so that none of them waits for another; a chore adds rows up.
trust_marks: Final = Table(
    "trust_marks",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("organisation", Id, nullable=False),
    Column("agent", Id, nullable=False),
    Column("type", Text, nullable=False),
    Column("made", String(16), nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("good", Double, nullable=False),
    Column("bad", Double, nullable=False),
    Index("ix_trust_marks_of", "organisation", "agent", "type"),
)

trust_spent: Final = Table(
    "trust_spent",
    metadata,
    Column("agent", Id, primary_key=True),
    Column("organisation", Id, nullable=False),
    Column("day", String(10), nullable=False),
    Column("micros", BigInteger, nullable=False),  # millionths of a dollar
    Column("count", BigInteger, nullable=False),
    Index("ix_trust_spent_in", "organisation"),
)

granted_leases: Final = Table(
    "granted_leases",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("project", Id, nullable=False),
    Column("agent", Id, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("state", Json, nullable=False),
    CheckConstraint("used <= uses", name="never_used_too_often"),
    Index("ix_granted_leases_of_agent", "agent", "until"),
    Index("ix_granted_leases_newest", "organisation", "id"),
)

offers_used: Final = Table(
    "offers_used",
    metadata,
    Column("request", Id, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("cause", Text, nullable=False, index=True),
    Column("sentence", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

schedules: Final = Table(
    "schedules",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("name", Text, nullable=False),
    Column("sealed_url", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("tried_at", UtcDateTime),
    Column("fetched_at", UtcDateTime),
    Column("problem", Text),
    UniqueConstraint("organisation", "name"),
)

shifts: Final = Table(
    "shifts",
    metadata,
    Column("schedule", Id, ForeignKey("schedules.id"), primary_key=True),
    Column("email", Text, primary_key=True),
    Column("starts", UtcDateTime, primary_key=True),
    Column("ends", UtcDateTime, nullable=False),
    CheckConstraint("email = lower(email)", name="email_is_lower_case"),
    Index("ix_shifts_of", "email", "starts"),
)

# -------------------------------------------------------------------------------------------------------------- webhooks

endpoints: Final = Table(
    "endpoints",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Json),  # NULL is everything, here and in the next two
    Column("projects", Json),
    Column("types", Json),
    Column("paused", Boolean, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("cursor", BigInteger, nullable=False, server_default=text("0")),
    Column("delivered_at", UtcDateTime),
    Column("failed_at", UtcDateTime),
    Column("problem", Text),
    Column("parked_at", UtcDateTime),
    UniqueConstraint("organisation", "name"),
)

endpoint_secrets: Final = Table(
    "endpoint_secrets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("endpoint", Id, ForeignKey("endpoints.id"), nullable=False, index=True),
    Column("sealed", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
)

arrears: Final = Table(
    "arrears",
    metadata,
    Column("endpoint", Id, ForeignKey("endpoints.id"), primary_key=True),
    Column("request", Id, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("problem", Text, nullable=False),
    Column("parked", Boolean, nullable=False),
)

attempts: Final = Table(
    "attempts",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("endpoint", Id, ForeignKey("endpoints.id"), nullable=False),
    Column("request", Id),
    Column("seq", BigInteger),
    Column("event", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("delivered", Boolean, nullable=False),
    Column("status", Integer),
    Column("milliseconds", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("problem", Text),
    Index("ix_attempts_of", "endpoint", "id"),
)

# What is still to be followed up: rules removed while requests may stand on them, rules nobody can satisfy.

removed_rules: Final = Table(
    "removed_rules",
    metadata,
    Column("rule", Id, primary_key=True),
    _organisation(),
    Column("name", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

hopeless_rules: Final = Table(
    "hopeless_rules",
    metadata,
    Column("rule", Id, primary_key=True),
    _organisation(),
    Column("name", Text, nullable=False),
    Column("missing", Json, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Index("ix_hopeless_rules_in", "organisation"),
)

# ------------------------------------------------------------------------------------------------ judges outside

policies: Final = Table(
    "policies",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("name", Text, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("state", Json, nullable=False),
    UniqueConstraint("organisation", "name"),
)

check_definitions: Final = Table(
    "check_definitions",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("name", String(60), nullable=False),
    Column("state", Json, nullable=False),
    UniqueConstraint("organisation", "name"),
)

inquiries: Final = Table(
    "inquiries",
    metadata,
    Column("organisation", Id, nullable=False),
    Column("request", Id, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(8), primary_key=True),
    Column("about", Id, primary_key=True),
    Column("state", String(8), nullable=False),
    Column("version", Integer, nullable=False),
    Column("run", Integer, nullable=False),
    Column("answer", Json),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("problem", Text),
    Column("owner", Text),
    Column("claimed_until", UtcDateTime, nullable=False),
)
_TO_BE_ASKED: Final = text("state IN ('due', 'told')")
Index(
    "ix_inquiries_due",
    inquiries.c.next_try_at,
    inquiries.c.request,
    postgresql_where=_TO_BE_ASKED,
    sqlite_where=_TO_BE_ASKED,
)
_ASKED: Final = text("state IN ('answered', 'waiting')")
Index("ix_inquiries_old", inquiries.c.next_try_at, postgresql_where=_ASKED, sqlite_where=_ASKED)
_UNANSWERED: Final = text("state <> 'answered'")
Index("ix_inquiries_of", inquiries.c.about, postgresql_where=_UNANSWERED, sqlite_where=_UNANSWERED)

outside_troubles: Final = Table(
    "outside_troubles",
    metadata,
    Column("about", Id, primary_key=True),
    Column("organisation", Id, nullable=False),
    Column("problem", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Index("ix_outside_troubles_in", "organisation"),
)

# ------------------------------------------------------------------------------------------ Slack workspaces and their people

installations: Final = Table(
    "installations",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("workspace", String(32), nullable=False, unique=True),  # the team's id, or the Enterprise organisation's
    Column("team", String(32)),
    Column("enterprise", String(32)),
    Column("enterprise_wide", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("bot_user", Text, nullable=False),
    Column("bot", Text, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("sealed_token", Text, nullable=False),
    Column("installed_by", Text),
    Column("installed_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    _one_of("state", ("active", "uninstalled", "revoked"), "state_is_known"),
    Index("ix_installations_of", "organisation"),
)

passes: Final = Table(
    "passes",
    metadata,
    Column("hashed", Text, primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("organisation", Id),
    Column("member", Id),
    Column("bound", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

unmapped: Final = Table(
    "unmapped",
    metadata,
    Column("organisation", Id, ForeignKey("organisations.id"), primary_key=True),
    Column("issuer", Text, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("reason", String(32), nullable=False),
    Column("wanted", Text),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("asked_at", UtcDateTime),
    Index("ix_unmapped_newest", "organisation", "seen_at"),
)

# Groups that follow a Slack user group.

mirrors: Final = Table(
    "mirrors",
    metadata,
    Column("group", Id, ForeignKey("groups.id"), primary_key=True),
    Column("looked_at", UtcDateTime),
    Column("problem", Text),
)

mirrored_users: Final = Table(
    "mirrored_users",
    metadata,
    Column("group", Id, ForeignKey("groups.id"), primary_key=True),
    Column("user", Text, primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("since", BigInteger, nullable=False),  # microseconds since 1970
    Index("ix_mirrored_users_of", "issuer", "user"),
)

# Emergencies: reviews of broken glass, and freezes.

reviews: Final = Table(
    "reviews",
    metadata,
    Column("glass", Id, primary_key=True),
    _organisation(),
    Column("project", Id, nullable=False),
    Column("request", Id, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("member", Id, nullable=False),
    Column("name", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("review_by", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Index(
        "ix_reviews_owed",
        "organisation",
        "member",
        unique=True,  # an open review blocks that person's next break-glass, whichever request it is about
        postgresql_where=text("closed_at IS NULL"),
        sqlite_where=text("closed_at IS NULL"),
    ),
)

freezes: Final = Table(
    "freezes",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("project", Id),
    Column("reason", Text, nullable=False),
    Column("by", Id, nullable=False),
    Column("by_name", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    Column("lifted_at", UtcDateTime),
    Column("lifted_by", Text),
    Index(
        "ix_freezes_held",
        "organisation",
        postgresql_where=text("lifted_at IS NULL"),
        sqlite_where=text("lifted_at IS NULL"),
    ),
)

# Absence: who decides for whom until when, and how each member likes to be told.

delegations: Final = Table(
    "delegations",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("giver", Id, ForeignKey("members.id"), nullable=False),
    Column("taker", Id, ForeignKey("members.id"), nullable=False),
    Column("project", Id),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)
_NOT_ENDED: Final = text("ended_at IS NULL")
Index(
    "ix_delegations_taker",
    delegations.c.taker,
    delegations.c.until,
    postgresql_where=_NOT_ENDED,
    sqlite_where=_NOT_ENDED,
)
Index(
    "ix_delegations_giver",
    delegations.c.giver,
    delegations.c.until,
    postgresql_where=_NOT_ENDED,
    sqlite_where=_NOT_ENDED,
)
Index("ix_delegations_made", delegations.c.organisation, delegations.c.made_at)

preferences: Final = Table(
    "preferences",
    metadata,
    Column("member", Id, ForeignKey("members.id"), primary_key=True),
    _organisation(),
    Column("told", String(16), nullable=False),
    Column("quiet_from", String(5)),
    Column("quiet_until", String(5)),
    Column("working_days", String(16), nullable=False),
    Column("time_zone", Text),
    Column("profile_zone", Text),
    Column("language", String(16)),
    Column("profile_locale", String(35)),
    Column("country", String(16)),
    Column("digest_at", String(5), nullable=False),
    Column("copies", Boolean, nullable=False),
    Column("digest_due", UtcDateTime),
    Column("away", Text),
    Index(
        "ix_preferences_digest",
        "digest_due",
        postgresql_where=text("digest_due IS NOT NULL"),
        sqlite_where=text("digest_due IS NOT NULL"),
    ),
    Index(
        "ix_preferences_copies",
        "organisation",
        postgresql_where=text("copies"),
        sqlite_where=text("copies"),
    ),
)

_PILED: Final = text("state = 'piled'")
Index(
    "ix_notices_piled",
    notices.c.outlet,
    notices.c.organisation,
    notices.c.place,
    notices.c.next_try_at,
    postgresql_where=_PILED,
    sqlite_where=_PILED,
)
Index(
    "ix_notices_piled_due",
    notices.c.outlet,
    notices.c.next_try_at,
    postgresql_where=_PILED,
    sqlite_where=_PILED,
)

# ---------------------------------------------------------------------------------------------------------- workloads

workloads: Final = Table(
    "workloads",
    metadata,
    Column("id", Id, primary_key=True),
    _organisation(),
    Column("agent", Id, ForeignKey("agents.id"), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("verbs", Json, nullable=False),
    Column("projects", Json),
    Column("facts", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Index("ix_workloads_of", "organisation", "issuer"),
)

# ----------------------------------------------------------------------------------------------------------- receipts

signing_keys: Final = Table(
    "signing_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("public", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("signs_from", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

# ------------------------------------------------------------------------------------------------------------- batches

Index(
    "ix_requests_batch",
    requests.c.batch,
    postgresql_where=requests.c.batch.is_not(None),
    sqlite_where=requests.c.batch.is_not(None),
)
Index(
    "ix_deliveries_batch",
    deliveries.c.batch,
    deliveries.c.place,
    postgresql_where=deliveries.c.batch.is_not(None),
    sqlite_where=deliveries.c.batch.is_not(None),
)
