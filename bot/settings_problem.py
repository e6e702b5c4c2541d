"""Apart from `settings`, so that whoever only tells of it need not load all that reads them."""

from __future__ import annotations


class SettingsProblem(Exception):
    """The settings cannot be used; the message says which one, why, and never its value."""
