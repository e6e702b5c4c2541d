"""`check`: an outside system must have reported `passed` on this very revision; it needs no person."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

from core.model.quick import dataclass
from core.model.request import Stage
from core.model.requirement import NO_REPORTS, Bind, Decode, Report, Reports, Requirement, Result, Source, Vote
from core.phrases import phrase


@dataclass(frozen=True, slots=True)
class Check(Requirement):
    """`name` is the check's own; `title` how people call it where that is something else."""

    word: ClassVar[str] = "check"
    id: str
    name: str
    title: str | None = None

    @property
    def label(self) -> str:
        return self.title or phrase("check {name}", name=self.name)

    @property
    def sources(self) -> tuple[Source, ...]:
        return ()

    @property
    def key(self) -> Hashable:
        return self.word, self.name

    @property
    def line(self) -> str:
        return f"check {self.name}"

    def joined(self, other: Self) -> Self:
        return self

    def called(self, id: str) -> Self:
        return replace(self, id=id)

    def bound(self, bind: Bind) -> Self:
        return self

    def fills(self, vote: Vote, fixed: frozenset[str] | None) -> tuple[str, ...]:
        return ()

    def slots(self, fixed: frozenset[str] | None) -> int:
        return 0

    def standing(self, votes: tuple[Vote, ...], fixed: frozenset[str] | None, reports: Reports = NO_REPORTS) -> Result:
        label = self.label
        said = _says(reports.get(self.name))
        return Result(label=label, met=self.is_met(votes, fixed, reports), sentence=f"{label}: {said}")

    def is_met(self, votes: tuple[Vote, ...], fixed: frozenset[str] | None, reports: Reports = NO_REPORTS) -> bool:
        report = reports.get(self.name)
        return report is not None and report.state == "passed"

    def to_json(self) -> dict[str, Any]:
        return {self.word: {"id": self.id, "name": self.name, "title": self.title}}

    def written(self) -> dict[str, Any]:
        return {self.word: {"name": self.name}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], decode: Decode) -> Check:
        return cls(data["id"], data["name"], data.get("title"))


def checks_in(stages: Iterable[Stage]) -> Iterator[str]:
    """The names of all checks of these stages, those inside other requirements too."""
    return (
        way.name
        for stage in stages
        for requirement in stage.requirements
        for way in (requirement, *requirement.ways)
        if isinstance(way, Check)
    )


def _says(report: Report | None) -> str:
    if report is None:
        return phrase("has not answered yet")
    state = phrase("is still running") if report.state == "pending" else report.state
    return f"{state} ({report.summary})" if report.summary else state


MEMBER = Check
