"""`client.requests`: everything that can be done with requests, each operation written once for both clients."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypedDict, TypeVar, Unpack

from countersign_client.calls import Answer
from countersign_client.digest import digest_for
from countersign_client.errors import Invalid
from countersign_client.flow import Awaiting, Blocking, Flow, Pages, Patience, Pause, Step, listing, operation
from countersign_client.models import (
    Batch,
    Cost,
    Decision,
    Done,
    Event,
    Link,
    Page,
    Request,
    Requirement,
    Subject,
    Summary,
)
from countersign_client.outcomes import Outcome, StillOpen, outcome_of
from countersign_client.reading import read
from countersign_client.speaking import Speaker, moment

T = TypeVar("T")

HOLD: Final = 45.0
"""Seconds the server may hold an answer back: below the minute after which most proxies hang up."""

AWAY: Final = Patience(seconds=300, first=0.5, longest=10)
"""While waiting for people, a server that is being restarted is waited for as well."""

URGENT: Final = timedelta(hours=4)
NORMAL: Final = timedelta(hours=24)
LOW: Final = timedelta(days=3)
"""The usual times for an answer, for `expires_at`. They shorten what the project allows, and never lengthen it."""


class Asked(TypedDict, total=False):
    """What a request may say besides its type and title. What is left out is not declared, which is not zero."""

    project: str
    subject: Subject | Mapping[str, Any] | tuple[str, str]
    description: str
    action: str
    params: Mapping[str, Any]
    reasoning: str
    cost: Cost | Mapping[str, Any]
    side_effects: Sequence[str]
    if_denied: str
    facts: Mapping[str, Any]
    metadata: Mapping[str, Any]
    links: Sequence[Link | Mapping[str, str]]
    editable: Mapping[str, Mapping[str, Any]]
    approvers: Sequence[str]
    stages: Sequence[Mapping[str, Any]]
    distinct: bool
    notify: Sequence[str]
    on_behalf_of: str
    supersede_key: str
    expires_at: datetime | timedelta | str


class Changed(TypedDict, total=False):
    """What a revision may say; whatever is left out stays."""

    type: str
    title: str
    subject: Subject | Mapping[str, Any] | tuple[str, str]
    description: str
    action: str
    params: Mapping[str, Any]
    reasoning: str
    cost: Cost | Mapping[str, Any]
    side_effects: Sequence[str]
    if_denied: str
    facts: Mapping[str, Any]
    metadata: Mapping[str, Any]
    links: Sequence[Link | Mapping[str, str]]
    editable: Mapping[str, Mapping[str, Any]]
    approvers: Sequence[str]
    stages: Sequence[Mapping[str, Any]]
    revision: int


class Wanted(TypedDict, total=False):
    """Which requests to list. `status` is one word or several; `assignee` is `me`, `any` or a member."""

    status: str | Sequence[str]
    type: str
    project: str
    agent: str
    team: str
    assignee: str
    requester: str
    subject: str
    since: datetime | str
    until: datetime | str


class Operations:
    """The operations, whichever client they belong to."""

    speaker: Speaker

    @operation
    def create(
        self, type: str, title: str, *, idempotency_key: str | None = None, **asked: Unpack[Asked]
    ) -> Flow[Request]:
        """Ask. With the same `idempotency_key` a second time, the first request is given again."""
        return (yield from created(self.speaker, type, title, asked, idempotency_key))

    @operation
    def create_batch(self, asked: Sequence[Mapping[str, Any]], *, idempotency_key: str | None = None) -> Flow[Batch]:
        """Ask for several like things together: one card in Slack, all of them or none, at most twenty.

        Each of `asked` says what `create` takes, `type` and `title` included; type and project are the same in all.
        """
        body = {"requests": [_asked(one) for one in asked]}
        return read(Batch, (yield from self.speaker.fetch("POST", "batches", body=body, key=idempotency_key)))

    @operation
    def batch(self, id: str) -> Flow[Batch]:
        """What was asked together, as it is now."""
        return read(Batch, (yield from self.speaker.fetch("GET", "batches", id)))

    @operation
    def get(self, id: str | int) -> Flow[Request]:
        """By id or number, as it is now."""
        return read(Request, (yield from self.speaker.fetch("GET", "requests", str(id))))

    @operation
    def list(
        self, *, cursor: str | None = None, limit: int = 20, total: bool = False, **wanted: Unpack[Wanted]
    ) -> Flow[Page[Summary]]:
        """One page, newest first; `each` gives all of them."""
        query = {**_wanted(wanted), "cursor": cursor, "limit": limit, "total": total or None}
        return _page((yield from self.speaker.fetch("GET", "requests", query=query)))

    @listing
    def each(self, **wanted: Unpack[Wanted]) -> Pages[Summary]:
        """All of them, newest first, fetched as they are looked at."""

        def page(cursor: str | None) -> Flow[tuple[tuple[Summary, ...], str | None]]:
            query = {**_wanted(wanted), "cursor": cursor, "limit": 100}
            found = _page((yield from self.speaker.fetch("GET", "requests", query=query)))
            return found.data, found.next_cursor

        return page

    @operation
    def pending(self, *, type: str | None = None, limit: int = 100) -> Flow[tuple[Summary, ...]]:
        """What is open: with a person's token what waits for them, with an agent's key what it has asked."""
        query = {"status": "pending,asked_question", "type": type, "limit": limit}
        if not (self.speaker.remote.token or "").startswith("csk_"):
            try:
                mine = yield from self.speaker.fetch("GET", "requests", query={**query, "assignee": "me"})
                return _page(mine).data
            except Invalid as refused:  # a machine that is known by another credential than a key
                if refused.field != "assignee":
                    raise
        return _page((yield from self.speaker.fetch("GET", "requests", query=query))).data

    @operation
    def wait(
        self,
        id: str | int,
        *,
        timeout: float | None = None,
        or_question: bool = False,
        on_change: Callable[[Request], object] | None = None,
    ) -> Flow[Outcome]:
        """How it came out. Answers within moments of the decision; a server that restarts meanwhile is waited for.

        `timeout` is in seconds; when it is over, or with `or_question` when an approver has asked something, the outcome is
        StillOpen. `on_change` hears of each new version, the first included. The request itself ends by its own deadline.
        """
        return (yield from waited(self.speaker, str(id), timeout, or_question=or_question, on_change=on_change))

    @operation
    def approve(
        self,
        id: str | int,
        *,
        comment: str | None = None,
        edits: Mapping[str, Any] | None = None,
        revision: int | None = None,
        stage: int | None = None,
    ) -> Flow[Done]:
        """As a person, whose token may decide. Revision and stage may be left out while there has been one of each."""
        body = {"comment": comment, "edits": edits, "revision": revision, "stage": stage}
        return (yield from do(self.speaker, id, "approve", body))

    @operation
    def reject(
        self, id: str | int, *, comment: str | None = None, revision: int | None = None, stage: int | None = None
    ) -> Flow[Done]:
        """As a person, whose token may decide; the comment is the reason."""
        return (yield from do(self.speaker, id, "reject", {"comment": comment, "revision": revision, "stage": stage}))

    @operation
    def respond(
        self, id: str | int, *, decision: Literal["approve", "reject"], comment: str | None = None
    ) -> Flow[Done]:
        """`approve` or `reject`, for whoever has the decision in a variable."""
        if decision not in ("approve", "reject"):
            raise ValueError("decision must be 'approve' or 'reject'.")
        return (yield from do(self.speaker, id, decision, {"comment": comment}))

    @operation
    def withdraw(self, id: str | int, *, comment: str | None = None) -> Flow[Done]:
        """Take one's own approval back, while the request is open."""
        return (yield from do(self.speaker, id, "withdraw", {"comment": comment}))

    @operation
    def ask(self, id: str | int, question: str, *, revision: int | None = None) -> Flow[Done]:
        """Ask the requester something."""
        return (yield from do(self.speaker, id, "ask", {"question": question, "revision": revision}))

    @operation
    def answer(self, id: str | int, answer: str, *, question: str | None = None) -> Flow[Done]:
        """Answer a question; its id may be left out while exactly one is open."""
        return (yield from do(self.speaker, id, "answer", {"answer": answer, "question": question}))

    @operation
    def comment(self, id: str | int, comment: str) -> Flow[Done]:
        """Say something; changes no status."""
        return (yield from do(self.speaker, id, "comment", {"comment": comment}))

    @operation
    def cancel(self, id: str | int, *, comment: str | None = None) -> Flow[Done]:
        """As the requester, or an admin."""
        return (yield from do(self.speaker, id, "cancel", {"comment": comment}))

    @operation
    def discard(self, id: str | int, *, comment: str | None = None) -> Flow[Done]:
        """What was approved shall not be done; before it is claimed."""
        return (yield from do(self.speaker, id, "discard", {"comment": comment}))

    @operation
    def remind(self, id: str | int) -> Flow[Done]:
        """Those who have not answered; RateLimited, with `retry_after`, when it is too soon."""
        return (yield from do(self.speaker, id, "remind", {}))

    @operation
    def extend(self, id: str | int, expires_at: datetime | timedelta | str) -> Flow[Done]:
        """Move the deadline later."""
        return (yield from do(self.speaker, id, "extend", {"expires_at": expires_at}))

    @operation
    def hand_over(self, id: str | int, to: str, *, comment: str | None = None) -> Flow[Done]:
        """Give one's own seat away, to an e-mail address or member id."""
        return (yield from do(self.speaker, id, "handover", {"to": to, "comment": comment}))

    @operation
    def revise(self, id: str | int, **changed: Unpack[Changed]) -> Flow[Done]:
        """Change what is asked; it is judged anew, and earlier decisions no longer count."""
        return (yield from do(self.speaker, id, "revise", _asked(changed)))

    @operation
    def have_run(self, id: str | int) -> Flow[Done]:
        """As a person: call upon whoever acts to do what was approved, now; the card's Run button."""
        return (yield from do(self.speaker, id, "run", {}))

    @operation
    def claim(self, id: str | int, *, action_digest: str | None = None, detail: str | None = None) -> Flow[Done]:
        """Take what was approved, exactly once. `action_digest` (see `digest_for`) binds it to what will be done."""
        return (yield from claimed(self.speaker, id, action_digest, detail))

    @operation
    def report(self, id: str | int, status: Literal["success", "failed"], *, detail: str | None = None) -> Flow[Done]:
        """How the execution that was claimed has ended."""
        return (yield from reported(self.speaker, id, status, detail))

    @operation
    def receipt(self, id: str | int) -> Flow[str]:
        """The signed proof that this was approved, for the agent that asks for it: see `receipts.verify`."""
        return str((yield from self.speaker.fetch("GET", "requests", str(id), "receipt"))["receipt"])

    @operation
    def requirements(self, id: str | int) -> Flow[tuple[Requirement, ...]]:
        """Who is needed, and how far it is."""
        return _several(Requirement, (yield from self.speaker.fetch("GET", "requests", str(id), "requirements")))

    @operation
    def decisions(self, id: str | int) -> Flow[tuple[Decision, ...]]:
        """All that were given, those that no longer count included."""
        return _several(Decision, (yield from self.speaker.fetch("GET", "requests", str(id), "decisions")))

    @operation
    def events(self, id: str | int) -> Flow[tuple[Event, ...]]:
        """The ledger's rows of a request."""
        return _several(Event, (yield from self.speaker.fetch("GET", "requests", str(id), "events")))

    @operation
    def explain(self, id: str | int) -> Flow[Mapping[str, Any]]:
        """Why these people, and how it stands, as the server explains it."""
        found: Mapping[str, Any] = yield from self.speaker.fetch("GET", "requests", str(id), "explain")
        return found


