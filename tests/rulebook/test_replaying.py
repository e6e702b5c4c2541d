"""A replay judges alike what is alike, and asks each rule once: what comes out is as if each had been judged by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.model.organisation import BUILT_IN_TYPES
from core.model.request import Cost, Judgement, Outcome, Requester
from core.model.requirement import Source
from core.model.rule import Rule
from core.rulebook.binding import sources_of
from core.rulebook.given import Given
from core.rulebook.past import PastRevision
from core.rulebook.replay import Change, Replaying, compare, replay
from core.rulebook.rulebook import Rulebook
from tests.rulebook.kit import BOT, CONDITIONS, NINE, RITA, content, project, rulebook
from tests.rulebook.test_laws import sets_of_rules

ROSTERS = {
    name: frozenset({"mem_rita", f"mem_of {name}", "mem_everywhere"})
    for name in ("group:platform", "group:security", "member:ada@example.com", "role:admin:payments", "anyone:payments")
}
SAID: list[dict[str, Any]] = [
    {},
    {"metadata": {"env": "production", "owner": "ada"}, "facts": {"x": 2}, "cost": Cost(usd=1.0)},
    {"type": "merge", "facts": {"x": 5}, "metadata": {"allow": 1, "env": "test"}, "cost": Cost(usd=9.0)},
]
REQUESTERS = [RITA, BOT, Requester("member", "mem_everywhere", "Eve")]
GIVEN = [
    Given(),
    Given(stands_for={"field:metadata.owner": (Source("member:ada@example.com", "Ada"),)}),
    Given(behind={"field:metadata.owner": frozenset({"mem_everywhere"})}),
]


@st.composite
def pasts(draw: st.DrawFn) -> list[PastRevision]:
    wanted = draw(
        st.lists(
            st.tuples(
                st.sampled_from(SAID),
                st.sampled_from(REQUESTERS),
                st.sampled_from(GIVEN),
                st.sampled_from([None, "mem_rita"]),
            ),
            min_size=1,
            max_size=12,
        )
    )
    here = project(self_approval=draw(st.booleans()), when_no_rule=draw(st.sampled_from(["ask", "allow", "deny"])))
    return [
        PastRevision(n, by, here, BUILT_IN_TYPES["deploy"], content(**said), NINE, behalf, given=bound)
        for n, (said, by, bound, behalf) in enumerate(wanted)
    ]


def each_by_itself(past: list[PastRevision], book: Rulebook) -> Iterator[Judgement]:
    for one in past:
        yield one.judged(one.looked_at_by(book, one.view(CONDITIONS)))


def pinged(judgement: Judgement) -> frozenset[str]:
    if judgement.outcome is not Outcome.ASK:
        return frozenset()
    people = (ROSTERS.get(source.principal, frozenset()) for source in sources_of(judgement.plan.stages))
    return frozenset[str]().union(*people) - judgement.plan.barred


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(pasts(), sets_of_rules(), st.integers(0, 5), st.sampled_from(["keep", "drop", "add"]))
def test_a_replay_comes_to_the_same_as_judging_each_by_itself(
    past: list[PastRevision], before: tuple[Rule, ...], place: int, what: str
) -> None:
    after = {"keep": before, "drop": before[:place] + before[place + 1 :], "add": (*before, *CHANGED)}[what]
    old, new = (Rulebook(1, rules, CONDITIONS) for rules in (before, after))
    *_, last = replay(past, old, new, CONDITIONS, ROSTERS)
    was, would = list(each_by_itself(past, old)), list(each_by_itself(past, new))
    assert last.changes == Counter(compare(*pair) for pair in zip(was, would, strict=True))
    counted = [Counter(member for one in judged for member in pinged(one)) for judged in (was, would)]
    assert {who: times for who, times in last.pings.items() if any(times)} == {
        who: (counted[0][who], counted[1][who]) for who in sorted(counted[0] | counted[1])
    }


CHANGED = tuple(
    replace(rule, id=f"new_{rule.id}", order=50 + rule.order)
    for rule in rulebook(
        'add "sure" when type == "merge" require 2 of @security',
        'add "field" when metadata.owner == "ada" require metadata.owner not from metadata.owner',
        'add "free" for agent bot when facts.x > 1 allow',
    ).rules
)


def test_each_rule_is_asked_once_whichever_rulebook_it_stands_in() -> None:
    asked: Counter[str] = Counter()

    class Counting(Rulebook):
        def look_at(self, candidates: Any, view: Any, uses: Any = None) -> Any:
            rules = tuple(candidates)
            asked.update(rule.name for rule in rules)
            return super().look_at(rules, view, uses)

    kept = rulebook('add "kept" when true require @platform').rules
    added = rulebook('add "added" when true require @security').rules
    replaying = Replaying(Counting(1, kept, CONDITIONS), Counting(2, (*kept, *added), CONDITIONS), CONDITIONS)
    replaying.add(PastRevision(1, RITA, project(), BUILT_IN_TYPES["deploy"], content(), NINE))
    assert asked == {"kept": 1, "added": 1}
    assert replaying.so_far().changes == {Change.ASKS_MORE: 1}


def test_a_slice_ends_when_its_time_is_over_and_goes_on_where_it_stopped() -> None:
    replaying = Replaying(rulebook(), rulebook('add "x" when true deny'), CONDITIONS, total=3)
    rest = iter([PastRevision(n, RITA, project(), BUILT_IN_TYPES["deploy"], content(), NINE) for n in range(3)])
    seen = []
    while replaying.add_until(rest, lambda: True):
        seen.append((replaying.so_far().seen, replaying.so_far().total))
    assert seen == [(1, 3), (2, 3), (3, 3)]
