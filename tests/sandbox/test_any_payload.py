"""Whatever an app sends, judging it never crashes."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.messages import named_blocks
from bot.sandbox.validate import message_problems, view_problems

KINDS = st.sampled_from(
    ["section", "actions", "input", "context", "header", "table", "image", "button", "static_select", "overflow",
     "checkboxes", "plain_text", "mrkdwn", "markdown", "rich_text", "modal", "home", "plain_text_input"]
)  # fmt: skip
KEYS = st.sampled_from(
    ["type", "text", "fields", "elements", "accessory", "element", "options", "option_groups", "value", "block_id",
     "action_id", "confirm", "title", "blocks", "label", "rows", "initial_option", "initial_options", "placeholder",
     "submit", "description", "max_length"]
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | KINDS
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.builds(lambda kind, rest: {**rest, "type": kind}, KINDS, st.dictionaries(KEYS, inner, max_size=4))
    ),
    max_leaves=15,
)


@given(ANYTHING)
def test_any_blocks_are_judged(blocks: Any) -> None:
    assert isinstance(message_problems(blocks), list)
    if not message_problems([blocks]):
        assert all(block["block_id"] for block in named_blocks([blocks]))


@given(ANYTHING)
def test_any_view_is_judged(view: Any) -> None:
    assert isinstance(view_problems(view), list)
