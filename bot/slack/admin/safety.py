"""Safety by chat: the settings of trust budgets, and what each machine has earned."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.cards import safety, sheet
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.drawing.blocks import Json
from bot.slack.room import Room
from core.administration.safety import Earned
from core.model.organisation import Grant
from core.model.people import Actor, Role
from core.model.trust import Safety
from core.phrases import phrase, phrases

LINES = 20


async def shown(room: Room, actor: Actor) -> Json:
    office = room.administration.safety
    chosen, earned = await office.get(actor), await office.earned(actor)
    state = (
        phrase("Trust budgets are on") if chosen.enabled else phrase("Trust budgets are off: people are always asked")
    )
    more = len(earned) - LINES
    note = (
        phrase("and {more} more under GET /v1/trust", more=more)
        if more > 0
        else ""
        if earned
        else phrase("No machine has been approved yet.")
    )
    emergencies = (phrase("Break-glass"), _named(await room.administration.grants.list(actor)))
    figures = [emergencies, *_figures(chosen), *(_line(one) for one in earned[:LINES])]
    acts = [Act(phrase("Change"), "safety.change", "form")]
    return sheet.draw(Sheet(phrase("Safety"), phrase("Trust budgets"), state, figures=figures, acts=acts, note=note))


def _figures(chosen: Safety) -> list[tuple[str, str]]:
    return [
        (
            phrase("One request"),
            phrase("costs at most ${usd_each:.2f}, says so, and has no side effects", usd_each=chosen.usd_each),
        ),
        (
            phrase("One machine and day (UTC)"),
            phrase(
                "at most ${usd_a_day:.2f} and {count_a_day} requests",
                usd_a_day=chosen.usd_a_day,
                count_a_day=chosen.count_a_day,
            ),
        ),
        (
            phrase("Asked all the same"),
            phrase("{spot_checks:.10g} of 100, drawn by chance", spot_checks=chosen.spot_checks * 100),
        ),
        (phrase("Least score"), f"{chosen.least_score:.2f}"),
    ]


def _named(grants: Sequence[Grant]) -> str:
    """Nobody may break the glass by being an admin, which is found out at the worst moment."""
    holders = len({one.principal for one in grants if one.role is Role.BREAK_GLASS})
    if not holders:
        return phrase(
            "nobody may decide alone in an emergency; name somebody with /countersign members grant @who break_glass"
        )
    return phrases(
        "one person or group may decide alone in an emergency; /countersign members list says who",
        "{count} people or groups may decide alone in an emergency; /countersign members list says who",
        holders,
    )


def _line(one: Earned) -> tuple[str, str]:
    return f"{one.agent_name}, {one.trusted.type}", one.sentence


async def form(room: Room, actor: Actor, _wanted: str = "") -> Json:
    return safety.draw(await room.administration.safety.get(actor))
