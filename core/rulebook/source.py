"""How rules name people, channels and places: `@platform`, `ada@example.com`, `role:admin`, `metadata.owner`, `#deploys`."""

from __future__ import annotations

import re
from typing import Final, Protocol

from core.errors import Invalid
from core.model.people import Role
from core.model.requirement import Source
from core.model.rule import Place
from core.phrases import phrase

_HEADS: Final = ("metadata", "facts", "params", "agent", "requester", "subject")
_FIELD = re.compile(rf"(?:{'|'.join(_HEADS)})(?:\.[A-Za-z_][\w-]*)+")
_ONCALL = re.compile(r"oncall:[\w.-]{1,80}")
_CHANNEL = re.compile(r"#[^\s,#\"]{1,80}|channel:[A-Z0-9]{1,30}")
_GROUP = re.compile(r"@[^\s,@\"]{1,80}")
_PERSON = re.compile(r"[^\s,@\"]+@[^\s,@\"]+\.[^\s,@\"]+|mem_\w+|grp_\w+")
_BARE = re.compile(r"[\w-]{1,80}")


class Names(Protocol):
    """Finds what an admin set up by the name people write; None where nothing is called so."""

    def source(self, word: str) -> Source | None:
        """A member by e-mail address or id, a group by `@name` or id, a schedule as `oncall:name`; labelled as written."""

    def agent(self, word: str) -> Place | None: ...
    def team(self, word: str) -> Place | None: ...
    def project(self, word: str) -> Place | None: ...


class AsWritten:
    """Takes every name at its word: for rules kept in files, read where no organisation is at hand."""

    def source(self, word: str) -> Source | None:
        if word.startswith("oncall:"):
            return Source(word, word)
        kind = "group" if word.startswith(("@", "grp_")) else "member"
        return Source(f"{kind}:{word.removeprefix('@').lower()}", word)

    def agent(self, word: str) -> Place | None:
        return Place(word, word)

    def team(self, word: str) -> Place | None:
        return Place(word, word)

    def project(self, word: str) -> Place | None:
        return Place(word, word)


def source_called(word: str, names: Names) -> Source:
    """Roles, fields and schedules stand for themselves until there is a request; people and schedules must exist now."""
    if word == "anyone":
        return Source(word, word)
    if word.startswith("role:"):
        return _role(word)
    if _GROUP.fullmatch(word) or _PERSON.fullmatch(word) or _ONCALL.fullmatch(word):
        return _known(names.source(word), word)
    if _FIELD.fullmatch(word):
        return Source(f"field:{word}", word)
    raise Invalid(
        phrase(
            "'{word}' names nobody: write @name for a group, an e-mail address for a person, role:admin, anyone, "
            "oncall:schedule, or a field like metadata.owner.",
            word=word,
        )
    )


def _role(word: str) -> Source:
    roles = [role.value for role in Role]
    if word.removeprefix("role:") not in roles:
        raise Invalid(
            phrase(
                "There is no role '{role}'; there are {roles}.",
                role=word.removeprefix("role:"),
                roles=", ".join(roles),
            )
        )
    return Source(word, word)


def _known(found: Source | None, word: str) -> Source:
    if found is None:
        what = "group" if word.startswith("@") else "schedule" if _ONCALL.fullmatch(word) else "member"
        raise Invalid(phrase("There is no {what} '{word}' here; check the name.", what=what, word=word))
    return found


def is_channel(word: str) -> bool:
    return _CHANNEL.fullmatch(word) is not None


def told(word: str, names: Names) -> Source:
    """Somebody to tell; here a bare word is a group's name."""
    return source_called(f"@{word}" if _BARE.fullmatch(word) and word != "anyone" else word, names)


def place_called(kind: str, word: str, names: Names) -> Place:
    """`kind` is `agent`, `team` or `project`."""
    found = {"agent": names.agent, "team": names.team, "project": names.project}[kind](word)
    if found is None:
        raise Invalid(phrase("There is no {kind} '{word}' here; check the name.", kind=kind, word=word))
    return found
