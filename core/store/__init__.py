"""Where everything is kept: one implementation of `core.ports.Store` for SQLite and PostgreSQL.

Statements are written once in SQLAlchemy Core, compiled once per database and run on the driver's cursor, because round
trips and per-statement work are what a decision costs. Imports ports, codec, model and errors; what a request waits for,
when it falls due, how ledger rows are chained and sealed are given to it as functions. Nothing else imports SQLAlchemy.
"""

from core.store.opening import open_store

__all__ = ["open_store"]