class Requests(Operations):
    """Operations that give their values."""

    def __init__(self, client: Blocking, speaker: Speaker) -> None:
        self._client, self.speaker = client, speaker

    def run(self, flow: Flow[T]) -> T:
        return self._client.run(flow)

    def step(self, step: Step) -> Answer:
        return self._client.step(step)


class AsyncRequests(Operations):
    """Operations that give what is to be awaited."""

    def __init__(self, client: Awaiting, speaker: Speaker) -> None:
        self._client, self.speaker = client, speaker

    def arun(self, flow: Flow[T]) -> Coroutine[Any, Any, T]:
        return self._client.arun(flow)

    def astep(self, step: Step) -> Coroutine[Any, Any, Answer]:
        return self._client.astep(step)


# ---------------------------------------------------------------------------------------- flows that others build upon


def do(speaker: Speaker, id: str | int, verb: str, body: Mapping[str, Any]) -> Flow[Done]:
    said = {name: value for name, value in body.items() if value is not None}
    return read(Done, (yield from speaker.fetch("POST", "requests", str(id), verb, body=said)))


def created(speaker: Speaker, type: str, title: str, asked: Asked, key: str | None = None) -> Flow[Request]:
    body = {"type": type, "title": title, **_asked(asked)}
    return read(Request, (yield from speaker.fetch("POST", "requests", body=body, key=key)))


