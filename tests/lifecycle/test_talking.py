"""Questions, answers, comments, reminders by hand."""

from datetime import timedelta

import pytest

from bot.languages import speaking_to
from core.errors import Conflict, Invalid, NotAllowed, NotFound, TooSoon
from core.model import command as c
from core.model.request import Status
from core.scheduling.deadlines import next_reminder
from tests.lifecycle.kit import HOUR, MINUTE, NINE, Story, agent, given, one_of, person, some, stages, words

ADA, BOB = person("ada", "platform"), person("bob", "platform")
SUE = person("sue", "security")


def asked() -> Story:
    return given(ADA, BOB, SUE, asks=stages(some(2, "@platform"), one_of("@security")))


def test_a_question_leaves_the_request_open() -> None:
    """E-06, E-27, E-55, E-56"""
    story = asked()
    assert words(story.do("ada", c.Ask("Which rows?"))) == ["question_asked"]
    assert (story.status(), story.request.is_open) == (Status.ASKED_QUESTION, True)
    (question,) = story.request.questions
    assert (question.name, question.text, question.at) == ("Ada", "Which rows?", NINE)
    assert question.id.startswith("qst_")


def test_what_is_refused_to_whoever_reads_german_is_all_german() -> None:
    """Verbs and nouns set into a sentence had stayed English."""
    story = asked()
    with speaking_to("de"):
        only_the_asker = story.refusal("ada", c.Answer("me")).sentence
        nothing_said = [story.refusal("ada", command).sentence for command in (c.Ask(" "), c.Comment(" "))]
        not_yet = story.refusal("sue", c.Approve()).sentence
    assert only_the_asker == (
        "Nur Rita, von dem die Anfrage kommt, kann das: offene Fragen beantworten; sage dort, was du brauchst."
    )
    assert nothing_said == ["Die Frage ist leer; schreibe etwas.", "Der Kommentar ist leer; schreibe etwas."]
    assert "Stufe 2 (Stufe 2)" in not_yet


def test_somebody_of_a_later_stage_may_ask() -> None:
    story = asked()
    story.ask("sue", "Who reviewed this?")
    assert story.status() is Status.ASKED_QUESTION


def test_an_answer_closes_the_question() -> None:
    """E-58"""
    story = asked()
    story.ask("ada", "Which rows?")
    story.wait(MINUTE)
    assert words(story.answer("rita", "The old ones")) == ["question_answered"]
    (question,) = story.request.questions
    assert (question.answer, question.answered_by, question.answered_at) == ("The old ones", "Rita", NINE + MINUTE)
    assert story.status() is Status.PENDING


def test_several_questions_in_turn_are_all_kept() -> None:
    """E-61"""
    story = asked()
    for number in (1, 2, 3):
        story.ask("ada", f"Question {number}?")
        story.answer("rita", f"Answer {number}")
    assert [(q.text, q.answer) for q in story.request.questions] == [
        ("Question 1?", "Answer 1"),
        ("Question 2?", "Answer 2"),
        ("Question 3?", "Answer 3"),
    ]


def test_several_questions_at_once_are_answered_by_their_ids() -> None:
    """E-61"""
    story = asked()
    first, second = story.ask("ada", "Which rows?"), story.ask("bob", "When?")
    assert isinstance(story.refusal("rita", c.Answer("Tonight")), Invalid)
    story.answer("rita", "Tonight", second)
    assert story.status() is Status.ASKED_QUESTION
    assert [q.id for q in story.request.open_questions] == [first]
    story.answer("rita", "The old ones")
    assert story.status() is Status.PENDING


def test_an_agents_person_may_answer_for_it() -> None:
    helper = agent("helper", acts_for="always")
    story = given(ADA, BOB, by="helper", machines=(helper,), on_behalf_of="mem_bob")
    story.ask("ada", "Which rows?")
    story.answer("bob", "The old ones")
    assert story.request.questions[0].answered_by == "Bob"


def test_an_agent_answers_for_itself() -> None:
    """E-58"""
    story = given(ADA, by="ci", machines=(agent("ci"),))
    story.ask("ada", "Which rows?")
    story.answer("ci", "The old ones")
    assert story.status() is Status.PENDING


@pytest.mark.parametrize("who", ["ada", "bob", "root"])
def test_nobody_else_answers(who: str) -> None:
    story = asked()
    story.ask("ada", "Which rows?")
    assert isinstance(story.refusal(who, c.Answer("all")), NotAllowed)


