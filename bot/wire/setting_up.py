"""What admins send and see: members, groups, projects, agents, keys, identities, tokens, grants; and who I am."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema

from bot.wire.showing import View
from bot.wire.strict import Email, Free, Moment, Name, Shape, Who, some, text
from core.errors import Invalid
from core.model.duration import parse_duration, say_duration
from core.model.organisation import (
    Agent,
    ApiKey,
    Grant,
    Group,
    Identity,
    Member,
    Organisation,
    Project,
    Settings,
    Token,
)
from core.model.people import Role
from core.model.workload import Workload, audience

RoleWord = Literal["requester", "approver", "auditor", "admin", "break_glass"]
VerbWord = Literal["read", "ask", "execute", "report_check"]
WayWord = Literal["slack", "token", "oidc"]
ActsFor = Literal["always", "sometimes", "never"]


def _duration(written: str) -> str:
    try:
        parse_duration(written)
    except Invalid as problem:
        raise ValueError(f"is not understood: {problem.sentence.rstrip('.')}") from None
    return written


Duration = Annotated[str, some(40), AfterValidator(_duration)]
GroupName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$")]


# -------------------------------------------------------------------------------------------------------------- coming in


class NewMember(Shape):
    """A person, known by a verified e-mail address. Roles hold in the whole organisation."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "ada@example.com", "name": "Ada", "roles": ["approver"]}]}
    )

    email: Email
    name: Name | None = None
    roles: Annotated[list[RoleWord], Field(max_length=4)] = ["requester"]

    def held(self) -> tuple[Role, ...]:
        return tuple(dict.fromkeys(Role(word) for word in self.roles))


class MemberChange(Shape):
    """What shall be different. A changed address un-pins the person's identities; `active: false` ends everything."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"active": False}]})

    email: Email | None = None
    name: Name | None = None
    active: bool | None = None


class GrantIn(Shape):
    """A role for a member or group, in one project or (left out) everywhere."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "@platform", "role": "approver"}]})

    to: Who
    role: RoleWord
    project: Annotated[str, some(100)] | None = None


class NewGroup(Shape):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "platform", "members": ["ada@example.com"]}]})

    name: GroupName
    members: Annotated[list[Who], Field(max_length=1000)] = []


class GroupMembers(Shape):
    """Either all of them, or whom to add and remove."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"add": ["grace@example.com"]}]})

    members: Annotated[list[Who], Field(max_length=1000)] | None = None
    add: Annotated[list[Who], Field(max_length=1000)] = []
    remove: Annotated[list[Who], Field(max_length=1000)] = []


class SettingsIn(Shape):
    """What shall be different. Durations like `30m` or `4h`; null means no limit."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reply_window": "8h", "remind": ["1h", "3h"]}]})

    when_no_rule: Literal["ask", "allow", "deny"] = "ask"
    self_approval: Literal["allowed", "refused"] = "refused"
    comment_on_reject: bool = False
    decide_in: Annotated[list[WayWord], Field(min_length=1, max_length=3)] = ["slack", "token", "oidc"]
    reply_window: Duration | None = "4h"
    remind: Annotated[list[Duration], Field(max_length=10)] = ["1h"]
    execution_window: Duration | None = "24h"
    execution_timeout: Duration | None = "1h"
    auto_execute: bool = False
    notify: Annotated[list[Annotated[str, some(80)]], Field(max_length=10)] = []
    open_requests_per_agent: Annotated[int, Field(ge=1, le=10_000)] = 20
    when_rule_removed: Literal["keep", "cancel"] = "keep"
    late_members: Literal["allowed", "not_allowed"] = "not_allowed"
    details_in_shared_channels: Literal["shown", "hidden"] = "hidden"
    language: Literal["organisation", "en", "de"] = "organisation"

    def changes(self) -> dict[str, Any]:
        """Those fields that were said, as the model holds them."""
        return {name: _as_setting(name, getattr(self, name)) for name in sorted(self.model_fields_set)}


def _as_setting(name: str, value: Any) -> Any:
    match name:
        case "self_approval" | "late_members":
            return value == "allowed"
        case "details_in_shared_channels":
            return value == "shown"
        case "decide_in":
            return frozenset(value)
        case "remind":
            return tuple(sorted(parse_duration(step) for step in value))
        case "notify":
            return tuple(value)
        case "reply_window" | "execution_window" | "execution_timeout":
            return None if value is None else parse_duration(value)
        case _:
            return value


