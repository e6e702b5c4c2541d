"""Groups, members, projects, types, agents and settings by chat: through the real Bolt, over both transports."""

import pytest

from bot.slack.admin.projects import SCHEMA, values_of
from bot.slack.commands.base import Command, topic
from bot.slack.dispatch import help_lines, manual
from bot.slack.entrance.payload import Slash
from bot.slack.room import Room
from bot.slack.typed import unlinked
from core.model.people import Actor, Role
from tests.slack.conftest import World
from tests.slack.test_rules_by_chat import clicks, says, sends, window

pytestmark = pytest.mark.anyio


def at(world: World, name: str) -> str:
    """How Slack writes a mention of somebody."""
    return f"<@{world.hand(name).id}|{name}>"


async def opens(world: World, line: str, name: str = "alice") -> str:
    await says(world, name, line)
    return str(window(world, name)["blocks"])


TOPICS = ("rules", "types", "policies", "checks", "groups", "members", "projects", "agents", "settings")


@pytest.mark.parametrize("topic", TOPICS)
async def test_every_topic_lists_what_there_is_and_explains_itself(world: World, topic: str) -> None:
    shown = window(world, "alice") if await says(world, "alice", topic) else None
    assert window(world, "alice")["blocks"]
    helped = await says(world, "alice", f"help {topic}")
    assert f"/countersign {topic} list" in helped
    assert await says(world, "alice", f"{topic} help")
    assert shown is None or shown


@pytest.mark.parametrize("topic", TOPICS)
async def test_an_unknown_sub_word_is_answered_with_those_there_are(world: World, topic: str) -> None:
    told = await says(world, "alice", f"{topic} lsit")
    assert "There is no" in told
    assert "did you mean list?" in told
    assert f"/countersign {topic} list" in told


@pytest.mark.parametrize(
    "line",
    [
         "rules add", "rules paste", 'rules add "x y z" when true require @platform', "types add",
        "members list", "members unmapped", "members add zoe@acme.example", "groups add ops", "groups remove platform",
        "agents list", "agents key Deploy bot", "agents suspend Deploy bot", "projects add payments",
        "projects set default reply_window 8h", "settings list", "settings four_eyes on", "settings admin_channel #general",
    ],
)  # fmt: skip
async def test_whoever_is_no_admin_is_refused_privately(http: World, line: str) -> None:
    for name in ("bob", "erin"):
        told = await says(http, name, line)
        assert "ask" in told, told
        assert "admin" in told, told
        assert http.hand(name).open_modal() is None
    told = await says(http, "frank", line)
    assert "nothing was changed" in told
    assert [one for one in http.hand("bob").messages("#general") if not one.get("is_ephemeral")] == []


async def test_whoever_may_read_everything_sees_the_rules_and_cannot_change_them(http: World) -> None:
    """E-78"""
    rule = (await http.rooms.administration.rules.add(http.host, 'add "all of it" when true require @platform')).rule
    assert "all of it" in await opens(http, "rules list", "bob")
    await clicks(http, "bob", "rules.show")
    assert "Only admins may do that" in str(await clicks(http, "bob", "rules.off"))
    assert (await http.rooms.administration.rules.get(http.host, rule.id)).version == 1
    assert "ask an admin" in await says(http, "erin", "rules list")


def test_what_slack_makes_of_links_is_undone() -> None:
    typed = "<mailto:zoe@acme.example|zoe@acme.example> <!subteam^S1|@ops> <#C1|deploys> <#C2> <https://a.example|a> 1 &lt; 2"
    assert unlinked(typed) == "zoe@acme.example @ops #deploys channel:C2 https://a.example 1 < 2"


# -------------------------------------------------------------------------------------------------------------- groups


async def test_a_group_is_added_filled_emptied_renamed_and_removed(world: World) -> None:
    groups, people = world.rooms.administration.groups, world.members
    assert "with 2 people" in await says(world, "alice", f"groups add Ops {at(world, 'bob')} {at(world, 'carol')}")
    assert "3 people" in await says(world, "alice", f"groups add ops {at(world, 'dave')}")
    assert "2 people" in await says(world, "alice", f"groups remove ops {at(world, 'bob')}")
    assert set((await groups.get(world.host, "ops")).members) == {people["carol"], people["dave"]}
    assert "already is a group" in await says(world, "alice", "groups add ops")
    assert "called @night" in await says(world, "alice", "groups rename ops night")
    assert "Carol, Dave" in await opens(world, "groups show night")
    asked = await opens(world, "groups remove night")
    assert "Remove the group @night?" in asked
    assert "is gone" in str(await sends(world, "alice"))
    assert [one.group.name for one in await groups.list(world.host)] == ["platform", "security"]


