"""What stands in a database, read around the product: the bench checks what it was told against what was kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import psycopg


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return connection.execute(query).fetchall()
    with psycopg.connect(url) as connected:
        return connected.execute(query.encode()).fetchall()


def statuses(url: str) -> dict[str, str]:
    """Request id to status."""
    return dict(rows(url, "SELECT id, status FROM requests"))


def behind(url: str) -> int:
    """How many cards do not show their request as it is."""
    return int(rows(url, "SELECT count(*) FROM deliveries WHERE wanted > shown")[0][0])


def shown_everywhere(url: str) -> None:
    """Call every card posted, each at an address of its own."""
    change = (
        "UPDATE deliveries SET shown = wanted, state = 'shown', "
        """address = '{"channel":"C0DEPLOYS1","ts":"17637' || substr(id, 20) || '"}'"""
    )
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute(change)
        return
    with psycopg.connect(url) as connected:
        connected.execute(change.encode())
