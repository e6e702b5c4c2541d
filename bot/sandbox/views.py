"""Modals and Home tabs: stack, hash, external ids, what was typed and what survives an update."""

from typing import Any

from bot.sandbox import limits
from bot.sandbox.app import App
from bot.sandbox.faces import view_face
from bot.sandbox.ids import new_id, new_word
from bot.sandbox.messages import named_blocks
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.streams import Streams
from bot.sandbox.triggers import Triggers
from bot.sandbox.validate import refuse_bad_view
from bot.sandbox.workspace import View, Workspace

_OPTIONAL = ("submit", "close", "title")


class Views:
    def __init__(self, workspace: Workspace, app: App, streams: Streams, triggers: Triggers) -> None:
        self.workspace, self.app, self.streams, self._triggers = workspace, app, streams, triggers

    # by the app

    def open(self, trigger_id: str, given: Json) -> View:
        """Begins a new stack for the person behind the trigger."""
        refuse_bad_view(given, ("modal",))
        self._refuse_known_external_id(given)
        trigger = self._triggers.redeem(trigger_id)
        self._drop_stack(trigger.user_id)
        view = self._add(trigger.user_id, given, [])
        self._tell(view, "modal_open")
        return view

    def push(self, trigger_id: str, given: Json) -> View:
        """Puts a view on top of the stack the trigger came from."""
        refuse_bad_view(given, ("modal",))
        self._refuse_known_external_id(given)
        trigger = self._triggers.redeem(trigger_id)
        return self._push(trigger.user_id, given)

    def update(self, given: Json, view_id: str | None, external_id: str | None, expected_hash: str | None) -> View:
        """Changes an open view; what was typed stays where block_id and action_id are the same."""
        view = self._find(view_id, external_id)
        refuse_bad_view(given, (view.body["type"],))
        if given.get("external_id") != view.body["external_id"]:
            self._refuse_known_external_id(given)
        _refuse_old_hash(view, expected_hash)
        return self._change(view, given)

    def publish(self, user_id: str, given: Json, expected_hash: str | None) -> View:
        """Sets a person's Home tab."""
        refuse_bad_view(given, ("home",))
        if not self.app.home_tab:
            raise SlackError("not_enabled")
        self.workspace.user(user_id)
        view = self.workspace.home(user_id)
        if view is None:
            view = View(new_id("V"), user_id, {})
            view.body = self._body(view, given, [])
            self.workspace.views[view.id] = view
            self.workspace.homes[user_id] = view.id
        else:
            _refuse_old_hash(view, expected_hash)
            self._refill(view, given)
        self._tell(view, "home")
        return view

    # by an answer to a submission

    def answer_update(self, view: View, given: Any) -> View:
        refuse_bad_view(given, ("modal",))
        return self._change(view, given)

    def answer_push(self, user_id: str, given: Any) -> View:
        refuse_bad_view(given, ("modal",))
        return self._push(user_id, given)

    # by the person

    def close_top(self, user_id: str) -> None:
        stack = self.workspace.modals.get(user_id, [])
        if stack:
            view_id = stack.pop()
            del self.workspace.views[view_id]
            self.streams.tell({"type": "modal_close", "view_id": view_id}, {user_id})

    def close_all(self, user_id: str) -> None:
        if self.workspace.modals.get(user_id):
            self._drop_stack(user_id)
            self.streams.tell({"type": "modals_cleared"}, {user_id})

    def _drop_stack(self, user_id: str) -> None:
        for view_id in self.workspace.modals.pop(user_id, []):
            del self.workspace.views[view_id]

    def _push(self, user_id: str, given: Json) -> View:
        stack = self.workspace.stack(user_id)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= limits.VIEWS_IN_A_STACK:
            raise SlackError("push_limit_reached")
        view = self._add(user_id, given, stack)
        self._tell(view, "modal_push")
        return view

    def _add(self, user_id: str, given: Json, below: list[View]) -> View:
        view = View(new_id("V"), user_id, {})
        view.body = self._body(view, given, below)
        self.workspace.views[view.id] = view
        self.workspace.modals.setdefault(user_id, []).append(view.id)
        return view

    def _body(self, view: View, given: Json, below: list[View]) -> Json:
        own: Json = {
            "id": view.id, "team_id": self.workspace.team_id, "app_id": self.app.id, "bot_id": self.app.bot_id,
            "app_installed_team_id": (self.workspace.enterprise_id if self.workspace.is_wide else None)
            or self.workspace.team_id,
            "root_view_id": below[0].id if below else view.id, "previous_view_id": below[-1].id if below else None,
        }  # fmt: skip
        return own | self._given(given)

    def _given(self, given: Json) -> Json:
        """The parts of a view that the app may say, with Slack's defaults."""
        return {
            "type": given["type"], "blocks": named_blocks(given["blocks"]),
            "private_metadata": given.get("private_metadata") or "", "callback_id": given.get("callback_id") or "",
            "external_id": given.get("external_id") or "", "clear_on_close": bool(given.get("clear_on_close")),
            "notify_on_close": bool(given.get("notify_on_close")),
            "hash": f"{int(self.workspace.clock.now())}.{new_word(8)}",
        } | {key: given.get(key) for key in _OPTIONAL}  # fmt: skip

    def _change(self, view: View, given: Json) -> View:
        self._refill(view, given)
        self._tell(view, "home" if view.body["type"] == "home" else "modal_update")
        return view

    def _refill(self, view: View, given: Json) -> None:
        view.body = view.body | self._given(given)
        view.values = _kept_values(view.values, view.body["blocks"])

    def _find(self, view_id: str | None, external_id: str | None) -> View:
        if view_id:
            view = self.workspace.views.get(view_id)
        else:
            view = next(
                (v for v in self.workspace.views.values() if external_id and v.body["external_id"] == external_id), None
            )
        if view is None:
            raise SlackError("not_found")
        return view

    def _refuse_known_external_id(self, given: Json) -> None:
        wanted = given.get("external_id")
        if wanted and any(view.body["external_id"] == wanted for view in self.workspace.views.values()):
            raise SlackError("duplicate_external_id")

    def _tell(self, view: View, kind: str) -> None:
        self.streams.tell({"type": kind, "view": view_face(view)}, {view.user_id})


def _refuse_old_hash(view: View, expected: str | None) -> None:
    if expected and expected != view.body["hash"]:
        raise SlackError("hash_conflict")


def _kept_values(values: Json, blocks: list[Json]) -> Json:
    places = {(block["block_id"], element.get("action_id")) for block in blocks for element in elements_of(block)}
    kept = {
        block_id: {action_id: value for action_id, value in actions.items() if (block_id, action_id) in places}
        for block_id, actions in values.items()
    }
    return {block_id: actions for block_id, actions in kept.items() if actions}


def elements_of(block: Json) -> list[Json]:
    """Every interactive element of a block, wherever it sits in it."""
    single = [block[key] for key in ("accessory", "element") if isinstance(block.get(key), dict)]
    many = block["elements"] if block["type"] in ("actions", "context_actions") else []
    return [*single, *many]


def blank_required(view: Json, values: Json) -> dict[str, str]:
    """What Slack's own client refuses before the app hears of a submission: required inputs left empty."""
    errors = {}
    for block in view["blocks"]:
        if block["type"] == "input" and not block.get("optional"):
            given = values.get(block["block_id"], {}).get(block["element"]["action_id"], {})
            if not any(value not in (None, "", []) for key, value in given.items() if key != "type"):
                errors[block["block_id"]] = "Please complete this required field."
    return errors
