"""What the sandbox is furnished with: Acme's people, groups, projects and machines, and requests in several states.

Everything is made through the same doors a real admin and a real machine use; only the clock is turned, so that the
past lies in the past.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.administration import Administration, operator
from core.desk import Desk, Draft, DraftRequirement, DraftStage
from core.errors import Conflict
from core.model.command import Approve, Ask, Command, Comment, Reject, ReportExecution
from core.model.organisation import Bounds, Organisation, RequestType
from core.model.people import Actor, Proof, Role, Verb, Way
from core.model.request import Content, Cost, ExecutionStatus, Link, Subject

PEOPLE = {
    "alice": ("Alice Archer", Role.ADMIN),
    "bob": ("Bob Baker", Role.APPROVER),
    "carol": ("Carol Chen", Role.ADMIN),
    "dave": ("Dave Diaz", Role.APPROVER),
    "erin": ("Erin Eriksson", Role.REQUESTER),
    "frank": ("Frank Fujita", Role.APPROVER),
    "grace": ("Grace Gupta", Role.APPROVER),
}
GROUPS = {
    "platform": ("alice", "bob", "grace"),
    "security": ("carol", "dave"),
    "payments": ("erin", "frank"),
}
BREAKS_GLASS = "grace"
"""Named for emergencies, everywhere."""

PROJECTS: Mapping[str, Mapping[str, Any]] = {
    "deploys": {"notify": ("#deploys",), "remind": (timedelta(minutes=30), timedelta(hours=2))},
    "agents": {"notify": ("#agents",), "reply_window": timedelta(hours=8)},
}
TYPES = (
    RequestType(
        "refund",
        "Refund",
        editable={
            "params.usd": Bounds("number", 1, 500),
            "params.reason": Bounds(choices=("damaged", "late", "lost", "goodwill")),
        },
        reply_window=timedelta(hours=8),
        fields={
            "type": "object",
            "properties": {
                "usd": {"type": "number", "title": "Amount in US dollars", "minimum": 1, "maximum": 500},
                "reason": {"enum": ["damaged", "late", "lost", "goodwill"]},
                "account": {"type": "string", "title": "Account (IBAN)", "minLength": 15, "maxLength": 34},
                "pay_by": {"type": "string", "format": "date"},
                "voucher_offered": {"type": "boolean"},
            },
            "required": ["usd", "reason", "account"],
            "additionalProperties": False,
        },
        required_facts=("order",),
        secret=("params.account",),
    ),
)
AGENTS = {"deploy-bot": "platform", "support-agent": "customer-care"}

PLATFORM = DraftStage((DraftRequirement(("@platform",)),), "Platform")
SECURITY = DraftStage((DraftRequirement(("@security",), min=2),), "Security")


@dataclass(frozen=True, slots=True)
class Furnished:
    """The organisation, and the key its first machine asks with."""

    organisation: Organisation
    key: str


class Furnisher:
    """`at_hours_ago` turns the clock and lets cards be drawn before the story goes on."""

    def __init__(
        self, administration: Administration, desk: Desk, *, at_hours_ago: Callable[[float], Awaitable[None]]
    ) -> None:
        self._administration = administration
        self._desk = desk
        self._at_hours_ago = at_hours_ago

    async def people(self) -> Organisation:
        """Members, groups and projects; before Slack's people are mapped to them."""
        organisation = await self._administration.organisations.bootstrap("Acme")
        admin = operator(organisation.id)
        for handle, (name, role) in PEOPLE.items():
            await self._member(admin, f"{handle}@acme.example", name, role)
        await self._administration.grants.give(admin, f"{BREAKS_GLASS}@acme.example", Role.BREAK_GLASS)
        for group, handles in GROUPS.items():
            await self._administration.groups.add(admin, group, [f"{handle}@acme.example" for handle in handles])
        for project, settings in PROJECTS.items():
            await self._administration.projects.add(admin, project, settings)
        for type in TYPES:
            await self._administration.types.put(admin, type)
        return organisation

    async def _member(self, admin: Actor, email: str, name: str, role: Role) -> None:
        """The workspace's owner may be one already: Slack's directory makes them an admin by itself."""
        try:
            await self._administration.members.add(admin, email, name, roles=(role,))
        except Conflict:
            await self._administration.members.get(admin, email)

    async def requests(self, organisation: Organisation) -> Furnished:
        """The machines, and a day of their requests."""
        admin = operator(organisation.id)
        for name, team in AGENTS.items():
            await self._administration.agents.add(admin, name, team=team)
        verbs = (Verb.ASK, Verb.READ, Verb.EXECUTE)
        key = await self._administration.keys.add(admin, "deploy-bot", label="sandbox", verbs=verbs)
        await self._day(organisation)
        return Furnished(organisation, key.secret or "")

    async def _day(self, organisation: Organisation) -> None:
        await self._at_hours_ago(7)
        await self._ask("deploy-bot", organisation, unanswered_index())
        for hours in (6.5, 5):  # when those who have not answered are reminded
            await self._at_hours_ago(hours)
        await self._at_hours_ago(3)  # the very moment the first one's deadline comes
        await self._at_hours_ago(2.2)
        await self._refused_key(organisation)
        await self._at_hours_ago(1.4)
        await self._done_deploy(organisation)
        await self._at_hours_ago(0.4)
        await self._asked_refund(organisation)
        await self._at_hours_ago(0.2)
        await self._ask("erin", organisation, production_access())
        await self._at_hours_ago(0.05)
        await self._ask("deploy-bot", organisation, payments_deploy())
        vouchers = [voucher(order, usd) for order, usd in (("A-8901", 10), ("A-8904", 15), ("A-8917", 10))]
        await self._desk.create_batch(await self._actor("support-agent", organisation), vouchers)
        await self._at_hours_ago(0)

    async def _refused_key(self, organisation: Organisation) -> None:
        request = await self._ask("support-agent", organisation, customer_export())
        reason = "Far too much for one question. Ask for the one customer's orders instead."
        await self._do("carol", organisation, request, Reject(reason, revision=1, stage=1))

    async def _done_deploy(self, organisation: Organisation) -> None:
        request = await self._ask("deploy-bot", organisation, search_deploy())
        await self._do("grace", organisation, request, Comment("Error budget is fine, go ahead from my side."))
        await self._do("alice", organisation, request, Approve("Canary looked good.", revision=1, stage=1))
        for status, detail in (
            (ExecutionStatus.EXECUTING, None),
            (ExecutionStatus.SUCCESS, "12 pods replaced in 3 m 40 s"),
        ):
            await self._do("deploy-bot", organisation, request, ReportExecution(status, detail=detail))

    async def _asked_refund(self, organisation: Organisation) -> None:
        request = await self._ask("support-agent", organisation, refund())
        await self._do("frank", organisation, request, Ask("Did the courier confirm that it was lost?", revision=1))

    async def _ask(self, who: str, organisation: Organisation, draft: Draft) -> str:
        actor = await self._actor(who, organisation)
        return (await self._desk.create(actor, draft)).request.id

    async def _do(self, who: str, organisation: Organisation, request: str, command: Command) -> None:
        await self._desk.do(await self._actor(who, organisation), request, command)

    async def _actor(self, who: str, organisation: Organisation) -> Actor:
        admin = operator(organisation.id)
        if who in AGENTS:
            agent = await self._administration.agents.get(admin, who)
            verbs = frozenset({Verb.ASK, Verb.EXECUTE})
            return Actor("agent", agent.id, agent.name, organisation.id, Way.KEY, team=agent.team, verbs=verbs)
        member = await self._administration.members.get(admin, f"{who}@acme.example")
        proof = Proof(Way.TOKEN, "sandbox", member.id, member.created_at)
        return Actor("member", member.id, member.name, organisation.id, Way.TOKEN, may_decide=True, proof=proof)


