"""Asks outside what a request waits for: policies that had not answered in time, and checks that are called.

What is to be asked stands in the store and is claimed there, so that a restart or another replica goes on with it. An
answer is kept before the request is judged by it, and crossed off only afterwards: nothing is lost between the two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog

from core.desk import Desk
from core.desk.gathering import data_of, engine_of, verdict_to
from core.desk.weighing import Revision
from core.errors import ApprovalError
from core.lifecycle.checking import checks_of
from core.model import command as c
from core.model.check import CheckDefinition
from core.model.inquiry import Inquiry, Kind, Progress
from core.model.people import ADMINS, Actor, Way, clock_actor
from core.model.policy import Policy
from core.model.request import Request
from core.model.rule import Mode
from core.notices import Told
from core.outside import Judges, NoAnswer
from core.phrases import phrase
from core.ports import Reader, Store, Transaction

AT_ONCE: Final = 32
"""Asked side by side, so that one that hangs holds up few others."""

HELD: Final = 60.0
"""Seconds a claim lasts: longer than anything asked may take."""

PATIENCE: Final = 10.0
"""Seconds a policy is given once nobody waits for the create any more."""

LONGEST_PAUSE: Final = timedelta(minutes=5)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asking:
    """One inquiry about a request that still waits for it, and the policy or check as it is now (None: no more)."""

    inquiry: Inquiry
    request: Request
    policy: Policy | None = None
    check: CheckDefinition | None = None


class Inquirer:
    """`owner` names this process among its replicas, uniquely."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        *,
        judges: Judges,
        owner: str,
        patience: float = PATIENCE,
    ) -> None:
        self._store, self._desk = store, desk
        self._judges = judges
        self._owner, self._patience = owner, patience
        self._wake = asyncio.Event()
        self._looking = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()

    def nudge(self, *_changed: object) -> None:
        """Something may be due."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled; begins with whatever a restart has left."""
        await self._store.transact(lambda tx: tx.release_inquiries(self._owner), chore=True)
        self._wake.set()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                try:
                    await self.look()
                except Exception:
                    log.exception("inquirer.look_failed")
        finally:
            tasks = list(self._under_way)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def look(self) -> int:
        """Begin with what is due, as far as there is room; says with how many. One look at a time."""
        async with self._looking:
            return await self._look()

    async def _look(self) -> int:
        room = AT_ONCE - len(self._under_way)
        if room <= 0 or not await self._store.read(_is_any_due):
            return 0
        claimed = await self._store.transact(lambda tx: list(tx.claim_inquiries(self._owner, HELD, room)), chore=True)
        for inquiry in claimed:
            task = asyncio.create_task(self._attempt(inquiry))
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        return len(claimed)

    async def drain(self) -> None:
        """Until nothing is due that can be asked now."""
        while await self.look() or self._under_way:
            if self._under_way:
                await asyncio.wait(set(self._under_way))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._wake.set()

    async def _attempt(self, inquiry: Inquiry) -> None:
        """The last line: what fails here is claimed again when its claim has run out."""
        try:
            await self._attend(inquiry)
        except Exception:
            log.exception("inquirer.failed", request=inquiry.request, about=inquiry.about)

    async def _attend(self, inquiry: Inquiry) -> None:
        asking = await self._store.read(lambda reader: _asking(reader, inquiry))
        if asking is None:
            await self._store.transact(lambda tx: tx.end_inquiry(inquiry), chore=True)
        elif asking.policy is not None:
            await self._ask_policy(asking, asking.policy)
        elif asking.check is not None:
            await self._call_check(asking, asking.check)
        else:
            await self._judge(asking, over=True)

    # Policies.

    async def _ask_policy(self, asking: Asking, policy: Policy) -> None:
        inquiry = asking.inquiry
        if inquiry.state is Progress.TOLD and inquiry.version == policy.version:
            await self._judge(asking)
            return
        try:
            about = await self._store.read(lambda reader: _about(reader, asking.request))
            async with asyncio.timeout(self._patience):
                verdict = await engine_of(self._judges.engines, policy).ask(policy, about, seconds=self._patience)
        except TimeoutError:
            await self._miss(
                asking, phrase("There was no answer within {patience:g} seconds.", patience=self._patience)
            )
        except NoAnswer as trouble:
            await self._miss(asking, str(trouble))
        else:
            told = replace(inquiry, state=Progress.TOLD, version=policy.version, answer=verdict_to(verdict))
            await self._note(asking, told)
            await self._judge(replace(asking, inquiry=told))

    async def _judge(self, asking: Asking, *, over: bool = False) -> None:
        """The request is judged by what is known now; then the inquiry is done with."""
        request, inquiry = asking.request, asking.inquiry
        try:
            await self._desk.do(clock_actor(request.organisation), request.id, c.Judge())
        except ApprovalError as refusal:
            log.info("inquirer.not_judged", request=request.id, code=refusal.word)
        if over:
            await self._store.transact(lambda tx: tx.end_inquiry(inquiry), chore=True)
        else:
            await self._note(asking, replace(inquiry, state=Progress.ANSWERED))

    # Checks.

    async def _call_check(self, asking: Asking, check: CheckDefinition) -> None:
        request, inquiry = asking.request, asking.inquiry
        if check.url is None:
            await self._note(asking, replace(inquiry, state=Progress.WAITING))
            return
        try:
            said = await self._judges.caller.call(check, inquiry, request)
        except NoAnswer as trouble:
            await self._miss(asking, str(trouble))
            return
        actor = Actor(
            "system", check.cause, phrase("check {check}", check=check.name), request.organisation, Way.SYSTEM
        )
        report = c.ReportCheck(check.name, said.state, said.summary, said.url, request.revision)
        try:
            await self._desk.do(actor, request.id, report)
        except ApprovalError as refusal:
            log.info("inquirer.not_reported", request=request.id, code=refusal.word)
        await self._note(asking, replace(inquiry, state=Progress.WAITING))

    # What came of it.

    async def _note(self, asking: Asking, inquiry: Inquiry) -> None:
        """It was answered, so all is well again."""

        def work(tx: Transaction) -> None:
            tx.record_inquiry(replace(inquiry, attempts=0, problem=None))
            if tx.clear_outside_trouble(inquiry.about):
                _log(tx, asking, "answers_again", None)

        await self._store.transact(work, chore=True)

    async def _miss(self, asking: Asking, problem: str) -> None:
        """Tried again later, and later; admins hear of it once, until it is well again."""
        inquiry, request = asking.inquiry, asking.request

        def work(tx: Transaction) -> None:
            pause = min(timedelta(seconds=2 ** min(inquiry.attempts + 1, 10)), LONGEST_PAUSE)
            missed = replace(
                inquiry, attempts=inquiry.attempts + 1, next_try_at=tx.now() + pause, problem=problem[:500]
            )
            tx.record_inquiry(missed)
            if tx.note_outside_trouble(inquiry.organisation, inquiry.about, problem[:500]):
                _log(tx, asking, "cannot_be_asked", problem)
                self._desk.tell(
                    tx, request, f"{request.id}:{inquiry.about}:{tx.now():%Y%m%d%H%M%S}", _trouble(asking, problem)
                )

        await self._store.transact(work, chore=True)