async def test_a_group_that_a_rule_names_stays_and_a_new_name_is_said_by_the_rule(world: World) -> None:
    rules = world.rooms.administration.rules
    await rules.add(world.host, 'add "prod" when true require @platform')
    await opens(world, "groups remove platform")
    assert "rule prod still name @platform" in str(await sends(world, "alice"))
    await says(world, "alice", "groups rename platform runtime")
    rule = await rules.get(world.host, "prod")
    assert rule.stages[0].requirements[0].sources[0].label == "@runtime"
    assert rule.version == 2
    await rules.validate(world.host, (await opens_text(world, "rules edit prod")), instead_of="prod")


async def opens_text(world: World, line: str) -> str:
    """What stands in the field of a form."""
    await says(world, "alice", line)
    fields = [block["element"] for block in window(world, "alice")["blocks"] if block["block_id"] == "text"]
    return str(fields[0]["initial_value"])


async def test_somebody_who_is_no_member_is_named(world: World) -> None:
    told = await says(world, "alice", f"groups add ops {at(world, 'frank')}")
    assert "@frank is not linked to a member here" in told


async def test_a_groups_name_is_held_to_its_letters(world: World) -> None:
    assert "name" in await says(world, "alice", "groups add no/slashes")
    assert [one.group.name for one in await world.rooms.administration.groups.list(world.host)] == [
        "platform",
        "security",
    ]


# ------------------------------------------------------------------------------------------------------------- members


async def test_members_are_added_given_roles_deactivated_and_brought_back(world: World) -> None:
    office, grants = world.rooms.administration.members, world.rooms.administration.grants
    told = await says(world, "alice", 'members add zoe@acme.example "Zoe Zimmer" approver')
    assert "Zoe Zimmer (zoe@acme.example) is a member now, as approver" in told
    assert "already is a member" in await says(world, "alice", "members add zoe@acme.example")
    assert "is auditor on default" in await says(world, "alice", "members grant zoe@acme.example auditor on default")
    assert "no longer auditor" in await says(world, "alice", "members revoke zoe@acme.example auditor on default")
    assert Role.AUDITOR not in {one.role for one in await grants.list(world.host)}
    assert "'boss' is no role; there are requester" in await says(world, "alice", "members grant zoe@acme.example boss")
    assert "Zoe Zimmer" in await opens(world, "members unmapped")
    assert "Deactivate Bob (bob@acme.example)?" in await opens(world, f"members deactivate {at(world, 'bob')}")
    assert "may do nothing here" in str(await sends(world, "alice"))
    assert not (await office.get(world.host, "bob@acme.example")).active
    await opens(world, "members show bob@acme.example")
    assert "may act here again" in str(await clicks(world, "alice", "members.activate"))
    assert (await office.get(world.host, "bob@acme.example")).active


async def test_the_last_admin_stays(world: World) -> None:
    await opens(world, f"members deactivate {at(world, 'alice')}")
    assert "leave nobody as admin" in str(await sends(world, "alice"))
    assert "leave nobody as admin" in await says(world, "alice", f"members revoke {at(world, 'alice')} admin")


async def test_a_long_list_is_turned(http: World) -> None:
    for number in range(30):
        await http.join(f"person{number:02}", Role.REQUESTER)
    first = await opens(http, "members list")
    assert "36 members" in first
    assert "Person20" not in first
    second = str(await clicks(http, "alice", "members.more"))
    assert "Person20" in second
    assert "Alice" not in second
    assert "Alice" in str(await clicks(http, "alice", "members.back"))


# ------------------------------------------------------------------------------------------------------------ projects


async def test_a_project_is_added_and_every_setting_can_be_changed_back_to_what_it_says(world: World) -> None:
    assert "payments is there" in await says(world, "alice", "projects add payments")
    office = world.rooms.administration.projects
    before = await office.get(world.host, "payments")
    for name, value in values_of(before).items():
        assert f"{name} was {value} and is {value} now" in await says(
            world, "alice", f"projects set payments {name} {value}"
        )
    assert await office.get(world.host, "payments") == before
    shown = await opens(world, "projects set payments")
    assert all(name in shown for name in SCHEMA)
    for line, says_so in (
        ("reply_window 8h", "reply_window was 4h and is 8h now"),
        ("reply_window none", "is none now"),
        ("self_approval allowed", "was refused and is allowed now"),
        ("auto_execute on", "was no and is yes now"),
        ("notify <#C0DEPLOYS|deploys>, #ops", "is #deploys, #ops now"),
        ("decide_in slack", "is slack now"),
        ("open_requests_per_agent 1,000", "was 20 and is 1000 now"),
        ("remind 30m 2h", "is 30m, 2h now"),
    ):
        assert says_so in await says(world, "alice", f"projects set payments {line}")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("reply_window soon", "'soon' is not for reply_window: it may be a duration like 4h, or none."),
        ("when_no_rule maybe", "it may be ask, allow or deny."),
        ("auto_execute perhaps", "it may be yes or no."),
        ("open_requests_per_agent 0", "it may be a whole number from 1 to 10,000."),
        ("decide_in fax", "it may be some of slack, token, oidc."),
        ("replywindow 4h", "did you mean reply_window?"),
        ("remind", "What shall remind be?"),
    ],
)
async def test_what_a_setting_may_be_is_said(http: World, line: str, expected: str) -> None:
    assert expected in await says(http, "alice", f"projects set default {line}")


