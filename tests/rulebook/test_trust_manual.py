"""docs/trust.md: the tables on it are what the code comes to."""

from __future__ import annotations

import math
import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from core.lifecycle.leasing import covers
from core.model.lease import LONGEST, MOST_USES, Kind
from core.model.request import Content
from core.model.schedule import KEPT
from core.model.trust import Made, Safety
from core.rulebook.trust import HALF_LIFE, Past, record_of, score
from tests.rulebook.kit import NINE

PAGE: Final = (Path(__file__).resolve().parents[2] / "docs" / "trust.md").read_text()


def rows(first: str) -> list[list[str]]:
    """The rows of the table whose head begins so."""
    _, _, rest = PAGE.partition(f"| {first} |")
    table = rest.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


@pytest.mark.parametrize("row", rows("approved"))
def test_the_table_of_scores_is_true(row: list[str]) -> None:
    approved, edited, rejected, days, said, passes = row
    at = NINE - timedelta(days=int(days))
    made = {Made.APPROVED: int(approved), Made.EDITED: int(edited), Made.REJECTED: int(rejected)}
    reached = score(record_of(Past(kind, at) for kind, times in made.items() for _ in range(times)), NINE)
    assert f"{math.floor(reached * 100) / 100:.2f}" == said
    assert ("yes" if reached >= Safety().least_score else "no") == passes


def test_the_table_of_settings_names_each_with_its_default() -> None:
    said = {re.search(r"`(\w+)`", row[0])[1]: row[1] for row in rows("setting")}  # type: ignore[index]
    defaults = {"enabled": "off", "usd_each": "$1.00", "usd_a_day": "$20.00", "count_a_day": "20", "spot_checks": "5 %"}
    assert said == {**defaults, "least_score": "0.85"}
    assert set(said) == {field.name for field in fields(Safety)}
    assert Safety() == Safety(False, 0.85, 1.0, 20.0, 20, 0.05)


@pytest.mark.parametrize("row", rows("lease for"))
def test_the_table_of_leases_is_true(row: list[str]) -> None:
    lease, *said = row
    kind = Kind("deploy", lease.strip("`"))
    actions = ("restart worker 7", "restart worker 8", "restart", None)
    found = [covers(kind, Content(type="deploy", title="Restart", action=action)) for action in actions]
    assert ["passes" if one else "asks" for one in found] == said


def test_the_figures_in_the_text_are_those_in_the_code() -> None:
    assert (20, timedelta(hours=24), timedelta(hours=24), timedelta(days=30)) == (MOST_USES, LONGEST, KEPT, HALF_LIFE)
    for figure in ("at most 20", "at most 24 hours", "believed for 24 hours", "halves in 30 days"):
        assert figure in PAGE
