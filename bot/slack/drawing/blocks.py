"""Small builders of Block Kit dicts that hold Slack's limits for any input, by cutting with an ellipsis.

Text by people goes into plain text or rich text, where nothing is read as markup. `mrkdwn` is for our own words and dates
alone. The figures are Slack's own where documented (docs.slack.dev, Block Kit reference), else the safer of two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from core.phrases import again, phrase

Json = dict[str, Any]

BLOCKS_IN_MESSAGE: Final = 50
BLOCKS_IN_VIEW: Final = 100
TEXT: Final = 3_000
MESSAGE_TEXT: Final = 4_000  # chat.update refuses longer ones
HEADER: Final = 150
FIELD: Final = 2_000
BUTTON: Final = 75
OPTION: Final = 75
OPTION_VALUE: Final = 75
TITLE: Final = 24
LABEL: Final = 2_000
PLACEHOLDER: Final = 150
URL: Final = 3_000
CONTEXT_ELEMENTS: Final = 10
SELECT_OPTIONS: Final = 100
INPUT_LENGTH: Final = 3_000

EMPTY: Final = "–"
"""Shown where Slack would refuse an empty text."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, lone surrogates, and the marks that turn the direction of text and so can disguise it."""


RETURN: Final = "⏎"
_BREAKS = re.compile(r"\s*[\n\r\v\f\x85\u2028\u2029]\s*")


def clean(text: str) -> str:
    """The text, in the language spoken now, without characters that cannot be sent or that disguise what is written."""
    return _UNPRINTABLE.sub("", again(text))


def one_line(text: str) -> str:
    """Somebody's words where a line is ours: a break is shown, so that it begins no line that looks like one of ours."""
    return _BREAKS.sub(f" {RETURN} ", text.strip())


