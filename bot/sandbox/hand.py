"""A person's hand, for tests: everything it does goes the way the page goes.

    alice = sandbox.as_user("alice")
    card = alice.find_message("#deploys", containing="Deploy api")     # newest first; raises with what is there
    await alice.click(card, "approve")                                 # Ack(ok, error, ms …) after the app's answer
    await alice.command("/countersign list", channel="#deploys")
    modal = alice.open_modal()                                         # the view on top, or None
    done = await alice.submit({"reason": "too risky"})                 # values by action_id or block_id
    assert done.errors is None and alice.open_modal() is None
    assert alice.ephemerals()[-1]["text"] == "Recorded"
    assert "was approved" in alice.dms()[-1]["text"]
    view = await alice.home()                                          # opens the Home tab, gives what is published
    await alice.click(view, "approve", value="req_1")                  # views can be clicked too
    alice.say("#general", "hello @bob")
    bob = sandbox.as_user("bob")
    await bob.sees(lambda: bob.find_message("#deploys", "Approved"))   # waits for what the app does after its ack

What happens around people, and what goes wrong, is the sandbox's:

    alice.delete(card); sandbox.membership.archive(channel, by), .leave(channel, sandbox.bot_user_id)
    sandbox.membership.change_user(bob.id, deleted=True), .arrive(...), .set_group("S0SECURITY", [...])
    sandbox.faults.add("chat.update", "drop_reply", count=2); gate = sandbox.faults.hold("chat.postMessage")
    sandbox.clock.advance(3600); await sandbox.settled(); sandbox.log.calls("chat.update")
    await sandbox.send_event_again("app_mention"); await sandbox.replay_request()

Message dicts are snapshots: clicking one that has changed since is a click on a stale card, as a slow page does it.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from bot.sandbox import page_state
from bot.sandbox.delivery import Ack
from bot.sandbox.faces import view_face
from bot.sandbox.interactions import Submitted
from bot.sandbox.shapes import Json
from bot.sandbox.small_slack import SmallSlack
from bot.sandbox.steps import Execution
from bot.sandbox.views import elements_of
from bot.sandbox.workspace import Channel, User

Snapshot = dict[str, Any]
_VALUE_KEYS = {
    "static_select": "selected_option", "external_select": "selected_option", "radio_buttons": "selected_option",
    "overflow": "selected_option", "multi_static_select": "selected_options",
    "multi_external_select": "selected_options", "checkboxes": "selected_options", "users_select": "selected_user",
    "multi_users_select": "selected_users", "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations", "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels", "datepicker": "selected_date", "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}  # fmt: skip


class Hand:
    def __init__(self, slack: SmallSlack, user_id: str) -> None:
        self._slack = slack
        self.id = user_id

    @property
    def user(self) -> User:
        return self._slack.workspace.users[self.id]

    # looking

    def messages(self, channel: str, thread_ts: str = "") -> list[Snapshot]:
        """What this person sees in a channel (`#name` or id) or thread, oldest first."""
        found = self._channel(channel)
        if found.kind != "channel" and self.id not in found.members:
            raise AssertionError(f"{self.user.name} cannot see {channel}")
        return page_state.messages(self._slack, self.user, found, thread_ts)

    def find_message(self, channel: str, containing: str = "", *, action: str = "") -> Snapshot:
        """The newest message whose text or blocks contain the words and which has the action."""
        seen = self.messages(channel)
        for message in reversed(seen):
            if containing in _words(message) and (not action or _has_action(message, action)):
                return message
        texts = "\n  ".join(message["text"] for message in seen) or "(nothing)"
        raise AssertionError(f"no message with {containing or action!r} in {channel}; there is:\n  {texts}")

    def again(self, message: Snapshot) -> Snapshot:
        """The same message as it is now."""
        current = self._slack.messages.versions(self._channel(message["channel"]), message["ts"])[0]
        return {**current, "channel": message["channel"]}

    def dms(self) -> list[Snapshot]:
        """The conversation with the app, oldest first."""
        return self.messages(self.dm_channel)

    @property
    def dm_channel(self) -> str:
        return self._slack.workspace.im(self.id, self._slack.app.bot_user_id).id

    def ephemerals(self, channel: str | None = None) -> list[Snapshot]:
        """What only this person sees, in one channel or everywhere."""
        whispers = [
            each for each in self._slack.messages.whispers.values() if each.user_id == self.id and not each.faded
        ]
        wanted = self._channel(channel).id if channel else None
        return [{**each.message, "channel": each.channel_id} for each in whispers if wanted in (None, each.channel_id)]

    def open_modal(self) -> Snapshot | None:
        """The view on top of this person's stack."""
        stack = self._slack.workspace.stack(self.id)
        return view_face(stack[-1]) if stack else None

    def modals(self) -> list[Snapshot]:
        return page_state.modals(self._slack, self.id)

    def unread(self, channel: str) -> tuple[int, int]:
        """How many unread messages and mentions there are."""
        found = self._channel(channel)
        return found.unread[self.id], found.mentions[self.id]

    # doing

    def say(self, channel: str, text: str, thread_ts: str = "") -> Snapshot:
        found = self._channel(channel)
        return {**self._slack.people.say(self.id, found, text, thread_ts), "channel": found.id}

    def delete(self, message: Snapshot) -> None:
        """Deletes any message, as an admin may."""
        self._slack.messages.delete(self._channel(message["channel"]), message["ts"])

    def edit(self, message: Snapshot, text: str) -> None:
        """Edits an own message."""
        self._slack.messages.change(self._channel(message["channel"]), message["ts"], {"text": text}, edited_by=self.id)

    async def click(self, where: Snapshot, action_id: str, chosen: Any = None, *, value: str | None = None,
                    block_id: str = "", values: Json | None = None) -> Ack:  # fmt: skip
        """Clicks a button, or picks `chosen` in a menu or picker, in a message or view.

        `value` tells buttons with one action_id apart; `values` is the state of other inputs in Slack's shape.
        """
        action = _find_action(where, action_id, value, block_id)
        if chosen is not None:
            action |= _choice(action["element"], chosen)
        del action["element"]
        if "ts" in where:
            channel = self._channel(where["channel"])
            return await self._slack.people.click_message(self.id, channel, where["ts"], action, values or {})
        return await self._slack.people.click_view(self.id, where["id"], action, values or {})

    async def command(self, line: str, channel: str = "#general") -> Ack:
        return await self._slack.people.command(self.id, self._channel(channel), line)

    async def shortcut(self, callback_id: str, message: Snapshot | None = None) -> Ack:
        """A global shortcut, or one of a message."""
        if message is None:
            return await self._slack.people.shortcut(self.id, callback_id)
        channel = self._channel(message["channel"])
        return await self._slack.people.message_shortcut(self.id, callback_id, channel, message["ts"])

    def run_step(self, callback_id: str, **inputs: Any) -> Execution:
        """A workflow this person started comes to a step of the app; the execution changes as the app ends it."""
        return self._slack.steps.run(self.id, callback_id, inputs)

    async def submit(self, values: Json | None = None, view: Snapshot | None = None) -> Submitted:
        """Fills the modal on top (or `view`, which may be stale) and submits it.

        `values` maps action_id or block_id to what is typed or picked; inputs left out keep their initial value.
        """
        shown = view or self.open_modal()
        if shown is None:
            raise AssertionError(f"{self.user.name} has no modal open")
        filled = _filled(shown, values or {})
        return await self._slack.people.submit(self.id, shown["id"], filled)

    async def close(self, *, everything: bool = False) -> None:
        """Cancel, or with `everything` the cross."""
        shown = self.open_modal()
        if shown is None:
            raise AssertionError(f"{self.user.name} has no modal open")
        await self._slack.people.close(self.id, shown["id"], everything=everything)

    async def options(self, where: Snapshot, action_id: str, typed: str = "") -> Json:
        """What an external select offers."""
        found = _find_action(where, action_id, None, "")
        place = {"channel": where["channel"], "ts": where["ts"]} if "ts" in where else {"view_id": where["id"]}
        return await self._slack.people.suggest(
            self.id, place, action_id=action_id, block_id=found["block_id"], value=typed
        )

    async def home(self, *, within: float = 1.0) -> Snapshot | None:
        """Opens the app's Home tab, gives the app some time to publish it anew, and gives what is published then."""
        before = self._slack.workspace.home_hash(self.id)
        self._slack.people.open_home(self.id)
        with contextlib.suppress(AssertionError):
            await self.sees(lambda: self._slack.workspace.home_hash(self.id) != before, within)
        return self.published_home()

    def published_home(self) -> Snapshot | None:
        view = self._slack.workspace.home(self.id)
        return view_face(view) if view else None

    async def sees(self, what: Callable[[], Any], within: float = 10.0) -> Any:
        """Waits until `what()` is true and gives it; an AssertionError of a finder counts as not yet."""
        until = time.monotonic() + within
        while True:
            try:
                if found := what():
                    return found
            except AssertionError:
                if time.monotonic() > until:
                    raise
            if time.monotonic() > until:
                raise AssertionError(f"{self.user.name} did not see it within {within} s")
            await asyncio.sleep(0.005)

    def _channel(self, where: str) -> Channel:
        found = self._slack.workspace.find_channel(where)
        if found is None:
            raise AssertionError(f"there is no channel {where}")
        return found


