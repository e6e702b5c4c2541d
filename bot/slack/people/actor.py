"""Slack user -> actor, from pinned identities alone: one read of our own store, never a call to Slack."""

from __future__ import annotations

from datetime import datetime

from bot.slack.entrance.payload import Sender
from bot.slack.installed.installation import Installation
from core.model.organisation import Member
from core.model.people import Actor, Proof, Way
from core.ports import Reader, Store

KIND = "slack"
"""The kind of pinned identities. Stored; may never be renamed."""


class Actors:
    def __init__(self, store: Store, installation: Installation) -> None:
        self._store = store
        self._installation = installation

    async def known(self, sender: Sender) -> Actor | None:
        """The active member this user is pinned to; None for everybody else, who is looked up after the ack."""

        def look(reader: Reader) -> tuple[tuple[Member, str | None] | None, datetime]:
            return reader.linked(KIND, self._installation.issuer, sender.user), reader.now()

        if self._is_foreign(sender):
            return None
        found, now = await self._store.glance(look)
        if found is None or not found[0].active or found[0].organisation != self._installation.organisation:
            return None
        return self.member(found[0], sender, now, found[1])

    def _is_foreign(self, sender: Sender) -> bool:
        """Outside an Enterprise organisation a user of another team is nobody we could have pinned."""
        return self._installation.enterprise is None and sender.team != self._installation.team

    def member(self, member: Member, sender: Sender, now: datetime, locale: str | None = None) -> Actor:
        return Actor(
            "member",
            member.id,
            member.name,
            self._installation.organisation,
            Way.SLACK,
            may_decide=True,
            proof=self._proof(sender, now),
            locale=locale,
        )

    def stranger(self, sender: Sender, now: datetime) -> Actor:
        """Authenticated by Slack, mapped to nobody: may be refused, and the ledger knows."""
        id = f"{sender.team}/{sender.user}"
        return Actor(
            "stranger",
            id,
            sender.name or sender.user,
            self._installation.organisation,
            Way.SLACK,
            proof=self._proof(sender, now),
        )

    def _proof(self, sender: Sender, now: datetime) -> Proof:
        return Proof(Way.SLACK, self._installation.issuer, sender.user, now, sender.digest)
