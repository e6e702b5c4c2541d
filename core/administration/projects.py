"""Projects: where requests live, and how they behave there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from core.administration.office import Office, four_eyes, must_manage, the_project
from core.errors import Conflict, Invalid
from core.model.duration import say_duration
from core.model.organisation import Project, Settings
from core.model.people import Actor, Way
from core.phrases import phrase
from core.ports import Idempotency, Reader, Transaction

_NAMES = frozenset(field.name for field in fields(Settings))
_PEOPLES_WAYS = frozenset({Way.SLACK.value, Way.TOKEN.value, Way.OIDC.value})


class Projects(Office):
    async def list(self, actor: Actor) -> Sequence[Project]:
        """A machine bound to some projects sees those alone; it needs them to ask."""

        def look(reader: Reader) -> Sequence[Project]:
            projects = reader.projects(actor.organisation)
            return [project for project in projects if actor.projects is None or project.id in actor.projects]

        return await self._store.read(look)

    async def get(self, actor: Actor, wanted: str) -> Project:
        """By id or name, of those that are listed to the actor."""
        return await self._store.read(
            lambda reader: the_project(reader, actor.organisation, wanted, within=actor.projects)
        )

    @four_eyes("projects")
    async def add(
        self, actor: Actor, name: str, settings: Mapping[str, Any] | None = None, *, once: Idempotency | None = None
    ) -> Project:
        repeat = await self._replayed(once)

        def look(reader: Reader) -> Settings:
            must_manage(reader, actor)
            chosen = apply_settings(Settings(), settings or {})
            if not repeat and reader.project_by_name(actor.organisation, name) is not None:
                raise Conflict(
                    phrase("There already is a project {name}; change that one.", name=name), code="already_exists"
                )
            return chosen

        chosen = await self._store.read(look)

        def work(tx: Transaction) -> str:
            project = Project(f"prj_{self._fresh()}", actor.organisation, name, chosen, tx.now())
            tx.put(project)
            payload = {"project": project.id, "name": name, "settings": _plain(chosen)}
            tx.log(actor.organisation, "project_added", actor, payload)
            return project.id

        made = await self._change(work, once)
        return await self.get(actor, made.id)

    @four_eyes("projects")
    async def change(self, actor: Actor, wanted: str, settings: Mapping[str, Any]) -> Project:
        """Requests already asked keep what they started with."""

        def look(reader: Reader) -> Project:
            project = the_project(reader, actor.organisation, wanted, within=actor.projects)
            must_manage(reader, actor, project.id)
            return project

        project = await self._store.read(look)

        def work(tx: Transaction) -> Project:
            present = tx.project(project.id) or project
            changed = replace(present, settings=apply_settings(present.settings, settings))
            if changed != present:
                tx.put(changed)
                payload = {"project": project.id, "settings": _plain(changed.settings)}
                tx.log(actor.organisation, "project_changed", actor, payload)
            return changed

        return await self._store.transact(work)


def apply_settings(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """The settings with the changes, if they hold together."""
    for name, value in changes.items():
        if name not in _NAMES:
            raise Invalid(
                phrase(
                    "There is no setting '{name}'; there are {names}.", name=name[:60], names=", ".join(sorted(_NAMES))
                ),
                field=name,
            )
        _check(name, value)
    return replace(settings, **changes)


def _check(name: str, value: Any) -> None:
    if isinstance(value, timedelta) and value <= timedelta(0):
        raise Invalid(phrase("{name} must be longer than nothing; write it like 30m or 4h.", name=name), field=name)
    if name == "when_no_rule" and value not in ("ask", "allow", "deny"):
        raise Invalid(phrase("when_no_rule must be ask, allow or deny."), field=name)
    if name == "when_rule_removed" and value not in ("keep", "cancel"):
        raise Invalid(phrase("when_rule_removed must be keep or cancel."), field=name)
    if name == "decide_in" and (not value or not set(value) <= _PEOPLES_WAYS):
        raise Invalid(phrase("decide_in must name some of slack, token and oidc."), field=name)
    if name == "open_requests_per_agent" and not 1 <= value <= 10_000:
        raise Invalid(phrase("open_requests_per_agent must be between 1 and 10,000."), field=name)


def _plain(settings: Settings) -> dict[str, Any]:
    return {name: _say(getattr(settings, name)) for name in sorted(_NAMES)}


def _say(value: Any) -> Any:
    if isinstance(value, timedelta):
        return say_duration(value)
    if isinstance(value, frozenset):
        return sorted(value)
    return [_say(item) for item in value] if isinstance(value, tuple) else value
