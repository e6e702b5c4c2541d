"""What admins set up: rules, members, grants, groups, projects, agents and their keys, identities, tokens and login codes.

Requests change through the desk; everything else that is stored changes here. Each method takes the acting `Actor`,
asks itself whether that actor may, writes in one transaction and logs to the organisation's own chain in the ledger.
The acting system (`operator`) may everything: it is the host's command line, the sandbox's seed, or the clock.
May import the desk (suspending an agent cancels what it asked for), never the other way.

Four eyes: every method that changes who must or may say yes carries `@four_eyes("<topic>")` from `office`; nothing else
is to be done for it. Where the organisation has four eyes on and a person (or the host's command line) calls it, nothing is
changed: it is rehearsed in a transaction that is taken back, the other admins are asked by a request
`countersign.<topic>`, and `Asked` is raised. It is an `ApprovalError` that refuses nothing: its sentence says "Asked as #12: …" wherever sentences are shown,
`asked.made` is the `Made` with the request's id and number, and the API answers 202. Offices keep their return types.

Without four eyes it is run whole in one transaction that holds the organisation: what it has looked at still holds when it
writes, and what is to be told is told after the commit.

For either to work, such a method must await nothing but its own `_store` (no sleep, no thread, no network: fetch before),
take its ids from `_fresh` and its time from the transaction, take arguments that are JSON values or nouns known to
`spelling`, and make secrets only unless `_was_asked`. Writers of `Transaction` called `put…`, `drop…`, `set_…`, `move_…`
are written down; add what a new noun looked like before to `rehearsal.before_of`, so that it is guarded by its own state
and not only by what would be written. `core.model.change.is_change(request)` tells such requests from all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.administration.agents import Agents, Keys, NewKey
from core.administration.audits import Audits
from core.administration.batches import Batches
from core.administration.care import PeopleCare, people_care
from core.administration.checks import Checks
from core.administration.delegations import Delegations
from core.administration.four_eyes import FourEyes
from core.administration.freezes import Freezes
from core.administration.groups import Groups
from core.administration.identities import Identities
from core.administration.installations import Installations
from core.administration.leases import Leases
from core.administration.logins import Logins, NewToken
from core.administration.looking_around import LookingAround
from core.administration.members import Grants, Members
from core.administration.mirrors import Mirrors
from core.administration.office import Asked, Office, may_somewhere, must_manage, must_oversee, operator
from core.administration.organisations import Organisations
from core.administration.policies import Policies
from core.administration.preferences import PreferenceOffice
from core.administration.projects import Projects
from core.administration.proposals import Proposals
from core.administration.reviews import Reviews
from core.administration.rules import RuleOffice
from core.administration.safety import SafetyOffice
from core.administration.schedules import Feeds, Schedules, Sealing
from core.administration.types import Types
from core.administration.webhooks import Teller, Webhooks
from core.administration.workloads import Workloads
from core.desk import Desk
from core.errors import NotAllowed
from core.lifecycle.who import as_a_machine, must_do_more_than_ask
from core.model.people import Actor, Verb
from core.outside import Judges
from core.phrases import phrase
from core.ports import Store
from core.secrets import Pepper

__all__ = ["Administration", "Asked", "NewKey", "NewToken", "operator"]


class Administration:
    """The offices side by side. `fresh` gives an unused ULID.

    Without `sealing` and `feeds` it reads no calendars, without `sealing` and `teller` it calls no webhooks, without
    `seal_keys` it vouches for no seal.
    """

    def __init__(  # noqa: PLR0913 - each part is named once, by assemble
        self,
        store: Store,
        desk: Desk,
        *,
        fresh: Callable[[], str],
        pepper: Pepper,
        sealing: Sealing | None = None,
        feeds: Feeds | None = None,
        teller: Teller | None = None,
        judges: Judges | None = None,
        seal_keys: Mapping[str, Ed25519PublicKey] | None = None,
    ) -> None:
        self.looking_around = LookingAround(store, desk)
        self._store = store
        self.members = Members(store, fresh)
        self.grants = Grants(store, fresh)
        self.groups = Groups(store, fresh)
        self.projects = Projects(store, fresh)
        leases = Leases(store, fresh, desk)
        self.agents = Agents(store, fresh, desk, leases)
        self.keys = Keys(store, fresh, pepper)
        self.workloads = Workloads(store, fresh)
        self.identities = Identities(store, fresh, desk.outlets)
        self.mirrors = Mirrors(store, fresh)
        self.logins = Logins(store, fresh, pepper)
        self.rules = RuleOffice(store, fresh, desk)
        self.proposals = Proposals(store, fresh, desk)
        self.types = Types(store, fresh)
        self.safety = SafetyOffice(store, fresh)
        self.leases = leases
        self.batches = Batches(store, fresh, desk)
        self.freezes = Freezes(store, fresh, desk)
        self.reviews = Reviews(store, fresh)
        self.audits = Audits(store, fresh, seal_keys or {})
        self.delegations = Delegations(store, fresh)
        self.preferences = PreferenceOffice(store, fresh)
        self.schedules = Schedules(store, fresh, sealing, feeds)
        self.webhooks = Webhooks(store, fresh, sealing, teller)
        self.policies = Policies(store, fresh, desk.conditions, sealing, judges)
        self.checks = Checks(store, fresh, desk.conditions, sealing, judges)
        self.organisations = Organisations(store, fresh, Members(store, fresh))
        self.installations = Installations(store, fresh, self.organisations, pepper, sealing)
        for office in (self.members, self.grants, self.groups, self.identities, self.mirrors):
            office.when_people_change(self.looking_around.note)
        offices = {word: office for word, office in vars(self).items() if isinstance(office, Office)}
        self.four_eyes = FourEyes(store, desk, fresh, offices)

    async def must_manage(self, actor: Actor, project: str | None = None) -> None:
        """For edges that say 403 before they look at what was sent; each office asks again itself."""
        await self._store.read(lambda reader: must_manage(reader, actor, project))

    async def must_oversee(self, actor: Actor) -> None:
        """Likewise where only admins look."""
        await self._store.read(lambda reader: must_oversee(reader, actor))

    async def now(self) -> datetime:
        """The store's clock."""
        return await self._store.read(lambda reader: reader.now())

    async def people_care(self, actor: Actor, kind: str = "slack") -> PeopleCare:
        """What of people needs an admin's care: for Home, and `members unmapped`."""
        return await self._store.read(lambda reader: people_care(reader, actor, kind))

    async def manages(self, actor: Actor) -> bool:
        """Whether they are an admin of the whole organisation: what only admins need is left out for others."""
        try:
            await self.must_manage(actor)
        except NotAllowed:
            return False
        return True

    async def must_manage_somewhere(self, actor: Actor) -> None:
        """Likewise where the project is only named in what was sent."""
        if actor.is_agent or not await self._store.read(lambda reader: may_somewhere(reader, actor, Verb.MANAGE)):
            await self.must_manage(actor)
        must_do_more_than_ask(actor)

    async def refuses_deciding(self, actor: Actor) -> NotAllowed | None:
        """What stands in the way of deciding anything at all, anywhere."""
        return as_a_machine(actor)

    async def refuses_asking(self, actor: Actor) -> NotAllowed | None:
        """What stands in the way of asking for anything at all, anywhere."""
        if await self._store.read(lambda reader: may_somewhere(reader, actor, Verb.ASK)):
            return None
        return NotAllowed(phrase("You may not ask for approvals in any project; ask an admin for the requester role."))