def test_an_answer_needs_a_question() -> None:
    story = asked()
    assert story.refusal("rita", c.Answer("so")).word == "no_open_question"
    assert isinstance(story.refusal("rita", c.Answer("so", "qst_none")), NotFound)
    question = story.ask("ada", "Which rows?")
    story.answer("rita", "Old ones")
    assert story.refusal("rita", c.Answer("New ones", question)).word == "already_answered"


@pytest.mark.parametrize("ending", ["approve", "edit", "reject", "expire"])
def test_a_request_with_an_open_question_still_ends(ending: str) -> None:
    """E-60"""
    story = given(ADA, asks=stages(one_of("@platform")))
    story.ask("ada", "Which rows?")
    match ending:
        case "approve":
            story.approve("ada")
        case "edit":
            story.edit("ada", {"action": "deploy less"})
        case "reject":
            story.reject("ada")
        case _:
            story.wait(4 * HOUR).catch_up()
    ends = {
        "approve": Status.APPROVED,
        "edit": Status.APPROVED_WITH_EDITS,
        "reject": Status.REJECTED,
        "expire": Status.EXPIRED,
    }
    assert story.status() is ends[ending]


def test_who_is_not_named_does_not_ask() -> None:
    story = given(ADA, SUE, asks=stages(one_of("@platform")))
    assert story.refusal("sue", c.Ask("why?")).word == "not_an_approver"


@pytest.mark.parametrize("text", ["", "   ", "x" * 3001])
def test_empty_and_endless_words_are_refused(text: str) -> None:
    story = asked()
    assert isinstance(story.refusal("ada", c.Ask(text)), Invalid)
    assert isinstance(story.refusal("rita", c.Answer(text)), Invalid)
    assert isinstance(story.refusal("ada", c.Comment(text)), Invalid)


def test_talk_is_no_part_of_any_digest() -> None:
    story = asked()
    before = story.request.digest
    story.ask("ada", "Which rows?")
    story.answer("rita", "Old ones")
    story.do("sue", c.Comment("fine"))
    assert (story.request.digest, story.request.revision) == (before, 1)


def test_whoever_may_read_may_comment_also_after_the_end() -> None:
    story = given(ADA, asks=stages(one_of("@platform")))
    story.approve("ada")
    before = story.request
    assert words(story.do("root", c.Comment("well done"))) == ["commented"]
    assert (story.status(), story.request.decisions) == (before.status, before.decisions)


# ------------------------------------------------------------------------------------------------------------ reminding


@pytest.mark.parametrize("who", ["rita", "ada", "sue", "root"])
def test_who_asks_who_is_asked_and_admins_may_remind(who: str) -> None:
    """A-50"""
    assert words(asked().do(who, c.Remind())) == ["reminded"]


def test_nobody_else_reminds() -> None:
    story = given(ADA, SUE, asks=stages(one_of("@platform")))
    assert isinstance(story.refusal("sue", c.Remind()), NotAllowed)


def test_the_first_notice_does_not_count_as_a_reminder() -> None:
    """A-53"""
    story = asked()
    assert story.do("rita", c.Remind())


@pytest.mark.parametrize(
    ("after", "wait"),
    [
        (timedelta(0), 300),
        (timedelta(seconds=1), 299),
        (timedelta(minutes=4, seconds=59, milliseconds=999), 1),
    ],
)
def test_just_under_five_minutes_is_too_soon(after: timedelta, wait: int) -> None:
    """A-52, A-53, A-54"""
    story = asked()
    story.do("rita", c.Remind())
    refusal = story.wait(after).refusal("ada", c.Remind())
    assert isinstance(refusal, TooSoon)
    assert (refusal.word, refusal.retry_after) == ("rate_limited", wait)


def test_at_five_minutes_it_is_allowed_again() -> None:
    """A-52, A-54"""
    story = asked()
    story.do("rita", c.Remind())
    assert story.wait(5 * MINUTE).do("ada", c.Remind())


def test_a_reminder_from_before_the_clock_was_set_back_holds_up_none() -> None:
    story = asked()
    story.do("rita", c.Remind())
    assert words(story.wait(-timedelta(hours=1)).do("ada", c.Remind())) == ["reminded"]
    assert isinstance(story.wait(MINUTE).refusal("ada", c.Remind()), TooSoon)


def test_a_closed_request_is_not_reminded_of() -> None:
    """A-51"""
    story = given(ADA, asks=stages(one_of("@platform")))
    story.approve("ada")
    assert isinstance(story.refusal("rita", c.Remind()), Conflict)


def test_a_reminder_by_hand_leaves_the_ladder_alone() -> None:
    story = asked()
    before = next_reminder(story.request)
    story.wait(MINUTE).do("rita", c.Remind())
    assert next_reminder(story.request) == before
