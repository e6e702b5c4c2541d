"""How long tests let Slack wait: a machine under load is slow, and that is no finding."""

from typing import Final

PATIENT: Final = 30.0
"""Seconds in place of Slack's three, for an answer and for a trigger, wherever those three are not what is tested."""
