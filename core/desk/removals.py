"""Following rules that were removed or switched off: open requests that stood on nothing else end, where projects say so.

What is still to do stands in the store, so that a restart forgets nothing; beginning again does no harm.
"""

from __future__ import annotations

from typing import Final

from core.desk.desk import Desk
from core.model.command import FollowRule
from core.model.rule import Mode
from core.ports import Filter, Page, Reader, RemovedRule, Store
from core.rulebook.standing_on import stands_only_on, waited_for_by

SLICE: Final = 50
"""Requests looked at in one read; each that ends does so in a transaction of its own, behind people's."""


async def follow_removed_rules(store: Store, desk: Desk) -> None:
    """Each rule that went, and then what stands on it: as much work as there are such requests."""
    for removed in await store.read(lambda reader: reader.removed_rules()):
        if not await store.read(lambda reader, removed=removed: _is_on(reader, removed)):  # type: ignore[misc]
            await _follow(store, desk, removed)
        await store.transact(lambda tx, removed=removed: tx.forget_removed_rule(removed), chore=True)  # type: ignore[misc]


def _is_on(reader: Reader, removed: RemovedRule) -> bool:
    """Whether somebody has brought it back meanwhile."""
    rules = reader.rulebook(removed.organisation).rules
    return any(rule.id == removed.rule and rule.mode is Mode.ON for rule in rules)


async def _follow(store: Store, desk: Desk, removed: RemovedRule) -> None:
    cursor: str | None = None
    while True:

        def look(reader: Reader, start: str | None = cursor) -> Page | None:
            return _standing(reader, removed, start)

        page = await store.read(look)
        if page is None:
            return
        for request in page.requests:
            if stands_only_on(request, removed.rule):
                await desk.tend(request.id, FollowRule(removed.rule, removed.name))
        if (cursor := page.next_cursor) is None:
            return


def _standing(reader: Reader, removed: RemovedRule, cursor: str | None) -> Page | None:
    """Requests that stand on the rule, in projects that cancel them; None where no project does."""
    projects = reader.projects(removed.organisation)
    cancelling = frozenset(project.id for project in projects if project.settings.when_rule_removed == "cancel")
    if not cancelling:
        return None
    wanted = Filter(waiting_for=waited_for_by(frozenset({removed.rule})), projects=cancelling)
    return reader.requests(removed.organisation, wanted, cursor=cursor, limit=SLICE)