def claimed(speaker: Speaker, id: str | int, digest: str | None, detail: str | None = None) -> Flow[Done]:
    return (yield from do(speaker, id, "execution", {"status": "executing", "action_digest": digest, "detail": detail}))


def claimed_exactly(
    speaker: Speaker, request: Request, *, action: str | None, params: Mapping[str, Any]
) -> Flow[Request]:
    """Claimed for precisely this; the server refuses (ActionChanged) where it is not what was approved."""
    digest = digest_for(request, action=action, params=params)
    return (yield from claimed(speaker, request.id, digest)).request


def reported(speaker: Speaker, id: str | int, status: str, detail: str | None) -> Flow[Done]:
    return (yield from do(speaker, id, "execution", {"status": status, "detail": detail}))


def waited(
    speaker: Speaker,
    id: str,
    timeout: float | None,
    *,
    or_question: bool = False,
    on_change: Callable[[Request], object] | None = None,
) -> Flow[Outcome]:
    """Version by version until the end, the question or the timeout, whichever is first."""
    until = None if timeout is None else speaker.now() + timeout
    seen = read(Request, (yield from speaker.fetch("GET", "requests", id)))
    while True:
        if on_change is not None:
            on_change(seen)
        if not seen.is_open or (or_question and seen.open_questions):
            return outcome_of(seen)
        newer = yield from _newer(speaker, seen, until)
        if newer is None:
            return StillOpen(seen)
        seen = newer


