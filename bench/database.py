"""What stands in a database, read around the product: the bench checks what it was told against what was kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
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
    carry_out(url, change)
    settle(url)


def settle(url: str) -> None:
    """What PostgreSQL would do about so many new rows a minute later, in the middle of what is measured, is done now.

    It still cleans up after the product itself whenever it finds that due.
    """
    if not url.startswith("sqlite"):
        with psycopg.connect(url, autocommit=True) as connected:
            connected.execute("VACUUM (ANALYZE)")


def moment(at: datetime) -> str:
    """As both databases read it, to stand in a query."""
    return f"'{at.astimezone(UTC).isoformat(timespec='microseconds')}'"


def make_due(url: str, first: int, at: datetime) -> None:
    """Whatever has this number or a higher one is due in one moment; the product may be running."""
    carry_out(url, f"UPDATE requests SET next_due = {moment(at)} WHERE number >= {first}")  # noqa: S608 (our own)


def still_due(url: str, at: datetime) -> int:
    """Requests that are to be rung for."""
    return int(rows(url, f"SELECT count(*) FROM requests WHERE next_due <= {moment(at)}")[0][0])  # noqa: S608


def piled(url: str) -> int:
    """Notices that wait to be told together."""
    return int(rows(url, "SELECT count(*) FROM notices WHERE state = 'piled'")[0][0])


def carry_out(url: str, change: str) -> None:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute(change)
        return
    with psycopg.connect(url) as connected:
        connected.execute(change.encode())