# --------------------------------------------------------------------------------------------------------------- types

REFUND = """title: Refund
fields:
  type: object
  properties:
    usd: {type: number, minimum: 0}
  required: [usd]
required_facts: [customer]
"""


async def test_a_type_is_added_as_yaml_changed_and_removed(world: World) -> None:
    office = world.rooms.administration.types
    await opens(world, "types add refund")
    assert "is saved" in str(await sends(world, "alice", {"text": REFUND}))
    assert (await office.get(world.host, "refund")).required_facts == ("customer",)
    text = await opens_text(world, "types edit refund")
    assert "is saved" in str(await sends(world, "alice", {"text": f"{text}\nreply_window: 2h\n"}))
    assert "reply_window: 2h" in await opens(world, "types show refund")
    await clicks(world, "alice", "types.remove")
    await sends(world, "alice")
    assert "refund" not in {one.word for one in await office.list(world.host)}


async def test_what_is_wrong_with_a_type_stands_under_its_field(world: World) -> None:
    await opens(world, "types add")
    done = await world.hand("alice").submit({"word": "refund", "text": "title: Refund\nfeilds: {}\n"})
    assert "Line 2, column" in (done.errors or {})["text"]
    done = await world.hand("alice").submit({"word": "Re fund", "text": REFUND})
    assert "small letters" in (done.errors or {})["word"]
    done = await world.hand("alice").submit({"word": "deploy", "text": REFUND})
    assert "already is a type deploy" in (done.errors or {})["word"]
    done = await world.hand("alice").submit({"word": "refund", "text": "title: [\n"})
    assert "Line " in (done.errors or {})["text"]


async def test_a_type_that_was_changed_meanwhile_is_not_overwritten(world: World) -> None:
    office = world.rooms.administration.types
    text = await opens_text(world, "types edit deploy")
    await office.put(world.host, (await office.get(world.host, "deploy")), ["@platform"])
    done = await world.hand("alice").submit({"text": text})
    assert "was changed since" in (done.errors or {})["text"]


# -------------------------------------------------------------------------------------------------------------- agents


async def test_an_agent_needs_no_more_than_a_name(http: World) -> None:
    assert "is there" in await says(http, "alice", "agents add nightly cron")
    assert (await http.rooms.administration.agents.get(http.host, "nightly cron")).team is None


async def test_a_key_is_made_and_shown_once_in_the_window_alone(world: World) -> None:
    told = await says(world, "alice", f"agents add nightly cron team data owners {at(world, 'bob')}")
    assert "The agent nightly cron is there" in told
    await opens(world, "agents key nightly cron")
    values = {"label": "nightly", "verbs": ["ask", "read"], "facts": "env: production", "expires": "90d"}
    shown = await sends(world, "alice", values)
    (secret,) = [part["elements"][0]["text"] for part in shown["blocks"][0]["elements"] if part["type"] == "rich_text_preformatted"]  # fmt: skip
    assert secret.startswith("csk_")
    (key,) = await world.rooms.administration.keys.list(world.host, "nightly cron")
    assert (key.label, sorted(key.verbs), key.facts) == ("nightly", ["ask", "read"], {"env": "production"})
    everywhere = [one for name in ("alice", "bob") for one in world.hand(name).messages("#general")]
    assert secret not in str(everywhere + world.hand("alice").ephemerals() + world.hand("alice").dms())
    assert secret not in await opens(world, "agents keys nightly cron")


async def test_a_platforms_tokens_are_let_in_listed_and_sent_away(http: World) -> None:
    told = await says(
        http, "alice", "agents workload Deploy bot from github subject repo:acme/shop:** may ask, execute"
    )
    assert "act as Deploy bot from now on" in told
    assert f"/{http.host.organisation}" in told
    (made,) = await http.rooms.administration.workloads.list(http.host, "Deploy bot")
    assert (made.subject, sorted(made.verbs)) == ("repo:acme/shop:**", ["ask", "execute"])
    assert "repo:acme/shop:**" in await opens(http, "agents workloads Deploy bot")
    assert "would let strangers in" in await says(
        http, "alice", "agents workload Deploy bot from github subject repo:*"
    )
    assert "Say it like this" in await says(http, "alice", "agents workload Deploy bot from github")
    assert "stand for nobody" in await says(http, "alice", f"agents unlink Deploy bot {made.id}")
    assert "no such workload" in await says(http, "alice", "agents unlink Deploy bot wkl_x")


