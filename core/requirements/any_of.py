"""`any_of`: requirements of which one suffices."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

from core.model.quick import dataclass
from core.model.requirement import NO_REPORTS, Bind, Decode, Reports, Requirement, Result, Source, Vote
from core.phrases import phrase


@dataclass(frozen=True, slots=True)
class AnyOf(Requirement):
    """Met as soon as one of `parts` is. No part is an `all`: whom it meant could not be fixed when the stage opens."""

    word: ClassVar[str] = "any_of"
    id: str
    parts: tuple[Requirement, ...]

    @property
    def label(self) -> str:
        return phrase("either {ways}", ways=phrase(" or ").join(part.label for part in self.parts))

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(dict.fromkeys(source for part in self.parts for source in part.sources))

    @property
    def ways(self) -> tuple[Requirement, ...]:
        return tuple(way for part in self.parts for way in part.ways)

    @property
    def key(self) -> Hashable:
        """Numbers count here: of `2 of @a or else check b` and `1 of @a or else check b` neither asks for both."""
        return self.word, frozenset((part.key, part.slots(None)) for part in self.parts)

    @property
    def line(self) -> str:
        return f"either {' or else '.join(part.line for part in self.parts)}"

    def joined(self, other: Self) -> Self:
        return self

    def called(self, id: str) -> Self:
        parts = (part.called(f"{id}.{place}") for place, part in enumerate(self.parts, start=1))
        return replace(self, id=id, parts=tuple(parts))

    def bound(self, bind: Bind) -> Self:
        return replace(self, parts=tuple(part.bound(bind) for part in self.parts))

    def fills(self, vote: Vote, fixed: frozenset[str] | None) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place for part in self.parts for place in part.fills(vote, fixed)))

    def slots(self, fixed: frozenset[str] | None) -> int:
        return max(part.slots(fixed) for part in self.parts)

    def standing(self, votes: tuple[Vote, ...], fixed: frozenset[str] | None, reports: Reports = NO_REPORTS) -> Result:
        results = tuple(part.standing(votes, fixed, reports) for part in self.parts)
        nearest = max(results, key=lambda result: (result.met, result.have - result.need))
        return Result(
            label=self.label,
            met=nearest.met,
            sentence=nearest.sentence if nearest.met else "; or ".join(result.sentence for result in results),
            have=nearest.have,
            need=nearest.need,
            by=nearest.by if nearest.met else tuple(dict.fromkeys(who for result in results for who in result.by)),
            waiting_on=() if nearest.met else tuple(dict.fromkeys(s for result in results for s in result.waiting_on)),
            parts=results,
        )

    def is_met(self, votes: tuple[Vote, ...], fixed: frozenset[str] | None, reports: Reports = NO_REPORTS) -> bool:
        return any(part.is_met(votes, fixed, reports) for part in self.parts)

    def without_people(self, result: Result, sentence: str) -> Result:
        pairs = zip(self.parts, result.parts, strict=True)
        parts = tuple(part.without_people(each, sentence) for part, each in pairs)
        if result.met or not any(each.met for each in parts):
            return replace(result, parts=parts)
        return replace(result, met=True, sentence=f"{self.label}: {sentence}", waiting_on=(), parts=parts)

    def to_json(self) -> dict[str, Any]:
        return {self.word: {"id": self.id, "parts": [part.to_json() for part in self.parts]}}

    def written(self) -> dict[str, Any]:
        return {self.word: [part.written() for part in self.parts]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], decode: Decode) -> AnyOf:
        return cls(data["id"], tuple(decode(part) for part in data["parts"]))


MEMBER = AnyOf
