"""A real server on a thread of its own, for clients that bring their own loop or none; and a faulty road to it."""

import asyncio
import http.client
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

import uvicorn

from core.model.people import Role, Verb
from tests.api.conftest import running, settings_for
from tests.serving import served

T = TypeVar("T")


class Live(threading.Thread):
    """With the approvers `ada` and `ben`; agents as tests ask for them."""

    def __init__(self, database: str, **settings: Any) -> None:
        super().__init__(daemon=True)
        self._settings, self._ready = settings_for(database, **settings), threading.Event()
        self._agents = 0
        self._problem: BaseException | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as problem:  # noqa: BLE001 - told to whoever waits for the start
            self._problem = problem
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        async with running(self._settings) as house:
            for name in ("ada", "ben"):
                await house.member(name, Role.APPROVER)
            config = uvicorn.Config(house.assembly.entrance, port=0, log_level="critical", lifespan="off")
            async with served(uvicorn.Server(config)) as self.url:
                self.house, self._loop, self._over = house, asyncio.get_running_loop(), asyncio.Event()
                self._ready.set()
                await self._over.wait()
                house.assembly.house.waiting.stop()

    def open(self) -> Self:
        self.start()
        assert self._ready.wait(30)
        if self._problem is not None:
            raise self._problem
        return self

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self.join(20)

    def do(self, what: Coroutine[Any, Any, T]) -> T:
        """On the server's own loop."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(60)

    def agent(self, *verbs: Verb) -> str:
        """A new agent's key."""
        self._agents += 1
        name = f"bot-{self._agents}"
        self.do(self.house.agent(name, *verbs))
        return self.house.credentials[name]

    def token(self, who: str) -> str:
        return self.house.credentials[who]

    def decide(self, id: str, verb: str = "approve", who: str = "ada", **body: Any) -> Any:
        """As a person does it, over the API."""
        answer = self.do(self.house.post(who, f"/v1/requests/{id}/{verb}", body))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def until_somebody_waits(self) -> None:
        """Until a poll is being held."""
        deadline = time.monotonic() + 10
        while self.house.assembly.house.metrics.waiting._value.get() < 1 and time.monotonic() < deadline:
            time.sleep(0.005)

    def soon(
        self, key: str, verb: str = "approve", *, first: Callable[[], object] = lambda: None, **body: Any
    ) -> "Meanwhile":
        """Somebody who decides the next open request of this key's agent as soon as it is there, and does `first` before."""

        def decide(id: str) -> Any:
            first()
            return self.decide(id, verb, **body)

        return Meanwhile(self, key, decide)


class Meanwhile(threading.Thread):
    """Looks for the next open request as a person would, and does something to it; a context manager."""

    def __init__(self, live: Live, key: str, act: Callable[[str], Any]) -> None:
        super().__init__(daemon=True)
        self._live, self._key, self._act = live, key, act
        self._enough = threading.Event()
        self.decided: dict[str, Any] | None = None

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self._key}"}
        while not self._enough.wait(0.02):
            answer = self._live.do(self._live.house.get(None, "/v1/requests?status=pending", headers=headers))
            if found := answer.json()["data"]:
                self.decided = self._act(found[0]["id"])
                return

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self.join(20)


Fault = Literal["hang up before", "hang up after"] | tuple[int, dict[str, str]] | tuple[int, dict[str, str], bytes]


@dataclass
class Road:
    """A proxy in front of a server; each call meets the next fault, or none when there are no more."""

    to: str
    faults: deque[Fault | None] = field(default_factory=deque)
    keys: list[str | None] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        road = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None: ...

            def handle_one_call(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                road.keys.append(self.headers.get("idempotency-key"))
                road.paths.append(self.path)
                fault = road.faults.popleft() if road.faults else None
                if isinstance(fault, tuple):
                    self._say(fault[0], fault[1], fault[2] if len(fault) > 2 else b"away")
                    return
                if fault != "hang up before":
                    status, headers, answer = self._forward(body)
                    if fault is None:
                        self._say(status, headers, answer)
                        return
                self.close_connection = True

            do_GET = do_POST = do_PUT = do_DELETE = handle_one_call  # noqa: N815 - the library's names

            def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
                connection = http.client.HTTPConnection(urlsplit(road.to).netloc, timeout=70)
                try:
                    connection.request(self.command, self.path, body or None, dict(self.headers))
                    answer = connection.getresponse()
                    kept = {"Content-Type": answer.headers.get("content-type", "")}
                    return answer.status, kept, answer.read()
                finally:
                    connection.close()

            def _say(self, status: int, headers: dict[str, str], answer: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