def payments_deploy() -> Draft:
    content = Content(
        type="deploy",
        title="Deploy payments-api 4.2.0 to production",
        description="Moves card tokenisation to the new vault. The migration adds a column and drops two indexes.",
        subject=Subject("run", "run-8f2", "https://ci.acme.example/runs/8f2"),
        action="terraform apply -auto-approve plan-8f2",
        params={"service": "payments-api", "version": "4.2.0"},
        reasoning="All 412 tests pass; staging has run it for 26 hours without an error.",
        side_effects=("drops two database indexes", "restarts 12 pods"),
        if_denied="Staging keeps 4.2.0, production stays on 4.1.7.",
        facts={"added": 5, "changed": 3, "destroyed": 2},
        metadata={"env": "production", "author": "erin@acme.example", "tests": "412 passed"},
        links=(Link("Plan", "https://ci.acme.example/runs/8f2/plan"), Link("Diff", "https://git.acme.example/d/4.2.0")),
    )
    return Draft(content, project="deploys", stages=(PLATFORM, SECURITY))


def search_deploy() -> Draft:
    content = Content(
        type="deploy",
        title="Deploy search 1.19.3 to production",
        subject=Subject("run", "run-8e7", "https://ci.acme.example/runs/8e7"),
        action="terraform apply -auto-approve plan-8e7",
        facts={"added": 0, "changed": 4, "destroyed": 0},
        metadata={"env": "production", "tests": "208 passed"},
    )
    return Draft(content, project="deploys", stages=(PLATFORM,))


