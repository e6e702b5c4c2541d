"""The manifest against Slack's own schema, and against the code: neither promises what the other lacks."""

import json
import re
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml

from bot.manifest import manifest, written
from bot.outlets.workflow import outputs_of
from bot.slack import commands, flows
from bot.slack.commands.base import NAME
from bot.slack.dispatch import handlers
from bot.slack.drawing import samples
from bot.slack.installed.scopes import USES
from bot.slack.steps import STEP
from core.collection import members

ROOT: Final = Path(__file__).resolve().parents[2]
TEXT: Final = (ROOT / "manifest.yml").read_text()
MANIFEST: Final[dict[str, Any]] = yaml.safe_load(TEXT)
FOUND: Final = handlers(members(flows), members(commands))

SCOPES: Final = {
    "chat.postMessage": ["chat:write"],
    "chat.update": ["chat:write"],
    "chat.delete": ["chat:write"],
    "chat.postEphemeral": ["chat:write"],
    "functions.completeSuccess": [],
    "functions.completeError": [],
    "views.open": [],
    "views.push": [],
    "views.update": [],
    "views.publish": [],
    "auth.teams.list": [],
    "auth.test": [],
    "users.info": ["users:read", "users:read.email"],
    "users.list": ["users:read", "users:read.email"],
    "users.lookupByEmail": ["users:read.email"],
    "conversations.info": ["channels:read", "groups:read"],
    "conversations.list": ["channels:read", "groups:read"],
    "conversations.history": ["channels:history", "groups:history", "im:history"],
    "conversations.open": ["im:write"],
    "usergroups.list": ["usergroups:read"],
}
"""What each Web API method needs (docs.slack.dev); a method that is called and missing here fails the test."""

EVENT_SCOPES: Final = {
    "app_home_opened": [],
    "app_mention": ["app_mentions:read"],
    "app_uninstalled": [],
    "channel_id_changed": ["channels:read"],
    "channel_rename": ["channels:read"],
    "channel_shared": ["channels:read"],
    "channel_unshared": ["channels:read"],
    "group_rename": ["groups:read"],
    "message.im": ["im:history"],
    "subteam_created": ["usergroups:read"],
    "subteam_members_changed": ["usergroups:read"],
    "subteam_updated": ["usergroups:read"],
    "team_join": ["users:read"],
    "tokens_revoked": [],
    "user_change": ["users:read"],
}


def scopes() -> set[str]:
    given = MANIFEST["oauth_config"]["scopes"]
    return {*given["bot"], *given["bot_optional"]}


def called() -> set[str]:
    """The Web API methods the product's own code calls."""
    files = [*(ROOT / "bot/slack").rglob("*.py"), *(ROOT / "bot/outlets").glob("*.py")]
    text = "\n".join(path.read_text() for path in files)
    families = "functions|chat|views|auth|users|conversations|usergroups|reactions|bots|team"
    found = re.findall(rf"(?:client|_client)\.({families})_([A-Za-z_]+)\(", text)
    return {f"{family}.{name.replace('_', '.')}" for family, name in found}


def bot_events() -> list[str]:
    return list(MANIFEST["settings"]["event_subscriptions"]["bot_events"])


def test_it_is_valid_by_slacks_schema() -> None:
    schema = json.loads((ROOT / "tests/slack/data/manifest.schema.1.0.0.json").read_text())
    assert [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(MANIFEST)] == []


def test_every_call_has_its_scopes_and_every_scope_its_call() -> None:
    needed = {scope for method in called() for scope in SCOPES[method]}
    needed |= {scope for event in bot_events() for scope in EVENT_SCOPES[event]}
    assert scopes() - {"commands"} == needed


