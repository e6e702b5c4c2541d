"""Identifiers in Slack's shape: a letter that tells the kind, then capitals and digits."""

import secrets
import string

_CAPITALS = string.ascii_uppercase + string.digits
_LETTERS = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 10) -> str:
    return prefix + "".join(secrets.choice(_CAPITALS) for _ in range(length))


def new_word(length: int = 5) -> str:
    """A generated block_id or action_id."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
