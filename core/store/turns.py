"""The one connection that writes to a SQLite file, and whose turn it is: people's on the loop, chores' on a thread.

Commands of people are a millisecond of Python each. On a thread of their own they and the loop would wait for the one
interpreter at each statement; on the loop, between two of its other turns, they take what they take. Whatever waits for the
disk, which is every commit, or for another process that writes, and all chores, is the thread's; the connection has one
holder at any moment.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from core.errors import Unavailable
from core.ports import Changed
from core.store.kept import Kept
from core.store.transaction import StoreTransaction
from core.store.waiting_line import Task, WaitingLine

GROUP: Final = 256
"""Commands of people in one group commit at most."""

SLICE: Final = 10
"""Chores in one group commit at most; a click that comes meanwhile waits for the one in hand and the commit."""

TURN: Final = 0.02
"""Seconds after which no further command is begun: those that were are committed, and the loop looks after others."""

BUSY_SECONDS: Final = 5.0
"""How long the thread waits for another process (a migration, a command on the host) that writes; no turn of the loop does."""

_log = logging.getLogger(__name__)


class Hands(Protocol):
    """What the store does inside of a transaction."""

    def begin(self) -> StoreTransaction:
        """A new unit of work."""

    def seal(self, done: Iterable[StoreTransaction]) -> None:
        """At the end of a group that is about to be committed; never raises but `sqlite3.Error`."""

    def about_to_commit(self) -> None:
        """On the loop, while nobody else can write; the thread commits next."""

    def tell(self, changed: frozenset[Changed]) -> None:
        """On the loop, after the commit."""


@dataclass(slots=True)
class Group:
    """Commands of one transaction. `tasks` are to be answered: those `run`, and those that came too late to be.

    `done` are the units of work that are kept; `left` were not begun, and wait for the next turn.
    """

    tasks: list[Task] = field(default_factory=list)
    run: list[Task] = field(default_factory=list)
    done: list[StoreTransaction] = field(default_factory=list)
    left: Sequence[Task] = ()

    def fail(self, error: Exception) -> None:
        """None of them is answered twice, and none as if it had been done."""
        _log.error("a group of %d commands could not be committed: %s", len(self.run), error)
        self.done.clear()
        for task in self.run:
            if task.error is None:
                task.error = Unavailable("The database could not be written, so nothing was done; try again.")


class Turns:
    """Made and used on one loop; its thread is begun here and ended by `close`."""

    def __init__(self, connection: sqlite3.Connection, kept: Kept, hands: Hands) -> None:
        self._connection = connection
        self._kept = kept
        self._hands = hands
        self._loop = asyncio.get_running_loop()
        self._line = WaitingLine()
        self._thread_has_it = False
        self._is_committing = False
        self._is_coming = False
        self._is_closed = False
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._work: queue.SimpleQueue[tuple[Callable[[], Group], Sequence[Task]] | None] = queue.SimpleQueue()
        self._busy_timeout(BUSY_SECONDS)
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def connection_is_away(self) -> bool:
        """Asked on the loop: whether the thread has the connection. Else nothing is begun on it."""
        return self._thread_has_it

    @property
    def is_committing(self) -> bool:
        """Asked on the loop: whether the thread is at nothing but the commit of what the loop has done."""
        return self._is_committing

    def put(self, task: Task, *, chore: bool) -> None:
        if self._is_closed:
            raise Unavailable("The server is stopping; try again in a moment.")
        self._line.put(task, chore=chore)
        self._come()

    async def close(self) -> None:
        """No more is taken in; what is in is still done."""
        self._is_closed = True
        await self._at_rest.wait()
        self._work.put(None)
        await asyncio.to_thread(self._thread.join)

    # On the loop.

    def _come(self) -> None:
        """The next turn, unless it is under way; in a context of its own, as if on a thread."""
        self._at_rest.clear()
        if not (self._thread_has_it or self._is_coming):
            self._is_coming = True
            self._loop.call_soon(self._turn, context=Context())

    def _turn(self) -> None:
        self._is_coming = False
        if self._line.people and not self._line.chores_are_due():
            self._people_have_their_turn(self._line.take_people(GROUP))
        elif self._line.chores:
            tasks, waited = self._line.take_chores(SLICE), bool(self._line.people)
            self._hand_over(partial(self._do_chores, tasks, kept_waiting=waited), tasks)
        else:
            self._at_rest.set()

    def _people_have_their_turn(self, tasks: Sequence[Task]) -> None:
        until = time.monotonic() + TURN
        try:
            group = self._carry_out(tasks, lambda: time.monotonic() > until, patiently=False)
        except sqlite3.Error:  # another process writes; or it is worse, and will not go away by waiting
            self._hand_over(partial(self._do, tasks), tasks)
            return
        self._line.people.extendleft(reversed(group.left))
        group.left = ()  # else they would come back among the chores
        if group.done:
            self._hands.about_to_commit()
            self._is_committing = True
        self._hand_over(partial(self._commit_alone, group), group.tasks)

    def _hand_over(self, work: Callable[[], Group], tasks: Sequence[Task]) -> None:
        """The connection, and with it what is to be done for these."""
        self._thread_has_it = True
        self._work.put((work, tasks))

    def _back(self, group: Group) -> None:
        self._thread_has_it = False
        self._line.chores.extendleft(reversed(group.left))
        try:
            for task in group.tasks:
                task.answer()
            self._hands.tell(frozenset(changed for tx in group.done for changed in tx.changed.values()))
        finally:
            self._come()

    # On the thread.

    def _serve(self) -> None:
        """Whatever goes wrong is told to those who wait for it: there is no other thread."""
        while (handed := self._work.get()) is not None:
            work, tasks = handed
            try:
                group = work()
            except Exception as error:  # noqa: BLE001
                self._undo_all()
                group = Group(list(tasks), list(tasks))
                group.fail(error)
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._back, group, context=Context())

    def _do_chores(self, tasks: Sequence[Task], *, kept_waiting: bool) -> Group:
        """Some of them; nobody who comes meanwhile waits for more than one, unless these have been kept waiting."""
        return self._do(tasks, lambda: bool(self._line.people) and not kept_waiting)

    def _do(self, tasks: Sequence[Task], enough: Callable[[], bool] = lambda: False) -> Group:
        return self._commit(self._carry_out(tasks, enough, patiently=True))

    def _commit_alone(self, group: Group) -> Group:
        try:
            return self._commit(group)
        finally:
            self._is_committing = False

    def _commit(self, group: Group) -> Group:
        if not group.done:
            self._undo_all()
            return group
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._undo_all()
            group.fail(error)
        return group

    # By whoever has the connection.

    def _carry_out(self, tasks: Sequence[Task], enough: Callable[[], bool], *, patiently: bool) -> Group:
        """One transaction for all that are still wanted, or for the first of them; yet to be committed.

        Raises `sqlite3.Error`, having done nothing, where the transaction could not begin: another process writes.
        """
        group = Group()
        wanted: list[Task] = []
        for task in tasks:
            (wanted if task.begin() else group.tasks).append(task)
        if not wanted:
            return group
        self._begin(patiently=patiently)
        try:
            for task in wanted:
                if group.run and enough():
                    break
                group.run.append(task)
                tx = self._one(task, alone=len(wanted) == 1)
                if tx is not None:
                    group.done.append(tx)
            if group.done:
                self._hands.seal(group.done)
        except Exception as error:  # noqa: BLE001 (the whole group was taken back, by SQLite or here)
            self._undo_all()
            group.fail(error)
        group.left = wanted[len(group.run) :]
        group.tasks += group.run
        return group

    def _begin(self, *, patiently: bool) -> None:
        self._undo_all()
        if patiently:
            self._connection.execute("BEGIN IMMEDIATE")
        else:
            self._begin_at_once()
        self._kept.look_around()

    def _begin_at_once(self) -> None:
        self._busy_timeout(0)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        finally:
            self._busy_timeout(BUSY_SECONDS)

    def _one(self, task: Task, *, alone: bool) -> StoreTransaction | None:
        """Run one command; a failed one leaves nothing behind. Alone it needs no savepoint: all is rolled back."""
        tx = self._hands.begin()
        if not alone:
            self._connection.execute("SAVEPOINT command")
        try:
            task.result = task.work(tx)
        except BaseException as error:  # noqa: BLE001 (it belongs to whoever asked, and is raised there)
            task.error = error
            self._undo(alone=alone)
            return None
        if not alone:
            self._connection.execute("RELEASE command")
        return tx

    def _undo(self, *, alone: bool) -> None:
        if not self._connection.in_transaction:
            raise sqlite3.OperationalError("the database has rolled back the whole group")
        self._kept.taken_back()
        if alone:
            self._connection.execute("ROLLBACK")
            return
        self._connection.execute("ROLLBACK TO command")
        self._connection.execute("RELEASE command")

    def _undo_all(self) -> None:
        """Should even that fail, it is tried again before anything else begins, and nothing of it is ever committed."""
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        self._kept.taken_back()

    def _busy_timeout(self, seconds: float) -> None:
        self._connection.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")
