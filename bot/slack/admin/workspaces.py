"""Workspaces by chat: where the app is installed for this organisation, and how one of them goes to another organisation."""

from __future__ import annotations

from bot.slack.admin.written import NAME
from bot.slack.cards import sheet
from bot.slack.cards.sheet import Sheet
from bot.slack.drawing.blocks import Json
from bot.slack.installed.scopes import USES
from bot.slack.room import Room
from core.administration.installations import missing_scopes
from core.model.installation import Installation, InstallState
from core.model.people import Actor
from core.phrases import phrase

LINES = 30
STATES = {
    InstallState.ACTIVE: phrase("installed"),
    InstallState.UNINSTALLED: phrase("removed in Slack; install it again to go on"),
    InstallState.REVOKED: phrase("its token was taken back in Slack; install it again to go on"),
}


async def shown(room: Room, actor: Actor) -> Json:
    found = await room.administration.installations.list(actor)
    figures = [(one.name or one.workspace, _line(one, room)) for one in found[:LINES]]
    note = phrase(
        "Another workspace joins this organisation when an admin there types {name} workspaces offer, "
        "and an admin here {name} workspaces join with the code.",
        name=NAME,
    )
    state = phrase("This is {workspace}", workspace=room.installation.name or room.installation.workspace)
    return sheet.draw(
        Sheet(phrase("Workspaces"), phrase("Where the app is installed"), state, figures=figures, note=note)
    )


def _line(one: Installation, room: Room) -> str:
    said = STATES[one.state]
    missing = missing_scopes(one, USES) if one.scopes and one.is_active else ()
    if not missing:
        return said
    return phrase(
        "{said}; not granted: {scopes}. Install it again at {url}/slack/install.",
        said=said,
        scopes=", ".join(missing),
        url=room.url,
    )
