"""Rules: read, checked, tried on past requests, saved as versions with author and reason, and taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from core.administration.office import Office, four_eyes, must_manage, must_oversee
from core.administration.past import replayed
from core.administration.sight import reads_everything
from core.desk import Desk
from core.desk.facts import ROSTER
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.model.organisation import BUILT_IN_TYPES, Project
from core.model.people import Actor
from core.model.rule import Effect, Mode, Rule, RuleVersion
from core.naming import RuleNames
from core.phrases import phrase
from core.ports import Idempotency, Reader, RemovedRule, Rules, Store, Transaction
from core.requirements.check import checks_in
from core.rulebook.binding import bind_stages, binder, sources_of
from core.rulebook.can_it_pass import what_a_rule_lacks
from core.rulebook.condition import Conditions
from core.rulebook.document import read_rule, write_rule
from core.rulebook.line import read_line
from core.rulebook.lint import Lint, lint
from core.rulebook.load import load_rules
from core.rulebook.part import Part
from core.rulebook.read_back import read_back
from core.rulebook.replay import Replayed

T = TypeVar("T")

MOST: Final = 10_000
"""Rules of one organisation, and past requests looked at in one replay."""

TRIES: Final = 5

Written = Mapping[str, Any] | str
"""A rule as a document, as YAML, or as one line that begins with `add`."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A rule that could be saved: in plain words, and what its author should look at again."""

    rule: Rule
    words: str
    warnings: tuple[Lint, ...]


