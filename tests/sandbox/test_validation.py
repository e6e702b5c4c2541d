"""Blocks and views held against Slack's limits, also those slack_sdk lets through."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.validate import message_problems, view_problems
from tests.sandbox.shapes import Json, actions, button, card, modal, plain, section, text_input


def mrkdwn(length: int) -> Json:
    return {"type": "mrkdwn", "text": "x" * length}


def option(value: str = "v", text: str = "t") -> Json:
    return {"text": plain(text), "value": value}


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "s", "options": [option()], **more}


def ticks(count: int, kind: str = "checkboxes") -> Json:
    return {"type": kind, "action_id": "t", "options": [option(str(n)) for n in range(count)]}


def table(rows: int, cells: int) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * cells] * rows}


GOOD = {
    "a card": card(),
    "50 blocks": [{"type": "divider"}] * 50,
    "a section of 3000": [section("x" * 3000)],
    "ten fields of 2000": [{"type": "section", "fields": [mrkdwn(2000)] * 10}],
    "a menu": [actions(select())],
    "a section with an image beside it": [
        {**section(), "accessory": {"type": "image", "image_url": "https://x.example/i.png", "alt_text": "i"}}
    ],
    "rich text": [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}],
    "a table": [table(100, 20)],
    "an input": [text_input()],
}

BAD = {
    "51 blocks": ([{"type": "divider"}] * 51, "no more than 50 items"),
    "an unknown block": ([{"type": "banner"}], "unsupported type: banner"),
    "no list": ({"type": "divider"}, "must be an array"),
    "a block that is no object": (["divider"], "unsupported type: None"),
    "one block_id twice": ([section(block_id="a"), section(block_id="a")], "block_id a is not unique"),
    "one action_id twice": ([actions(button(), button())], "action_id approve already exists"),
    "an empty section": ([{"type": "section"}], "missing required field: text or fields"),
    "empty text": ([section("")], "must be more than 0 characters"),
    "text of 3001": ([section("x" * 3001)], "must be less than 3001 characters"),
    "a field of 2001": ([{"type": "section", "fields": [mrkdwn(2001)]}], "must be less than 2001"),
    "11 fields": ([{"type": "section", "fields": [mrkdwn(1)] * 11}], "no more than 10 items"),
    "emoji in mrkdwn": ([{"type": "section", "text": mrkdwn(1) | {"emoji": True}}], "not allowed: emoji"),
    "a header in mrkdwn": ([{"type": "header", "text": mrkdwn(3)}], "must be plain_text"),
    "a header of 151": ([{"type": "header", "text": plain("x" * 151)}], "must be less than 151"),
    "11 in a context": ([{"type": "context", "elements": [mrkdwn(1)] * 11}], "no more than 10 items"),
    "an empty context": ([{"type": "context", "elements": []}], "no fewer than 1"),
    "a button in a context": ([{"type": "context", "elements": [button()]}], "must be a valid text object"),
    "no actions": ([{"type": "actions", "elements": []}], "no fewer than 1"),
    "26 actions": ([actions(*(button(str(n)) for n in range(26)))], "no more than 25"),
    "an input among actions": ([actions({"type": "plain_text_input", "action_id": "a"})], "unsupported type"),
    "a button without text": ([actions({"type": "button", "action_id": "a"})], "missing required field: text"),
    "a button with empty text": ([actions({**button(), "text": plain("")})], "more than 0"),
    "a button text of 76": ([actions({**button(), "text": plain("x" * 76)})], "less than 76"),
    "a button in mrkdwn": ([actions({**button(), "text": mrkdwn(1)})], "must be plain_text"),
    "a button value of 2001": ([actions(button(value="x" * 2001))], "less than 2001"),
    "an action_id of 256": ([actions(button("x" * 256))], "less than 256"),
    "an odd style": ([actions({**button(), "style": "warning"})], "must be one of: primary, danger"),
    "a confirm of 301": (
        [actions({**button(), "confirm": {"title": plain("t"), "text": plain("x" * 301)}})], "less than 301",
    ),
    "a confirm button of 31": (
        [actions({**button(), "confirm": {"text": plain("t"), "confirm": plain("x" * 31)}})], "less than 31",
    ),
    "no options": ([actions(select(options=[]))], "no fewer than 1"),
    "101 options": ([actions(select(options=[option(str(n)) for n in range(101)]))], "no more than 100"),
    "an option text of 76": ([actions(select(options=[option(text="x" * 76)]))], "less than 76"),
    "an option value of 151": ([actions(select(options=[option("x" * 151)]))], "less than 151"),
    "a description of 76": (
        [actions(select(options=[option() | {"description": plain("x" * 76)}]))], "less than 76",
    ),
    "one value twice": ([actions(select(options=[option(), option()]))], "option values must be unique"),
    "an initial option not offered": ([actions(select(initial_option=option("other")))], "must be one of the options"),
    "a placeholder of 151": ([actions(select(placeholder=plain("x" * 151)))], "less than 151"),
    "6 in an overflow": ([actions(ticks(6, "overflow"))], "no more than 5"),
    "11 checkboxes": ([actions(ticks(11))], "no more than 10"),
    "11 radio buttons": ([actions(ticks(11, "radio_buttons"))], "no more than 10"),
    "an image without alt text": ([{"type": "image", "image_url": "https://x.example"}], "field: alt_text"),
    "an image without url": ([{"type": "image", "alt_text": "x"}], "field: image_url"),
    "an input without label": ([{"type": "input", "element": text_input()["element"]}], "field: label"),
    "an input without element": ([{"type": "input", "label": plain("x")}], "field: element"),
    "an overflow as input": ([{**text_input(), "element": ticks(2, "overflow")}], "unsupported type: overflow"),
    "max_length of 3001": (
        [{**text_input(), "element": {"type": "plain_text_input", "action_id": "a", "max_length": 3001}}],
        "between 1 and 3000",
    ),
    "two tables": ([table(1, 1), table(1, 1)], "only one table"),
    "101 rows": ([table(101, 1)], "no more than 100"),
    "21 cells": ([table(1, 21)], "no more than 20"),
    "markdown over 12000 in all": ([{"type": "markdown", "text": "x" * 7000}] * 2, "less than 12001 characters in all"),
    "a divider with text": ([{"type": "divider", "text": plain("x")}], "additional properties"),
}  # fmt: skip

BAD_VIEWS = {
    "no title": ({**modal(), "title": None}, "missing required field: title"),
    "a title of 25": ({**modal(), "title": plain("x" * 25)}, "less than 25"),
    "a submit of 25": ({**modal(), "submit": plain("x" * 25)}, "less than 25"),
    "inputs and no submit": ({**modal(), "submit": None}, "missing required field: submit"),
    "101 blocks": (modal(*([{"type": "divider"}] * 101)), "no more than 100"),
    "private_metadata of 3001": (modal(private_metadata="x" * 3001), "less than 3001"),
    "a callback_id of 256": (modal(callback_id="x" * 256), "less than 256"),
    "an external_id of 256": (modal(external_id="x" * 256), "less than 256"),
    "one block_id twice": (modal(text_input(), text_input()), "block_id why is not unique"),
    "a table in a modal": (modal(table(1, 1)), "table is not allowed in a modal"),
    "an unknown type": ({"type": "drawer", "blocks": []}, "must be one of: modal, home"),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_slack_takes_is_taken(name: str) -> None:
    assert message_problems(GOOD[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_what_slack_refuses_is_refused_in_its_words(name: str) -> None:
    blocks, problem = BAD[name]
    problems = message_problems(blocks)
    assert [each for each in problems if problem in each], problems
    assert all(each.startswith("[ERROR] ") and "[json-pointer:/" in each for each in problems)


@pytest.mark.parametrize("name", BAD_VIEWS)
def test_a_view_slack_refuses_is_refused(name: str) -> None:
    view, problem = BAD_VIEWS[name]
    problems = view_problems(view)
    assert [each for each in problems if problem in each], problems


def test_a_hundred_blocks_fit_a_modal() -> None:
    assert view_problems(modal(*([{"type": "divider"}] * 100))) == []


@pytest.mark.anyio
async def test_the_web_api_names_every_problem_and_where_it_is(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0DEPLOYS1", text="x", blocks=[section(), {"type": "section"}])
    assert caught.value.response["error"] == "invalid_blocks"
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] missing required field: text or fields [json-pointer:/blocks/1]"
    ]


@pytest.mark.anyio
async def test_blocks_validate_needs_no_token_and_exactly_one_thing(client: AsyncWebClient) -> None:
    assert (await client.blocks_validate(blocks=card()))["ok"]
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        await client.blocks_validate(blocks=[{"type": "section"}])
