"""An OPA for tests: real Rego, evaluated by regopy behind OPA's REST API on loopback, in a process of its own.

The library may hang or crash on odd Rego, so nothing else ever loads it. `python -m tests.opa FILE.rego …` serves by hand.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
DATA: Final = "/v1/data/"


@dataclass(frozen=True)
class Opa:
    """A running one."""

    port: int
    process: "subprocess.Popen[str]"

    def url(self, decision: str) -> str:
        """Where this decision is asked for, e.g. `deploys/decision`."""
        return f"http://127.0.0.1:{self.port}{DATA}{decision}"


@contextlib.contextmanager
def opa(*modules: str) -> Iterator[Opa]:
    """With these Rego modules; gone at the end, whatever it is doing."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"module{place}.rego" for place in range(len(modules))]
        for file, module in zip(files, modules, strict=True):
            file.write_text(module)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.opa", *map(str, files)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            yield Opa(int(process.stdout.readline()), process)
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def serve(files: list[str]) -> None:
    """Says its port on standard output, then answers until it is killed."""
    from regopy import Interpreter  # noqa: PLC0415 (in this process alone)

    rego = Interpreter()
    for file in files:
        rego.add_module(file, Path(file).read_text())
    server = HTTPServer(("127.0.0.1", 0), _handler(rego))
    print(server.server_port, flush=True)
    server.serve_forever()


def _handler(rego: Any) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not self.path.startswith(DATA):
                self._answer(404, {"code": "not_found"})
                return
            rego.set_input(asked["input"])
            self._answer(200, _evaluated(rego, self.path.removeprefix(DATA).replace("/", ".")))

        def _answer(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quietly."""

    return Handler


def _evaluated(rego: Any, decision: str) -> dict[str, Any]:
    """As OPA does: without a result where the decision is undefined."""
    said = str(rego.query(f"data.{decision}"))
    return {} if said == "undefined" else {"result": json.loads(said)["expressions"][0]}


if __name__ == "__main__":
    serve(sys.argv[1:])