class OrganisationSettings(Shape):
    """`four_eyes` takes two other active admins to switch on. `admin_channel` is where admins are asked; "" for none.

    `language` is what cards and messages in channels are written in, where a project has none of its own.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"four_eyes": True, "admin_channel": "#admins"}]})

    four_eyes: bool | None = None
    admin_channel: Annotated[str, text(81)] | None = None
    language: Literal["en", "de"] | None = None


class NewProject(Shape):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "payments", "settings": {"reply_window": "8h"}}]}
    )

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$")]
    settings: SettingsIn = SettingsIn()


def _agent_name(text: str) -> str:
    if not re.fullmatch(_AGENT_NAME, text, re.ASCII):
        raise ValueError(
            "must be 1 to 60 letters, digits, blanks, dots, hyphens and underscores, and begin with a letter or digit"
        )
    return text


_AGENT_NAME: Final = "[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}"
AgentName = Annotated[
    str, AfterValidator(_agent_name), WithJsonSchema({"type": "string", "pattern": f"^{_AGENT_NAME}$"})
]


class NewAgent(Shape):
    """A machine that asks. `owners` are members, by e-mail or id."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "github-actions", "team": "ci", "owners": ["ada@example.com"]}]}
    )

    name: AgentName
    team: Annotated[str, some(60)] | None = None
    acts_for: ActsFor = "sometimes"
    owners: Annotated[list[Who], Field(max_length=20)] = []


class NewKey(Shape):
    """`facts` stand above whatever the caller says, e.g. `{"env": "production"}`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"label": "deploys", "verbs": ["ask"], "facts": {"env": "production"}}]}
    )

    label: Annotated[str, text(100)] = ""
    verbs: Annotated[list[VerbWord], Field(min_length=1, max_length=4)] = ["ask"]
    projects: Annotated[list[Annotated[str, some(100)]], Field(min_length=1, max_length=100)] | None = None
    facts: Free = {}
    expires_at: Moment | None = None


class NewWorkload(Shape):
    """Tokens of this issuer whose subject fits act as the agent. In a pattern `*` is anything but a colon, `**` anything."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"issuer": "github", "subject": "repo:acme/shop:ref:refs/heads/main", "facts": {"env": "production"}}
            ]
        }
    )

    issuer: Annotated[str, some(300)]
    subject: Annotated[str, some(300)]
    verbs: Annotated[list[VerbWord], Field(min_length=1, max_length=4)] = ["ask"]
    projects: Annotated[list[Annotated[str, some(100)]], Field(min_length=1, max_length=100)] | None = None
    facts: Free = {}


class NewIdentity(Shape):
    """`issuer` is the Slack enterprise or team id, or an OIDC issuer; `user` the user id or subject there.

    An issuer that is another organisation's on this server is refused.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "slack", "issuer": "T012AB3C4", "user": "U012AB3C4", "member": "ada@example.com"}]
        }
    )

    kind: Literal["slack", "oidc"]
    issuer: Annotated[str, some(300)]
    user: Annotated[str, some(300)]
    member: Who


class LoginIn(Shape):
    """The one-time code that `/countersign login` shows, and what to call the token it becomes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "7KQ2M-X9D4T", "label": "laptop"}]})

    code: Annotated[str, some(40)]
    label: Annotated[str, text(100)] = "countersign login"  # kept with the token, so never said in another language


# -------------------------------------------------------------------------------------------------------------- going out


class AskedFor(View):
    """The request by which the other admins are asked."""

    id: str
    number: int
    url: str


class AskedView(View):
    """Four eyes are on: nothing is changed yet, another admin must agree first."""

    asked: AskedFor
    detail: str


class OrganisationView(View):
    id: str
    name: str
    four_eyes: bool
    admin_channel: str | None
    language: str
    created_at: datetime


def show_organisation(organisation: Organisation) -> OrganisationView:
    return OrganisationView(
        id=organisation.id,
        name=organisation.name,
        four_eyes=organisation.four_eyes,
        admin_channel=organisation.admin_channel,
        language=organisation.language,
        created_at=organisation.created_at,
    )


class MemberView(View):
    id: str
    email: str
    name: str
    active: bool
    created_at: datetime


class GrantView(View):
    principal: str
    role: RoleWord
    project: str | None


class GroupView(View):
    id: str
    name: str
    mirrors: str | None
    members: list[str]
    created_at: datetime


class SettingsView(View):
    when_no_rule: str
    self_approval: str
    comment_on_reject: bool
    decide_in: list[str]
    reply_window: str | None
    remind: list[str]
    execution_window: str | None
    execution_timeout: str | None
    auto_execute: bool
    notify: list[str]
    open_requests_per_agent: int
    when_rule_removed: str
    late_members: str
    details_in_shared_channels: str
    language: str


