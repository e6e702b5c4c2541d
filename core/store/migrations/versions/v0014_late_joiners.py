"""Of groups that are waited for: after which moment whoever comes into one comes late, for requests open already too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from core.store.columns import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_SLICE = 500
_BEFORE = ["organisation", "principal", "deadline", "request"]


def upgrade() -> None:
    op.add_column("waiting", sa.Column("late_after", UtcDateTime(), nullable=True))
    _fill()
    op.drop_index("ix_waiting_by_deadline", "waiting")
    op.create_index("ix_waiting_by_deadline", "waiting", [*_BEFORE, "late_after"])


def downgrade() -> None:
    op.drop_index("ix_waiting_by_deadline", "waiting")
    op.create_index("ix_waiting_by_deadline", "waiting", _BEFORE)
    op.drop_column("waiting", "late_after")


_requests = sa.table("requests", sa.column("id"), sa.column("status"), sa.column("state"))
_waiting = sa.table("waiting", sa.column("request"), sa.column("principal"), sa.column("late_after", UtcDateTime()))


def _fill() -> None:
    """As every request that is saved from now on has it."""
    connection = op.get_bind()
    after = ""
    wanted = _requests.c.status.in_(("pending", "asked_question"))
    page = sa.select(_requests.c.id, _requests.c.state).where(wanted, _requests.c.id > sa.bindparam("after"))
    while rows := connection.execute(page.order_by(_requests.c.id).limit(_SLICE), {"after": after}).all():
        after = rows[-1].id
        for row in rows:
            _note(connection, row.id, json.loads(row.state) if isinstance(row.state, str) else row.state)


def _note(connection: sa.Connection, request: str, state: Mapping[str, Any]) -> None:
    opened = state.get("late_since") or state.get("stage_opened_at")
    if opened is None or (state.get("plan") or {}).get("late_members"):
        return
    groups = (_waiting.c.request == request, _waiting.c.principal.startswith("group:", autoescape=True))
    connection.execute(sa.update(_waiting).where(*groups).values(late_after=datetime.fromisoformat(opened)))
