"""Holds text objects, confirm dialogs, options and interactive elements against Slack's limits."""

from collections.abc import Callable
from typing import Any

from bot.sandbox import limits
from bot.sandbox.report import Report, kind_of
from bot.sandbox.shapes import Json

_SELECTS = frozenset(
    f"{many}{kind}_select"
    for many in ("", "multi_")
    for kind in ("static", "external", "users", "conversations", "channels")
)
_PICKERS = frozenset({"datepicker", "timepicker", "overflow", "checkboxes", "radio_buttons"})
IN_SECTION = _SELECTS | _PICKERS | {"button", "image", "workflow_button"}
IN_ACTIONS = _SELECTS | _PICKERS | {"button", "datetimepicker", "workflow_button", "feedback_buttons", "icon_button"}
IN_INPUT = (_SELECTS | _PICKERS | {
    "plain_text_input", "rich_text_input", "number_input", "email_text_input", "url_text_input", "datetimepicker",
    "file_input",
}) - {"overflow"}  # fmt: skip


def check_text(report: Report, where: str, text: Any, most: int = limits.TEXT_OBJECT, *, plain: bool = False) -> None:
    """A text object of 1 to `most` characters."""
    if not isinstance(text, dict) or text.get("type") not in ("plain_text", "mrkdwn"):
        report.say(where, "must be a valid text object")
    elif plain and text["type"] != "plain_text":
        report.say(f"{where}/type", "must be plain_text")
    elif "text" not in text:
        report.say(where, "missing required field: text")
    else:
        report.text_length(f"{where}/text", text["text"], most, 1)
        _check_text_flags(report, where, text)


def _check_text_flags(report: Report, where: str, text: Json) -> None:
    if text["type"] == "mrkdwn" and "emoji" in text:
        report.say(where, "additional properties are not allowed: emoji")
    if text["type"] == "plain_text" and "verbatim" in text:
        report.say(where, "additional properties are not allowed: verbatim")


def check_plain(report: Report, where: str, given: Json, key: str, most: int, *, required: bool = True) -> None:
    if given.get(key) is not None:
        check_text(report, f"{where}/{key}", given[key], most, plain=True)
    elif required:
        report.say(where, f"missing required field: {key}")


def check_element(report: Report, where: str, element: Any, allowed: frozenset[str]) -> None:
    """An element in a place that takes the types in `allowed`."""
    kind = kind_of(element)
    if kind is None or kind not in allowed:
        report.say(where, f"unsupported type: {kind}")
        return
    report.optional(where, element, "action_id", limits.IDENTIFIER, 1)
    check_plain(report, where, element, "placeholder", limits.PLACEHOLDER, required=False)
    if element.get("confirm") is not None:
        _check_confirm(report, f"{where}/confirm", element["confirm"])
    check = _CHECKS.get(kind)
    if check is not None:
        check(report, where, element)


def _check_confirm(report: Report, where: str, confirm: Any) -> None:
    if not isinstance(confirm, dict):
        report.say(where, "must be an object")
        return
    check_plain(report, where, confirm, "title", limits.CONFIRM_TITLE, required=False)
    if report.require(where, confirm, "text"):
        check_text(report, f"{where}/text", confirm["text"], limits.CONFIRM_TEXT)
    for key in ("confirm", "deny"):
        check_plain(report, where, confirm, key, limits.CONFIRM_BUTTON, required=False)
    _check_style(report, where, confirm)


def _check_style(report: Report, where: str, given: Json) -> None:
    if given.get("style") not in (None, "primary", "danger"):
        report.say(f"{where}/style", "must be one of: primary, danger")


def _check_button(report: Report, where: str, button: Json) -> None:
    check_plain(report, where, button, "text", limits.BUTTON_TEXT)
    report.optional(where, button, "value", limits.BUTTON_VALUE)
    report.optional(where, button, "url", limits.BUTTON_URL)
    report.optional(where, button, "accessibility_label", limits.BUTTON_TEXT)
    _check_style(report, where, button)