class RuleOffice(Office):
    def __init__(self, store: Store, fresh: Callable[[], str], desk: Desk) -> None:
        super().__init__(store, fresh)
        self._conditions: Conditions = desk.conditions

    # Looking.

    async def list(self, actor: Actor) -> Rules:
        """All rules of the organisation, whatever their mode, oldest first."""

        def look(reader: Reader) -> Rules:
            _must_read(reader, actor)
            return reader.rulebook(actor.organisation)

        return await self._store.read(look)

    async def get(self, actor: Actor, wanted: str) -> Rule:
        """By id or name."""

        def look(reader: Reader) -> Rule:
            _must_read(reader, actor)
            return the_rule(reader.rulebook(actor.organisation), wanted)

        return await self._store.read(look)

    async def history(self, actor: Actor, wanted: str) -> Sequence[RuleVersion]:
        """Every version, the newest first; of a removed rule by its id."""

        def look(reader: Reader) -> Sequence[RuleVersion]:
            _must_read(reader, actor)
            versions = reader.rule_versions(actor.organisation, wanted)
            if versions:
                return versions
            rule = the_rule(reader.rulebook(actor.organisation), wanted)
            return reader.rule_versions(actor.organisation, rule.id)

        return await self._store.read(look)

    # Beforehand.

    async def validate(self, actor: Actor, written: Written, *, instead_of: str | None = None) -> Checked:
        """Everything that saving it would refuse is refused; `instead_of` is the rule it would take the place of."""

        def look(reader: Reader) -> Checked:
            must_oversee(reader, actor)
            rule = self._read(reader, actor, written)
            kept = reader.rulebook(actor.organisation)
            present = None if instead_of is None else the_rule(kept, instead_of)
            return self._checked(reader, actor, rule if present is None else next_version(present, rule), kept)

        return await self._store.read(look)

    async def replay(
        self, actor: Actor, written: Sequence[Written], *, days: int = 30, most: int = MOST
    ) -> AsyncIterator[Replayed]:
        """What these rules would have changed of past requests, so far, after every slice.

        A rule with the name of one that is there takes its place; others are added.
        """

        def look(reader: Reader) -> tuple[Rules, Rules]:
            must_oversee(reader, actor)
            kept = reader.rulebook(actor.organisation)
            return kept, _with(kept, tuple(self._read(reader, actor, one) for one in written))

        before, after = await self._store.read(look)
        async for so_far in self._compared(actor, before, after, days=days, most=most):
            yield so_far

    async def _compared(
        self, actor: Actor, before: Rules, after: Rules, *, days: int, most: int
    ) -> AsyncIterator[Replayed]:
        found = replayed(
            self._store, actor.organisation, before, after, self._conditions, days=days, most=min(most, MOST)
        )
        async for so_far in found:
            yield so_far

    # Changing. `book` is the version of the rulebook that was looked at: `Conflict` when anything in it moved since.

    @four_eyes("rules")
    async def add(
        self, actor: Actor, written: Written, *, book: int | None = None, once: Idempotency | None = None
    ) -> Checked:
        checked = await self.validate(actor, written) if not await self._replayed(once) else None

        def work(tx: Transaction) -> str:
            if checked is None:
                raise NotFound(phrase("The rule this Idempotency-Key made is gone; use a new key to add another."))
            version = tx.rulebook_version(actor.organisation)
            kept = tx.rulebook(actor.organisation)
            _must_stand(kept, book)
            if any(is_called(rule, checked.rule.name) for rule in kept.rules):
                raise Conflict(
                    phrase("There already is a rule {rule}; change that one.", rule=checked.rule.name),
                    code="already_exists",
                )
            if len(kept.rules) >= MOST:
                raise Conflict(
                    phrase("There are {most} rules, which is the limit; remove some.", most=MOST), code="too_many"
                )
            rule = replace(checked.rule, id=f"rul_{self._fresh()}", organisation=actor.organisation, order=version + 1)
            self._save(tx, actor, "rule_added", replace(rule, version=1), version)
            return rule.id

        made = await self._again(lambda: self._change(work, once))
        rule = await self.get(actor, made.id)
        return Checked(rule, read_back(rule), () if checked is None else checked.warnings)

    @four_eyes("rules")
    async def change(
        self, actor: Actor, wanted: str, written: Written, *, version: int | None = None, book: int | None = None
    ) -> Checked:
        """`version` is the one of the rule that was looked at; `Conflict` when it has been changed since."""
        checked = await self.validate(actor, written, instead_of=wanted)

        def work(present: Rule, kept: Rules) -> Rule:
            if any(is_called(rule, checked.rule.name) and rule.id != present.id for rule in kept.rules):
                raise Conflict(
                    phrase("There already is a rule {rule}; name it otherwise.", rule=checked.rule.name),
                    code="already_exists",
                )
            return next_version(present, checked.rule)

        rule = await self._edit(actor, wanted, "rule_changed", work, version=version, book=book)
        return Checked(rule, read_back(rule), checked.warnings)

    @four_eyes("rules")
    async def switch(
        self,
        actor: Actor,
        wanted: str,
        mode: Mode,
        *,
        reason: str | None = None,
        book: int | None = None,
        once: Idempotency | None = None,
    ) -> Rule:
        """On, shadow or off."""

        def work(present: Rule, _: Rules) -> Rule:
            return (
                present if present.mode is mode else next_version(present, replace(present, mode=mode, reason=reason))
            )

        await self._still_passes(actor, replace(await self.get(actor, wanted), mode=mode))
        return await self._edit(actor, wanted, "rule_switched", work, book=book, once=once)

    @four_eyes("rules")
    async def remove(self, actor: Actor, wanted: str, *, version: int | None = None, book: int | None = None) -> Rule:
        """New requests are judged without it at once; what it decided stays."""

        def work(present: Rule, _: Rules) -> Rule:
            return next_version(present, present)

        return await self._edit(actor, wanted, "rule_removed", work, version, book=book, removed=True)

    @four_eyes("rules")
    async def undo(
        self,
        actor: Actor,
        wanted: str,
        *,
        version: int | None = None,
        book: int | None = None,
        once: Idempotency | None = None,
    ) -> Rule:
        """The rule as it was before its last change, as a new version; a removed one comes back."""
        versions = await self.history(actor, wanted)
        last = versions[0]
        _must_be_at(last.rule, version)
        if len(versions) < 2:
            raise Conflict(phrase("This rule has not been changed yet; remove it instead."), code="nothing_to_undo")
        before = versions[1].rule
        await self._still_passes(actor, before)
        restored = replace(before, version=last.rule.version, reason=f"as version {before.version} was")
        if not last.removed:
            return await self._edit(
                actor,
                last.rule.id,
                "rule_undone",
                lambda present, _: next_version(present, restored),
                last.rule.version,
                book=book,
                once=once,
            )

        def work(tx: Transaction) -> str:
            kept = tx.rulebook(actor.organisation)
            _must_stand(kept, book)
            if any(is_called(rule, before.name) for rule in kept.rules):
                raise Conflict(
                    phrase("There is another rule {before} by now; rename that one first.", before=before.name),
                    code="already_exists",
                )
            back = replace(restored, version=last.rule.version + 1)
            return self._save(tx, actor, "rule_undone", back, kept.version).id

        return await self._newest(actor, (await self._again(lambda: self._change(work, once))).id)

    # Inside.

    def _read(self, reader: Reader, actor: Actor, written: Written) -> Rule:
        names = RuleNames(reader, actor.organisation)
        if not isinstance(written, str):
            return read_rule(Part(written), names, self._conditions)
        if written.lstrip().startswith("add "):
            return read_line(written.strip(), names, self._conditions)
        rules = load_rules(written, names, self._conditions)
        if len(rules) > 1:
            raise Invalid(
                phrase("There are {count} rules in this text; send them one by one.", count=len(rules)), field="rule"
            )
        return rules[0]

    def _checked(self, reader: Reader, actor: Actor, rule: Rule, kept: Rules) -> Checked:
        rule = replace(rule, organisation=actor.organisation)
        _must_pass(reader, rule)
        others = tuple(other for other in kept.rules if other.id != rule.id)
        newest = rule if rule.order else replace(rule, order=kept.version + 1)
        types = (*BUILT_IN_TYPES, *(type.word for type in kept.types))
        sizes = _sizes(reader, rule)
        found = lint((*others, newest), now=reader.now(), types=types, sizes=sizes)
        return Checked(rule, read_back(rule), tuple(one for one in found if one.rule == rule.name))

    async def _still_passes(self, actor: Actor, rule: Rule) -> None:
        """What was saved once may have become impossible since."""

        def look(reader: Reader) -> None:
            must_manage(reader, actor)
            _must_pass(reader, rule)

        await self._store.read(look)

    async def _edit(
        self,
        actor: Actor,
        wanted: str,
        word: str,
        change: Callable[[Rule, Rules], Rule],
        version: int | None = None,
        *,
        book: int | None = None,
        removed: bool = False,
        once: Idempotency | None = None,
    ) -> Rule:
        await self._store.read(lambda reader: must_manage(reader, actor))

        def work(tx: Transaction) -> str:
            kept = tx.rulebook(actor.organisation)
            _must_stand(kept, book)
            present = the_rule(kept, wanted)
            _must_be_at(present, version)
            changed = change(present, kept)
            if changed != present:
                self._save(tx, actor, word, changed, kept.version, removed=removed)
            return present.id

        return await self._newest(actor, (await self._again(lambda: self._change(work, once))).id)

    async def _newest(self, actor: Actor, id: str) -> Rule:
        """Its last version, also where that took it out of the rulebook."""
        versions = await self._store.read(lambda reader: reader.rule_versions(actor.organisation, id))
        return versions[0].rule

    async def _again(self, do: Callable[[], Awaitable[T]]) -> T:
        """Somebody else's edit in the same moment is no reason to refuse this one."""
        for _ in range(TRIES):
            try:
                return await do()
            except Conflict as conflict:
                if conflict.word != "stale_version" or "version" in conflict.fields:
                    raise
        raise Conflict(phrase("The rules are being changed by others just now; try again."), code="stale_version")

    def _save(
        self, tx: Transaction, actor: Actor, word: str, rule: Rule, version: int, *, removed: bool = False
    ) -> Rule:
        saved = replace(rule, author=actor.name, changed_at=tx.now())
        tx.move_rulebook(actor.organisation, version)
        tx.put_rule(saved, removed=removed)
        if removed or saved.mode is not Mode.ON:
            tx.note_removed_rule(RemovedRule(saved.id, saved.organisation, saved.name, tx.now()))
        payload = {"rule": saved.id, "version": saved.version, "rulebook": version + 1, "document": write_rule(saved)}
        tx.log(actor.organisation, word, actor, payload)
        return saved


