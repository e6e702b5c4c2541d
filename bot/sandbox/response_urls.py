"""response_url addresses: five uses within thirty minutes; ephemeral unless told otherwise; no channel rights needed."""

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.ids import new_word
from bot.sandbox.messages import Messages
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.validate import refuse_bad_message
from bot.sandbox.workspace import Channel, Workspace

USES = 5
LIFE_SECONDS = 30 * 60


@dataclass
class ResponseUrl:
    """`source_ts` is the message that was clicked; a slash command has none."""

    user_id: str
    channel_id: str
    source_ts: str | None
    issued: float
    uses: int = 0


@dataclass
class ResponseUrls:
    workspace: Workspace
    messages: Messages
    bot_user_id: str
    base: str = ""
    _known: dict[str, ResponseUrl] = field(default_factory=dict)

    def issue(self, user_id: str, channel_id: str, source_ts: str | None = None) -> str:
        self._forget_old()
        word = new_word(24)
        self._known[word] = ResponseUrl(user_id, channel_id, source_ts, self.workspace.clock.now())
        return f"{self.base}/response/{self.workspace.team_id}/{word}"

    def _forget_old(self) -> None:
        oldest = next(iter(self._known), None)
        while oldest is not None and self._is_over(self._known[oldest]):
            del self._known[oldest]
            oldest = next(iter(self._known), None)

    def _is_over(self, known: ResponseUrl) -> bool:
        return self.workspace.clock.now() - known.issued > LIFE_SECONDS

    def use(self, word: str, body: Json) -> None:
        """Does what a POST asks for. Raises used_url, expired_url, invalid_blocks, no_text."""
        known = self._known.get(word)
        if known is None or self._is_over(known):
            raise SlackError("expired_url")
        if known.uses >= USES:
            raise SlackError("used_url")
        self.answer(known.user_id, self.workspace.channels[known.channel_id], known.source_ts, body)
        known.uses += 1

    def answer(self, user_id: str, channel: Channel, source_ts: str | None, body: Json) -> None:
        """A reply in `channel`: also how a slash command's acknowledgement with a body is shown."""
        if body.get("delete_original") and source_ts:
            self._delete(channel, source_ts)
        elif body.get("replace_original") and source_ts:
            self._replace(channel, source_ts, _content(body))
        else:
            self._add(user_id, channel, source_ts, body)

    def _delete(self, channel: Channel, ts: str) -> None:
        if ts in self.messages.whispers:
            self.messages.end_whisper(ts)
        elif ts in channel.messages:
            self.messages.delete(channel, ts)
        else:
            raise SlackError("message_not_found")

    def _replace(self, channel: Channel, ts: str, content: Json) -> None:
        content.setdefault("blocks", None)
        if ts in self.messages.whispers:
            self.messages.change_whisper(ts, content)
        elif channel.messages.get(ts, {}).get("user") == self.bot_user_id:
            self.messages.change(channel, ts, content)
        else:
            raise SlackError("message_not_found")

    def _add(self, user_id: str, channel: Channel, source_ts: str | None, body: Json) -> None:
        content = _content(body)
        in_channel = body.get("response_type") == "in_channel"
        if in_channel and source_ts not in self.messages.whispers:
            thread_ts = str(body.get("thread_ts") or "")
            if thread_ts and thread_ts not in channel.messages:
                raise SlackError("cannot_reply_to_message")
            self.messages.post(channel, self.bot_user_id, content, thread_ts)
        else:
            thread_ts = channel.messages.get(source_ts or "", {}).get("thread_ts", "")
            in_thread = thread_ts if thread_ts != source_ts else ""
            self.messages.whisper(channel, user_id, self.bot_user_id, content, in_thread)


def _content(body: Json) -> dict[str, Any]:
    refuse_bad_message(body.get("blocks"), body.get("attachments"))
    content = {key: body[key] for key in ("blocks", "attachments", "metadata") if body.get(key)}
    text = body.get("text")
    if not text and not content:
        raise SlackError("no_text")
    return {"text": str(text or ""), **content}