def width(text: str) -> int:
    """Length as Slack's clients count it: UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def cut(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, the last one an ellipsis where something was left out; never empty."""
    said = clean(text).strip() or EMPTY
    if width(said) <= limit:
        return said
    kept = said[: limit - 1]
    while width(kept) > limit - 1:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def escape(text: str) -> str:
    """For the one place where people's words stand in message text: nothing in it is read as a link or mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def gist(text: str, limit: int = 1_500) -> str:
    """A message's top-level text, what notifications and screen readers use."""
    said = escape(cut(text, limit))
    return said if width(said) <= MESSAGE_TEXT else escape(cut(text, MESSAGE_TEXT // 6))


# -------------------------------------------------------------------------------------------------------- text objects


def plain(text: str, limit: int = TEXT) -> Json:
    return {"type": "plain_text", "text": cut(text, limit), "emoji": False}


def mrkdwn(text: str) -> Json:
    """Our own words only; anything by people belongs into `plain` or rich text."""
    return {"type": "mrkdwn", "text": cut(text, TEXT), "verbatim": True}


def date_text(at: datetime, before: str = "") -> str:
    """A moment in the reader's own zone, for `mrkdwn`; the fallback names its zone.

    `before` are our words in front of it: inside the date, so that they are followed by `today` and not by `Today`.
    """
    return phrase(
        "<!date^{seconds}^{before}{{date_short_pretty}} at {{time}}|{before}{utc}>",
        seconds=int(at.timestamp()),
        before=before,
        utc=utc(at),
    )


def utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


# -------------------------------------------------------------------------------------------------------------- blocks


def header(text: str, block_id: str) -> Json:
    return {"type": "header", "block_id": block_id, "text": plain(one_line(text), HEADER)}


def section(text: Json, block_id: str, accessory: Json | None = None) -> Json:
    block = {"type": "section", "block_id": block_id, "text": text}
    return block if accessory is None else {**block, "accessory": accessory}


def context(block_id: str, *texts: Json) -> Json:
    return {"type": "context", "block_id": block_id, "elements": list(texts[:CONTEXT_ELEMENTS])}


def divider(block_id: str) -> Json:
    return {"type": "divider", "block_id": block_id}


def actions(block_id: str, elements: Sequence[Json]) -> Json:
    return {"type": "actions", "block_id": block_id, "elements": list(elements[:25])}


def rich(block_id: str, *parts: Json) -> Json:
    return {"type": "rich_text", "block_id": block_id, "elements": list(parts)}


def fitted(blocks: Iterable[Json], limit: int = BLOCKS_IN_MESSAGE) -> list[Json]:
    """No more blocks than a message or view takes."""
    return list(blocks)[:limit]


# ----------------------------------------------------------------------------------------------------------- rich text


def paragraph(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements) or [words(EMPTY)]}


def quote(*elements: Json) -> Json:
    return {"type": "rich_text_quote", "elements": list(elements) or [words(EMPTY)]}


def code(text: str, limit: int = TEXT) -> Json:
    return {"type": "rich_text_preformatted", "elements": [words(text, limit)]}


def bullets(items: Sequence[Sequence[Json]]) -> Json:
    return {"type": "rich_text_list", "style": "bullet", "elements": [paragraph(*item) for item in items]}


def words(text: str, limit: int = TEXT, *styles: str) -> Json:
    """A run of text; styles are bold, italic, code, strike. Never read as markup, whatever it holds."""
    said = cut_run(text, limit)
    return {"type": "text", "text": said, "style": dict.fromkeys(styles, True)} if styles else _run(said)


def cut_run(text: str, limit: int) -> str:
    """Like `cut`, but the spaces around a run belong to the sentence."""
    said = clean(text)
    lead, tail = said[: len(said) - len(said.lstrip(" \n"))], said[len(said.rstrip(" \n")) :]
    return f"{lead[:2]}{cut(said, limit)}{tail[:2]}" if said.strip() else (said[:2] or EMPTY)


def _run(text: str) -> Json:
    return {"type": "text", "text": text}


def moment(at: datetime, before: str = "") -> Json:
    """A moment in the reader's own zone, for rich text; `before` as in `date_text`."""
    return {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": phrase("{before}{{date_short_pretty}} at {{time}}", before=before),
        "fallback": f"{before}{utc(at)}",
    }


def link(url: str, text: str) -> Json:
    """A link, or its words where the address is not one a browser should follow."""
    if not is_web(url):
        return words(f"{text} ({cut(url, 200)})", 300)
    return {"type": "link", "url": url, "text": cut(text, 100)}


def is_web(url: str) -> bool:
    return len(url) <= URL and re.fullmatch(r"https?://[^\s<>|\"\x00-\x1f\x7f]+", url) is not None


# ------------------------------------------------------------------------------------------------------------ elements


def button(text: str, action_id: str, value: str, *, style: str | None = None, label: str | None = None) -> Json:
    made = {"type": "button", "action_id": action_id, "text": plain(text, BUTTON), "value": value}
    if style is not None:
        made["style"] = style
    return made if label is None else {**made, "accessibility_label": cut(label, BUTTON)}


def confirm(title: str, text: str, yes: str, no: str = phrase("Not now"), *, style: str | None = None) -> Json:
    asked = {"title": plain(title, 100), "text": plain(text, 300), "confirm": plain(yes, 30), "deny": plain(no, 30)}
    return asked if style is None else {**asked, "style": style}


def option(text: str, value: str, description: str | None = None) -> Json:
    made: Json = {"text": plain(text, OPTION), "value": value}
    return made if description is None else {**made, "description": plain(description, OPTION)}


def overflow(action_id: str, options: Sequence[Json]) -> Json:
    return {"type": "overflow", "action_id": action_id, "options": list(options[:5])}


def radio(action_id: str, options: Sequence[Json], initial: int = 0) -> Json:
    offered = list(options[:10])
    return {"type": "radio_buttons", "action_id": action_id, "options": offered, "initial_option": offered[initial]}


def select(action_id: str, options: Sequence[Json], initial: Json | None = None, hint: str = phrase("Choose")) -> Json:
    offered = list(options[:SELECT_OPTIONS])
    made = {
        "type": "static_select",
        "action_id": action_id,
        "options": offered,
        "placeholder": plain(hint, PLACEHOLDER),
    }
    return made if initial is None or initial not in offered else {**made, "initial_option": initial}


def users_select(action_id: str, hint: str = phrase("Choose a person")) -> Json:
    return {"type": "users_select", "action_id": action_id, "placeholder": plain(hint, PLACEHOLDER)}


def text_input(
    action_id: str, *, lines: bool = False, initial: str = "", hint: str = "", most: int = INPUT_LENGTH
) -> Json:
    made: Json = {"type": "plain_text_input", "action_id": action_id, "multiline": lines, "max_length": most}
    if initial.strip():
        made["initial_value"] = cut(initial, most)
    return {**made, "placeholder": plain(hint, PLACEHOLDER)} if hint else made


def number_input(action_id: str, *, decimals: bool, initial: str = "", low: str = "", high: str = "") -> Json:
    made: Json = {"type": "number_input", "action_id": action_id, "is_decimal_allowed": decimals}
    bounds = {"initial_value": initial, "min_value": low, "max_value": high}
    return {**made, **{name: value for name, value in bounds.items() if value}}


def field(block_id: str, label: str, element: Json, *, optional: bool = False, hint: str = "") -> Json:
    """An input of a modal, with its label and a line of help."""
    made: Json = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, LABEL),
        "element": element,
        "optional": optional,
    }
    return {**made, "hint": plain(hint, LABEL)} if hint else made


# --------------------------------------------------------------------------------------------------------------- views


def modal(
    callback_id: str,
    title: str,
    blocks: Iterable[Json],
    *,
    submit: str | None = None,
    close: str = phrase("Cancel"),
    metadata: str = "",
) -> Json:
    """A modal; `metadata` is an opaque reference, never content."""
    view: Json = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, TITLE),
        "close": plain(close if submit else phrase("Close"), TITLE),
        "private_metadata": metadata,
        "blocks": fitted(blocks, BLOCKS_IN_VIEW),
    }
    return view if submit is None else {**view, "submit": plain(submit, TITLE)}


def home(blocks: Iterable[Json], metadata: str = "") -> Json:
    return {
        "type": "home",
        "callback_id": "home",
        "private_metadata": metadata,
        "blocks": fitted(blocks, BLOCKS_IN_VIEW),
    }
