"""What a change would do, in plain words for the admins who are asked: one line per thing, before → after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from core.administration.rehearsal import Effect
from core.masking import mask_text
from core.model.check import CheckDefinition
from core.model.duration import say_duration
from core.model.emergency import Freeze
from core.model.endpoint import Endpoint
from core.model.lease import Lease
from core.model.organisation import Agent, ApiKey, Grant, Group, Identity, Member, Organisation, Project, RequestType
from core.model.policy import Policy
from core.model.rule import Rule
from core.model.schedule import Schedule
from core.model.workload import Workload
from core.phrases import phrase
from core.ports import Reader
from core.rulebook.document import write_rule
from core.rulebook.read_back import read_back

SILENT: Final = frozenset({"move_rulebook", "set_shifts"})
"""Writes that only follow from others."""

UNSAID: Final = frozenset(
    {
        "id",
        "organisation",
        "created_at",
        "pinned_at",
        "agent",
        "last_used_at",
        "order",
        "changed_at",
        "sealed_url",
        "author",
        "version",
        "tried_at",
        "fetched_at",
    }
)
"""Fields of nouns that say nothing to people."""


def lines_of(reader: Reader, organisation: str, effects: Sequence[Effect]) -> tuple[str, ...]:
    """At least one."""
    saying = _Saying(reader, organisation, effects)
    lines = tuple(line for effect in effects if effect.writer not in SILENT for line in saying.lines(effect))
    return lines or (phrase("Nothing that could be said in words."),)


class _Saying:
    """The people and groups of one organisation by name, those the change itself adds among them."""

    def __init__(self, reader: Reader, organisation: str, effects: Sequence[Effect]) -> None:
        self._reader, self._organisation = reader, organisation
        new = (effect.noun for effect in effects if effect.writer == "put")
        self._new = {noun.id: noun for noun in new if hasattr(noun, "id")}

    def lines(self, effect: Effect) -> Iterator[str]:
        match effect.writer, effect.noun:
            case "grant", Grant() as grant:
                yield phrase(
                    "Give the role {role} to {principal} {where}.",
                    role=grant.role,
                    principal=self._principal(grant.principal),
                    where=self._where(grant.project),
                )
            case "revoke", Grant() as grant:
                yield phrase(
                    "Take the role {role} from {principal} {where}.",
                    role=grant.role,
                    principal=self._principal(grant.principal),
                    where=self._where(grant.project),
                )
            case "set_group_members", group:
                yield from self._members(str(group), effect)
            case "drop_group", Group() as group:
                yield phrase(
                    "Remove the group @{group}, with {people} in it.",
                    group=group.name,
                    people=self._people(effect.before or ()) or phrase("nobody"),
                )
            case "unpin", _:
                yield phrase("Unpin {identity}.", identity=self._identity(effect.before))
            case "drop_endpoint", Endpoint() as endpoint:
                yield phrase("Remove webhook {endpoint} ({url}).", endpoint=endpoint.name, url=mask_text(endpoint.url))
            case "drop_policy", Policy() as policy:
                yield phrase("Remove policy {policy}.", policy=policy.name)
            case "drop_check", CheckDefinition() as check:
                yield phrase("Remove check {check}.", check=check.name)
            case "drop_schedule", Schedule() as schedule:
                yield phrase("Remove schedule {schedule}.", schedule=schedule.name)
            case (("put_lease" | "put_freeze"), noun):
                yield self._lets_pass(noun)
            case "put_rule", Rule() as rule:
                yield from _rule(rule, effect)
            case _:
                noun = next((one for one in reversed(effect.arguments) if is_dataclass(one)), None)
                yield from self._put(noun, effect)

    def _lets_pass(self, noun: Lease | Freeze) -> str:
        if isinstance(noun, Lease):
            return _lease(noun)
        return phrase(
            "Lift the freeze {where}, by {name}: {reason}",
            where=self._where(noun.project),
            name=noun.by_name,
            reason=noun.reason,
        )

    def _members(self, group: str, effect: Effect) -> Iterator[str]:
        before, after = set(effect.before or ()), set(effect.arguments[1])
        name = f"@{self._group(group)}"
        if added := sorted(after - before):
            yield phrase("Add {people} to {name}.", people=self._people(added), name=name)
        if removed := sorted(before - after):
            yield phrase("Remove {people} from {name}.", people=self._people(removed), name=name)

    def _put(self, noun: Any, effect: Effect) -> Iterator[str]:
        if noun is None:
            said = ", ".join(str(one) for one in effect.arguments[1:] or effect.arguments)
            yield f"{effect.writer.replace('_', ' ').capitalize()}: {said}."
            return
        if isinstance(noun, Group) and noun.mirrors != getattr(effect.before, "mirrors", None):
            yield _following(noun)
            return
        what = self._called(noun)
        if effect.before is None:
            yield phrase("Add {what}{details}.", what=what, details=_with(self._fields(noun)))
            return
        was, now = dict(self._fields(effect.before)), dict(self._fields(noun))
        changed = [name for name in {**was, **now} if was.get(name) != now.get(name)]
        yield from (
            f"{_capital(what)}: {_spaced(name)} {was.get(name, 'nothing')} → {now.get(name, 'nothing')}."
            for name in changed
        )

    def _called(self, noun: Any) -> str:
        match noun:
            case Organisation():
                return phrase("the organisation")
            case Member():
                return phrase("member {noun} ({email})", noun=noun.name, email=noun.email)
            case Group():
                return phrase("group @{noun}", noun=noun.name)
            case Identity():
                return phrase(
                    "the link of {kind} user {user} ({issuer}) to {member}",
                    kind=noun.kind,
                    user=noun.user,
                    issuer=noun.issuer,
                    member=self._member(noun.member),
                )
            case ApiKey():
                agent = self._reader.agent(noun.agent)
                return phrase(
                    "an API key{label} of agent {agent}",
                    label=f" “{noun.label}”" if noun.label else "",
                    agent=agent.name if agent else noun.agent,
                )
            case Workload():
                agent = self._reader.agent(noun.agent)
                return phrase(
                    "tokens of {issuer} for {subject} as agent {agent}",
                    issuer=noun.issuer,
                    subject=noun.subject,
                    agent=agent.name if agent else noun.agent,
                )
            case CheckDefinition():
                return phrase("check {noun}", noun=noun.name)
            case RequestType():
                return phrase("type {word}", word=noun.word)
            case Endpoint():
                return phrase("webhook {noun}", noun=noun.name)
            case Project() | Agent():
                return f"{type(noun).__name__.lower()} {noun.name}"
            case _:
                name = getattr(noun, "name", None) or getattr(noun, "id", "")
                return f"{_spaced(type(noun).__name__).lower()} {name}".strip()

    def _fields(self, noun: Any) -> Iterator[tuple[str, str]]:
        """What people would read of it; settings field by field."""
        for field in fields(noun):
            value = getattr(noun, field.name)
            if field.name in UNSAID or (
                isinstance(noun, Identity | Member | Group | Workload) and field.name in _IN_NAME
            ):
                continue
            if is_dataclass(value):
                yield from self._fields(value)
            else:
                yield field.name, self._say(field.name, value)

    def _say(self, name: str, value: Any) -> str:
        if name.startswith("sealed_") and value:
            return phrase("set ({digest})", digest=hashlib.sha256(str(value).encode()).hexdigest()[:6])
        if name in ("owners", "member") and value:
            return self._people([value] if isinstance(value, str) else value)
        return say(value)

    def _principal(self, principal: str) -> str:
        kind, _, id = principal.partition(":")
        return f"@{self._group(id)}" if kind == "group" else self._member(id)

    def _where(self, project: str | None) -> str:
        found = None if project is None else self._reader.project(project)
        return (
            phrase("in the whole organisation")
            if project is None
            else phrase("in project {found}", found=found.name if found else project)
        )

    def _people(self, members: Iterable[str]) -> str:
        return ", ".join(self._member(member) for member in members)

    def _member(self, id: str) -> str:
        found = self._reader.member(self._organisation, id) or self._new.get(id)
        return f"{found.name} ({found.email})" if isinstance(found, Member) else id

    def _group(self, id: str) -> str:
        found = self._reader.group(self._organisation, id) or self._new.get(id)
        return found.name if isinstance(found, Group) else id

    def _identity(self, found: Identity | None) -> str:
        if found is None:
            return phrase("an identity")
        return phrase(
            "{kind} user {user} from {member}", kind=found.kind, user=found.user, member=self._member(found.member)
        )


_IN_NAME: Final = frozenset({"kind", "issuer", "user", "member", "subject"})


def _lease(lease: Lease) -> str:
    uses = phrase("the next one") if lease.uses == 1 else phrase("up to {uses}", uses=lease.uses)
    return phrase(
        "Let {uses} like #{number} by {agent} pass without asking: {kind}, for {time}. Granted by {name}, whose one "
        "approval would do there.",
        uses=uses,
        number=lease.number,
        agent=lease.agent_name,
        kind=lease.kind.sentence,
        time=say_duration(lease.until - lease.granted_at),
        name=lease.granted_by_name,
    )


def _following(group: Group) -> str:
    if group.mirrors is None:
        return phrase("Keep the group @{name} by hand again: it no longer follows Slack.", name=group.name)
    workspace, _, user_group = group.mirrors.partition("/")
    return phrase(
        "Let the group @{name} follow the Slack user group of that name ({user_group} in workspace {workspace}): "
        "from then on Slack says who is in it, and whoever may change it there decides who may say yes here.",
        name=group.name,
        user_group=user_group,
        workspace=workspace,
    )


def _rule(rule: Rule, effect: Effect) -> Iterator[str]:
    named = effect.arguments[-1]
    if isinstance(named, dict) and named.get("removed"):
        yield phrase("Remove rule {rule}.\n{read_back}", rule=rule.name, read_back=read_back(rule))
        return
    if not isinstance(effect.before, Rule):
        yield phrase("Add rule {rule}.\n{read_back}", rule=rule.name, read_back=read_back(rule))
        return
    was, now = ({**_UNLESS_SAID, **write_rule(one)} for one in (effect.before, rule))
    changed = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    said = [f"{_capital(_spaced(name))}: {say(was.get(name))} → {say(now.get(name))}." for name in changed]
    yield "\n".join(
        [
            phrase("Change rule {rule}.", rule=rule.name),
            *said,
            phrase("It would say:\n{read_back}", read_back=read_back(rule)),
        ]
    )


_UNLESS_SAID: Final = {"mode": "on"}
"""What a rule's document leaves out."""


def say(value: Any) -> str:
    if value is None or (isinstance(value, str | list | tuple | set | frozenset | dict) and not value):
        return "nothing"
    match value:
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case timedelta():
            return say_duration(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M} UTC"
        case dict():
            return "; ".join(
                f"{_spaced(str(name))}: {say(one)}" for name, one in value.items() if one not in (None, (), [], {})
            )
        case set() | frozenset():
            return ", ".join(sorted(say(one) for one in value))
        case list() | tuple():
            return ", ".join(say(one) for one in value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            label = getattr(value, "label", None) or getattr(value, "name", None)
            return (
                str(label)
                if label
                else "; ".join(f"{_spaced(f.name)} {say(getattr(value, f.name))}" for f in fields(value))
            )
        case _:
            return str(value)


_USUAL: Final = frozenset({("acts_for", "sometimes")})
"""What goes without saying."""


def _with(said: Iterable[tuple[str, str]]) -> str:
    parts = [
        f"{_spaced(name)} {value}"
        for name, value in said
        if name not in ("name", "word", "email", "active")
        and value not in ("nothing", "no")
        and (name, value) not in _USUAL
    ]
    return phrase(" with {parts}", parts="; ".join(parts)) if parts else ""


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
