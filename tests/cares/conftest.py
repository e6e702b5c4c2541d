"""The desk's office, on both databases, with three admins."""

from tests.administration.conftest import database, hall, office

__all__ = ["database", "hall", "office"]
