"""Holds whole messages and views against Slack's limits, also those slack_sdk lets through."""

import json
from collections.abc import Callable
from typing import Any

from bot.sandbox import limits
from bot.sandbox.elements import (
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    check_element,
    check_image,
    check_plain,
    check_text,
)
from bot.sandbox.report import Report, kind_of
from bot.sandbox.shapes import Json, SlackError

_MESSAGE_ONLY = frozenset({"markdown", "table", "context_actions", "task_card", "plan", "container", "carousel"})
_UNCHECKED = frozenset(
    {"file", "call", "video", "task_card", "plan", "alert", "card", "container", "carousel", "auth_provider"}
)


def refuse_bad_message(blocks: Any, attachments: Any = None) -> None:
    """Raises invalid_blocks or invalid_attachments naming every problem."""
    if blocks is not None:
        _refuse("invalid_blocks", message_problems(blocks))
    if attachments is not None:
        if isinstance(attachments, list) and len(attachments) > limits.ATTACHMENTS:
            raise SlackError("too_many_attachments")
        _refuse("invalid_attachments", _attachment_problems(attachments))


def refuse_bad_view(view: Any, kinds: tuple[str, ...]) -> None:
    """Raises view_too_large or invalid_arguments naming every problem."""
    if len(json.dumps(view)) > limits.VIEW_BYTES:
        raise SlackError("view_too_large")
    _refuse("invalid_arguments", view_problems(view, kinds))


def _refuse(code: str, problems: list[str]) -> None:
    if problems:
        raise SlackError(code, response_metadata={"messages": problems})


def message_problems(blocks: Any) -> list[str]:
    """Every reason why Slack would refuse these blocks in a message."""
    report = Report()
    if report.count("/blocks", blocks, limits.BLOCKS_PER_MESSAGE, 0):
        _check_blocks(report, "/blocks", blocks, "message")
        _check_message_sums(report, blocks)
    return report.problems


def view_problems(view: Any, kinds: tuple[str, ...] = ("modal", "home")) -> list[str]:
    """Every reason why Slack would refuse this view."""
    report = Report()
    if not isinstance(view, dict) or view.get("type") not in kinds:
        report.say("/view/type", f"must be one of: {', '.join(kinds)}")
        return report.problems
    report.optional("/view", view, "private_metadata", limits.PRIVATE_METADATA)
    for key in ("callback_id", "external_id"):
        report.optional("/view", view, key, limits.IDENTIFIER)
    if view["type"] == "modal":
        _check_modal(report, view)
    if report.count("/view/blocks", view.get("blocks"), limits.BLOCKS_PER_VIEW, 0):
        _check_blocks(report, "/view/blocks", view["blocks"], view["type"])
    return report.problems


def _check_modal(report: Report, view: Json) -> None:
    check_plain(report, "/view", view, "title", limits.VIEW_TITLE)
    for key in ("submit", "close"):
        check_plain(report, "/view", view, key, limits.VIEW_TITLE, required=False)
    blocks = view.get("blocks")
    has_input = isinstance(blocks, list) and any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if has_input and view.get("submit") is None:
        report.say("/view", "missing required field: submit (the view has an input block)")


def _check_blocks(report: Report, where: str, blocks: list[Any], surface: str) -> None:
    seen: set[str] = set()
    for at, block in enumerate(blocks):
        _check_block(report, f"{where}/{at}", block, surface)
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if block_id and str(block_id) in seen:
            report.say(f"{where}/{at}/block_id", f"block_id {block_id} is not unique")
        seen.add(str(block_id))


def _check_block(report: Report, where: str, block: Any, surface: str) -> None:
    kind = kind_of(block)
    if kind is None or kind not in _CHECKS.keys() | _UNCHECKED:
        report.say(where, f"unsupported type: {kind}")
        return
    if kind in _MESSAGE_ONLY and surface != "message":
        report.say(where, f"{kind} is not allowed in a {surface}")
    report.optional(where, block, "block_id", limits.IDENTIFIER)
    check = _CHECKS.get(kind)
    if check is not None:
        check(report, where, block)
        _check_unique_actions(report, where, block)


def _check_unique_actions(report: Report, where: str, block: Json) -> None:
    elements = block.get("elements")
    ids = [e.get("action_id") for e in elements if isinstance(e, dict)] if isinstance(elements, list) else []
    given = [each for each in ids if isinstance(each, str)]
    for action_id in {each for each in given if given.count(each) > 1}:
        report.say(f"{where}/elements", f"action_id {action_id} already exists in this block")