class ProjectView(View):
    id: str
    name: str
    settings: SettingsView
    created_at: datetime


class AgentView(View):
    id: str
    name: str
    team: str | None
    acts_for: ActsFor
    owners: list[str]
    suspended: bool
    created_at: datetime


class KeyView(View):
    """`secret` is there once, when the key is made; only its keyed hash is stored."""

    id: str
    agent: str
    label: str
    verbs: list[str]
    projects: list[str] | None
    facts: dict[str, Any]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    secret: str | None = None


class WorkloadView(View):
    """`audience` is whom such a token must be made out to."""

    id: str
    agent: str
    issuer: str
    audience: str
    subject: str
    verbs: list[str]
    projects: list[str] | None
    facts: dict[str, Any]
    created_at: datetime
    revoked_at: datetime | None


class IdentityView(View):
    id: str
    kind: str
    issuer: str
    user: str
    member: str
    email: str
    pinned_at: datetime


class TokenView(View):
    """`secret` is there once, in the answer to the login."""

    id: str
    member: str
    label: str
    may_decide: bool
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    secret: str | None = None


class Me(View):
    """Whom the credential stands for. `verbs` are what it may do in the whole organisation."""

    kind: Literal["member", "agent"]
    id: str
    name: str
    email: str | None
    organisation: str
    organisation_name: str
    team: str | None
    may_decide: bool
    verbs: list[str]
    projects: list[str] | None


# ---------------------------------------------------------------------------------------------------------------- drawing


def show_member(member: Member) -> MemberView:
    return MemberView(
        id=member.id, email=member.email, name=member.name, active=member.active, created_at=member.created_at
    )


def show_grant(grant: Grant) -> GrantView:
    return GrantView(principal=grant.principal, role=grant.role.value, project=grant.project)


def show_group(group: Group, members: list[str]) -> GroupView:
    return GroupView(id=group.id, name=group.name, mirrors=group.mirrors, members=members, created_at=group.created_at)


def show_project(project: Project) -> ProjectView:
    return ProjectView(
        id=project.id, name=project.name, settings=_settings(project.settings), created_at=project.created_at
    )


def _settings(settings: Settings) -> SettingsView:
    return SettingsView(
        when_no_rule=settings.when_no_rule,
        self_approval="allowed" if settings.self_approval else "refused",
        comment_on_reject=settings.comment_on_reject,
        decide_in=sorted(settings.decide_in),
        reply_window=_say(settings.reply_window),
        remind=[say_duration(step) for step in settings.remind],
        execution_window=_say(settings.execution_window),
        execution_timeout=_say(settings.execution_timeout),
        auto_execute=settings.auto_execute,
        notify=list(settings.notify),
        open_requests_per_agent=settings.open_requests_per_agent,
        when_rule_removed=settings.when_rule_removed,
        late_members="allowed" if settings.late_members else "not_allowed",
        details_in_shared_channels="shown" if settings.details_in_shared_channels else "hidden",
        language=settings.language,
    )


def _say(window: timedelta | None) -> str | None:
    return None if window is None else say_duration(window)


def show_agent(agent: Agent) -> AgentView:
    return AgentView.model_validate(
        {
            "id": agent.id,
            "name": agent.name,
            "team": agent.team,
            "acts_for": agent.acts_for,
            "owners": list(agent.owners),
            "suspended": agent.suspended,
            "created_at": agent.created_at,
        }
    )


def show_key(key: ApiKey, secret: str | None = None) -> KeyView:
    return KeyView(
        id=key.id,
        agent=key.agent,
        label=key.label,
        verbs=sorted(key.verbs),
        projects=None if key.projects is None else sorted(key.projects),
        facts=dict(key.facts),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
        secret=secret,
    )


def show_workload(workload: Workload, url: str) -> WorkloadView:
    return WorkloadView(
        id=workload.id,
        agent=workload.agent,
        issuer=workload.issuer,
        audience=audience(url, workload.organisation),
        subject=workload.subject,
        verbs=sorted(workload.verbs),
        projects=None if workload.projects is None else sorted(workload.projects),
        facts=dict(workload.facts),
        created_at=workload.created_at,
        revoked_at=workload.revoked_at,
    )


def show_identity(identity: Identity) -> IdentityView:
    return IdentityView(
        id=identity.id,
        kind=identity.kind,
        issuer=identity.issuer,
        user=identity.user,
        member=identity.member,
        email=identity.email,
        pinned_at=identity.pinned_at,
    )


def show_token(token: Token, secret: str | None = None) -> TokenView:
    return TokenView(
        id=token.id,
        member=token.member,
        label=token.label,
        may_decide=token.may_decide,
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
        secret=secret,
    )
