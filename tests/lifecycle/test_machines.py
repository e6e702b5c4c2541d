"""Whatever people, machines and clocks do in whatever order, these sentences hold."""

from __future__ import annotations

import itertools
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core import requirements
from core.codec import Codec
from core.collection import members
from core.errors import ApprovalError
from core.lifecycle import decide, fold, overdue
from core.model import command as c
from core.model import event as e
from core.model.emergency import Finding
from core.model.people import Role
from core.model.request import YES, Content, Cost, ExecutionStatus, Life, Request, Stage, Status, Verdict
from core.scheduling.deadlines import next_due
from core.standing import first_unmet, stand, waiting_principals
from tests.lifecycle import kit
from tests.lifecycle.kit import HOUR, MINUTE, Story, all_of, one_of, person, some, somebody, stages

PEOPLE = (
    person("ada", "platform"),
    person("bob", "platform"),
    person("bo", "platform", "security"),
    person("sue", "security"),
    person("sam", "security"),
    person("eve", role=Role.BREAK_GLASS),
    kit.person_with("rita", Role.REQUESTER, Role.BREAK_GLASS),
)
NAMES = ("ada", "bob", "bo", "sue", "sam")
BREAKERS = ("eve", "rita")
ANYBODY = (*NAMES, *BREAKERS, "root", "ci", "other")
MACHINES = (kit.agent("ci", acts_for="sometimes"), kit.agent("other"))
CONTENT = Content(
    type="custom",
    title="Train",
    action="train",
    cost=Cost(50, 900),
    params={"epochs": 40},
    editable={"params.epochs": {"minimum": 1, "maximum": 100}},
)
ALSO_WHEN_FINAL = frozenset(
    {"execution", "discarded", "ended_by", "end_comment", "superseded_by", "glasses", "version"}
)
"""What may still change of a final request: what is done with its yes, who discarded it and why, the review of broken glass."""

wants = st.one_of(
    st.sampled_from(["@platform", "@security", "anyone", "role:admin", "ada", "sue"]).map(one_of),
    st.sampled_from(["@platform", "@security"]).map(lambda group: some(2, group)),
    st.sampled_from(["@platform", "@security"]).map(all_of),
    st.sets(st.sampled_from(NAMES), min_size=1, max_size=3).map(lambda names: all_of(*sorted(names))),
    st.just(some(2, "@platform", "@security")),
)
plans = st.lists(st.lists(wants, min_size=1, max_size=2).map(tuple), max_size=3).map(lambda each: stages(*each))
edits = st.dictionaries(
    st.sampled_from(["params.epochs", "cost.usd", "action", "side_effects", "title", "cost.usd.x"]),
    st.one_of(st.integers(-5, 200), st.floats(), st.text(max_size=3), st.lists(st.text(max_size=2), max_size=2)),
    max_size=2,
)
texts = st.sampled_from(["", "why?", "x" * 3001])
maybe = st.sampled_from([None, 1, 2, 3])
names = st.sampled_from(ANYBODY)
moments = st.integers(-2, 60).map(lambda hours: kit.NINE + hours * HOUR)
commands: st.SearchStrategy[c.Command] = st.one_of(
    st.builds(c.Approve, comment=st.none() | texts, edits=st.none() | edits, revision=maybe, stage=maybe),
    st.builds(c.Reject, comment=st.none() | texts, revision=maybe, stage=maybe),
    st.builds(c.BreakGlass, reason=texts, revision=maybe),
    st.builds(c.CloseReview, finding=st.sampled_from(Finding), remark=texts, glass=st.sampled_from([None, "gls_none"])),
    st.builds(c.Withdraw),
    st.builds(c.Ask, question=texts, revision=maybe),
    st.builds(c.Answer, answer=texts, question=st.sampled_from([None, "qst_none"])),
    st.builds(c.Comment, text=texts),
    st.builds(c.Cancel),
    st.builds(c.Discard),
    st.builds(c.Extend, expires_at=moments),
    st.builds(c.GiveSeat, taker=st.sampled_from(["mem_ada", "mem_sue", "mem_rita", "mem_root", "mem_nobody"])),
    st.builds(c.Remind),
    st.builds(
        c.ReportExecution,
        status=st.sampled_from(ExecutionStatus),
        action_digest=st.sampled_from([None, "0" * 64]),
    ),
    st.builds(c.Revise, st.builds(lambda title: replace(CONTENT, title=title), st.text(max_size=3)), st.none() | plans),
)


