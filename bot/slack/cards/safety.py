"""Safety settings as a form: whether trust may answer for people, and how far."""

from __future__ import annotations

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from core.model.trust import Safety
from core.phrases import phrase


def draw(safety: Safety) -> Json:
    blocks = [
        b.section(
            b.plain(
                phrase(
                    "With trust budgets on, small requests of a machine pass unasked once people have often enough said yes "
                    "to its like. Nobody can set trust: it is earned by approvals without edits, and lost much faster."
                )
            ),
            "safety.what",
        ),
        b.field("enabled", phrase("Trust budgets"), _switch(on=safety.enabled)),
        b.field("usd_each", phrase("At most for one request, in dollars"), _number(safety.usd_each, "0", "1000")),
        b.field(
            "usd_a_day", phrase("At most for one machine and day, in dollars"), _number(safety.usd_a_day, "0", "10000")
        ),
        b.field(
            "count_a_day",
            phrase("At most so many for one machine and day"),
            b.number_input("value", decimals=False, initial=str(safety.count_a_day), low="1", high="1000"),
        ),
        b.field(
            "spot_checks",
            phrase("Asked all the same, in percent"),
            _number(safety.spot_checks * 100, "1", "100"),
            hint=phrase("Drawn by chance, so that people keep looking."),
        ),
        b.field(
            "least_score",
            phrase("Least score"),
            _number(safety.least_score, "0.5", "0.99"),
            hint=phrase("A lower bound for the share of yeses. 0.85 takes 31 spotless approvals at least."),
        ),
    ]
    return b.modal("safety", phrase("Safety"), blocks, submit=phrase("Save"))


def _switch(*, on: bool) -> Json:
    options = [
        b.option(phrase("Off"), "off", phrase("People are always asked")),
        b.option(phrase("On"), "on", phrase("Earned trust may answer")),
    ]
    return b.radio("value", options, int(on))


def _number(value: float, low: str, high: str) -> Json:
    return b.number_input("value", decimals=True, initial=f"{value:.10g}", low=low, high=high)


MEMBER = Card("safety", {"off": lambda: draw(Safety()), "on": lambda: draw(Safety(enabled=True, usd_each=2.5))})
