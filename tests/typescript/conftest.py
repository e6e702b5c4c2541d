"""The live server of the clients' tests, for another client."""

from tests.clients.conftest import key, live, silent

__all__ = ["key", "live", "silent"]
