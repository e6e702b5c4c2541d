"""`@needs_approval`: a function that runs only after a yes, once, and on exactly what the yes was for.

Asks with the call's arguments as parameters, waits, claims with the digest of what is really about to run, runs, and reports
how it went. Works on plain and on async functions.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeVar, Unpack, cast

from countersign_client.client import AsyncCountersign, Countersign
from countersign_client.errors import CountersignError, Unreachable
from countersign_client.flow import Flow
from countersign_client.models import Request
from countersign_client.outcomes import ApprovedWithEdits, EditsNotAccepted, NotApproved, StillOpen
from countersign_client.requests import Asked, claimed_exactly, created, do, reported, waited
from countersign_client.speaking import Speaker

P = ParamSpec("P")
R = TypeVar("R")

TITLE: Final = 200
DETAIL: Final = 500


def needs_approval(
    type: str = "custom",
    *,
    title: str | None = None,
    client: Countersign | AsyncCountersign | None = None,
    timeout: float | None = None,
    accept_edits: bool = False,
    leave_out: Sequence[str] = (),
    facts_from: Callable[..., Mapping[str, Any]] | None = None,
    **asked: Unpack[Asked],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Guard a function. Without a yes it does not run, and NotApproved says why.

    `title` is a template over the arguments, like `"Deploy {service} {version}"`. The arguments must be JSON; those in
    `leave_out` (and `self`) are shown to nobody and bound by nothing. `facts_from` is given the
    others by name and makes the facts for rules. Without `client` one is made from the environment at the first call. After `timeout` seconds, or when the
    program is stopped while it waits, the request is cancelled. With `accept_edits` the function runs with the arguments
    as approvers changed them; else edits count as no.
    """

    def guard(function: Callable[P, R]) -> Callable[P, R]:
        asking = Asking(type, title, timeout, accept_edits, tuple(leave_out), facts_from, asked, function)
        if inspect.iscoroutinefunction(function):
            return cast("Callable[P, R]", _guarded_async(asking, client))
        return cast("Callable[P, R]", _guarded(asking, client))

    return guard


