"""Who hears of an event, and the one plain sentence they hear."""

from dataclasses import replace

import pytest

from bot.languages import speaking_to
from core.model import command as c
from core.model import event as e
from core.model.people import Way
from core.model.request import ExecutionStatus, Life, Status
from core.notices import Told, how_it_ended, told
from core.phrases import pack, unpack
from tests.lifecycle.kit import CONTENT, HOUR, Story, agent, approvers, given, one_of, person, some, stages

ADA, BOB = person("ada", "platform"), person("bob", "platform")
SUE = person("sue", "security")
NAME = "#42 Deploy 4.2 to production"


def asked() -> Story:
    return given(ADA, BOB, SUE, asks=stages(some(2, "@platform"), one_of("@security")))


def heard(story: Story, since: int) -> list[tuple[str, str]]:
    """(place, sentence) of everything told about the events since; each could be said in another language."""
    lines = [what for event in story.history[since:] for what in told(story.request, event)]
    assert [what.sentence for what in lines if what.word != "comment" and pack(what.sentence) is None] == []
    return [(what.place, what.sentence) for what in lines]


def after(story: Story, who: str, command: c.Command) -> list[tuple[str, str]]:
    since = len(story.history)
    story.do(who, command)
    return heard(story, since)


def test_an_approval_is_a_line_with_its_seat_and_comment() -> None:
    assert after(asked(), "ada", c.Approve("go")) == [("thread", "Ada approved as @platform: go")]
    assert after(asked(), "ada", c.Approve()) == [("thread", "Ada approved as @platform.")]


def ended(story: Story, who: str, command: c.Command) -> str:
    """The one line in the thread; whoever asked hears the same."""
    thread, asker = after(story, who, command)
    assert asker == ("requester", f"{NAME}: {thread[1]}")
    assert thread[0] == "thread"
    return thread[1]


def test_the_approval_that_ends_it_is_told_with_the_end_in_one_line() -> None:
    """Two messages at once would take two of Slack's one a second."""

    def alone() -> Story:
        return given(ADA, asks=stages(one_of("@platform")))

    assert ended(alone(), "ada", c.Approve("go")) == "Approved by Ada as @platform: go"
    assert ended(alone(), "ada", c.Approve()) == "Approved by Ada as @platform."
    assert ended(given(ADA, asks=approvers("ada")), "ada", c.Approve()) == "Approved by Ada."


def test_of_several_the_end_names_all_and_says_what_the_last_one_said() -> None:
    def second() -> Story:
        story = given(ADA, BOB, asks=stages(some(2, "@platform")))
        story.approve("ada", comment="go")
        return story

    assert ended(second(), "bob", c.Approve()) == "Approved by Ada and Bob."
    assert ended(second(), "bob", c.Approve("fine")) == "Approved by Ada and Bob. Bob as @platform: fine"


def test_edits_that_end_it_are_told_as_such() -> None:
    story = given(ADA, asks=stages(one_of("@platform")))
    lines = after(story, "ada", c.Approve("less will do", edits={"action": "less"}))
    assert ("thread", "Approved with edits by Ada as @platform: less will do") in lines
    assert not [line for line in lines if "approved with edits" in line[1]]


def test_an_approval_that_lapses_as_it_is_given_is_told_for_itself() -> None:
    """Its edits stand, another one's ends it: what was said with them is not lost."""
    story = given(ADA, asks=stages(one_of("@platform")))
    story.approve("ada", comment="less will do")
    (decision,) = story.request.decisions
    lapsed = replace(story.request, decisions=(replace(decision, life=Life.LAPSED),))
    (event,) = (event for event in story.history if isinstance(event, e.DecisionRecorded))
    (end,) = (event for event in story.history if isinstance(event, e.Ended))
    assert [what.sentence for what in told(lapsed, event)] == ["Ada approved as @platform: less will do"]
    assert told(lapsed, end)[0].sentence == "Approved by nobody."


def test_who_was_named_themselves_approves_as_nobody_else() -> None:
    story = given(ADA, BOB, asks=approvers("ada", "bob"))
    assert after(story, "ada", c.Approve()) == [("thread", "Ada approved.")]


def test_the_next_stage_is_announced_with_whom_it_waits_for() -> None:
    """A-38"""
    story = asked()
    story.approve("ada")
    assert after(story, "bob", c.Approve())[-1] == ("thread", "Stage 2 (Stage 2) is open and waits for @security.")


def test_a_rejection_is_told_with_its_reason_to_the_thread_and_to_who_asked() -> None:
    """A-22, E-50"""
    sentence = "Rejected by Sue: too risky"
    assert after(asked(), "sue", c.Reject("too risky")) == [
        ("thread", sentence),
        ("requester", f"{NAME}: {sentence}"),
    ]


def test_an_approval_taken_back_is_told() -> None:
    story = asked()
    story.approve("ada")
    assert after(story, "ada", c.Withdraw("wrong one")) == [("thread", "Ada took the approval back: wrong one")]


