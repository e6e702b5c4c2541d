"""`history #n`: the story of a request, from its ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.slack.answer import Answer, Whisper
from bot.slack.cards import history
from bot.slack.commands.base import Command, number_alone
from bot.slack.payload import Slash
from bot.slack.room import Room
from core.model.people import Actor
from core.model.request import Request
from core.phrases import phrase
from core.ports import LedgerRow, Reader

USAGE = "#n"
ROWS = 500


async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
    request = await room.numbered(actor, number_alone(slash, USAGE))
    rows, names = await room.read(lambda reader: _story(reader, request))
    return Whisper(history.draw(request, rows, names))


def _story(reader: Reader, request: Request) -> tuple[Sequence[LedgerRow], Mapping[str, str]]:
    rows = reader.ledger(request.id, after=0, limit=ROWS)
    keys = {row.actor for row in rows}
    members = {key.removeprefix("member:") for key in keys if key.startswith("member:")}
    people = reader.people(members, request.project)
    names = {f"member:{id}": person.name for id, person in people.items()}
    strangers = {key: _stranger(key) for key in keys if key.startswith("stranger:")}
    return rows, {
        **names,
        **strangers,
        request.requester.key: request.requester.name,
        "system:clock": phrase("The clock"),
    }


def _stranger(key: str) -> str:
    return phrase("Somebody unknown here ({rpartition} in Slack)", rpartition=key.rpartition("/")[2])


MEMBER = Command("history", USAGE, "Everything that happened to a request", run)
