"""The desk's office, on both databases, with three admins."""

from tests.administration.conftest import bring_up, database, hall, office, postgres_schema, sqlite_template

__all__ = ["bring_up", "database", "hall", "office", "postgres_schema", "sqlite_template"]
