"""Requests are written without what is empty, and their plan as a text within; before, each field was there.

Nothing is rewritten on the way up, for both are read; but what came before cannot read what is written from now on, so no
replica of it may still be running. On the way down each request is written so that it can: it takes its own defaults for
fields that are missing, but asks for `original` and wants the plan as an object.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_SLICE = 500
_requests = sa.table("requests", sa.column("id"), sa.column("state"))


def upgrade() -> None:
    """Nothing to be done."""


def downgrade() -> None:
    connection = op.get_bind()
    after = ""
    page = sa.select(_requests.c.id, _requests.c.state).where(_requests.c.id > sa.bindparam("after"))
    while rows := connection.execute(page.order_by(_requests.c.id).limit(_SLICE), {"after": after}).all():
        after = rows[-1].id
        for row in rows:
            written = sa.update(_requests).where(_requests.c.id == row.id).values(state=_in_full(row.state))
            connection.execute(written)


def _in_full(state: str) -> str:
    plain = json.loads(state)
    if isinstance(plain["plan"], str):
        plain["plan"] = json.loads(plain["plan"])
    return json.dumps({"original": None, **plain}, ensure_ascii=False, separators=(",", ":"))
