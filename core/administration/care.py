"""What of people needs an admin's care: claims to confirm, people nobody is linked to, user groups not fully here."""

from __future__ import annotations

from dataclasses import dataclass

from core.administration.mirrors import Unlinked, unlinked_of
from core.administration.office import must_oversee
from core.model.installation import Unmapped
from core.model.organisation import Member
from core.model.people import Actor
from core.ports import Reader

MOST = 100


@dataclass(frozen=True, slots=True)
class PeopleCare:
    """`claims` say which member they are and wait for a yes; `unmapped` tried to act, or lost their link.

    `unlinked` are active members whom nobody in Slack is linked to; `mirrors` are groups whose Slack user group has people
    nobody is linked to, or that cannot be followed.
    """

    claims: tuple[Unmapped, ...]
    unmapped: tuple[Unmapped, ...]
    unlinked: tuple[Member, ...]
    mirrors: tuple[Unlinked, ...]

    @property
    def count(self) -> int:
        return len(self.claims) + len(self.unmapped) + len(self.unlinked) + len(self.mirrors)


def people_care(reader: Reader, actor: Actor, kind: str) -> PeopleCare:
    """At most a hundred of each; `kind` is that of the identities that count."""
    must_oversee(reader, actor)
    linked = {one.member for one in reader.identities(actor.organisation, None) if one.kind == kind}
    members = reader.members(actor.organisation, cursor=None, limit=10_000)
    unlinked = [one for one in members if one.active and one.id not in linked]
    mirrors = (unlinked_of(reader, mirror) for mirror in reader.mirrors(actor.organisation))
    return PeopleCare(
        tuple(reader.claims(actor.organisation, MOST)),
        tuple(reader.unmapped(actor.organisation, MOST)),
        tuple(unlinked[:MOST]),
        tuple(one for one in mirrors if one.users or one.mirror.problem),
    )
