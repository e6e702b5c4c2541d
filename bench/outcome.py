"""One measured figure beside its floor and its target, and the table of all of them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """`ratio` is compared with `limit`: at most it, or at least it where `at_least`.

    Without a floor (a plain promise such as "within 5 s") `ratio` is the figure itself, in the unit of `limit`.
    """

    figure: str
    ours: str
    floor: str
    ratio: float
    limit: float
    at_least: bool = False
    note: str = ""

    @property
    def reached(self) -> bool:
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit

    @property
    def target(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Turns:
    """What both sides took, turn by turn, in one unit."""

    ours: tuple[float, ...]
    floor: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of the turns' own ratios: neighbours in time share the machine's mood."""
        return statistics.median(mine / its for mine, its in zip(self.ours, self.floor, strict=True))

    def compare(self, figure: str, unit: str, limit: float, *, at_least: bool = False, note: str = "") -> Outcome:
        mine, its = statistics.median(self.ours), statistics.median(self.floor)
        return Outcome(figure, say(mine, unit), say(its, unit), self.ratio, limit, at_least, note)


def say(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 2
    return f"{value:,.{digits}f} {unit}"


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def table(outcomes: Iterable[Outcome]) -> str:
    """The table as Markdown."""
    rows = ["| figure | ours | floor | ratio | target | reached |", "|---|---:|---:|---:|---:|---|"]
    for o in outcomes:
        reached = "yes" if o.reached else "**no**"
        rows.append(f"| {o.figure} | {o.ours} | {o.floor} | {o.ratio:.2f} | {o.target} | {reached} |")
        if o.note:
            rows.append(f"| — {o.note} | | | | | |")
    return "\n".join(rows)