def _must_stand(kept: Rules, book: int | None) -> None:
    if book not in (None, kept.version):
        raise Conflict(
            phrase("The rules have been changed since you looked at them; look again."), code="stale_rulebook"
        )


def _must_be_at(rule: Rule, version: int | None) -> None:
    if version not in (None, rule.version):
        raise Conflict(
            phrase(
                "Rule {rule} was changed since: it is now at version {version}. Look at it again.",
                rule=rule.name,
                version=rule.version,
            ),
            code="stale_version",
            version=rule.version,
        )


def _must_read(reader: Reader, actor: Actor) -> None:
    if not reads_everything(reader, actor):
        raise NotAllowed(phrase("Rules can be seen by whoever may read the whole organisation; ask an admin."))


def is_called(rule: Rule, name: str) -> bool:
    return rule.name.strip().lower() == name.strip().lower()


def the_rule(kept: Rules, wanted: str) -> Rule:
    found = next((rule for rule in kept.rules if rule.id == wanted or is_called(rule, wanted)), None)
    if found is None:
        raise NotFound(phrase("There is no such rule here; look at the list of rules."))
    return found


def _with(kept: Rules, rules: Iterable[Rule]) -> Rules:
    """A rule with the name of one that is there takes its place; others are the youngest."""
    found = {rule.name.strip().lower(): rule for rule in kept.rules}
    for place, rule in enumerate(rules, start=kept.version + 1):
        name = rule.name.strip().lower()
        present = found.get(name)
        found[name] = replace(rule, id=f"new {place}", order=place) if present is None else next_version(present, rule)
    return replace(kept, version=kept.version + 1, rules=tuple(found.values()))


