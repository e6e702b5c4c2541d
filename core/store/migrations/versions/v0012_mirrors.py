"""Groups that follow Slack user groups; and of requests that are open already, which rules they stand on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from core.store.columns import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_Id = sa.String(length=64)
_SLICE = 500


def upgrade() -> None:
    op.create_table(
        "mirrors",
        sa.Column("group", _Id, nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["group"], ["groups.id"], name=op.f("fk_mirrors_group_groups")),
        sa.PrimaryKeyConstraint("group", name=op.f("pk_mirrors")),
    )
    op.create_table(
        "mirrored_users",
        sa.Column("group", _Id, nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["group"], ["groups.id"], name=op.f("fk_mirrored_users_group_groups")),
        sa.PrimaryKeyConstraint("group", "user", name=op.f("pk_mirrored_users")),
    )
    op.create_index("ix_mirrored_users_of", "mirrored_users", ["issuer", "user"])
    op.add_column("unmapped", sa.Column("asked_at", UtcDateTime(), nullable=True))
    _index_rules_stood_on()


def downgrade() -> None:
    op.drop_column("unmapped", "asked_at")
    op.drop_index("ix_mirrored_users_of", "mirrored_users")
    op.drop_table("mirrored_users")
    op.drop_table("mirrors")


_requests = sa.table(
    "requests",
    *(sa.column(name) for name in ("id", "organisation", "status", "waits_for", "deadline", "created_at", "state")),
)
_waiting = sa.table(
    "waiting", *(sa.column(name) for name in ("request", "principal", "organisation", "deadline", "created_at"))
)


def _index_rules_stood_on() -> None:
    """As every request that is saved from now on has it: `rule:<id>` beside whom it waits for."""
    connection = op.get_bind()
    after = ""
    wanted = _requests.c.status.in_(("pending", "asked_question"))
    columns = (_requests.c[name] for name in ("id", "organisation", "waits_for", "deadline", "created_at", "state"))
    page = sa.select(*columns).where(wanted, _requests.c.id > sa.bindparam("after")).order_by(_requests.c.id)
    while rows := connection.execute(page.limit(_SLICE), {"after": after}).all():
        after = rows[-1].id
        for row in rows:
            _index(connection, row)


def _index(connection: sa.Connection, row: Any) -> None:
    waits = set(row.waits_for.split())
    missing = _names(json.loads(row.state) if isinstance(row.state, str) else row.state) - waits
    if not missing or not waits:
        return
    said = " ".join(sorted(waits | missing))
    connection.execute(sa.update(_requests).where(_requests.c.id == row.id).values(waits_for=said))
    common = {"request": row.id, "organisation": row.organisation, "deadline": row.deadline}
    for name in sorted(missing):
        connection.execute(_waiting.insert().values(**common, principal=name, created_at=row.created_at))


def _names(state: Mapping[str, Any]) -> set[str]:
    explanation = (state.get("plan") or {}).get("explanation") or {}
    return {f"rule:{one['rule']}" for one in explanation.get("rules") or () if one.get("fate") == "asks"}
