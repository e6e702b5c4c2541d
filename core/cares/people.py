"""People nobody is linked to: claims to confirm, strangers who tried to act, members without an account."""

from __future__ import annotations

from collections.abc import Iterator

from core.administration.care import PeopleCare, people_care
from core.cares.base import Care, CareKind, Here
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Reader

TOPIC = "members"


def read(reader: Reader, actor: Actor, here: Here) -> Iterator[Care]:
    found = people_care(reader, actor, here.identities)
    yield from _claims(found)
    yield from _unmapped(found)
    yield from _unlinked(found)


def _claims(found: PeopleCare) -> Iterator[Care]:
    if found.claims:
        about = _named([one.name for one in found.claims])
        yield Care("people", about, phrase("They say which member they are and wait for your yes."), TOPIC)


def _unmapped(found: PeopleCare) -> Iterator[Care]:
    if found.unmapped:
        about = _named([one.name for one in found.unmapped])
        said = phrase("They tried to act, or lost their link, and stand for no member; link them, or leave them out.")
        yield Care("people", about, said, TOPIC)


def _unlinked(found: PeopleCare) -> Iterator[Care]:
    if found.unlinked:
        about = _named([one.name for one in found.unlinked])
        said = phrase("These members have no Slack account here, so no card reaches them; correct their addresses.")
        yield Care("people", about, said, TOPIC)


def _named(names: list[str]) -> str:
    """`Ada, Bob, Carol and 4 more`."""
    more = len(names) - 3
    return phrase("{names} and {more} more", names=", ".join(names[:3]), more=more) if more > 0 else ", ".join(names)


MEMBER = CareKind("people", read)