def _check_message_sums(report: Report, blocks: list[Any]) -> None:
    known = [block for block in blocks if isinstance(block, dict)]
    markdown = sum(len(str(block.get("text", ""))) for block in known if block.get("type") == "markdown")
    if markdown > limits.MARKDOWN:
        report.say("/blocks", f"markdown text must be less than {limits.MARKDOWN + 1} characters in all")
    if sum(block.get("type") == "table" for block in known) > 1:
        report.say("/blocks", "only one table is allowed in a message")


def _attachment_problems(attachments: Any) -> list[str]:
    report = Report()
    if report.count("/attachments", attachments, limits.ATTACHMENTS, 0):
        for at, attachment in enumerate(attachments):
            if not isinstance(attachment, dict):
                report.say(f"/attachments/{at}", "must be an object")
            elif attachment.get("blocks") is not None:
                report.problems += message_problems(attachment["blocks"])
    return report.problems


def _section(report: Report, where: str, block: Json) -> None:
    text, fields = block.get("text"), block.get("fields")
    if text is None and fields is None:
        report.say(where, "missing required field: text or fields")
    if text is not None:
        check_text(report, f"{where}/text", text)
    if fields is not None and report.count(f"{where}/fields", fields, limits.SECTION_FIELDS):
        for at, field in enumerate(fields):
            check_text(report, f"{where}/fields/{at}", field, limits.SECTION_FIELD)
    if block.get("accessory") is not None:
        check_element(report, f"{where}/accessory", block["accessory"], IN_SECTION)


def _header(report: Report, where: str, block: Json) -> None:
    check_plain(report, where, block, "text", limits.HEADER)


def _divider(report: Report, where: str, block: Json) -> None:
    if extra := set(block) - {"type", "block_id"}:
        report.say(where, f"additional properties are not allowed: {', '.join(sorted(extra))}")


def _image(report: Report, where: str, block: Json) -> None:
    check_image(report, where, block)
    check_plain(report, where, block, "title", limits.ALT_TEXT, required=False)


def _actions(report: Report, where: str, block: Json) -> None:
    if report.count(f"{where}/elements", block.get("elements"), limits.ACTIONS_ELEMENTS):
        for at, element in enumerate(block["elements"]):
            check_element(report, f"{where}/elements/{at}", element, IN_ACTIONS)


def _context_actions(report: Report, where: str, block: Json) -> None:
    if report.count(f"{where}/elements", block.get("elements"), limits.CONTEXT_ACTIONS_ELEMENTS):
        for at, element in enumerate(block["elements"]):
            check_element(report, f"{where}/elements/{at}", element, frozenset({"feedback_buttons", "icon_button"}))


def _context(report: Report, where: str, block: Json) -> None:
    if report.count(f"{where}/elements", block.get("elements"), limits.CONTEXT_ELEMENTS):
        for at, element in enumerate(block["elements"]):
            if isinstance(element, dict) and element.get("type") == "image":
                check_image(report, f"{where}/elements/{at}", element)
            else:
                check_text(report, f"{where}/elements/{at}", element)


def _input(report: Report, where: str, block: Json) -> None:
    check_plain(report, where, block, "label", limits.LABEL)
    check_plain(report, where, block, "hint", limits.HINT, required=False)
    if report.require(where, block, "element"):
        check_element(report, f"{where}/element", block["element"], IN_INPUT)


def _markdown(report: Report, where: str, block: Json) -> None:
    report.text_length(f"{where}/text", block.get("text"), limits.MARKDOWN, 1)


def _rich_text(report: Report, where: str, block: Json) -> None:
    kinds = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
    if report.count(f"{where}/elements", block.get("elements"), 10_000, 0):
        for at, element in enumerate(block["elements"]):
            if not isinstance(element, dict) or element.get("type") not in kinds:
                report.say(f"{where}/elements/{at}", "must be a rich text object")


def _table(report: Report, where: str, block: Json) -> None:
    if report.count(f"{where}/rows", block.get("rows"), limits.TABLE_ROWS):
        for at, row in enumerate(block["rows"]):
            report.count(f"{where}/rows/{at}", row, limits.TABLE_CELLS)


_CHECKS: dict[str, Callable[[Report, str, Json], None]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "image": _image,
    "actions": _actions,
    "context_actions": _context_actions,
    "context": _context,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "table": _table,
}