class OneRequest(RuleBasedStateMachine):
    """One request, anything said to it by anybody, time passing, people coming and going."""

    story: Story
    was: Request | None

    @initialize(
        asks=plans,
        by=st.sampled_from(["rita", "ci", "ada"]),
        distinct=st.booleans(),
        behalf=st.sampled_from([None, "mem_sam"]),
        self_approval=st.booleans(),
        late=st.sampled_from([None, 4 * HOUR]),
    )
    def begin(
        self, asks: tuple[Stage, ...], by: str, distinct: bool, behalf: str | None, self_approval: bool, late: Any
    ) -> None:
        settings = {"self_approval": self_approval, "reply_window": late, "remind": (HOUR, 2 * HOUR)}
        self.story = somebody(*PEOPLE, machines=MACHINES, settings=settings)
        behalf = behalf if by == "ci" else None
        command = kit.creation(self.story, asks, by, CONTENT, distinct=distinct, on_behalf_of=behalf)
        try:
            self.story.do(by, command)
        except ApprovalError:
            assume(False)
        self.was = None

    def say(self, who: str, command: c.Command) -> None:
        self.was = self.story.request
        try:
            self.story.do(who, command)
        except ApprovalError:
            assert self.story.request in (self.was, fold(self.was, overdue(self.was, self.story.now)))

    @rule(who=names, command=commands)
    def anybody_says_anything(self, who: str, command: c.Command) -> None:
        self.say(who, command)

    @rule(who=st.sampled_from(NAMES))
    def somebody_approves_what_is_on_show(self, who: str) -> None:
        self.say(who, c.Approve(revision=self.story.request.revision, stage=self.story.request.stage))

    @rule(who=st.sampled_from(NAMES), epochs=st.integers(1, 100))
    def somebody_edits_within_bounds(self, who: str, epochs: int) -> None:
        request = self.story.request
        self.say(who, c.Approve(edits={"params.epochs": epochs}, revision=request.revision, stage=request.stage))

    @rule(who=st.sampled_from(BREAKERS))
    def somebody_breaks_the_glass(self, who: str) -> None:
        self.say(who, c.BreakGlass("Everything burns.", self.story.request.revision))

    @precondition(lambda self: bool(self.story.request.glasses))
    @rule(who=st.sampled_from(ANYBODY), finding=st.sampled_from(Finding))
    def somebody_reviews(self, who: str, finding: Finding) -> None:
        self.say(who, c.CloseReview(finding, "I looked at the logs."))

    @rule(who=st.sampled_from(NAMES))
    def somebody_takes_back(self, who: str) -> None:
        self.say(who, c.Withdraw())

    @precondition(lambda self: bool(self.story.request.open_questions))
    @rule(who=st.sampled_from(["rita", "ci", "ada"]))
    def who_asked_answers(self, who: str) -> None:
        self.say(who, c.Answer("so", self.story.request.open_questions[0].id))

    @rule(who=st.sampled_from(NAMES))
    def somebody_asks(self, who: str) -> None:
        self.say(who, c.Ask("Which rows?"))

    @rule(who=st.sampled_from(["rita", "ci", "ada"]), asks=st.none() | plans, title=st.sampled_from("xyz"))
    def who_asked_revises(self, who: str, asks: tuple[Stage, ...] | None, title: str) -> None:
        self.say(who, c.Revise(replace(self.story.request.content, title=title), asks))

    @rule(who=st.sampled_from(NAMES), taker=st.sampled_from(NAMES))
    def somebody_hands_over(self, who: str, taker: str) -> None:
        self.say(who, c.GiveSeat(f"mem_{taker}"))

    @precondition(lambda self: self.story.request.is_yes)
    @rule(who=st.sampled_from(["rita", "ci", "ada"]), status=st.sampled_from(ExecutionStatus))
    def the_requester_acts(self, who: str, status: ExecutionStatus) -> None:
        self.say(who, c.ReportExecution(status))

    @precondition(lambda self: self.story.request.revision > 1)
    @rule()
    def something_newer_is_asked(self) -> None:
        self.say("clock", c.Supersede("req_newer", 43))

    @rule()
    def it_is_judged_again(self) -> None:
        self.say("clock", c.Judge())

    @precondition(lambda self: self.story.request.is_open)
    @rule(asks=plans)
    def it_is_judged_to_need_others(self, asks: tuple[Stage, ...]) -> None:
        assume(asks)
        self.story.catch_up()
        self.was = self.story.request
        self.story.judged_as(asks)

    @rule(time=st.sampled_from([timedelta(microseconds=1), MINUTE, HOUR, 3 * HOUR]))
    def time_passes(self, time: timedelta) -> None:
        self.story.wait(time)

    @rule()
    def the_clock_rings(self) -> None:
        self.was = self.story.request
        self.story.ring()
        due = next_due(self.story.request)
        assert due is None or due > self.story.now

    @rule(who=st.sampled_from(NAMES), active=st.booleans(), pinned=st.booleans())
    def somebody_comes_or_goes(self, who: str, active: bool, pinned: bool) -> None:
        self.story.becomes(who, active=active, pinned=pinned)

    @rule(who=st.sampled_from(NAMES), groups=st.sets(st.sampled_from(["platform", "security"])))
    def somebody_changes_groups(self, who: str, groups: set[str]) -> None:
        known = self.story.people[who]
        self.story.joins(person(who, *groups, active=known.active, pinned=known.pinned))

    # What holds.

    @invariant()
    def a_final_request_never_changes(self) -> None:
        """D-11"""
        if self.was is None or self.was.is_open:
            return
        for each in fields(Request):
            if each.name not in ALSO_WHEN_FINAL:
                assert getattr(self.was, each.name) == getattr(self.story.request, each.name), each.name

    @invariant()
    def folding_the_events_gives_the_request(self) -> None:
        assert fold(None, self.story.history) == self.story.request

    @invariant()
    def the_version_counts_the_events(self) -> None:
        assert self.story.request.version == len(self.story.history)

    @invariant()
    def it_ends_at_most_once(self) -> None:
        ends = [event for event in self.story.history if isinstance(event, e.Ended)]
        assert len(ends) == (0 if self.story.request.is_open else 1)

    @invariant()
    def only_members_who_are_not_barred_decide(self) -> None:
        for event in self.story.history:
            if isinstance(event, e.DecisionRecorded):
                assert event.decision.member not in self.story.request.plan.barred
                assert event.decision.member.startswith("mem_")

    @invariant()
    def a_yes_of_people_has_as_many_as_it_needs(self) -> None:
        request = self.story.request
        if request.cause != "people" or request.status not in YES:
            return
        standing = stand(request)
        for stage in standing.stages:
            for requirement, result in zip(stage.stage.requirements, stage.results, strict=True):
                assert len(set(result.by)) >= requirement.slots(request.fixed.get(requirement.id)) > 0
        if request.plan.distinct:
            by = [member for stage in standing.stages for result in stage.results for member in result.by]
            assert len(by) == len(set(by))

    @invariant()
    def broken_glass_is_nobodys_approval_and_always_named(self) -> None:
        request = self.story.request
        if request.cause == "break_glass":
            assert request.is_yes
            assert request.glass is not None
        breakers = {glass.member for glass in request.glasses}
        assert breakers <= {f"mem_{name}" for name in BREAKERS}
        for glass in (one for one in request.glasses if not one.owes_review):
            assert glass.reviewed_by not in (glass.member, request.requester.id, request.on_behalf_of)

    @invariant()
    def one_rejection_ends_it(self) -> None:
        rejected = any(d.verdict is Verdict.REJECTED for d in self.story.request.decisions)
        assert rejected == (self.story.request.status is Status.REJECTED)

    @invariant()
    def a_question_is_open_exactly_when_it_is_asked(self) -> None:
        request = self.story.request
        if request.is_open:
            assert (request.status is Status.ASKED_QUESTION) == bool(request.open_questions)

    @invariant()
    def only_a_yes_is_executed(self) -> None:
        assert (self.story.request.execution is not None) == self.story.request.is_yes

    @invariant()
    def it_is_claimed_at_most_once(self) -> None:
        claims = [event for event in self.story.history if isinstance(event, e.ExecutionStarted)]
        assert len(claims) <= 1

    @invariant()
    def live_approvals_belong_to_the_present_revision(self) -> None:
        request = self.story.request
        live = [d for d in request.decisions if d.verdict is Verdict.APPROVED and d.life is Life.LIVE]
        assert {d.revision for d in live} <= {request.revision}
        assert len({(d.member, d.stage) for d in live}) == len(live)

    @invariant()
    def an_open_request_waits_for_somebody_or_something(self) -> None:
        """The open stage is the first that is not met: nothing is ever stuck in a stage that is met."""
        request = self.story.request
        if request.is_open:
            assert first_unmet(request) == stand(request).first_unmet == request.stage
            assert waiting_principals(request)


