"""Whoever asked answers a question where it was put: by replying in the thread under the card."""

from typing import Any

import pytest

from tests.stories.town import Town

pytestmark = pytest.mark.anyio

Json = dict[str, Any]


async def asked_by_erin(town: Town) -> Json:
    """Erin's request, its card in #deploys, and Bob's question under it."""
    administration = town.assembly.rooms.administration
    (project, *_) = await administration.projects.list(town.host)
    await administration.projects.change(town.host, project.id, settings={"notify": ["#deploys"]})
    await town.hand("erin").command("/countersign ask Rotate the signing keys", "#general")
    await town.settles()
    await town.says("erin", {"approvers": [town.hand("bob").id]})
    store, organisation = town.assembly.rooms.store, town.host.organisation
    found = await store.read(lambda reader: reader.request_by_number(organisation, 1))
    assert found is not None
    town.known.append(found.id)
    await town.settles()
    return {"id": found.id, "number": found.number, "revision": found.revision}


async def question(town: Town, request: Json, text: str) -> None:
    await town.clicks("bob", request, "request.comment")
    await town.says("bob", {"text": text, "kind": "question"})


async def replies(town: Town, who: str, request: Json, text: str) -> None:
    town.hand(who).say("#deploys", text, town.card(who, request)["ts"])
    await town.settles()


async def status(town: Town, request: Json) -> str:
    found = await town.assembly.rooms.store.read(lambda reader: reader.request(request["id"]))
    assert found is not None
    return found.status.value


async def test_the_answer_counts_and_whoever_asked_hears_it(town_both_ways: Town) -> None:
    """E-56"""
    town = town_both_ways
    request = await asked_by_erin(town)
    await question(town, request, "Is the old key still in use anywhere?")
    assert await status(town, request) == "asked_question"
    await replies(town, "erin", request, "No, since <b>Tuesday</b> & for good.")
    assert await status(town, request) == "pending"
    assert "No, since <b>Tuesday</b> & for good." in str(town.card("bob", request)["blocks"])
    assert "since" in town.heard("bob")


async def test_what_anybody_else_writes_there_is_no_answer(town: Town) -> None:
    request = await asked_by_erin(town)
    await question(town, request, "Is the old key still in use?")
    for who in ("grace", "bob", "frank"):
        await replies(town, who, request, "I think not.")
    assert await status(town, request) == "asked_question"


async def test_what_is_written_beside_the_card_is_no_answer(town: Town) -> None:
    request = await asked_by_erin(town)
    await question(town, request, "Is the old key still in use?")
    town.hand("erin").say("#deploys", "No.")
    await town.settles()
    assert await status(town, request) == "asked_question"


async def test_with_two_questions_open_the_button_must_say_which(town: Town) -> None:
    request = await asked_by_erin(town)
    await question(town, request, "Is the old key still in use?")
    await question(town, request, "Who has the new one?")
    await replies(town, "erin", request, "No.")
    assert await status(town, request) == "asked_question"
    assert "use the Answer button" in town.told("erin")


async def test_a_reply_that_slack_tells_of_twice_answers_once(town: Town) -> None:
    request = await asked_by_erin(town)
    await question(town, request, "Is the old key still in use?")
    await replies(town, "erin", request, "No.")
    await question(town, request, "And the new one?")
    assert town.assembly.slack is not None
    town.assembly.slack.events._known.clear()
    await town.sandbox.send_event_again("message")
    await town.settles()
    assert await status(town, request) == "asked_question"