def _words(message: Snapshot) -> str:
    return f"{message['text']} {_flat(message.get('blocks') or [])}"


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(_flat(each) for each in value.values())
    if isinstance(value, list):
        return " ".join(_flat(each) for each in value)
    return str(value)


def _has_action(message: Snapshot, action_id: str) -> bool:
    blocks = message.get("blocks") or []
    return any(element.get("action_id") == action_id for block in blocks for element in elements_of(block))


def _find_action(where: Snapshot, action_id: str, value: str | None, block_id: str) -> Json:
    for block in where.get("blocks") or []:
        for element in elements_of(block):
            fits = element.get("action_id") == action_id and block_id in ("", block["block_id"])
            if fits and value in (None, element.get("value")):
                action = {"block_id": block["block_id"], "action_id": action_id, "element": element}
                return action | ({"value": element["value"]} if "value" in element else {})
    there = [e.get("action_id") for block in where.get("blocks") or [] for e in elements_of(block)]
    raise AssertionError(f"nothing to click called {action_id!r}; there is {there}")


def _filled(view: Snapshot, given: Json) -> Json:
    """`state.values` for all inputs of a view."""
    left = dict(given)
    values: Json = {}
    for block in view["blocks"]:
        for element in elements_of(block):
            if element["type"] in ("button", "overflow", "image"):
                continue
            key = next((key for key in (element["action_id"], block["block_id"]) if key in left), None)
            stands = view["state"]["values"].get(block["block_id"], {}).get(element["action_id"])
            chosen = _choice(element, left.pop(key)) if key else stands or _initial(element)
            values.setdefault(block["block_id"], {})[element["action_id"]] = {"type": element["type"], **chosen}
    if left:
        raise AssertionError(f"the modal has no input called {', '.join(left)}")
    return values


def _initial(element: Json) -> Json:
    key = _VALUE_KEYS.get(element["type"], "value")
    names = {"selected_option": "initial_option", "selected_options": "initial_options", "value": "initial_value"}
    initial = element.get(names.get(key, key.replace("selected_", "initial_")))
    return {key: initial if initial is not None or not key.endswith("s") else []}


def _choice(element: Json, chosen: Any) -> Json:
    """What a person picks, given as an option's value, an id, a date, or a list of those."""
    key = _VALUE_KEYS.get(element["type"], "value")
    if key == "selected_option":
        return {key: _option(element, chosen)}
    if key == "selected_options":
        return {key: [_option(element, each) for each in chosen]}
    return {key: chosen}


def _option(element: Json, chosen: Any) -> Json | None:
    if chosen is None or isinstance(chosen, dict):
        return chosen
    groups = element.get("option_groups") or [{"options": element.get("options", [])}]
    for group in groups:
        for option in group["options"]:
            if option.get("value") == chosen:
                found: Json = option
                return found
    raise AssertionError(f"{element['action_id']} does not offer {chosen!r}")
