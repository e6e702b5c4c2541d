"""A year later an auditor asks for proof: the ledger proves the whole story, and any meddling with it shows."""

import json
import sqlite3

import pytest

from tests.stories.town import Machine, Town, some

pytestmark = pytest.mark.anyio


async def a_story(town: Town) -> tuple[Machine, dict[str, object]]:
    """Refused clicks, a comment, an approval, an execution."""
    pipeline = await town.machine("deploy-bot")
    asked = await pipeline.asks(type="deploy", title="Deploy docs 7", stages=some(1, "@platform"), notify=["#deploys"])
    await town.settles()
    await town.clicks("frank", asked, "request.approve")
    await town.clicks("grace", asked, "request.comment")
    await town.says("grace", {"text": "Looks calm."})
    await town.clicks("bob", asked, "request.approve")
    await pipeline.does("execution", asked, status="executing")
    await pipeline.does("execution", asked, status="success")
    return pipeline, asked


async def test_the_ledger_proves_who_decided_what_and_when(town: Town) -> None:
    """C-05 E-99"""
    pipeline, asked = await a_story(town)
    report = json.loads(await town.countersign("audit", "verify", "--json"))
    assert (report["intact"], report["problems"]) == (True, [])
    rows = await pipeline.reads(asked, "/events")
    words = [row["event"] for row in rows["data"]]
    told = ("created", "refused", "commented", "decision_recorded", "ended", "execution_succeeded")
    assert [word for word in words if word in told] == list(told)
    decided = next(row for row in rows["data"] if row["event"] == "decision_recorded")
    assert (decided["way"], decided["actor"]) == ("slack", f"member:{town.members['bob']}")
    exported = [json.loads(line) for line in (await town.countersign("audit", "export")).splitlines()]
    assert {row["position"] for row in exported} == set(range(1, len(exported) + 1))
    assert await town.countersign("audit", "verify", "--against", report["head"])


async def test_a_changed_word_in_the_ledger_is_found(town: Town) -> None:
    """E-99"""
    await a_story(town)
    with sqlite3.connect(town.database.removeprefix("sqlite:///")) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
        for name in names:
            connection.execute(f'DROP TRIGGER "{name}"')
        changed = connection.execute(
            "UPDATE events SET actor = ? WHERE word = 'decision_recorded'", (f"member:{town.members['carol']}",)
        )
        assert changed.rowcount == 1
    said = await town.countersign("audit", "verify", code=1)
    assert "does not fit" in said
    assert "NOT intact" in said
