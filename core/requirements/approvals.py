"""`approvals`: so many of these people, or all of them, must say yes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

from core.model.matching import match
from core.model.quick import dataclass
from core.model.requirement import NO_REPORTS, Bind, Decode, Reports, Requirement, Result, Source, Vote
from core.phrases import phrase


@dataclass(frozen=True, slots=True)
class Approvals(Requirement):
    """`min` different people from `people`; with `all`, everybody they stood for when the stage opened."""

    word: ClassVar[str] = "approvals"
    id: str
    min: int
    people: tuple[Source, ...]
    all: bool = False

    @property
    def label(self) -> str:
        labels = [source.said for source in self.people]
        if self.all:
            everybody = phrase(" and ").join(labels)
            return (
                everybody
                if len(labels) > 1 or self._is_one_person
                else phrase("all of {everybody}", everybody=everybody or phrase("nobody"))
            )
        names = phrase(" or ").join(labels)
        return (
            phrase("{min} of {names}", min=self.min, names=names) if self.min > 1 or not self._is_one_person else names
        )

    @property
    def _is_one_person(self) -> bool:
        return len(self.people) == 1 and self.people[0].principal.startswith("member:")

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.people

    @property
    def fixes_people(self) -> bool:
        return self.all

    @property
    def key(self) -> Hashable:
        return self.word, self.all, frozenset(source.principal for source in self.people)

    @property
    def line(self) -> str:
        names = " or ".join(source.label for source in self.people)
        return f"all of {names}" if self.all else f"{self.min} of {names}"

    def joined(self, other: Self) -> Self:
        return self if self.min >= other.min else replace(self, min=other.min)

    def called(self, id: str) -> Self:
        return self if id == self.id else replace(self, id=id)

    def bound(self, bind: Bind) -> Self:
        found = tuple(dict.fromkeys(bound for source in self.people for bound in bind(source)))
        return self if found == self.people else replace(self, people=found)

    def fills(self, vote: Vote, fixed: frozenset[str] | None) -> tuple[str, ...]:
        if not vote.delegated:
            return (vote.member,) if self._calls_for(vote.member, vote.principals, fixed) else ()
        return tuple(member for member, names in vote.places if self._calls_for(member, names, fixed))

    def _calls_for(self, member: str, principals: frozenset[str], fixed: frozenset[str] | None) -> bool:
        if self.all and fixed is not None:
            return bool(fixed & ({member} | _people_in(principals)))
        return bool(self.names(principals))

    def slots(self, fixed: frozenset[str] | None) -> int:
        if not self.all:
            return self.min
        return len(self.people) if fixed is None else len(fixed)

    def standing(self, votes: tuple[Vote, ...], fixed: frozenset[str] | None, reports: Reports = NO_REPORTS) -> Result:
        counted, label, need = self._counted(votes, fixed), self.label, self.slots(fixed)
        met = self._suffices(counted, fixed)
        return Result(
            label=label,
            met=met,
            sentence=_sentence(label, counted, need),
            have=_people(counted),
            need=need,
            by=tuple(vote.member for vote in counted),
            waiting_on=() if met else self._missing(counted, fixed),
        )

    def is_met(self, votes: tuple[Vote, ...], fixed: frozenset[str] | None, reports: Reports = NO_REPORTS) -> bool:
        return self._suffices(self._counted(votes, fixed), fixed)

    def _suffices(self, counted: tuple[Vote, ...], fixed: frozenset[str] | None) -> bool:
        """Where all are asked, it is known only from the opening of the stage on who they are."""
        return _people(counted) >= self.slots(fixed) > 0 and not (self.all and fixed is None)

    def without_people(self, result: Result, sentence: str) -> Result:
        if result.met:
            return result
        return replace(result, met=True, sentence=f"{self.label}: {sentence}", waiting_on=())

    def _counted(self, votes: tuple[Vote, ...], fixed: frozenset[str] | None) -> tuple[Vote, ...]:
        """Those that count, as many as can: a delegate and the delegator fill one place between them."""
        accepted = tuple([vote for vote in votes if self.fills(vote, fixed)])
        if not [vote for vote in accepted if vote.delegated]:
            return accepted
        placed = match({vote.member: self.fills(vote, fixed) for vote in accepted})
        return tuple(vote.only_for({placed[vote.member]}) for vote in accepted if vote.member in placed)

    def _missing(self, counted: tuple[Vote, ...], fixed: frozenset[str] | None) -> tuple[Source, ...]:
        """Never nobody: where too few are left, all it calls for are waited for still."""
        placed = [place for vote in counted for place in vote.places if place[1]]
        answered = {vote.member for vote in counted}.union(*({who} | _people_in(names) for who, names in placed))
        if self.all and fixed is not None:
            known = {source.principal: source for source in self.people}
            waited = (f"member:{member}" for member in sorted(fixed - answered))
            left = tuple(known.get(principal, Source(principal, self.label)) for principal in waited)
        else:
            left = tuple(s for s in self.people if s.principal.removeprefix("member:") not in answered)
        return left or self.people

    def to_json(self) -> dict[str, Any]:
        people = [{"principal": source.principal, "label": source.label} for source in self.people]
        return {self.word: {"id": self.id, "min": self.min, "all": self.all, "from": people}}

    def written(self) -> dict[str, Any]:
        number = {"all": True} if self.all else {"min": self.min}
        return {self.word: {**number, "from": [source.label for source in self.people]}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], decode: Decode) -> Approvals:
        people = tuple(Source(source["principal"], source["label"]) for source in data["from"])
        return cls(data["id"], data["min"], people, data["all"])


def _people(counted: tuple[Vote, ...]) -> int:
    return len({vote.member for vote in counted})


def _sentence(label: str, counted: tuple[Vote, ...], need: int) -> str:
    who = ", ".join([vote.name for vote in counted])
    if 0 < need <= len(counted):
        return phrase("{label}: approved by {who}", label=label, who=who)
    if need == 0:
        return phrase("{label}: nobody is left who could approve", label=label)
    so_far = phrase("{count} of {need}", count=len(counted), need=need) + (f" ({who})" if who else "")
    return f"{label}: {so_far}"


def _people_in(principals: frozenset[str]) -> frozenset[str]:
    """Member ids among the principals: one's own, and those whose seat was handed over."""
    return frozenset(name.removeprefix("member:") for name in principals if name.startswith("member:"))


MEMBER = Approvals
