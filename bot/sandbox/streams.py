"""Open pages: one queue each, told what concerns the person they show."""

import asyncio
from dataclasses import dataclass, field

from bot.sandbox.shapes import Json

LONGEST_QUEUE = 5_000


@dataclass(eq=False)
class Stream:
    user_id: str
    queue: asyncio.Queue[Json | None] = field(default_factory=lambda: asyncio.Queue(LONGEST_QUEUE))

    def put(self, entry: Json) -> bool:
        """False when the page is too slow to be kept."""
        try:
            self.queue.put_nowait(entry)
        except asyncio.QueueFull:
            return False
        return True


class Streams:
    def __init__(self) -> None:
        self._open: set[Stream] = set()

    def open(self, user_id: str) -> Stream:
        stream = Stream(user_id)
        self._open.add(stream)
        return stream

    def close(self, stream: Stream) -> None:
        self._open.discard(stream)

    def close_all(self) -> None:
        for stream in tuple(self._open):
            self._end(stream)

    def watched(self) -> bool:
        return bool(self._open)

    def tell(self, entry: Json, user_ids: set[str] | None = None) -> None:
        """To everybody, or to the pages of these people."""
        for stream in tuple(self._open):
            if (user_ids is None or stream.user_id in user_ids) and not stream.put(entry):
                self._end(stream)

    def _end(self, stream: Stream) -> None:
        self._open.discard(stream)
        while stream.queue.full():
            stream.queue.get_nowait()
        stream.queue.put_nowait(None)
