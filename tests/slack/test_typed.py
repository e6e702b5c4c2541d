"""What people typed, without Slack's markup."""

import pytest

from bot.slack.typed import plain, unlinked

TYPED = {
    "<@U0BOB00002|bob> knows": "@bob knows",
    "<@U0BOB00002> knows": "@U0BOB00002 knows",
    "ask <!subteam^S0SECURITY|@security> first": "ask @security first",
    "ask <!subteam^S0SECURITY> first": "ask @group first",
    "in <#C0DEPLOYS1|deploys>, not in <#G0SECRET01>": "in #deploys, not in #private",
    "<!here> and <!channel|channel>": "@here and @channel",
    "see <https://ci.example/run/7|the run>": "see https://ci.example/run/7",
    "write to <mailto:ada@acme.example|ada@acme.example>": "write to ada@acme.example",
    "1 &lt; 2 &amp;&amp; &lt;3": "1 < 2 && <3",
    "&amp;lt;": "&lt;",
    " no markup ": "no markup",
}


@pytest.mark.parametrize(("typed", "meant"), TYPED.items())
def test_markup_is_said_as_it_was_meant(typed: str, meant: str) -> None:
    assert plain(typed) == meant


def test_where_people_are_looked_up_they_stay_and_a_nameless_channel_keeps_its_id() -> None:
    assert unlinked("<@U0BOB00002|bob> <#C0DEPLOYS1>") == "<@U0BOB00002|bob> channel:C0DEPLOYS1"
