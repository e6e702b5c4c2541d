"""Policies and checks by chat: by a form, read back in plain words, secrets kept; through the real Bolt, over both transports."""

import base64

import pytest

from core.administration.checks import SeenCheck
from core.administration.policies import SeenPolicy
from core.model.people import Role
from tests.slack.conftest import World
from tests.slack.test_rules_by_chat import clicks, says, sends, window

pytestmark = pytest.mark.anyio

OPA = "https://opa.example.com/v1/data/deploys/decision"
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
POLICY = f"""name: prod deploys
url: {OPA}
scope: {{project: default}}
when: type == "deploy"
on_fail: reject
"""
CHECK = """name: change-window
url: https://checks.example.com/window
reporter: Deploy bot
when: type == "deploy"
"""


async def opens(world: World, line: str) -> str:
    await says(world, "alice", line)
    return str(window(world, "alice")["blocks"])


def written(world: World) -> str:
    """What the form holds to begin with."""
    (found,) = [each for each in window(world, "alice")["blocks"] if each["block_id"] == "text"]
    return str(found["element"]["initial_value"])


async def policies(world: World) -> list[SeenPolicy]:
    return list(await world.rooms.administration.policies.list(world.host))


async def checks(world: World) -> list[SeenCheck]:
    return list(await world.rooms.administration.checks.list(world.host))


# ------------------------------------------------------------------------------------------------------------ policies


async def test_a_policy_is_added_read_back_changed_and_removed(world: World) -> None:
    """A-03"""
    assert "0 policies" in await opens(world, "policies")
    await opens(world, "policies add")
    saved = str(await sends(world, "alice", {"text": POLICY, "token": "s3cret"}))
    assert (
        f'prod deploys: when type == "deploy" of project default, the policy at {OPA} is asked. Where it passes and '
        "asks for nobody, somebody who may approve still looks. Where it fails, the request is rejected at once."
    ) in saved
    assert "sent along" in saved
    (one,) = await policies(world)
    assert (one.policy.author, one.policy.on_fail, one.policy.version) == ("Alice", "reject", 1)
    assert "1 policy" in await opens(world, "policies list")
    await opens(world, "policies edit prod deploys")
    changed = str(await sends(world, "alice", {"text": written(world).replace("mode: 'on'", "mode: shadow")}))
    assert "Saved as version 2." in changed
    assert "It is in shadow: asked, without effect." in changed
    (now,) = await policies(world)
    assert now.policy.sealed_token == one.policy.sealed_token
    await opens(world, "policies show prod deploys")
    await clicks(world, "alice", "policies.remove")
    assert "is gone" in str(await sends(world, "alice"))
    assert await policies(world) == []


async def test_what_is_wrong_with_a_policy_stands_under_its_field_with_line_and_column(world: World) -> None:
    await opens(world, "policies add")
    for values, field, said in (
        ({"text": POLICY.replace("on_fail", "on_fial")}, "text", "Line 5, column 1"),
        ({"text": POLICY.replace("type ==", "tpye ==")}, "text", "Line 4, column"),
        ({"text": POLICY.replace("default", "nowhere")}, "text", "Line 3, column"),
        ({"text": POLICY.replace(OPA, "http://127.0.0.1:8181/v1/data/x")}, "text", "Line 2, column"),
        ({"text": f"{POLICY}---\n{POLICY}"}, "text", "Exactly one policy is expected here"),
        ({"text": "name: [\n"}, "text", "Line "),
        ({"text": POLICY, "token": "two words"}, "token", ""),
    ):
        done = await world.hand("alice").submit(values)
        assert field in (done.errors or {}), (values, done)
        assert said in (done.errors or {})[field], done.errors
    assert await policies(world) == []


async def test_a_token_stays_with_the_address_it_was_given_for_by_chat_too(http: World) -> None:
    """Or whoever may change the address could read it."""
    await opens(http, "policies add")
    await sends(http, "alice", {"text": POLICY, "token": "s3cret"})
    await opens(http, "policies edit prod deploys")
    assert "s3cret" not in str(window(http, "alice"))
    elsewhere = written(http).replace("opa.example.com", "evil.example.com")
    done = await http.hand("alice").submit({"text": elsewhere})
    assert "give the token anew" in (done.errors or {})["token"]
    await sends(http, "alice", {"text": f"{elsewhere}\ntoken: null\n"})
    (one,) = await policies(http)
    assert (one.policy.sealed_token, "evil" in one.policy.url) == (None, True)