def test_edits_are_told_to_who_asked() -> None:
    """E-47"""
    story = asked()
    sentence = "Ada changed action to less and side_effects to a, b. This is now revision 2."
    lines = after(story, "ada", c.Approve(edits={"action": "less", "side_effects": ["a", "b"]}))
    assert lines[:2] == [("thread", sentence), ("requester", f"{NAME}: {sentence}")]
    assert ("thread", "Ada approved with edits as @platform.") in lines


def test_a_question_carries_its_id_for_the_answer() -> None:
    """E-57"""
    story = asked()
    question = story.ask("ada", "Which rows?")
    assert told(story.request, story.history[-1]) == (
        Told("thread", "question", "Ada asks: Which rows?", {"question": question}),
        Told("requester", "question", f"{NAME}: Ada asks: Which rows?", {"question": question}),
    )


def test_an_answer_is_told_to_who_asked_the_question() -> None:
    story = asked()
    story.ask("sue", "Which rows?")
    assert after(story, "rita", c.Answer("Old ones")) == [
        ("thread", "Rita answers: Old ones"),
        ("member:mem_sue", f"{NAME}: Rita answers: Old ones"),
    ]


def test_a_reminder_reaches_those_asked_and_puts_an_open_question_again() -> None:
    """A-50"""
    story = asked()
    assert after(story, "rita", c.Remind()) == [
        ("asked", f"{NAME} still waits for you."),
        ("thread", "Still waiting for @platform."),
    ]
    story.ask("ada", "Which rows?")
    story.wait(HOUR)
    assert after(story, "rita", c.Remind())[-1] == (
        "requester",
        f"{NAME}: Ada's question is still open: Which rows?",
    )


def test_a_lapsed_approval_is_told_with_its_reason() -> None:
    story = asked()
    story.approve("ada")
    story.becomes("ada", active=False)
    assert after(story, "bob", c.Approve())[-1] == (
        "thread",
        "An approval no longer counts: Ada is no longer active here.",
    )


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        ("approve", "Approved by Ada and Bob."),
        ("edit", "Approved with edits by Ada and Bob."),
        ("reject", "Rejected by Ada."),
        ("cancel", "Cancelled by Rita: not needed"),
        ("admin", "Cancelled by Root."),
        ("admin says why", "Cancelled by Root: wrong branch"),
        ("long ago", "Cancelled by an admin."),
        ("supersede", "Cancelled: a newer request took its place."),
        ("discard", "Discarded by Rita: oops"),
        ("expire", "Expired: nobody answered within 4h."),
        ("expire halfway", "Expired: not everybody who was asked answered within 4h."),
        ("unanswered", "Expired: a question was not answered within 4h."),
    ],
)
def test_every_end_is_one_clear_line(end: str, sentence: str) -> None:
    """A-65"""
    story = given(ADA, BOB, asks=stages(some(2, "@platform")))
    match end:
        case "approve":
            story.approve("ada")
            story.approve("bob")
        case "edit":
            story.edit("ada", {"action": "less"})
            story.approve("bob")
        case "reject":
            story.reject("ada")
        case "cancel":
            story.do("rita", c.Cancel("not needed"))
        case "admin":
            story.do("root", c.Cancel())
        case "admin says why":
            story.do("root", c.Cancel("wrong branch"))
        case "long ago":
            story.happened(e.Ended(story.now, Status.CANCELLED, "admin", None, None))
        case "supersede":
            story.do("clock", c.Supersede("req_new", 43))
        case "discard":
            story.do("rita", c.Discard("oops"))
        case "expire halfway":
            story.approve("ada")
            story.wait(4 * HOUR).catch_up()
        case "unanswered":
            story.ask("ada", "Which rows?")
            story.wait(4 * HOUR).catch_up()
        case _:
            story.wait(4 * HOUR).catch_up()
    ended = next(what for what in told(story.request, story.history[-1]) if what.word == "ended")
    assert ended == Told("thread", "ended", sentence)
    assert how_it_ended(story.request) == sentence


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("allow", "Approved without asking anybody: No rule asks for anybody, and project payments then allows."),
        ("deny", "Rejected without asking anybody: No rule covers this, and project payments then denies."),
    ],
)
def test_an_end_without_people_says_why(word: str, sentence: str) -> None:
    assert how_it_ended(given(ADA, settings={"when_no_rule": word}).request) == sentence


def test_while_it_is_open_nothing_is_said_of_its_end() -> None:
    assert how_it_ended(asked().request) == ""


def test_a_machine_that_asked_for_nobody_is_not_told_of_the_end() -> None:
    story = given(ADA, asks=stages(one_of("@platform")), by="ci", machines=(agent("ci"),))
    assert after(story, "ada", c.Approve()) == [("thread", "Approved by Ada as @platform.")]


def test_execution_is_told_as_it_goes() -> None:
    """D-22, D-23, D-24"""
    story = given(ADA, asks=stages(one_of("@platform")), by="ci", machines=(agent("ci"),))
    story.approve("ada")
    claim = c.ReportExecution(ExecutionStatus.EXECUTING, detail="step 1")
    assert after(story, "ci", claim) == [("thread", "Execution has started: step 1")]
    assert after(story, "ci", c.ReportExecution(ExecutionStatus.SUCCESS)) == [("thread", "Executed.")]


