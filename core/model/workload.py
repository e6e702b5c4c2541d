"""Workloads: machines that come with their platform's token instead of a key of ours, and which of them stand for an agent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from core.model.people import Verb
from core.model.quick import dataclass

PLATFORMS: Final[Mapping[str, str]] = {
    "github": "https://token.actions.githubusercontent.com",
    "gitlab": "https://gitlab.com",
}
"""Issuers by the word for them."""

LONGEST_PATTERN: Final = 300
_PIECES: Final = re.compile(r"\*\*|\*")
_ANCHORED: Final[Mapping[str, re.Pattern[str]]] = {
    PLATFORMS["github"]: re.compile(r"repo:[^*:/]+/"),
    PLATFORMS["gitlab"]: re.compile(r"project_path:[^*:/]+/"),
}
_ANYWHERE_ELSE: Final = re.compile(r"[^*]{3,}")


@dataclass(frozen=True, slots=True)
class Workload:
    """Whoever brings a token of `issuer`, made out to this organisation, whose subject fits, acts as `agent`.

    `subject` is a pattern: `*` stands for anything but a colon, `**` for anything. What else it may is said as of a key:
    `projects` None means all, `facts` stand above whatever the caller says.
    """

    id: str
    organisation: str
    agent: str
    issuer: str
    subject: str
    verbs: frozenset[Verb]
    projects: frozenset[str] | None
    facts: Mapping[str, Any]
    created_at: datetime
    revoked_at: datetime | None

    def fits(self, issuer: str, subject: str) -> bool:
        return self.revoked_at is None and self.issuer == issuer and fits(self.subject, subject)


def fits(pattern: str, subject: str) -> bool:
    """Piece by piece and whole: a pattern is no regular expression, and nothing stands for more than it says."""
    written, at = "", 0
    for found in _PIECES.finditer(pattern):
        written += re.escape(pattern[at : found.start()]) + ("[^:]*" if found[0] == "*" else ".*")
        at = found.end()
    return re.fullmatch(written + re.escape(pattern[at:]), subject, re.DOTALL) is not None


def is_anchored(issuer: str, pattern: str) -> bool:
    """Whether it begins with something only its owner can have: anybody in the world can get a token of GitHub's."""
    return _ANCHORED.get(issuer, _ANYWHERE_ELSE).match(pattern) is not None


def audience(url: str, organisation: str) -> str:
    """Whom a workload's token must be made out to: this server, and one organisation on it."""
    return f"{url.rstrip('/')}/{organisation}"
