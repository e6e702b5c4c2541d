"""What is still to be followed up: rules removed while requests may stand on them, and rules nobody can satisfy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.ports import Hopeless, RemovedRule
from core.store.driver import Session
from core.store.tables import hopeless_rules, removed_rules, waiting

_new = upsert(removed_rules)
_NOTE: Final = _new.on_conflict_do_update(
    index_elements=[removed_rules.c.rule], set_={name: _new.excluded[name] for name in ("name", "at")}
)
_REMOVED: Final = select(
    removed_rules.c.rule, removed_rules.c.organisation, removed_rules.c.name, removed_rules.c.at
).order_by(removed_rules.c.at, removed_rules.c.rule)
_DONE: Final = delete(removed_rules).where(
    removed_rules.c.rule == bindparam("rule"), removed_rules.c.at == bindparam("at")
)
_NEXT_WAITED_FOR: Final = select(func.min(waiting.c.principal)).where(
    waiting.c.organisation == bindparam("organisation"), waiting.c.principal > bindparam("after")
)
_HOPELESS: Final = select(hopeless_rules.c.rule, hopeless_rules.c.name, hopeless_rules.c.missing).where(
    hopeless_rules.c.organisation == bindparam("organisation")
)
_new_hopeless = upsert(hopeless_rules)
_KEEP: Final = _new_hopeless.on_conflict_do_update(
    index_elements=[hopeless_rules.c.rule],
    set_={name: _new_hopeless.excluded[name] for name in ("name", "missing")},
)
_CLEAR: Final = delete(hopeless_rules).where(hopeless_rules.c.rule == bindparam("rule"))


class AftermathReads:
    """The reads of `Reader` and `Transaction` about it."""

    _db: Session

    def removed_rules(self) -> Sequence[RemovedRule]:
        return [RemovedRule(*row) for row in self._db.rows(_REMOVED)]

    def waited_for(self, organisation: str, *, after: str, limit: int) -> Sequence[str]:
        found: list[str] = []
        while len(found) < limit:
            row = self._db.row(_NEXT_WAITED_FOR, {"organisation": organisation, "after": after})
            if row is None or row[0] is None:
                break
            after = row[0]
            found.append(after)
        return found

    def hopeless_rules(self, organisation: str) -> Sequence[Hopeless]:
        found = self._db.rows(_HOPELESS, {"organisation": organisation})
        return [Hopeless(rule, name, tuple(missing)) for rule, name, missing in found]


class Aftermath(AftermathReads):
    """The part of a transaction that notes it, and crosses it off."""

    def note_removed_rule(self, removed: RemovedRule) -> None:
        values = {"rule": removed.rule, "organisation": removed.organisation, "name": removed.name}
        self._db.send(_NOTE, [values | {"at": removed.at}])

    def forget_removed_rule(self, removed: RemovedRule) -> None:
        self._db.send(_DONE, [{"rule": removed.rule, "at": removed.at}])

    def put_hopeless_rule(self, organisation: str, hopeless: Hopeless) -> None:
        """Without anything missing it is hopeless no more."""
        if not hopeless.missing:
            self._db.send(_CLEAR, [{"rule": hopeless.rule}])
            return
        values = {"rule": hopeless.rule, "organisation": organisation, "name": hopeless.name}
        self._db.send(_KEEP, [values | {"missing": list(hopeless.missing), "since": self._db.now()}])
