"""Rules as they are kept: the newest of each, every version there was, how often each was used, and the types.

An organisation's rulebook has a version of its own, moved by every edit in the edit's transaction: whoever has judged by
another one judges again, and of two edits made from the same version one is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.codec import Codec
from core.errors import Conflict
from core.model.organisation import BUILT_IN_TYPES, Project, RequestType
from core.model.rule import Rule, RuleVersion
from core.ports import Rules, StaleVersion
from core.store import rows
from core.store.driver import Params, Row, Session
from core.store.inquiries import InquiryReads
from core.store.tables import projects, rule_uses, rule_versions, rulebooks, rules, turns, types
from core.store.trusting import Trusting, TrustReads

_VERSION: Final = select(rulebooks.c.version).where(rulebooks.c.organisation == bindparam("organisation"))
_PROJECT: Final = (
    select(*projects.c, rulebooks.c.version)
    .outerjoin(rulebooks, rulebooks.c.organisation == projects.c.organisation)
    .where(projects.c.id == bindparam("id"))
)
_FIRST: Final = upsert(rulebooks).on_conflict_do_nothing()
_NEXT: Final = (
    update(rulebooks)
    .where(rulebooks.c.organisation == bindparam("b_organisation"), rulebooks.c.version == bindparam("b_version"))
    .values(version=bindparam("version"))
)
_RULES: Final = (
    select(rules.c.state).where(rules.c.organisation == bindparam("organisation")).order_by(rules.c.place, rules.c.id)
)
_TYPES: Final = select(types.c.state).where(types.c.organisation == bindparam("organisation")).order_by(types.c.word)
_TYPE: Final = select(types.c.state).where(
    types.c.organisation == bindparam("organisation"), types.c.word == bindparam("word")
)
_VERSIONS: Final = (
    select(rule_versions.c.removed, rule_versions.c.state)
    .where(rule_versions.c.organisation == bindparam("organisation"), rule_versions.c.rule == bindparam("rule"))
    .order_by(rule_versions.c.version.desc())
)
_new_rule = upsert(rules)
_PUT: Final = _new_rule.on_conflict_do_update(
    index_elements=[rules.c.id],
    set_={name: _new_rule.excluded[name] for name in ("name", "version", "state")},
    where=rules.c.organisation == _new_rule.excluded.organisation,
)
_DROP: Final = delete(rules).where(rules.c.id == bindparam("id"))
_APPEND: Final = insert(rule_versions)
_new_type = upsert(types)
_PUT_TYPE: Final = _new_type.on_conflict_do_update(
    index_elements=[types.c.organisation, types.c.word], set_={"state": _new_type.excluded.state}
)
_DROP_TYPE: Final = delete(types).where(
    types.c.organisation == bindparam("organisation"), types.c.word == bindparam("word")
)
_USED: Final = select(rule_uses.c.used).where(rule_uses.c.rule == bindparam("rule"))
_USED_HELD: Final = _USED.with_for_update()
_USE_FIRST: Final = upsert(rule_uses).on_conflict_do_nothing()
_USE: Final = (
    update(rule_uses)
    .where(rule_uses.c.rule == bindparam("b_rule"), rule_uses.c.used == bindparam("b_used"))
    .values(used=bindparam("used"))
)
_new_turn = upsert(turns)
_TURN: Final = _new_turn.on_conflict_do_update(
    index_elements=[turns.c.project, turns.c.supersede_key],
    set_={"turn": turns.c.turn + _new_turn.excluded.turn, "at": _new_turn.excluded.at},
)


class RuleReads(TrustReads, InquiryReads):
    """The reads of `Reader` and `Transaction` about rules."""

    _db: Session
    _codec: Codec

    def rulebook_version(self, organisation: str) -> int:
        row = self._db.row(_VERSION, {"organisation": organisation})
        return 0 if row is None else row[0]

    def rulebook(self, organisation: str) -> Rules:
        version = self.rulebook_version(organisation)
        if version == 0:
            return Rules(0, (), ())
        mine = {"organisation": organisation}
        kept = tuple(self._codec.build(row[0], Rule) for row in self._db.rows(_RULES, mine))
        kinds = tuple(self._codec.build(row[0], RequestType) for row in self._db.rows(_TYPES, mine))
        outside = tuple(self.policies(organisation)), tuple(self.checks(organisation))
        return Rules(version, kept, kinds, self.safety(organisation), *outside)

    def type_of(self, organisation: str, word: str) -> RequestType | None:
        row = self._db.row(_TYPE, {"organisation": organisation, "word": word})
        return BUILT_IN_TYPES.get(word) if row is None else self._codec.build(row[0], RequestType)

    def types(self, organisation: str) -> Mapping[str, RequestType]:
        own = (self._codec.build(row[0], RequestType) for row in self._db.rows(_TYPES, {"organisation": organisation}))
        return {**BUILT_IN_TYPES, **{type.word: type for type in own}}

    def rule_versions(self, organisation: str, rule: str) -> Sequence[RuleVersion]:
        found = self._db.rows(_VERSIONS, {"organisation": organisation, "rule": rule})
        return [RuleVersion(self._codec.build(state, Rule), removed) for removed, state in found]

    def rule_uses(self, rules: Iterable[str]) -> Mapping[str, int]:
        found = {rule: self._db.row(_USED, {"rule": rule}) for rule in rules}
        return {rule: row[0] for rule, row in found.items() if row is not None}


class Ruling(RuleReads, Trusting):
    """The part of a transaction that edits rules, and counts what they did."""

    def rule_uses(self, rules: Iterable[str]) -> Mapping[str, int]:
        found = {rule: self._db.row(_USED_HELD, {"rule": rule}) for rule in sorted(rules)}
        return {rule: row[0] for rule, row in found.items() if row is not None}

    def move_rulebook(self, organisation: str, version: int) -> None:
        if version == 0:
            moved = self._db.run(_FIRST, {"organisation": organisation, "version": 1})
        else:
            params = {"b_organisation": organisation, "b_version": version, "version": version + 1}
            moved = self._db.run(_NEXT, params)
        if moved != 1:
            raise Conflict("The rules were changed meanwhile; look at them again.", code="stale_version")

    def put_rule(self, rule: Rule, *, removed: bool = False) -> None:
        values = _rule_values(rule, self._codec)
        if removed:
            self._db.run(_DROP, {"id": rule.id})
        elif self._db.run(_PUT, values) != 1:
            raise Conflict("This id belongs to another organisation; nothing was changed.")
        version = {"rule": rule.id, "removed": removed}
        self._db.send(_APPEND, [version | {name: values[name] for name in ("version", "organisation", "state")}])

    def use_rule(self, rule: str, used: int) -> None:
        moved = StaleVersion(rule)
        if used == 0:
            self._db.change(_USE_FIRST, {"rule": rule, "used": 1}, moved)
        else:
            self._db.change(_USE, {"b_rule": rule, "b_used": used, "used": used + 1}, moved)

    def put_type(self, organisation: str, type: RequestType) -> None:
        state = self._codec.plain(type)
        self._db.send(_PUT_TYPE, [{"organisation": organisation, "word": type.word, "state": state}])

    def drop_type(self, organisation: str, word: str) -> None:
        self._db.run(_DROP_TYPE, {"organisation": organisation, "word": word})

    def take_turn(self, project: str, supersede_key: str) -> None:
        values = {"project": project, "supersede_key": supersede_key, "turn": 1, "at": self._db.now()}
        self._db.send(_TURN, [values])

    def _project_and_version(self, id: str) -> tuple[Project, int] | None:
        """In one statement: the project, and the version of its organisation's rulebook."""
        row = self._db.row(_PROJECT, {"id": id})
        return None if row is None else (rows.project(_first(row), self._codec), row[-1] or 0)


def _first(row: Row) -> Row:
    return row[:-1]


def _rule_values(rule: Rule, codec: Codec) -> Params:
    state: dict[str, Any] = codec.plain(rule)
    return {
        "id": rule.id,
        "organisation": rule.organisation,
        "name": rule.name,
        "place": rule.order,
        "version": rule.version,
        "state": state,
    }