def _newer(speaker: Speaker, seen: Request, until: float | None) -> Flow[Request | None]:
    """The next version; None once the time is over."""
    while True:
        began = speaker.now()
        left = HOLD if until is None else until - began
        if left <= 0:
            return None
        hold = min(left, HOLD)
        query = {"wait": f"{max(1, round(hold))}s", "version": seen.version}
        patience = AWAY if until is None else Patience(min(AWAY.seconds, max(left, 1)), AWAY.first, AWAY.longest)
        value = yield from speaker.fetch("GET", "requests", seen.id, query=query, hold=hold, patience=patience)
        found = read(Request, value)
        if found.version > seen.version or not found.is_open:
            return found
        if speaker.now() - began < 1:  # a server that is going answers at once: no storm of calls
            yield from pause(min(1.0, left))


def pause(seconds: float) -> Flow[None]:
    step: Step = Pause(seconds)
    _: Answer = yield step


def _asked(asked: Mapping[str, Any]) -> dict[str, Any]:
    """A subject may be given as a pair."""
    said = {name: value for name, value in asked.items() if value is not None}
    subject = said.get("subject")
    if isinstance(subject, tuple):
        said["subject"] = Subject(*subject)
    return said


def _wanted(wanted: Mapping[str, Any]) -> dict[str, Any]:
    query = {name: moment(value) if isinstance(value, datetime) else value for name, value in wanted.items()}
    status = query.get("status")
    return query if status is None or isinstance(status, str) else {**query, "status": ",".join(status)}


def _page(value: Any) -> Page[Summary]:
    return Page(_several(Summary, value), value.get("next_cursor"), value.get("total"), value)


def _several(kind: type[T], value: Mapping[str, Any]) -> tuple[T, ...]:
    return tuple(read(kind, one) for one in value.get("data", ()))
