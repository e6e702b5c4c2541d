"""What Slack sent, typed: clicks, submissions, commands, shortcuts, events. Anything malformed raises `Malformed`.

Texts people typed come out cleaned of characters that cannot be stored. Nothing here trusts a value beyond its shape.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, Final

from bot.slack.drawing.blocks import clean
from bot.slack.target import Target, read_target
from core.model.quick import dataclass
from core.model.visible import says_something

MORE: Final = "request.more"
_QUESTION = re.compile(r"qst_[0-9A-Za-z]{1,40}")
_DELIVERY = re.compile(r"buttons\.\d+\.(dlv_[0-9A-Za-z]{1,40})")


class Malformed(Exception):
    """A payload that Slack's clients would never send."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent it. `team` is the sender's own team, `installed` the one the app is installed in."""

    user: str
    name: str
    team: str
    enterprise: str | None
    installed: str
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The message a click came from."""

    channel: str
    ts: str
    thread_ts: str | None = None
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """What every interaction has. `key` names it for idempotency; `trigger` opens one view within three seconds."""

    sender: Sender
    key: str
    trigger: str
    response_url: str | None = None


@dataclass(frozen=True, slots=True)
class Click(Incoming):
    """A button or menu. `value` is what the element carries, `target` what it points at, where it points at a request.

    `metadata` is what the view carried that it is in. `from_menu`: it was chosen in an overflow menu, none of whose options
    can ask back by itself (docs.slack.dev, overflow menu: `confirm` belongs to the whole element).
    """

    action: str = ""
    value: str = ""
    target: Target | None = None
    question: str | None = None
    place: Place | None = None
    view: str | None = None
    view_type: str | None = None
    delivery: str | None = None
    metadata: str = ""
    from_menu: bool = False


@dataclass(frozen=True, slots=True)
class Submission(Incoming):
    """A modal that was sent. `values` holds by block id what was typed or picked, None where nothing was.

    `beneath` is the modal it lies on. `metadata` is what the view carried: a reference that came back through Slack, to be
    judged as anything typed.
    """

    callback: str = ""
    view: str = ""
    beneath: str | None = None
    target: Target | None = None
    question: str | None = None
    metadata: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, block: str) -> str | None:
        """What was typed, None when there is nothing to see in it."""
        typed = self.values.get(block)
        return typed.strip() if isinstance(typed, str) and says_something(typed) else None


@dataclass(frozen=True, slots=True)
class Slash(Incoming):
    """A slash command: the first word names the sub-command, the rest is its text."""

    word: str = ""
    text: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Shortcut(Incoming):
    """A global or message shortcut; `text` is the message it was used on."""

    callback: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the Events API. `at` is when it happened, in Slack's seconds.

    `wide` where Slack says that it is for an installation of a whole Enterprise organisation.
    """

    kind: str
    event: Mapping[str, Any]
    sender: Sender | None
    at: int | None = None
    wide: bool = False


_MAY_BE_TEXT: Final = ("user", "team", "enterprise", "channel")
_OBJECTS: Final = (
    "event",
    "view",
    "message",
    "previous_message",
    "container",
    "item",
    "function_data",
    "assistant_thread",
)


def well_formed(body: Mapping[str, Any]) -> bool:
    """Whether a body has the outer shape of Slack's, so that Bolt can read what it needs without falling over."""
    if not _are(body, _OBJECTS, dict):
        return False
    if not all(
        _are(each, _MAY_BE_TEXT, (str, dict)) for each in (body, body.get("event") or {}, body.get("message") or {})
    ):
        return False
    if not _all_objects(body.get("authorizations")) or not _all_objects(body.get("response_urls")):
        return False
    match body.get("type"):
        case "block_actions":
            actions = body.get("actions") or []
            return bool(actions) and _all_objects(actions) and all(_names(a, "type", "action_id") for a in actions)
        case "view_submission" | "view_closed":
            return _names(body.get("view"), "type", "callback_id")
        case "event_callback":
            return _names(body.get("event"), "type")
        case kind:
            return isinstance(kind, str | None)


def _are(body: Mapping[str, Any], names: Iterable[str], kind: type | tuple[type, ...]) -> bool:
    """Whether each is of this kind, or not there. JSON's objects are dicts; to ask for a `Mapping` takes several times as long."""
    for name in names:
        value = body.get(name)
        if value is not None and not isinstance(value, kind):
            return False
    return True


def _all_objects(values: Any) -> bool:
    return values is None or (isinstance(values, list) and all(isinstance(value, dict) for value in values))


def _names(value: Any, *names: str) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in names)


def click(body: Mapping[str, Any], digest: str | None = None) -> Click:
    """A block_actions payload."""
    action = _dict((_list(body, "actions") or [{}])[0])
    view = _dict(body.get("view") or {})
    name, value = _what(action)
    target, question = _points(value)
    return Click(
        sender=_sender(body, digest),
        key=_text(body, "trigger_id") or _text(action, "action_ts"),
        trigger=_text(body, "trigger_id"),
        response_url=_text(body, "response_url") or None,
        action=name,
        value=value,
        target=target,
        question=question,
        place=_place(body),
        view=_text(view, "id") or None,
        view_type=_text(view, "type") or None,
        delivery=_delivery(_text(action, "block_id")),
        metadata=_text(view, "private_metadata"),
        from_menu=_text(action, "action_id") == MORE,
    )


