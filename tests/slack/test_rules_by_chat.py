"""Rules by chat: read back, tried on the past, confirmed as they were seen, saved, taken back; errors point at the character."""

from typing import Any

import pytest

from core.model.people import Role
from core.model.rule import Mode
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio

PROD = '"prod deploys" when type == "deploy" && metadata.env == "production" require 1 of @platform then 2 of @security'


async def says(world: World, name: str, line: str) -> str:
    """What the person is told privately."""
    before = len(world.hand(name).ephemerals())
    ack = await world.hand(name).command(f"/countersign {line}", "#general")
    assert ack.ok, ack
    await world.settle()
    return " ".join(f"{each['text']} {each.get('blocks')}" for each in world.hand(name).ephemerals()[before:])


def window(world: World, name: str) -> dict[str, Any]:
    found = world.hand(name).open_modal()
    assert found is not None
    return found


async def sends(world: World, name: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    """Sends the window on top, and gives what it has become."""
    done = await world.hand(name).submit(values or {})
    assert done.errors is None, done.errors
    await world.settle()
    return window(world, name)


async def clicks(world: World, name: str, action: str) -> dict[str, Any]:
    ack = await world.hand(name).click(window(world, name), action)
    assert ack.ok, ack
    await world.settle()
    return window(world, name)


async def rules(world: World) -> dict[str, tuple[Mode, int]]:
    found = await world.rooms.administration.rules.list(world.host)
    return {rule.name: (rule.mode, rule.version) for rule in found.rules}


async def test_a_line_is_read_back_tried_confirmed_saved_and_undone(world: World) -> None:
    await world.ask(("@platform",), metadata={"env": "production"})
    await world.ask(("@platform",), metadata={"env": "test"})
    await says(world, "alice", f"rules add {PROD}")
    shown = window(world, "alice")
    assert "these must say yes" in str(shown)
    assert "2. Security: 2 of @security" in str(shown)
    assert "2 past requests, 1 of them as before." in str(shown)
    assert "1 would ask for more people (#1)." in str(shown)
    assert "Carol would have been asked once, not never." in str(shown)
    assert await rules(world) == {}, "nothing is saved before it is confirmed"
    saved = await sends(world, "alice")
    assert "Saved as version 1" in str(saved)
    assert await rules(world) == {"prod deploys": (Mode.ON, 1)}
    undone = await clicks(world, "alice", "rules.undo")
    assert "New requests are judged without it" in str(undone)
    assert await rules(world) == {}
    back = await clicks(world, "alice", "rules.undo")
    assert "Saved as version 3" in str(back)
    assert "prod deploys" in await rules(world)


# -------------------------------------------------------------------------------------------------- when it is wrong


@pytest.mark.parametrize(
    ("line", "under", "expected"),
    [
        ('"x" when metdata.env == "production" require @platform', "metdata", "did you mean 'metadata'?"),
        ('"x" when true', "", "Here require, allow or deny is expected"),
        ("x when true require 2 of security", "security", "'security' names nobody: write @name for a group"),
        ("x when true require @nobody", "@nobody", "There is no group '@nobody' here"),
        ("x when true require @platform remind soon", "soon", "write it like 30m, 4h or 2d"),
    ],
)
async def test_an_error_points_at_the_character_and_says_what_was_expected(
    world: World, line: str, under: str, expected: str
) -> None:
    await says(world, "alice", f"rules add {line}")
    told = world.hand("alice").ephemerals()[-1]
    (code,) = [part["elements"][0]["text"] for part in told["blocks"][0]["elements"] if "preform" in part["type"]]
    above, mark = code.splitlines()
    assert above[mark.index("▲") :].startswith(under)
    assert bool(under) == bool(above[mark.index("▲") :])
    assert expected in told["text"]


@pytest.mark.parametrize("word", ["show", "edit", "on", "shadow", "off", "remove", "history", "undo"])
async def test_a_rule_that_is_not_named_is_asked_for_in_the_same_words(http: World, word: str) -> None:
    told = await says(http, "alice", f"rules {word}")
    assert f"The name of the rule is missing; write it like /countersign rules {word} NAME." in told


async def test_a_rule_nobody_could_pass_is_refused_naming_what_is_missing(world: World) -> None:
    told = await says(world, "alice", 'rules add "x" when true require 3 of @platform')
    assert "Nobody could ever pass this rule" in told
    assert "3 of @platform" in told
    assert world.hand("alice").open_modal() is None


async def test_mentions_and_channels_are_read_as_what_they_mean(world: World) -> None:
    bob = f"<@{world.hand('bob').id}|bob>"
    await says(world, "alice", f"rules add “by hand” when cost.usd > 5 require {bob} in #deploys")
    await sends(world, "alice")
    rule = await world.rooms.administration.rules.get(world.host, "by hand")
    assert (rule.when, rule.notify) == ("cost.usd > 5", ("#deploys",))
    assert rule.stages[0].requirements[0].sources[0].label == "bob@acme.example"


# ------------------------------------------------------------------------------------------------------ form and text


async def test_the_form_is_put_together_into_a_line_and_its_errors_stand_under_their_fields(world: World) -> None:
    await says(world, "alice", "rules add")
    alice = world.hand("alice")
    values = {"name": "prod deploys", "when": 'metdata.env == "production"', "stages": "1 of @platform\n2 of @security"}
    wrong = await alice.submit(values)
    assert (wrong.errors or {})["when"].endswith("did you mean 'metadata'? (character 1).")
    wrong = await alice.submit({**values, "when": "true", "stages": "@platform\n2 of security"})
    assert "'security' names nobody" in (wrong.errors or {})["stages"]
    wrong = await alice.submit({**values, "when": "true", "clauses": "remind soon"})
    assert "(character 8)" in (wrong.errors or {})["clauses"]
    wrong = await alice.submit({**values, "when": "true", "stages": ""})
    assert "Say who must say yes" in (wrong.errors or {})["stages"]
    shown = await sends(world, "alice", {**values, "when": "true", "clauses": "expire 4h", "reason": "audit"})
    assert "2. Security: 2 of @security" in str(shown)
    await sends(world, "alice")
    rule = await world.rooms.administration.rules.get(world.host, "prod deploys")
    assert (rule.reason, rule.author) == ("audit", "Alice")


async def test_the_form_is_put_together_in_the_words_of_the_grammar_whoever_fills_it_in(http: World) -> None:
    await speaks_german(http, "alice")
    await http.rooms.administration.projects.add(http.host, "payments")
    await says(http, "alice", "rules add")
    values = {
        "name": "gut",
        "when": "true",
        "stages": "1 of @platform",
        "project": "payments",
        "reason": "weil es muss",
    }
    shown = await sends(http, "alice", values)
    assert "1 aus @platform" in str(shown)
    await sends(http, "alice")
    rule = await http.rooms.administration.rules.get(http.host, "gut")
    assert rule.reason == "weil es muss"
    assert [place.label for place in rule.scope.projects] == ["payments"]


MISTAKES = ['metdata.env == "production"', 'metadata.env = "prod"', "true &&"]


@pytest.mark.parametrize("condition", MISTAKES)
async def test_a_mistake_has_one_place_in_every_language(http: World, condition: str) -> None:
    await speaks_german(http, "alice")
    for line in (f'"x" when {condition} require @platform', '"x" when true require @platform remind soon'):
        told = await says(http, "alice", f"rules add {line}")
        assert told.count("Zeichen") == 2, told  # in the text for notifications, and in the blocks
        assert "character" not in told
    await says(http, "alice", "rules add")
    wrong = await http.hand("alice").submit({"name": "x", "when": condition, "stages": "@platform"})
    (said,) = (wrong.errors or {}).values()
    assert said.count("Zeichen") == 1, said


async def speaks_german(world: World, name: str) -> None:
    world.sandbox.membership.change_user(world.hand(name).id, locale="de-DE")
    await world.settle()


YAML = """name: prod deploys
when: metadata.env == "production"
effect: require
stages:
  - requirements: [{approvals: {min: 1, from: ["@platform"]}}]
"""


async def test_pasted_text_is_a_new_rule_or_a_change_of_the_one_with_its_name(world: World) -> None:
    await says(world, "alice", "rules paste")
    wrong = await world.hand("alice").submit({"text": YAML.replace("effect", "efect")})
    assert (wrong.errors or {})["text"].startswith("Line 3, column ")
    assert "did you mean 'effect'" in (wrong.errors or {})["text"]
    assert "New rule" in str(await sends(world, "alice", {"text": YAML}))
    await sends(world, "alice")
    await says(world, "alice", "rules paste")
    shown = str(await sends(world, "alice", {"text": YAML.replace("min: 1", "min: 2")}))
    assert "Version 1 → 2" in shown
    assert "+       min: 2" in shown
    await sends(world, "alice")
    assert await rules(world) == {"prod deploys": (Mode.ON, 2)}


async def test_a_rule_is_edited_as_text_and_what_would_change_nothing_is_said(world: World) -> None:
    await world.rooms.administration.rules.add(world.host, YAML)
    await says(world, "alice", "rules edit Prod Deploys")
    same = await world.hand("alice").submit({})
    assert "nothing would change" in (same.errors or {})["text"]
    await sends(world, "alice", {"text": YAML.replace("prod deploys", "live deploys")})
    await sends(world, "alice")
    assert await rules(world) == {"live deploys": (Mode.ON, 2)}


async def test_json_is_read_too(world: World) -> None:
    await says(world, "alice", "rules paste")
    await sends(world, "alice", {"text": '{"name": "no night work", "when": "false || true", "effect": "deny"}'})
    await sends(world, "alice")
    assert "no night work" in await rules(world)


# ------------------------------------------------------------------------------------------------------- confirming


async def test_text_changed_in_the_preview_is_read_back_anew_before_it_is_saved(world: World) -> None:
    await says(world, "alice", f"rules add {PROD}")
    again = await sends(world, "alice", {"text": f"add {PROD}".replace("2 of @security", "1 of @security")})
    assert "You changed the text." in str(again)
    assert "2. Security: 1 of @security" in str(again)
    assert await rules(world) == {}
    await sends(world, "alice")
    assert await rules(world) == {"prod deploys": (Mode.ON, 1)}


async def test_text_that_no_longer_can_be_read_stands_under_its_field(world: World) -> None:
    await says(world, "alice", f"rules add {PROD}")
    wrong = await world.hand("alice").submit({"text": "add x"})
    assert "'when' is expected" in (wrong.errors or {})["text"]
    assert await rules(world) == {}


async def test_when_the_rules_moved_meanwhile_it_is_shown_anew(world: World) -> None:
    office = world.rooms.administration.rules
    await office.add(world.host, YAML.replace("prod deploys", "other"))
    await says(world, "alice", f"rules add {PROD}")
    await office.switch(world.host, "other", Mode.OFF)
    again = await sends(world, "alice")
    assert "The rules have changed since you looked." in str(again)
    assert "prod deploys" not in await rules(world)
    assert "Saved as version 1" in str(await sends(world, "alice"))


async def test_what_comes_back_from_slack_is_not_believed(http: World) -> None:
    """A window whose reference was tampered with confirms nothing it did not show."""
    await http.rooms.administration.rules.add(http.host, YAML)
    await says(http, "alice", f"rules add {PROD.replace('prod deploys', 'other')}")
    shown = window(http, "alice")
    view = http.sandbox.workspace.stack(http.hand("alice").id)[-1]
    for forged in ("", "{}", "[1]", '{"kind":"remove","rule":"prod deploys"}', shown["private_metadata"][:-40]):
        view.body["private_metadata"] = forged
        await http.hand("alice").submit({})
        await http.settle()
        assert set(await rules(http)) == {"prod deploys"}
        view = http.sandbox.workspace.stack(http.hand("alice").id)[-1]
    view.body["private_metadata"] = (
        shown["private_metadata"].replace('"add"', '"remove"').replace('"rule": ""', '"rule": "prod deploys"')
    )
    view.body["callback_id"] = "rules.confirm"
    await http.hand("alice").submit({})
    await http.settle()
    assert "prod deploys" in await rules(http)


async def test_a_confirmation_by_somebody_who_is_no_admin_any_more_is_refused(world: World) -> None:
    await world.rooms.administration.grants.give(world.host, "bob@acme.example", Role.ADMIN)
    await says(world, "bob", f"rules add {PROD}")
    await world.rooms.administration.grants.take(world.host, "bob@acme.example", Role.ADMIN)
    assert "Only admins may do that" in str(await sends(world, "bob"))
    assert await rules(world) == {}


# ---------------------------------------------------------------------------------------------- the rest of its life


async def test_a_rule_is_switched_listed_looked_at_removed_and_brought_back(world: World) -> None:
    await world.rooms.administration.rules.add(world.host, YAML)
    for word, mode in (("shadow", Mode.SHADOW), ("off", Mode.OFF), ("on", Mode.ON)):
        await says(world, "alice", f'rules {word} "prod deploys"')
        assert "Switch a rule" in str(window(world, "alice")["title"])
        await sends(world, "alice")
        assert (await rules(world))["prod deploys"][0] is mode
    assert "already is on" in await says(world, "alice", "rules on prod deploys")
    await says(world, "alice", "rules history prod deploys")
    history = str(window(world, "alice"))
    assert history.index("Version 4 · on") < history.index("Version 2 · in shadow") < history.index("Added.")
    await says(world, "alice", "rules")
    assert "requires people · on · version 4" in str(window(world, "alice"))
    await clicks(world, "alice", "rules.show")
    assert "Switch a rule" not in str(window(world, "alice")["title"])
    await clicks(world, "alice", "rules.remove")
    gone = await sends(world, "alice")
    assert "New requests are judged without it" in str(gone)
    assert await rules(world) == {}
    await clicks(world, "alice", "rules.undo")
    assert await rules(world) == {"prod deploys": (Mode.ON, 6)}


async def test_undo_takes_back_the_last_change_after_the_same_look(world: World) -> None:
    office = world.rooms.administration.rules
    await office.add(world.host, YAML)
    await office.change(world.host, "prod deploys", YAML.replace("min: 1", "min: 2"))
    await says(world, "alice", "rules undo prod deploys")
    assert "-       min: 2" in str(window(world, "alice"))
    await sends(world, "alice")
    assert (await office.get(world.host, "prod deploys")).stages[0].requirements[0].label == "1 of @platform"


async def test_undo_does_not_take_back_what_somebody_else_did_since(world: World) -> None:
    await says(world, "alice", f"rules add {PROD}")
    await sends(world, "alice")
    await world.rooms.administration.rules.switch(world.host, "prod deploys", Mode.SHADOW)
    await says(world, "alice", "help")
    assert "was changed again since" in str(await clicks(world, "alice", "rules.undo"))
    assert await rules(world) == {"prod deploys": (Mode.SHADOW, 2)}


async def test_the_look_at_the_past_comes_after_the_acknowledgement(http: World) -> None:
    gate = http.sandbox.faults.hold("views.update")
    ack = await http.hand("alice").command(f"/countersign rules add {PROD}", "#general")
    assert ack.ok
    await http.hand("alice").sees(lambda: "Looking at past requests" in str(http.hand("alice").open_modal()))
    assert "submit" not in window(http, "alice") or window(http, "alice")["submit"] is None
    gate.open()
    await http.settle()
    assert "Save as version 1" in str(window(http, "alice"))


async def test_a_look_that_ends_halfway_says_so_in_its_window(http: World) -> None:
    """Nobody is left with a window that waits for ever."""
    await http.rooms.administration.grants.give(http.host, "erin@acme.example", Role.ADMIN)
    gate = http.sandbox.faults.hold("views.open")
    await http.hand("erin").command(f"/countersign rules add {PROD}", "#general")
    await http.rooms.administration.grants.take(http.host, "erin@acme.example", Role.ADMIN)
    gate.open()
    await http.settle()
    assert "ask an admin" in str(window(http, "erin"))
    assert "Looking at past requests" not in str(window(http, "erin"))