async def test_what_was_changed_meanwhile_is_not_overwritten(world: World) -> None:
    office = world.rooms.administration
    await office.policies.add(world.host, {"name": "deploys", "url": OPA})
    await office.checks.add(world.host, {"name": "ci", "url": "https://ci.example.com/"}, SECRET)
    for topic, name in (("policies", "deploys"), ("checks", "ci")):
        await opens(world, f"{topic} edit {name}")
        text = written(world)
        if topic == "policies":
            await office.policies.change(world.host, name, {"name": name, "url": OPA}, keep_token=True)
        else:
            await office.checks.change(world.host, name, {"name": name, "url": "https://ci.example.com/"})
        sent = await world.hand("alice").submit({"text": text})
        assert "changed meanwhile; look at it again" in (sent.errors or {})["text"]


# -------------------------------------------------------------------------------------------------------------- checks


async def test_a_check_is_added_read_back_changed_and_removed(world: World) -> None:
    """A-04"""
    assert "0 checks" in await opens(world, "checks")
    await opens(world, "checks add")
    done = await world.hand("alice").submit({"text": CHECK})
    assert "whsec_ and 24 to 64 random bytes" in (done.errors or {})["secret"]
    saved = str(await sends(world, "alice", {"text": CHECK, "secret": SECRET}))
    assert (
        'change-window: when type == "deploy" anywhere in the organisation, the system at '
        "https://checks.example.com/window or Deploy bot must report that it passed. Where it fails, the request waits "
        "until it passes. It may be run again."
    ) in saved
    assert SECRET not in saved
    (one,) = await checks(world)
    asked = await world.ask(("@platform",))
    assert "change-window" in str((await world.now(asked)).plan)
    await opens(world, "checks edit change-window")
    changed = str(await sends(world, "alice", {"text": written(world).replace("required: true", "required: false")}))
    assert "change-window: where a rule names it, the system at" in changed
    (now,) = await checks(world)
    assert (now.check.sealed_secret, now.check.required) == (one.check.sealed_secret, False)
    await opens(world, "checks remove change-window")
    assert "is gone" in str(await sends(world, "alice"))
    assert await checks(world) == []


async def test_a_check_that_a_rule_names_stays(http: World) -> None:
    await http.rooms.administration.checks.add(http.host, {"name": "ci", "url": "https://ci.example.com/"}, SECRET)
    rule = {
        "name": "gate",
        "when": "true",
        "effect": "require",
        "stages": [{"requirements": [{"check": {"name": "ci"}}]}],
    }
    await http.rooms.administration.rules.add(http.host, rule)
    await opens(http, "checks remove ci")
    assert "Rule gate still names check ci" in str(await sends(http, "alice"))


# ---------------------------------------------------------------------------------------------------------- who may not


@pytest.mark.parametrize("topic", ["policies", "checks"])
async def test_who_is_no_admin_neither_sees_nor_changes_them(http: World, topic: str) -> None:
    office = http.rooms.administration
    await office.policies.add(http.host, {"name": "deploys", "url": OPA})
    await office.checks.add(http.host, {"name": "deploys", "url": "https://ci.example.com/"}, SECRET)
    for name, lines in (("bob", ("add", "edit deploys", "remove deploys")), ("erin", ("list", "show deploys", "add"))):
        for line in lines:
            assert "admin" in await says(http, name, f"{topic} {line}"), (name, line)
            assert http.hand(name).open_modal() is None
    assert "no such" in await says(http, "alice", f"{topic} show nothing")
    assert "is missing" in await says(http, "alice", f"{topic} show")


@pytest.mark.parametrize(("topic", "text"), [("policies", POLICY), ("checks", CHECK)])
async def test_with_four_eyes_another_admin_must_agree_and_the_secret_is_in_no_request(
    world: World, topic: str, text: str
) -> None:
    for name in ("heidi", "ivan"):
        await world.join(name, Role.ADMIN)
    await world.rooms.administration.organisations.change(world.host, four_eyes=True, admin_channel="#deploys")
    await opens(world, f"{topic} add")
    secret = {"token": "s3cret-s3cret"} if topic == "policies" else {"secret": SECRET}
    assert "#1" in str(await sends(world, "alice", {"text": text, **secret}))
    assert (await policies(world), await checks(world)) == ([], [])
    card = str(world.hand("bob").messages("#deploys")[-1])
    assert "opa.example.com" in card or "checks.example.com" in card
    assert next(iter(secret.values())) not in card
