"""Messages the app asked to be posted later, by the turnable clock."""

import asyncio
from dataclasses import dataclass, field

from bot.sandbox.clock import Clock
from bot.sandbox.ids import new_id
from bot.sandbox.messages import Messages
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.workspace import Channel


@dataclass(frozen=True)
class Later:
    id: str
    channel: Channel
    post_at: int
    created: int
    content: Json
    thread_ts: str


@dataclass
class Scheduled:
    clock: Clock
    messages: Messages
    waiting: dict[str, Later] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def add(self, channel: Channel, author: str, post_at: int, content: Json, thread_ts: str) -> Later:
        now = self.clock.now()
        if post_at <= now:
            raise SlackError("time_in_past")
        if post_at > now + 120 * 86_400:
            raise SlackError("time_too_far")
        later = Later(new_id("Q"), channel, post_at, int(now), content, thread_ts)
        self.waiting[later.id] = later
        task = asyncio.get_running_loop().create_task(self._post(later, author))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return later

    def remove(self, channel: Channel, later_id: str) -> None:
        later = self.waiting.get(later_id)
        if later is None or later.channel is not channel:
            raise SlackError("invalid_scheduled_message_id")
        del self.waiting[later_id]

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _post(self, later: Later, author: str) -> None:
        await self.clock.sleep_until(later.post_at)
        if self.waiting.pop(later.id, None) is not None:
            self.messages.post(later.channel, author, later.content, later.thread_ts)