def with_rule(kept: Rules, id: str, rule: Rule | None) -> Rules:
    """The rules with this one (None: without the one of that id); one that has no id yet is the youngest."""
    others = tuple(one for one in kept.rules if one.id != id)
    if rule is None:
        return replace(kept, version=kept.version + 1, rules=others)
    placed = rule if rule.id else replace(rule, id="new", order=kept.version + 1)
    return replace(kept, version=kept.version + 1, rules=(*others, placed))


def next_version(present: Rule, rule: Rule) -> Rule:
    """The rule as the next version of the present one."""
    return replace(
        rule,
        id=present.id,
        organisation=present.organisation,
        order=present.order,
        version=present.version + 1,
        author=present.author,
        changed_at=present.changed_at,
    )


# ------------------------------------------------------------------------------------------------------- can it pass


def _must_pass(reader: Reader, rule: Rule) -> None:
    """A rule that nobody could ever satisfy, wherever it holds, is refused naming what is missing."""
    if rule.effect is not Effect.REQUIRE or rule.mode is Mode.OFF:
        return
    _must_know_its_checks(reader, rule)
    lacking = _lacking(reader, rule)
    if not lacking:
        return
    name, short = next(iter(lacking.items()))
    raise Invalid(
        phrase(
            "Nobody could ever pass this rule: too few people can approve as {short} in project {name}. "
            "Add people, or ask for fewer.",
            short=", ".join(short),
            name=name,
        ),
        code="impossible_rule",
        field="stages",
        missing=list(short),
    )


def _must_know_its_checks(reader: Reader, rule: Rule) -> None:
    wanted = dict.fromkeys(checks_in(rule.stages))
    known = {check.name for check in reader.checks(rule.organisation)} if wanted else set()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise Invalid(
            phrase(
                "There is no check {unknown}, so nothing could ever pass it; define it first, under /v1/checks.",
                unknown=unknown[0],
            ),
            code="impossible_rule",
            field="stages",
            missing=[phrase("check {name}", name=name) for name in unknown],
        )


def what_nobody_can_meet(reader: Reader, rule: Rule) -> tuple[str, ...]:
    """The labels of what nobody could meet wherever the rule holds; nothing where it can be met somewhere."""
    return next(iter(_lacking(reader, rule).values()), ())


def _lacking(reader: Reader, rule: Rule) -> Mapping[str, tuple[str, ...]]:
    """What is missing in each project, by its name, if something is in every one."""
    projects = _projects(reader, rule)
    lacking = {project.name: short for project in projects if (short := _lacks(reader, rule, project))}
    return lacking if len(lacking) == len(projects) else {}


def _projects(reader: Reader, rule: Rule) -> Sequence[Project]:
    chosen = {place.id for place in rule.scope.projects}
    return [project for project in reader.projects(rule.organisation) if not chosen or project.id in chosen]


def _lacks(reader: Reader, rule: Rule, project: Project) -> tuple[str, ...]:
    stages = bind_stages(rule.stages, binder(project.id, {}))
    needed = ROSTER + sum(requirement.slots(None) for stage in stages for requirement in stage.requirements)
    principals = {source.principal for source in sources_of(stages)}
    behind = {principal: reader.roster(principal, project.id, needed) for principal in principals}
    people = reader.people(frozenset[str]().union(*behind.values()), project.id)
    rosters = {name: tuple(people[one] for one in sorted(members) if one in people) for name, members in behind.items()}
    return what_a_rule_lacks(rule, project, rosters)


def _sizes(reader: Reader, rule: Rule) -> Mapping[str, int]:
    """How many people stand behind the groups it names."""
    groups = {s.principal for s in (*sources_of(rule.stages), *rule.tell) if s.principal.startswith("group:")}
    return {principal: len(reader.group_members(principal.partition(":")[2])) for principal in groups}