def test_each_scope_stands_beside_what_needs_it() -> None:
    for scope in scopes() - {"commands"}:
        line = next(line for line in TEXT.splitlines() if line.strip().startswith(f"- {scope} #"))
        users = [method for method, needs in SCOPES.items() if scope in needs and method in called()]
        users += [event for event, needs in EVENT_SCOPES.items() if scope in needs and event in bot_events()]
        assert any(user in line for user in users), line


def test_events_are_handled_and_handled_events_are_asked_for() -> None:
    whole = manifest(workflow=True, threads=True, org=True)["settings"]["event_subscriptions"]["bot_events"]
    assert set(bot_events()) < set(whole)
    asked = {event.split(".")[0] for event in whole}
    handled = set(
        re.findall(r'^            "([a-z_]+)": self\._', (ROOT / "bot/slack/events.py").read_text(), re.MULTILINE)
    )
    assert asked == handled


def test_the_command_and_the_shortcuts_are_the_codes() -> None:
    features = MANIFEST["features"]
    assert [each["command"] for each in features["slash_commands"]] == [NAME]
    assert features["slash_commands"][0]["should_escape"] is True
    assert {each["callback_id"] for each in features["shortcuts"]} == set(FOUND.shortcuts)


def test_home_and_messages_are_switched_on() -> None:
    home = MANIFEST["features"]["app_home"]
    assert home == {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False}
    assert MANIFEST["settings"]["interactivity"]["is_enabled"] is True
    assert MANIFEST["settings"]["token_rotation_enabled"] is False


def test_the_usage_hint_names_real_sub_commands() -> None:
    hint = MANIFEST["features"]["slash_commands"][0]["usage_hint"]
    words = {part.strip("[] ").split()[0] for part in hint.split("|")}
    assert words <= set(FOUND.commands)


def test_what_a_missing_scope_costs_is_said_for_every_scope_that_is_not_optional() -> None:
    assert set(USES) == set(MANIFEST["oauth_config"]["scopes"]["bot"])


@pytest.mark.parametrize("workflow", [False, True])
@pytest.mark.parametrize("threads", [False, True])
@pytest.mark.parametrize("org", [False, True])
@pytest.mark.parametrize("url", [None, "https://countersign.example/"])
def test_every_part_makes_a_valid_manifest(workflow: bool, threads: bool, org: bool, url: str | None) -> None:
    schema = json.loads((ROOT / "tests/slack/data/manifest.schema.1.0.0.json").read_text())
    found = yaml.safe_load(written(manifest(workflow=workflow, threads=threads, org=org, url=url)))
    assert [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(found)] == []
    scopes = found["oauth_config"]["scopes"]
    assert not set(scopes["bot"]) & set(scopes["bot_optional"])
    assert len(found["settings"]["event_subscriptions"]["bot_events"]) <= 100


def test_with_an_address_slack_comes_over_http_and_finds_every_way_in() -> None:
    found = manifest(url="https://countersign.example/")
    address = "https://countersign.example/slack/events"
    settings = found["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == settings["interactivity"]["request_url"] == address
    assert [command["url"] for command in found["features"]["slash_commands"]] == [address]
    assert settings["event_subscriptions"]["bot_events"] == bot_events()


def test_the_step_takes_and_gives_what_the_manifest_says() -> None:
    step = manifest(workflow=True)["functions"][STEP]
    read = set(
        re.findall(
            r'(?:inputs, |inputs\.get\(|for name in \(|, )"([a-z_]+)"', (ROOT / "bot/slack/steps.py").read_text()
        )
    )
    assert set(step["input_parameters"]) <= read
    assert set(step["output_parameters"]) == set(outputs_of(samples.approved()))
    assert len(step["input_parameters"]) <= 20


def test_replies_count_only_where_their_scopes_are_asked_for() -> None:
    found = manifest(threads=True)
    events = set(found["settings"]["event_subscriptions"]["bot_events"]) - set(bot_events())
    assert events == {"message.channels", "message.groups"}
    assert {"channels:history", "groups:history"} <= set(found["oauth_config"]["scopes"]["bot"])
