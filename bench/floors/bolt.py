"""Floor of a click: bare Bolt behind FastAPI and uvicorn, with a listener that only acks.

`process_before_response` (without it Bolt waits for the ack in steps of 10 ms) and an `authorize` of its own, so that no
call to Slack is made.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bench.uvicorn_ready import serve

SECRET = "bench-signing-secret"


async def authorize(**_: Any) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T0ACME0001", bot_token="xoxb-bench", bot_user_id="U0BOT")


async def only_ack(ack: AsyncAck) -> None:
    await ack()


def build() -> FastAPI:
    bolt = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=True)
    bolt.action("request.approve")(only_ack)
    handler = AsyncSlackRequestHandler(bolt)
    api = FastAPI()

    @api.post("/slack/events")
    async def slack_events(request: Request) -> Response:
        return await handler.handle(request)

    return api


if __name__ == "__main__":
    serve(build())