def check_image(report: Report, where: str, image: Json) -> None:
    if image.get("image_url") is None and image.get("slack_file") is None:
        report.say(where, "missing required field: image_url")
    report.optional(where, image, "image_url", limits.IMAGE_URL, 1)
    if report.require(where, image, "alt_text"):
        report.text_length(f"{where}/alt_text", image["alt_text"], limits.ALT_TEXT, 1)


def _check_options(report: Report, where: str, options: Any, most: int) -> None:
    if not report.count(where, options, most):
        return
    for at, option in enumerate(options):
        check_option(report, f"{where}/{at}", option)
    values = [option.get("value") for option in options if isinstance(option, dict)]
    if len(set(map(str, values))) != len(values):
        report.say(where, "option values must be unique")


def check_option(report: Report, where: str, option: Any) -> None:
    if not isinstance(option, dict):
        report.say(where, "must be an object")
        return
    if report.require(where, option, "text"):
        check_text(report, f"{where}/text", option["text"], limits.OPTION_TEXT)
    if option.get("value") is None:
        if option.get("url") is None:
            report.say(where, "missing required field: value")
    else:
        report.text_length(f"{where}/value", option["value"], limits.OPTION_VALUE, 1)
    if option.get("description") is not None:
        check_text(report, f"{where}/description", option["description"], limits.OPTION_TEXT)


def _check_static(report: Report, where: str, select: Json) -> None:
    groups = select.get("option_groups")
    if groups is None:
        _check_options(report, f"{where}/options", select.get("options"), limits.SELECT_OPTIONS)
        _check_initial(report, where, select, select.get("options"))
        return
    if select.get("options") is not None:
        report.say(where, "only one of options and option_groups is allowed")
    if report.count(f"{where}/option_groups", groups, limits.OPTION_GROUPS):
        for at, group in enumerate(groups):
            if not isinstance(group, dict):
                report.say(f"{where}/option_groups/{at}", "must be an object")
                continue
            check_plain(report, f"{where}/option_groups/{at}", group, "label", limits.OPTION_TEXT)
            _check_options(report, f"{where}/option_groups/{at}/options", group.get("options"), limits.SELECT_OPTIONS)


def _check_initial(report: Report, where: str, select: Json, options: Any) -> None:
    many = select.get("initial_options")
    chosen = [select["initial_option"]] if select.get("initial_option") else many if isinstance(many, list) else []
    offered = [option.get("value") for option in _objects(options)]
    for each in chosen:
        if not isinstance(each, dict) or each.get("value") not in offered:
            report.say(where, "the initial option must be one of the options")


def _objects(options: Any) -> list[Json]:
    return [option for option in options if isinstance(option, dict)] if isinstance(options, list) else []


def _check_overflow(report: Report, where: str, overflow: Json) -> None:
    _check_options(report, f"{where}/options", overflow.get("options"), limits.OVERFLOW_OPTIONS)


def _check_ticks(report: Report, where: str, ticks: Json) -> None:
    _check_options(report, f"{where}/options", ticks.get("options"), limits.TICK_OPTIONS)
    _check_initial(report, where, ticks, ticks.get("options"))


def _check_plain_text_input(report: Report, where: str, given: Json) -> None:
    for key, least in (("min_length", 0), ("max_length", 1)):
        value = given.get(key)
        if value is not None and not (isinstance(value, int) and least <= value <= limits.INPUT_LENGTH):
            report.say(f"{where}/{key}", f"must be between {least} and {limits.INPUT_LENGTH}")
    report.optional(where, given, "initial_value", limits.INPUT_LENGTH)


def _check_number_input(report: Report, where: str, given: Json) -> None:
    if not isinstance(given.get("is_decimal_allowed"), bool):
        report.say(where, "missing required field: is_decimal_allowed")


_CHECKS: dict[str, Callable[[Report, str, Json], None]] = {
    "button": _check_button,
    "workflow_button": _check_button,
    "image": check_image,
    "static_select": _check_static,
    "multi_static_select": _check_static,
    "overflow": _check_overflow,
    "checkboxes": _check_ticks,
    "radio_buttons": _check_ticks,
    "plain_text_input": _check_plain_text_input,
    "number_input": _check_number_input,
}