def _what(action: Mapping[str, Any]) -> tuple[str, str]:
    """The action's name and value; a choice in the overflow is an action of its own."""
    name = _text(action, "action_id")
    option = action.get("selected_option")
    value = _text(_dict(option), "value") if option else _text(action, "value")
    if name != MORE:
        return name, value
    word, _, rest = value.partition(".")
    return f"request.{word}", rest


def _points(value: str) -> tuple[Target | None, str | None]:
    written, _, question = value.partition("/")
    return read_target(written), question if _QUESTION.fullmatch(question) else None


def _delivery(block_id: str) -> str | None:
    match = _DELIVERY.fullmatch(block_id)
    return match[1] if match else None


def _place(body: Mapping[str, Any]) -> Place | None:
    container = _dict(body.get("container") or {})
    channel = _text(container, "channel_id") or _text(_dict(body.get("channel") or {}), "id")
    ts = _text(container, "message_ts")
    if not channel or not ts:
        return None
    return Place(channel, ts, _text(container, "thread_ts") or None, bool(container.get("is_ephemeral")))


def submission(body: Mapping[str, Any], digest: str | None = None) -> Submission:
    """A view_submission payload. Its view id is the idempotency key: one modal is sent once."""
    view = _dict(body.get("view"))
    state = _dict(_dict(view.get("state") or {}).get("values") or {})
    target, question = _points(_text(view, "private_metadata"))
    return Submission(
        sender=_sender(body, digest),
        key=_text(view, "id"),
        trigger=_text(body, "trigger_id"),
        callback=_text(view, "callback_id"),
        view=_text(view, "id"),
        beneath=_text(view, "previous_view_id") or None,
        target=target,
        question=question,
        metadata=_text(view, "private_metadata"),
        values={str(block): _given(_dict(elements)) for block, elements in state.items()},
    )


def _given(elements: Mapping[str, Any]) -> Any:
    """What the one element of an input block holds."""
    element = _dict(next(iter(elements.values()), {}))
    if "selected_option" in element:
        return _text(_dict(element.get("selected_option") or {}), "value") or None
    if "selected_options" in element:
        return [_text(_dict(option), "value") for option in element.get("selected_options") or []]
    for name in ("selected_user", "selected_users", "selected_date", "selected_date_time", "value"):
        if name in element:
            value = element[name]
            return clean(value) if isinstance(value, str) else value
    return None


def first_word(text: str) -> tuple[str, str]:
    """The first word and what is left, however much white space or however many new lines are between them."""
    found = text.split(None, 1)
    return (found[0], found[1].strip()) if len(found) > 1 else (text.strip(), "")


def slash(body: Mapping[str, Any], digest: str | None = None) -> Slash:
    """A slash command's form."""
    word, text = first_word(clean(_text(body, "text")))
    enterprise = _text(body, "enterprise_id") or None
    team = _text(body, "team_id")
    return Slash(
        sender=Sender(_must(body, "user_id"), _text(body, "user_name"), team, enterprise, team, digest),
        key=_text(body, "trigger_id"),
        trigger=_text(body, "trigger_id"),
        response_url=_text(body, "response_url") or None,
        word=word.lower(),
        text=text,
        channel=_text(body, "channel_id"),
    )


def shortcut(body: Mapping[str, Any], digest: str | None = None) -> Shortcut:
    """A shortcut or message_action payload."""
    message = _dict(body.get("message") or {})
    return Shortcut(
        sender=_sender(body, digest),
        key=_text(body, "trigger_id"),
        trigger=_text(body, "trigger_id"),
        response_url=_text(body, "response_url") or None,
        callback=_text(body, "callback_id"),
        text=clean(_text(message, "text")),
    )


def happening(body: Mapping[str, Any]) -> Happening:
    """An event_callback."""
    event = _dict(body.get("event"))
    user = event.get("user")
    sender = None
    if isinstance(user, str):
        team = _text(event, "user_team") or _text(event, "team") or _text(body, "team_id")
        sender = Sender(user, "", team, _text(body, "enterprise_id") or None, _text(body, "team_id"))
    at = body.get("event_time")
    authorization = _dict((body.get("authorizations") or [body])[0])
    wide = authorization.get("is_enterprise_install") in (True, "true")
    return Happening(_text(event, "type"), event, sender, at if isinstance(at, int) else None, wide)


def _sender(body: Mapping[str, Any], digest: str | None) -> Sender:
    """The clicker's own team stands in `user`; Bolt's actor ids say ours (docs.slack.dev, block_actions payload)."""
    user = _dict(body.get("user"))
    team = _text(_dict(body.get("team") or {}), "id")
    return Sender(
        user=_must(user, "id"),
        name=_text(user, "username") or _text(user, "name"),
        team=_text(user, "team_id") or team,
        enterprise=_text(_dict(body.get("enterprise") or {}), "id") or None,
        installed=_text(_dict(body.get("view") or {}), "app_installed_team_id") or team,
        digest=digest,
    )


def fingerprint(value: object) -> str:
    """A hash of what was wanted, so that one idempotency key cannot stand for two wishes."""
    return hashlib.sha256(json.dumps(repr(value)).encode()).hexdigest()


def _dict(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Malformed("expected an object")
    return value


def _list(body: Mapping[str, Any], name: str) -> list[Any]:
    value = body.get(name)
    if not isinstance(value, list):
        raise Malformed(f"{name} is not a list")
    return value


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{name} is not text")
    return value


def _must(body: Mapping[str, Any], name: str) -> str:
    value = _text(body, name)
    if not value:
        raise Malformed(f"{name} is missing")
    return value