def refund() -> Draft:
    content = Content(
        type="refund",
        title="Refund 48.00 USD to a customer",
        description="Order A-8812 arrived damaged; the customer asks for the full price.",
        subject=Subject("task", "task-3391"),
        action="payments.refund",
        params={"usd": 48, "reason": "damaged", "account": "DE02120300000000202051"},
        facts={"order": "A-8812"},
        reasoning="Within policy: under 30 days, photo attached, first refund of this customer.",
        cost=Cost(usd=48.0, tokens=1900),
        side_effects=("money leaves our account", "the customer is told"),
        if_denied="Offer a voucher over the same amount and hand the case to a person.",
    )
    return Draft(content, project="agents", on_behalf_of="erin@acme.example")


def voucher(order: str, usd: int) -> Draft:
    """One of several alike, asked together: they are one card."""
    content = Content(
        type="custom",
        title=f"Send a voucher of {usd}.00 USD for order {order}",
        action=f"vouchers.send {order}",
        params={"order": order, "usd": usd},
        reasoning="The parcel came a week late; the customer asked for something in return.",
        cost=Cost(usd=float(usd), tokens=1200),
        if_denied="An apology without a voucher.",
    )
    return Draft(content, project="agents")


def customer_export() -> Draft:
    content = Content(
        type="custom",
        title="Export all customers of 2026 with addresses",
        action="warehouse.export",
        params={"table": "customers", "year": 2026},
        reasoning="To answer one customer's question about an old order.",
        side_effects=("personal data leaves the warehouse",),
        if_denied="Ask the customer for the order number.",
    )
    return Draft(content, project="agents", stages=(DraftStage((DraftRequirement(("@security",)),), "Security"),))


def production_access() -> Draft:
    content = Content(
        type="custom",
        title="One hour of read access to the payments database",
        description="To find out why three payouts of last night are missing.",
        action="access.grant",
        params={"database": "payments-replica", "hours": 1, "mode": "read"},
        if_denied="The on-call engineer runs the query instead.",
    )
    return Draft(content, project="default", approvers=("alice@acme.example", "carol@acme.example"))


def unanswered_index() -> Draft:
    content = Content(
        type="deploy",
        title="Rebuild the search index tonight",
        action="make reindex",
        facts={"documents": 1_840_000},
        metadata={"env": "staging"},
    )
    return Draft(content, project="deploys", stages=(DraftStage((DraftRequirement(("@platform",)),), "Platform"),))
