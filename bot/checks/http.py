"""A check called over HTTP: a signed message with the request as it is now, answered at once or later by a report.

Signed as Standard Webhooks signs (HMAC-SHA256 over id, moment and body). A call that is repeated bears the same id.
"""

from __future__ import annotations

import time
from typing import Annotated, ClassVar, Final, Literal

import orjson

from bot.guard import Answer, Guard, NotReached
from bot.sealing import Seals
from bot.webhook.signature import signed
from bot.wire.showing import show
from bot.wire.strict import Shape, WebAddress, load_json, read, text
from core.codec import moment_text
from core.errors import Invalid, Unavailable
from core.model.check import CheckDefinition
from core.model.inquiry import Inquiry
from core.model.request import Request
from core.outside import NoAnswer, Said, secret_place
from core.phrases import phrase

MOST_BYTES: Final = 16 * 1024
DONE: Final = range(200, 300)
MOVED: Final = range(300, 400)


class Reply(Shape):
    """What a check may answer at once."""

    status: Literal["passed", "failed", "pending"]
    summary: Annotated[str, text(500)] | None = None
    url: WebAddress | None = None


class HttpCheck:
    """Implements `core.outside.CheckCaller`. `base` is where reports are sent to."""

    word: ClassVar[str] = "http"

    def __init__(self, guard: Guard, sealing: Seals, base: str) -> None:
        self._guard = guard
        self._sealing = sealing
        self._base = base.rstrip("/")

    def check(self, url: str) -> str:
        return self._guard.check(url)

    async def call(self, check: CheckDefinition, inquiry: Inquiry, request: Request) -> Said:
        id = f"{request.id}.{inquiry.revision}.{check.name}.{inquiry.run}"
        body = self._body(check, inquiry, request)
        headers = {"Content-Type": "application/json", **signed([self._secret(check)], id, time.time(), body)}
        try:
            answer = await self._guard.call(
                "POST",
                check.url or "",
                seconds=check.timeout.total_seconds(),
                headers=headers,
                body=body,
                most=MOST_BYTES,
            )
        except NotReached as trouble:
            raise NoAnswer(trouble.sentence) from None
        return _said(answer)

    def _secret(self, check: CheckDefinition) -> str:
        try:
            return self._sealing.unseal(check.sealed_secret or "", secret_place(check.organisation, check.name))
        except Unavailable as trouble:
            raise NoAnswer(trouble.sentence) from None

    def _body(self, check: CheckDefinition, inquiry: Inquiry, request: Request) -> bytes:
        """The request with what its type keeps secret hidden."""
        data = {
            "check": check.name,
            "revision": inquiry.revision,
            "run": inquiry.run,
            "report_to": f"{self._base}/v1/requests/{request.id}/checks/{check.name}",
            "request": show(request, {}).model_dump(mode="json", by_alias=True),
        }
        return orjson.dumps({"type": "check.requested", "timestamp": moment_text(request.revised_at), "data": data})


def _said(answer: Answer) -> Said:
    """Nothing at all means: later."""
    if answer.status in MOVED:
        raise NoAnswer(phrase("The address leads on to another one, which is not followed; give the last one itself."))
    if answer.status not in DONE:
        raise NoAnswer(phrase("The address answered {status}; see what its server says.", status=answer.status))
    if not answer.body.strip():
        return Said("pending")
    if answer.cut:
        raise NoAnswer(phrase("Its answer is larger than {most} KiB.", most=MOST_BYTES >> 10))
    try:
        reply = read(Reply, load_json(answer.body), what=phrase("Its answer"))
    except Invalid as problem:
        raise NoAnswer(phrase("Its answer cannot be understood. {sentence}", sentence=problem.sentence)) from None
    return Said(reply.status, reply.summary or None, reply.url)


MEMBER = HttpCheck
