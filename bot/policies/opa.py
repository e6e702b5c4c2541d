"""Open Policy Agent over its REST API: the decision at the policy's address, asked with the request as `input`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

import orjson
from pydantic import Field

from bot.guard import Answer, Guard, NotReached
from bot.sealing import Seals
from bot.wire.strict import Shape, load_json, read, some
from core.errors import Invalid, Unavailable
from core.model.policy import Policy
from core.outside import NoAnswer, Verdict, WantedStage, token_place
from core.phrases import phrase
from core.rulebook.given import PolicyState

MOST_BYTES: Final = 64 * 1024
OK: Final = 200
MOVED: Final = range(300, 400)


class Wanted(Shape):
    """People the policy asks for: in this stage, so many from these, by the names that rules use."""

    sources: Annotated[list[Annotated[str, some(320)]], Field(alias="from", min_length=1, max_length=50)]
    min: Annotated[int, Field(ge=1, le=50)] = 1
    stage: Annotated[int, Field(ge=1, le=10)] = 1
    name: Annotated[str, some(100)] | None = None


class Result(Shape):
    """What a decision may come to. `pass` is another word for `allow`; exactly one of them says yes or no."""

    allow: bool | None = None
    passed: Annotated[bool | None, Field(alias="pass")] = None
    reasons: Annotated[list[Annotated[str, some(500)]], Field(default_factory=list, max_length=20)]
    require_approval: Annotated[list[Wanted], Field(default_factory=list, max_length=20)]


class Opa:
    """Implements `core.outside.PolicyEngine`."""

    word: ClassVar[str] = "opa"

    def __init__(self, guard: Guard, sealing: Seals) -> None:
        self._guard = guard
        self._sealing = sealing

    def check(self, url: str) -> str:
        return self._guard.check(url)

    async def ask(self, policy: Policy, about: Mapping[str, Any], *, seconds: float) -> Verdict:
        body, headers = orjson.dumps({"input": about}), self._headers(policy)
        try:
            answer = await self._guard.call(
                "POST", policy.url, seconds=seconds, headers=headers, body=body, most=MOST_BYTES
            )
        except NotReached as trouble:
            raise NoAnswer(trouble.sentence) from None
        return _verdict(answer)

    def _headers(self, policy: Policy) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if policy.sealed_token is None:
            return headers
        try:
            token = self._sealing.unseal(policy.sealed_token, token_place(policy.organisation, policy.url))
        except Unavailable as trouble:
            raise NoAnswer(trouble.sentence) from None
        return headers | {"Authorization": phrase("Bearer {token}", token=token)}


def _verdict(answer: Answer) -> Verdict:
    if answer.status in MOVED:
        raise NoAnswer(phrase("The address leads on to another one, which is not followed; give the last one itself."))
    if answer.status != OK:
        raise NoAnswer(
            phrase(
                "The address answered {status} instead of a decision; see what its server says.", status=answer.status
            )
        )
    if answer.cut:
        return _unclear(phrase("its answer is larger than {most} KiB", most=MOST_BYTES >> 10))
    try:
        return _read(load_json(answer.body))
    except Invalid as problem:
        return _unclear(problem.sentence.rstrip("."))


def _read(said: Any) -> Verdict:
    if not isinstance(said, dict):
        return _unclear(phrase("its answer is no JSON object"))
    if "result" not in said:
        return _unclear(phrase("its decision is undefined for this request"))
    result = said["result"]
    if isinstance(result, bool):
        return Verdict(PolicyState.PASSED if result else PolicyState.FAILED)
    shape = read(Result, result, what=phrase("Its result"))
    yes = [word for word in (shape.allow, shape.passed) if word is not None]
    if len(yes) != 1:
        return _unclear(phrase("its result says yes or no by exactly one of allow and pass"))
    stages = tuple(WantedStage(one.stage, one.min, tuple(one.sources), one.name) for one in shape.require_approval)
    reasons = tuple(" ".join(reason.split()) for reason in shape.reasons if reason.strip())
    return Verdict(PolicyState.PASSED if yes[0] else PolicyState.FAILED, reasons, stages)


def _unclear(why: str) -> Verdict:
    return Verdict(PolicyState.UNCLEAR, (why,))


MEMBER = Opa