async def test_what_is_wrong_with_a_key_stands_under_its_field(http: World) -> None:
    await opens(http, "agents key Deploy bot")
    alice = http.hand("alice")
    assert "duration" in ((await alice.submit({"expires": "soon"})).errors or {})["expires"]
    assert "one fact per line" in ((await alice.submit({"facts": "production"})).errors or {})["facts"]


async def test_a_key_is_revoked_after_a_question(world: World) -> None:
    keys = world.rooms.administration.keys
    made = await keys.add(world.host, "Deploy bot", label="ci")
    assert "Revoke the key “ci” of Deploy bot?" in await opens(world, "agents revoke Deploy bot ci")
    assert "is revoked" in str(await sends(world, "alice"))
    assert (await keys.list(world.host, "Deploy bot"))[0].revoked_at is not None
    assert "not one such key" in await says(world, "alice", f"agents revoke Deploy bot {made.key.id}")


async def test_an_agent_is_suspended_after_a_question_and_goes_on(world: World) -> None:
    request = await world.ask(("@platform",))
    assert "Suspend Deploy bot?" in await opens(world, "agents suspend Deploy bot")
    assert "is suspended" in str(await sends(world, "alice"))
    assert not (await world.now(request)).is_open
    assert "SUSPENDED" in await opens(world, "agents list")
    assert "may ask and claim again" in await says(world, "alice", "agents resume Deploy bot")


# ------------------------------------------------------------------------------------------------------------ settings


async def test_with_four_eyes_a_change_says_where_the_others_were_asked(world: World) -> None:
    for name in ("bob", "carol"):
        await world.rooms.administration.grants.give(world.host, f"{name}@acme.example", Role.ADMIN)
    assert "in #general" in await says(world, "alice", "settings admin_channel <#C0GENERAL|general>")
    assert "It takes two other active admins" in await opens(world, "settings four_eyes on")
    assert "Four eyes are on" in str(await sends(world, "alice"))
    assert "Asked as #1" in await says(world, "alice", "groups add ops")
    await says(world, "alice", 'rules add "prod deploys" when true require @platform')
    assert "Asked as #2" in str(await sends(world, "alice"))
    assert (await world.rooms.administration.rules.list(world.host)).rules == ()
    assert "on — on or off" in await opens(world, "settings list")


async def test_a_key_that_others_agreed_to_is_collected_once(world: World) -> None:
    for name in ("bob", "carol"):
        await world.rooms.administration.grants.give(world.host, f"{name}@acme.example", Role.ADMIN)
    await world.rooms.administration.organisations.change(world.host, four_eyes=True, admin_channel="#deploys")
    await opens(world, "agents key Deploy bot")
    asked = str(await sends(world, "alice", {"label": "nightly"}))
    assert "collect the secret with /countersign collect #1" in asked
    card = world.hand("carol").find_message("#deploys", "nightly", action="request.approve")
    await world.hand("carol").click(card, "request.approve")
    await world.settle()
    assert "csk_" not in str(world.hand("alice").messages("#deploys"))
    assert "csk_" in await opens(world, "collect #1")
    assert "already collected" in await says(world, "alice", "collect #1")


def test_a_sub_word_with_a_file_of_its_own_is_found_before_its_topic_and_explained_with_it() -> None:
    async def run(_room: Room, _actor: Actor, _slash: Slash) -> None:
        return None

    own = Command("list", "", "All of them", run)
    found = {each.word: each for each in (topic("things", "Things", own), Command("things safe", "on", "Safety", run))}
    assert help_lines(found) == (("/countersign things …", "Things"),)
    assert manual(found)["things"] == (
        ("/countersign things list", "All of them"),
        ("/countersign things safe on", "Safety"),
    )


async def test_admins_see_that_nobody_is_named_for_emergencies_and_how_to_name_somebody(http: World) -> None:
    """Being an admin does not do, which is found out at the worst moment."""
    await http.hand("alice").command("/countersign settings safety")
    await http.settle()
    said = str(http.hand("alice").open_modal())
    assert "nobody may decide alone in an emergency" in said
    assert "/countersign members grant @who break_glass" in said
    await http.rooms.administration.grants.give(http.host, http.members["erin"], Role.BREAK_GLASS)
    await http.hand("alice").command("/countersign settings safety")
    await http.settle()
    assert "one person or group may decide alone in an emergency" in str(http.hand("alice").open_modal())