def test_what_was_discarded_after_the_yes_is_told_once() -> None:
    story = given(ADA, asks=stages(one_of("@platform")))
    story.approve("ada")
    assert after(story, "ada", c.Discard("oops")) == [("thread", "Discarded by Ada; it will not be executed: oops")]


def test_a_seat_handed_over_is_told_to_who_took_it() -> None:
    story = given(ADA, SUE, asks=approvers("ada"))
    assert after(story, "ada", c.GiveSeat("mem_sue")) == [
        ("thread", "Ada handed a seat over to Sue."),
        ("member:mem_sue", f"{NAME} was handed over to you by Ada."),
    ]


def test_what_is_said_with_a_seat_is_told_with_it() -> None:
    story = given(ADA, SUE, asks=approvers("ada"))
    assert after(story, "ada", c.GiveSeat("mem_sue", "the canary is red, ask Ops")) == [
        ("thread", "Ada handed a seat over to Sue: the canary is red, ask Ops"),
        ("member:mem_sue", f"{NAME} was handed over to you by Ada: the canary is red, ask Ops"),
    ]


def test_a_secret_said_with_a_seat_is_told_to_nobody() -> None:
    story = given(ADA, SUE, asks=approvers("ada"), content=replace(CONTENT, params={"pin": "hunter22"}))
    (event,) = story.do("ada", c.GiveSeat("mem_sue", "it is hunter22"))
    request = replace(story.request, plan=replace(story.request.plan, secret=("params.pin",)))
    line, message = (one.sentence for one in told(request, event))
    assert "it is" in line
    assert "it is" in message
    assert "hunter22" not in line + message


def test_a_seat_handed_over_before_names_were_kept_is_told_all_the_same() -> None:
    story = given(ADA, SUE, asks=approvers("ada"))
    (event,) = story.do("ada", c.GiveSeat("mem_sue"))
    assert isinstance(event, e.HandedOver)
    old = e.HandedOver(event.at, event.hand_over)
    assert told(story.request, old)[0].sentence == "An approver handed a seat over to Sue."


def test_a_long_value_is_cut_in_the_line_alone() -> None:
    story = asked()
    story.edit("ada", {"action": "x" * 500})
    assert story.request.content.action == "x" * 500
    assert len(heard(story, 3)[0][1]) < 150


def test_the_way_in_makes_no_difference_to_what_is_told() -> None:
    story = asked()
    story.do("ada", c.Approve(), way=Way.TOKEN)
    assert heard(story, 3) == [("thread", "Ada approved as @platform.")]


def test_who_reads_german_hears_in_german_how_it_ended_and_what_became_of_it() -> None:
    """These had been put together in a way that could be said in English alone."""
    done, failing, dropped, late = (approved_for_a_machine() for _ in range(4))
    late.wait(25 * HOUR)
    for story in (done, failing):
        story.do("ci", c.ReportExecution(ExecutionStatus.EXECUTING))
    lines = [
        *after(asked(), "root", c.Cancel("oops")),
        *after(asked(), "rita", c.Cancel()),
        *after(asked(), "rita", c.Discard("oops")),
        *after(dropped, "ada", c.Discard("oops")),
        *after(late, "clock", c.Ring()),
        *after(failing, "ci", c.ReportExecution(ExecutionStatus.FAILED, detail="no image")),
        *after(done, "ci", c.ReportExecution(ExecutionStatus.SUCCESS)),
    ]
    with speaking_to("de"):
        said = [unpack(packed) for place, line in lines if place == "thread" and (packed := pack(line)) is not None]
    assert said == [
        "Abgebrochen von Root: oops",
        "Abgebrochen von Rita.",
        "Verworfen von Rita: oops",
        "Verworfen von Ada; wird nicht ausgeführt: oops",
        "Niemand hat sie in ihrem Zeitfenster ausgeführt.",
        "Die Ausführung ist gescheitert: no image",
        "Ausgeführt.",
    ]


def test_reasons_of_our_own_are_kept_in_english_and_said_in_the_readers_language() -> None:
    """What somebody wrote is never translated, whatever it is."""
    suspended = "Agent ci was suspended."
    reasons = (("rule_removed", "rule deploys"), ("admin", suspended), ("requester", suspended), ("admin", "Reject"))
    ended = [
        replace(asked().request, status=Status.CANCELLED, cause=cause, ended_by="Root", end_comment=why)
        for cause, why in reasons
    ]
    with speaking_to("de"):
        said = [how_it_ended(request) for request in ended]
    assert said == [
        "Abgebrochen, weil es nicht mehr gibt, was Menschen fragen ließ: die Regel deploys",
        "Abgebrochen von Root: Der Agent ci wurde gesperrt.",
        "Abgebrochen von Root: Agent ci was suspended.",
        "Abgebrochen von Root: Reject",
    ]


def approved_for_a_machine() -> Story:
    story = given(ADA, asks=stages(one_of("@platform")), by="ci", machines=(agent("ci"),))
    story.approve("ada")
    return story
