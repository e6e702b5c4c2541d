"""An approver asks before deciding; the agent reads the question at its next call, answers, and gets its yes."""

import pytest

from tests.stories.town import Town, some

pytestmark = pytest.mark.anyio


async def test_the_agent_answers_by_api_and_is_then_approved(town: Town) -> None:
    """E-27 E-55 E-56 E-57 E-60 E-61"""
    agent = await town.machine("support-agent")
    asked = await agent.asks(
        type="custom",
        title="Refund order A-8812",
        action="payments.refund",
        stages=some(1, "@platform"),
        notify=["#deploys"],
    )
    await town.settles()

    await town.clicks("bob", asked, "request.comment")
    await town.says("bob", {"text": "Did the courier confirm that it was lost?", "kind": "question"})
    reads = await agent.reads(asked)
    assert reads["status"] == "asked_question"
    assert [(q["name"], q["text"]) for q in reads["questions"]] == [
        ("Bob", "Did the courier confirm that it was lost?")
    ]
    assert "Question open" in town.card("grace", asked)["text"]

    await agent.does("answer", asked, answer="Yes, this morning: case 771.")
    await town.settles()
    assert (await agent.reads(asked))["status"] == "pending"
    assert "support-agent answers: Yes, this morning: case 771." in town.thread("grace", asked)
    assert "Yes, this morning: case 771." in town.hand("bob").dms()[-1]["text"]
    assert "Yes, this morning: case 771." in str(town.card("grace", asked)["blocks"])

    # A second question in turn; both stay readable. Grace approves all the same.
    await town.clicks("bob", asked, "request.comment")
    await town.says("bob", {"text": "Which case?", "kind": "question"})
    await town.clicks("grace", asked, "request.approve")
    over = await agent.reads(asked)
    assert over["status"] == "approved"
    assert [question["answer"] for question in over["questions"]] == ["Yes, this morning: case 771.", None]