def _guarded(asking: Asking, client: Countersign | AsyncCountersign | None) -> Callable[..., Any]:
    if isinstance(client, AsyncCountersign):
        raise TypeError(f"{asking.action} is a plain function; give it a Countersign, not an AsyncCountersign.")
    chosen = functools.cache(lambda: client or Countersign())

    @functools.wraps(asking.function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        here = chosen()
        speaker, given = here.speaker, asking.bind(args, kwargs)
        request = here.run(asking.ask(speaker, given))
        try:
            request = here.run(asking.until_yes(speaker, request))
        except BaseException as problem:
            with _suppressed():
                here.run(asking.give_up(speaker, request, problem))
            raise
        here.run(asking.claim(speaker, request, given))
        try:
            value = asking.function(*given.args, **given.kwargs)
        except BaseException as problem:
            with _suppressed():
                here.run(asking.failed(speaker, request, problem))
            raise
        here.run(reported(speaker, request.id, "success", None))
        return value

    return guarded


def _guarded_async(asking: Asking, client: Countersign | AsyncCountersign | None) -> Callable[..., Any]:
    if isinstance(client, Countersign):
        raise TypeError(f"{asking.action} is an async function; give it an AsyncCountersign, not a Countersign.")
    chosen = functools.cache(lambda: client or AsyncCountersign())

    @functools.wraps(asking.function)
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        here = chosen()
        speaker, given = here.speaker, asking.bind(args, kwargs)
        request = await here.arun(asking.ask(speaker, given))
        try:
            request = await here.arun(asking.until_yes(speaker, request))
        except BaseException as problem:
            with _suppressed():
                await here.arun(asking.give_up(speaker, request, problem))
            raise
        await here.arun(asking.claim(speaker, request, given))
        try:
            value = await asking.function(*given.args, **given.kwargs)
        except BaseException as problem:
            with _suppressed():
                await here.arun(asking.failed(speaker, request, problem))
            raise
        await here.arun(reported(speaker, request.id, "success", None))
        return value

    return guarded


@contextmanager
def _suppressed() -> Generator[None]:
    """What is said on the way out must not hide why one goes."""
    try:
        yield
    except CountersignError:
        return


@dataclass(frozen=True, slots=True)
class Asking:
    """What a guarded function asks for, and the steps around its run."""

    type: str
    title: str | None
    timeout: float | None
    accept_edits: bool
    leave_out: tuple[str, ...]
    facts_from: Callable[..., Mapping[str, Any]] | None
    asked: Asked
    function: Callable[..., Any]

    @property
    def action(self) -> str:
        return f"{self.function.__module__}.{self.function.__qualname__}"

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> inspect.BoundArguments:
        bound = inspect.signature(self.function).bind(*args, **kwargs)
        bound.apply_defaults()
        return bound

    def params(self, given: inspect.BoundArguments) -> dict[str, Any]:
        """What is shown, and bound by the digest."""
        shown = {name: value for name, value in given.arguments.items() if self._is_shown(name)}
        return {name: _json(value, f"{self.action}({name}=…)") for name, value in shown.items()}

    def ask(self, speaker: Speaker, given: inspect.BoundArguments) -> Flow[Request]:
        params = self.params(given)
        asked = dict(self.asked)
        if self.facts_from is not None:
            facts = self.facts_from(**{name: given.arguments[name] for name in params})
            asked["facts"] = {**self.asked.get("facts", {}), **facts}
        made = cast("Asked", {**asked, "action": self.action, "params": params})
        return (yield from created(speaker, self.type, self._title(given, params), made))

    def until_yes(self, speaker: Speaker, request: Request) -> Flow[Request]:
        """The approved request; NotApproved otherwise."""
        outcome = yield from waited(speaker, request.id, self.timeout)
        if not outcome.approved:
            raise NotApproved(f"{self.action} may not run: {outcome}.", outcome)
        if isinstance(outcome, ApprovedWithEdits) and not self.accept_edits:
            changed = ", ".join(outcome.edits.edits)
            raise EditsNotAccepted(f"{self.action} was approved with changes to {changed}, so not as asked.", outcome)
        return outcome.request

    def give_up(self, speaker: Speaker, request: Request, problem: BaseException) -> Flow[None]:
        """Nobody shall decide for nothing, nor find something approved that nobody will do."""
        if isinstance(problem, EditsNotAccepted):
            yield from do(speaker, request.id, "discard", {"comment": "Whoever asked does not accept edits."})
        elif isinstance(problem, Unreachable):
            return
        elif not isinstance(problem, NotApproved) or isinstance(problem.outcome, StillOpen):
            yield from do(speaker, request.id, "cancel", {"comment": "Whoever asked no longer waits."})

    def claim(self, speaker: Speaker, request: Request, given: inspect.BoundArguments) -> Flow[Request]:
        """From the arguments as they are at this moment: what was changed since it was asked is refused."""
        if request.edits is not None:
            self._take_over(given, request.params)
        return (yield from claimed_exactly(speaker, request, action=request.action, params=self.params(given)))

    def failed(self, speaker: Speaker, request: Request, problem: BaseException) -> Flow[None]:
        """The kind of the exception alone: its text may hold what nobody should read in a chat."""
        yield from reported(speaker, request.id, "failed", f"{type(problem).__name__} was raised.")

    def _take_over(self, given: inspect.BoundArguments, params: Mapping[str, Any]) -> None:
        for name in given.arguments:
            if self._is_shown(name) and name in params:
                value = params[name]
                is_several = inspect.signature(self.function).parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
                given.arguments[name] = tuple(value) if is_several else value

    def _is_shown(self, name: str) -> bool:
        return name not in self.leave_out and name not in ("self", "cls")

    def _title(self, given: inspect.BoundArguments, params: Mapping[str, Any]) -> str:
        if self.title is not None:
            return self.title.format(**given.arguments)[:TITLE]
        said = ", ".join(f"{name}={value!r}" for name, value in params.items())
        whole = f"{self.function.__name__}({said})"
        return whole if len(whole) <= TITLE else f"{whole[: TITLE - 1]}…"


def _json(value: Any, where: str) -> Any:
    """The value as JSON has it; TypeError names the argument that has no such form."""
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _json(part, where) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_json(part, where) for part in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{where} is a {type(value).__name__}, which nobody could be shown; pass JSON, or leave it out.")