def _is_any_due(reader: Reader) -> bool:
    due = reader.next_inquiry()
    return due is not None and due <= reader.now()


def _asking(reader: Reader, inquiry: Inquiry) -> Asking | None:
    """None where nothing waits for it any more."""
    request = reader.request(inquiry.request)
    if request is None or not request.is_open or request.revision != inquiry.revision:
        return None
    if inquiry.kind is Kind.POLICY:
        policies = (one for one in reader.policies(request.organisation) if one.id == inquiry.about)
        return Asking(inquiry, request, policy=next((one for one in policies if one.mode is Mode.ON), None))
    checks = (one for one in reader.checks(request.organisation) if one.id == inquiry.about)
    found = next(checks, None)
    if found is not None and found.name not in checks_of(request):
        return None
    return Asking(inquiry, request, check=found)


def _about(reader: Reader, request: Request) -> Mapping[str, object]:
    project = reader.project(request.project)
    if project is None:
        raise NoAnswer(phrase("The project of this request is gone."))
    revision = Revision(request.content, request.requester, project, request.on_behalf_of)
    return data_of(reader, revision, request.plan.secret, request.revision)


def _called(asking: Asking) -> str:
    if asking.policy is not None:
        return phrase("policy {policy}", policy=asking.policy.name)
    return "a check" if asking.check is None else phrase("check {check}", check=asking.check.name)


def _trouble(asking: Asking, problem: str) -> Told:
    called = _called(asking)
    sentence = phrase(
        "{first_letter}{rest} cannot be asked: {problem} "
        "Until it answers, what it judges waits, #{number} first; it is asked again and again.",
        first_letter=called[:1].upper(),
        rest=called[1:],
        problem=problem,
        number=asking.request.number,
    )
    return Told(ADMINS, "outside_trouble", sentence)


def _log(tx: Transaction, asking: Asking, word: str, problem: str | None) -> None:
    inquiry = asking.inquiry
    payload = {inquiry.kind.value: inquiry.about, "request": inquiry.request} | (
        {"problem": problem} if problem else {}
    )
    tx.log(inquiry.organisation, f"{inquiry.kind.value}_{word}", clock_actor(inquiry.organisation), payload)