OneRequest.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestOneRequest = OneRequest.TestCase

CODEC = Codec(members(requirements))


@settings(max_examples=60, deadline=None)
@given(asks=plans, said=st.lists(st.tuples(names, commands), max_size=12))
def test_folding_the_events_of_the_ledger_gives_the_stored_request(
    asks: tuple[Stage, ...], said: list[tuple[str, c.Command]]
) -> None:
    """A-43, E-99"""
    story = asked(asks)
    for who, command in said:
        try:
            story.do(who, command)
        except ApprovalError:
            continue
    rows = [(event.at, *CODEC.payload(event)) for event in story.history]
    read = [CODEC.event(word, at, payload) for at, word, payload in rows]
    assert fold(None, read) == CODEC.request(CODEC.text(story.request)) == story.request


@settings(max_examples=80, deadline=None)
@given(asks=plans, voters=st.sets(st.sampled_from(NAMES), min_size=2, max_size=4), distinct=st.booleans())
def test_approvals_given_in_any_order_come_to_the_same(
    asks: tuple[Stage, ...], voters: set[str], distinct: bool
) -> None:
    ends = set()
    for order in itertools.permutations(sorted(voters)):
        story = asked(asks[:1], distinct=distinct)
        for who in order:
            try:
                story.approve(who)
            except ApprovalError:
                continue
        ends.add((story.status(), story.standing.first_unmet))
    assert len(ends) == 1


@settings(max_examples=60, deadline=None)
@given(asks=plans, who=names, command=commands)
def test_the_same_command_on_the_same_facts_has_the_same_answer(
    asks: tuple[Stage, ...], who: str, command: c.Command
) -> None:
    story = asked(asks)
    facts = story.facts(who, command)

    def answer() -> tuple[e.Event, ...] | str:
        try:
            return decide(story.request, command, facts)
        except ApprovalError as refusal:
            return refusal.sentence

    assert answer() == answer()


def asked(asks: tuple[Stage, ...], *, distinct: bool = False) -> Story:
    story = somebody(*PEOPLE, machines=MACHINES)
    try:
        story.do("rita", kit.creation(story, asks, content=CONTENT, distinct=distinct))
    except ApprovalError:
        assume(False)
    return story
