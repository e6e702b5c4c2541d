"""The one loose type: Slack's JSON objects, which are Slack's to define; and the error a Web API call answers with."""

from typing import Any

Json = dict[str, Any]


class SlackError(Exception):
    """A business refusal, answered as HTTP 200 `{"ok": false, "error": code, **extra}`."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra

    def body(self) -> Json:
        return {"ok": False, "error": self.code, **self.extra}
