"""What is done, told apart from how: an operation is a generator that asks for calls and pauses, and ends with its value.

`Blocking` and `Awaiting` are the two ways to run one, so every operation is written once and both clients are typed.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from dataclasses import dataclass
from typing import Any, Concatenate, Final, Generic, ParamSpec, Protocol, TypeVar, overload

from countersign_client.calls import Answer, Call
from countersign_client.errors import Unreachable
from countersign_client.issued import Issued

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Renew:
    """A fresh token is wanted before the next call."""

    issued: Issued


Step = Call | Pause | Renew
Flow = Generator[Step, Answer, T]
"""Yields what to do next, is sent what came back (nothing of note, after a pause), returns its value."""

Pages = Callable[[str | None], Flow[tuple[tuple[S, ...], str | None]]]
"""A cursor in; what stands on its page and the next cursor out."""


class Blocking(Protocol):
    """Runs operations and gives their values."""

    def run(self, flow: Flow[T]) -> T: ...
    def step(self, step: Step) -> Answer: ...


class Awaiting(Protocol):
    """Gives what is to be awaited."""

    def arun(self, flow: Flow[T]) -> Coroutine[Any, Any, T]: ...
    def astep(self, step: Step) -> Coroutine[Any, Any, Answer]: ...


def run(flow: Flow[T], perform: Callable[[Step], Answer]) -> T:
    """Where a step fails, the flow hears it at the place that asked, and may do better."""
    try:
        step = next(flow)
        while True:
            try:
                answer = perform(step)
            except Unreachable as failure:
                step = flow.throw(failure)
            else:
                step = flow.send(answer)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        flow.close()


async def arun(flow: Flow[T], perform: Callable[[Step], Coroutine[Any, Any, Answer]]) -> T:
    """The same, awaited."""
    try:
        step = next(flow)
        while True:
            try:
                answer = await perform(step)
            except Unreachable as failure:
                step = flow.throw(failure)
            else:
                step = flow.send(answer)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        flow.close()


class operation(Generic[P, T]):  # noqa: N801 - reads as the decorator it is
    """A method written as a flow: called on a blocking client it gives the value, on an awaiting one what to await."""

    def __init__(self, flow: Callable[Concatenate[Any, P], Flow[T]]) -> None:
        self.flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, instance: None, owner: Any = None) -> operation[P, T]: ...
    @overload
    def __get__(self, instance: Blocking, owner: Any = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, instance: Awaiting, owner: Any = None) -> Callable[P, Coroutine[Any, Any, T]]: ...

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        start = instance.arun if hasattr(instance, "arun") else instance.run

        @functools.wraps(self.flow)
        def bound(*args: P.args, **kwargs: P.kwargs) -> Any:
            return start(self.flow(instance, *args, **kwargs))

        return bound


class listing(Generic[P, S]):  # noqa: N801 - likewise
    """A method that gives one thing after the other, fetching page by page: `for` or `async for`."""

    def __init__(self, pages: Callable[Concatenate[Any, P], Pages[S]]) -> None:
        self.pages = pages
        self.__doc__ = pages.__doc__

    @overload
    def __get__(self, instance: None, owner: Any = None) -> listing[P, S]: ...
    @overload
    def __get__(self, instance: Blocking, owner: Any = None) -> Callable[P, Iterator[S]]: ...
    @overload
    def __get__(self, instance: Awaiting, owner: Any = None) -> Callable[P, AsyncIterator[S]]: ...

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        each = _aeach if hasattr(instance, "arun") else _each

        @functools.wraps(self.pages)
        def bound(*args: P.args, **kwargs: P.kwargs) -> Any:
            return each(instance, self.pages(instance, *args, **kwargs))

        return bound


def _each(instance: Blocking, page: Pages[S]) -> Iterator[S]:
    cursor: str | None = None
    while True:
        found, cursor = instance.run(page(cursor))
        yield from found
        if cursor is None:
            return


async def _aeach(instance: Awaiting, page: Pages[S]) -> AsyncIterator[S]:
    cursor: str | None = None
    while True:
        found, cursor = await instance.arun(page(cursor))
        for one in found:
            yield one
        if cursor is None:
            return


# -------------------------------------------------------------------------------------------------------------- retries

AGAIN: Final = frozenset({429, 502, 503, 504})
"""Answers after which the same call may do better. A 500 is a bug of the server's: it would be one again."""


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many seconds a call that may be repeated is tried again; pauses double from `first` up to `longest`."""

    seconds: float = 10.0
    first: float = 0.2
    longest: float = 8.0

    def pause(self, tried: int, spent: float, at_least: float | None = None) -> float | None:
        """Before trying again after `tried` failures; None where patience is over. Spread, lest all come at once."""
        wished = min(self.longest, self.first * 2 ** min(tried - 1, 20))
        spread = max(wished * (0.5 + _chance() / 2), at_least or 0)
        return spread if spent + spread <= self.seconds else None


def _chance() -> float:
    return int.from_bytes(os.urandom(2), "big") / 65_535


def reliably(call: Call, patience: Patience, now: Callable[[], float] = time.monotonic) -> Flow[Answer]:
    """The call's answer, after as many tries as it takes and patience allows."""
    began, tried = now(), 0
    while True:
        tried += 1
        try:
            answer = yield call
        except Unreachable as failure:
            again = patience.pause(tried, now() - began) if call.is_repeatable or not failure.sent else None
            if again is None:
                raise
        else:
            if answer.status not in AGAIN or not call.is_repeatable:
                return answer
            again = patience.pause(tried, now() - began, answer.retry_after)
            if again is None:
                return answer
        yield Pause(again)
