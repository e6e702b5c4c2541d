"""The few Protocols core needs from outside: a store, a clock, a directory of Slack people, outlets.

The store's contract is written where its users read it: `Work` runs inside one transaction, on a store thread or, for
people's commands on a file, on the loop itself; so it is short, may run again from the start if the database asks for it,
and must do nothing but use the `Transaction` it is given. Chores always have a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from core.errors import Conflict
from core.model.absence import Delegation, Preferences
from core.model.check import CheckDefinition
from core.model.emergency import Freeze, Review
from core.model.endpoint import Arrear, Attempt, Endpoint, EndpointSecret, Progress
from core.model.event import Event
from core.model.inquiry import Inquiry
from core.model.installation import Installation, Pass, Unmapped
from core.model.lease import Lease
from core.model.mirror import Mirror, Mirrored
from core.model.organisation import (
    Agent,
    ApiKey,
    Grant,
    Group,
    Identity,
    Member,
    Organisation,
    Project,
    RequestType,
    Token,
)
from core.model.people import Actor, Person, Role
from core.model.policy import Policy
from core.model.quick import dataclass
from core.model.request import Content, Request, Requester, Stage
from core.model.rule import Rule, RuleVersion
from core.model.schedule import Schedule, Shift
from core.model.signing import SigningKey
from core.model.trust import OFF, Made, Record, Safety, Spent, Trusted
from core.model.workload import Workload

T = TypeVar("T")


class Clock(Protocol):
    """UTC now."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One row of the ledger. `payload` is None where it was erased; `position` is None until the sealer numbered it."""

    id: int
    organisation: str
    request: str
    seq: int
    at: datetime
    word: str
    actor: str
    way: str
    revision: int
    payload: Mapping[str, Any] | None
    payload_digest: str
    previous: str
    hash: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A sealed ledger row with what filters and rights ask about its request; all None where it belongs to none."""

    row: LedgerRow
    project: str | None
    type: str | None
    requester: str | None
    on_behalf_of: str | None


@dataclass(frozen=True, slots=True)
class Seal:
    """One link of the organisation's signed chain over all events: covers positions `first` to `last`."""

    organisation: str
    number: int
    first: int
    last: int
    root: str
    previous: str
    hash: str
    signature: str
    key_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One place where one request is shown: `wanted` is the version it should show, `shown` the one it shows.

    `place` is `channel:<id>`, `#name` or `member:<id>`. `address` is what the outlet needs to find its message again
    (Slack: `{channel, ts}`). `state` is `new`, `shown`, `unknown` (a post whose outcome is not known) or `lost`. All of one
    `batch` in one place of an outlet are one card: they share state, address and patience, and each has its own versions.
    """

    id: str
    organisation: str
    request: str
    outlet: str
    place: str
    wanted: int
    shown: int
    state: str
    address: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0
    next_try_at: datetime | None = None
    problem: str | None = None
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Telling one place one thing once: deduplicated by (`event`, `place`, `outlet`).

    `place` is a principal (`member:<id>`, `group:<id>` …), `requester`, or `thread` (under every card of the request).
    What is no request's has an empty `request` and goes to `identity:<kind>/<issuer>/<user>`, who may be no member.
    `event` is `<request>:<seq>`, or anything else that ends so. `word` names the kind, `sentence` is what they hear (plain text, already finished),
    `extra` what an outlet may add (a question's id, for its Answer button).
    """

    id: str
    organisation: str
    request: str
    event: str
    outlet: str
    place: str
    word: str
    sentence: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    state: str = "due"
    attempts: int = 0
    next_try_at: datetime | None = None
    address: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """What an outlet has to show and to tell now, as far as one look goes; nobody has claimed any of it.

    `cards` are all that stand in this outlet, or are to, of the requests in whose threads something is due, by request.
    """

    deliveries: Sequence[Delivery]
    notices: Sequence[Notice]
    cards: Mapping[str, Sequence[Delivery]]


@dataclass(frozen=True, slots=True)
class Later:
    """A row whose turn comes in so many seconds; it was due at `was` when it was seen."""

    id: str
    was: datetime | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Pile:
    """One place where something is due to be told together, claimed until a moment that is no other claim's."""

    organisation: str
    outlet: str
    place: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Piled:
    """What a claimed pile holds: its first notices, one per request, how many requests more, and the ids of all notices."""

    notices: tuple[Notice, ...]
    more: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Idempotency:
    """What makes a repeat recognisable: `key` within `credential`; `body` is a hash of what was sent."""

    credential: str
    key: str
    body: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """A stored reply to an idempotency key: what was asked (`body` hash) and which request and answer came of it."""

    body: str
    request: str
    reply: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of requests may be narrowed by; all given ones must hold.

    `waiting_for` are principals; `came` says of mirrored groups among them since when, as what was asked before then does
    not wait for who came since; `held_by` says which members hold each, as what they may not decide, or gave away, does not
    wait for them. `unanswered_by` and `decided_by` are member ids. `visible_to` is an actor's key: with it
    a request is listed if it is in one of `projects`, or was asked by or for that actor. `requester` is a requester's
    key; `agent` an agent's id. `order` is `newest`, or `deadline`: open ones only, the oldest deadline first.
    """

    statuses: frozenset[str] = frozenset()
    type: str | None = None
    project: str | None = None
    projects: frozenset[str] | None = None
    agent: str | None = None
    team: str | None = None
    requester: str | None = None
    subject_kind: str | None = None
    subject_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    waiting_for: frozenset[str] | None = None
    came: Mapping[str, datetime] | None = None
    held_by: Mapping[str, frozenset[str]] | None = None
    unanswered_by: str | None = None
    decided_by: str | None = None
    visible_to: str | None = None
    order: str = "newest"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of requests and where the next one starts (None at the end)."""

    requests: tuple[Request, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the requester asked it at last, without what became of it: what judging it once more takes."""

    number: int
    project: str
    requester: Requester
    content: Content
    at: datetime
    on_behalf_of: str | None = None
    named: tuple[Stage, ...] = ()
    distinct: bool = False
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemovedRule:
    """A rule that no longer asks for anybody since `at`, on which open requests may still stand."""

    rule: str
    organisation: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Hopeless:
    """A rule that nobody can satisfy as things stand, and what is missing (nothing: it can be again)."""

    rule: str
    name: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Derived:
    """What the store's indexes need that only the domain can say: principals waited for, and when the clock is next due."""

    waiting: frozenset[str]
    next_due: datetime | None


Derive = Callable[[Request], Derived]


@dataclass(frozen=True, slots=True)
class Rules:
    """What an organisation judges by, as of `version`: its rules, oldest first, the types it has added, its safety.

    And whom it asks outside: policies, oldest first, and checks by their names.
    """

    version: int
    rules: tuple[Rule, ...]
    types: tuple[RequestType, ...]
    safety: Safety = OFF
    policies: tuple[Policy, ...] = ()
    checks: tuple[CheckDefinition, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferUsed:
    """Which lease, or that the trust budget, answered for the people of one revision, and the sentence that said so."""

    cause: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a round of telling an endpoint: how far its cursor is, and what changed beside it.

    `settled` are requests no longer behind. `recovered`: something went through that had failed, so the rest need not wait.
    """

    endpoint: str
    cursor: int
    attempts: tuple[Attempt, ...] = ()
    arrears: tuple[Arrear, ...] = ()
    settled: tuple[str, ...] = ()
    delivered_at: datetime | None = None
    failed_at: datetime | None = None
    problem: str | None = None
    parked_at: datetime | None = None
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """The end of one ledger chain: the `seq` and `hash` of its last row; (0, "") before the first."""

    seq: int = 0
    hash: str = ""


class Chain(Protocol):
    """How ledger rows are hashed and chained (`core.ledger.chain`)."""

    def canonical(self, payload: Mapping[str, Any]) -> str:
        """The payload as RFC 8785 canonical JSON."""

    def digest(self, canonical: str) -> str:
        """SHA-256 (hex) of the canonical payload."""

    def link(self, row: LedgerRow, head: Head) -> LedgerRow:
        """The row as the next one after `head`: `seq`, `previous` and `hash` filled."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A request that a commit changed, for those who wait for it."""

    organisation: str
    request: str
    version: int


class Transaction(Protocol):
    """What a unit of work may do. Every read sees the writes before it in the same work."""

    def now(self) -> datetime:
        """The clock of this transaction: the database's on PostgreSQL (plus a turned hand), else the process's."""

    def request(self, id: str, *, lock: bool = True) -> Request | None:
        """The stored request; locked against other writers until the end where the database has such locks."""

    def save(self, before: Request | None, after: Request, events: Sequence[tuple[Event, Actor]]) -> None:
        """Write the request, its indexes and its chained ledger rows; raise `StaleVersion` if it moved meanwhile.

        The indexes (`waiting`, deadlines, who decided) and the deliveries' `wanted` follow from `after` alone.
        """

    def note_refusal(self, request: Request, event: Event, actor: Actor) -> None:
        """Append a refusal to the request's ledger without touching the request.

        At most one a minute per actor, command and code; the next one tells how many were left out.
        """

    def person(self, member: str, project: str) -> Person | None: ...
    def people(self, members: Iterable[str], project: str) -> Mapping[str, Person]: ...
    def identity(self, kind: str, issuer: str, user: str) -> Identity | None: ...
    def roster(self, principal: str, project: str, limit: int, *, by: datetime | None = None) -> frozenset[str]:
        """Member ids behind a principal that are active, at most `limit`; of a mirrored group those who came `by` then."""

    def project(self, id: str) -> Project | None: ...
    def agent(self, id: str) -> Agent | None: ...
    def count_open(self, requester: str, limit: int) -> int: ...
    def superseded_by(self, request: Request) -> Sequence[str]:
        """Ids of other requests of the same project, requester (or team) and supersede key not yet out of the way."""

    def note_removed_rule(self, removed: RemovedRule) -> None: ...
    def forget_removed_rule(self, removed: RemovedRule) -> None:
        """Unless it has been removed once more since."""

    def put_hopeless_rule(self, organisation: str, hopeless: Hopeless) -> None: ...
    def hopeless_rules(self, organisation: str) -> Sequence[Hopeless]: ...
    def hold(self, organisation: str) -> None:
        """Until the commit nobody else who holds it changes what this organisation has set up."""

    def take_turn(self, project: str, supersede_key: str) -> None:
        """Let those who ask under one key go one after the other until their commits, so that none misses another."""

    def deliver(self, deliveries: Sequence[Delivery]) -> None: ...
    def deliveries(self, request: str) -> Sequence[Delivery]: ...
    def notify(self, notices: Sequence[Notice]) -> None: ...
    def remembered(self, credential: str, key: str, *, then: str | None = None) -> Remembered | None:
        """The reply kept under this key. `then` is a request that is asked for next: both come in one round trip."""

    def remember(self, credential: str, key: str, entry: Remembered) -> None:
        """Keep a reply for 24 hours; a second entry under one key raises `KeyTaken`."""

    # What admins set up. `put` writes a noun whole, new or changed.
    def put(
        self, noun: Organisation | Member | Identity | Group | Project | Agent | ApiKey | Token | Workload
    ) -> None: ...
    def unpin(self, identity: str) -> None: ...
    def set_group_members(self, group: str, members: Iterable[str]) -> None:
        """All of them; whoever stays keeps the moment since when, which counts in a mirrored group alone."""

    def drop_group(self, group: Group) -> None:
        """The group and who is in it; what it was granted is revoked by whoever drops it."""

    def grant(self, grant: Grant) -> None: ...
    def revoke(self, grant: Grant) -> None: ...
    def keep_key_hash(self, key: str, hashed: str) -> None: ...
    def keep_first_key_hash(self, key: str, hashed: str) -> bool:
        """Unless the key has one already."""

    def keep_token_hash(self, token: str, hashed: str) -> None: ...
    def keep_login_code(self, hashed: str, organisation: str, member: str, expires_at: datetime) -> None: ...
    def take_login_code(self, hashed: str) -> tuple[str, str] | None:
        """(organisation, member) of an unused, unexpired code, which is used up by this."""

    def within(self, work: Callable[[Transaction, Reader], T], *, keep: bool = True) -> T:
        """Run `work` in a unit of work inside this one: an `ApprovalError` it raises takes back what it wrote, and only that.

        Its reader sees its writes. Without `keep` all is taken back in the end: a rehearsal.
        """

    # Rules and types. Every edit moves the rulebook on, in its own transaction.
    def rulebook_version(self, organisation: str) -> int:
        """0 before the first edit. Costs nothing where this transaction has read a project of the organisation."""

    def rulebook(self, organisation: str) -> Rules: ...
    def rule_uses(self, rules: Iterable[str]) -> Mapping[str, int]:
        """How often these have decided; nobody else counts a use of one that is listed until the end."""

    def move_rulebook(self, organisation: str, version: int) -> None:
        """From `version` to the next one; `Conflict` (`stale_version`) if it stands elsewhere."""

    def put_rule(self, rule: Rule, *, removed: bool = False) -> None:
        """Write this version of the rule, new or in place of the one before; `removed` takes it out of the rulebook."""

    def use_rule(self, rule: str, used: int) -> None:
        """Count one more use; `StaleVersion` if it was not used exactly `used` times before."""

    def put_type(self, organisation: str, type: RequestType) -> None: ...
    def drop_type(self, organisation: str, word: str) -> None: ...

    # Trust and leases. What bounds several requests is counted so that no two of them pass the bound at once.
    def safety(self, organisation: str) -> Safety: ...
    def put_safety(self, organisation: str, chosen: Safety) -> None: ...
    def trust_record(self, organisation: str, agent: str, type: str) -> Record: ...
    def mark_trust(self, organisation: str, agent: str, type: str, made: Made, good: float, bad: float) -> None:
        """One more of what became of an agent's requests, with its weights. Nobody waits for anybody here."""

    def trust_spent(self, agent: str, now: datetime) -> Spent: ...
    def spend_trust(self, organisation: str, agent: str, day: str, micros: int, chosen: Safety) -> None:
        """Count one use of so many millionths of a dollar; `StaleVersion` if that would pass a cap of the day."""

    def add_up_trust(self, most: int, limit: int) -> int:
        """Make one row of those more than `most` that say the same of one agent and type; says for how many."""

    def lease(self, organisation: str, id: str) -> Lease | None: ...
    def live_leases(self, agent: str, now: datetime) -> Sequence[Lease]: ...
    def put_lease(self, lease: Lease) -> None:
        """New, or with its revocation; how often it was used only `use_lease` changes."""

    def use_lease(self, id: str) -> None:
        """Count one more use; `StaleVersion` if it is used up or revoked by now."""

    def offer_used(self, request: str, revision: int) -> OfferUsed | None: ...
    def note_offer(self, request: str, revision: int, used: OfferUsed, at: datetime) -> None: ...

    # Emergencies.
    def owed_review(self, organisation: str, member: str) -> Review | None: ...
    def owed_reviews(self, organisation: str, limit: int) -> Sequence[Review]: ...
    def open_review(self, review: Review) -> None:
        """`StaleVersion` if this member owes another one by now."""

    def close_review(self, glass: str, at: datetime) -> None: ...
    def freezes(self, organisation: str, now: datetime) -> Sequence[Freeze]: ...
    def freeze_over(self, organisation: str, project: str, now: datetime) -> Freeze | None: ...
    def put_freeze(self, freeze: Freeze) -> None:
        """New, or lifted."""

    def show_again(self, requests: Sequence[str]) -> None:
        """Draw the cards of these anew, though nothing of them has changed: something around them has."""

    def handed_over(self, organisation: str, project: str | None, now: datetime, limit: int) -> Sequence[str]:
        """Ids of requests, the newest of each yes first, that may still be claimed or are being executed."""

    # Keys that sign receipts.
    def signing_keys(self) -> Sequence[SigningKey]:
        """All there ever were, the oldest first."""

    def add_signing_key(self, key: SigningKey) -> None: ...
    def revoke_signing_key(self, id: str, at: datetime) -> bool:
        """False where there is none of this id that is not revoked already."""

    # Who is on duty.
    def schedule(self, organisation: str, name: str) -> Schedule | None: ...
    def put_schedule(self, schedule: Schedule) -> None: ...
    def drop_schedule(self, schedule: Schedule) -> None: ...
    def set_shifts(self, schedule: str, shifts: Iterable[Shift]) -> None:
        """All of them, in place of those before."""

    # Judges outside.
    def put_policy(self, policy: Policy) -> None: ...
    def drop_policy(self, policy: Policy) -> None: ...
    def put_check(self, check: CheckDefinition) -> None: ...
    def drop_check(self, check: CheckDefinition) -> None: ...
    def check_called(self, organisation: str, name: str) -> CheckDefinition | None: ...
    def checks(self, organisation: str) -> Sequence[CheckDefinition]: ...
    def inquiries(self, request: str, revision: int) -> Sequence[Inquiry]: ...
    def inquire(self, wanted: Sequence[Inquiry]) -> None:
        """Those that are there already stay as they are, unless of another version."""

    def inquire_again(self, request: Request, check: CheckDefinition) -> None:
        """Due now, as the next run; whoever is asking at this moment asks for nothing."""

    def wake_inquiries(self, about: str) -> None:
        """Whatever waits for this policy or check is looked at now, since it is another one, or none, by now."""

    def claim_inquiries(self, owner: str, seconds: float, limit: int) -> Sequence[Inquiry]:
        """Those to be asked or judged by whose next try has come; a claimed one is nobody else's for so long."""

    def release_inquiries(self, owner: str) -> None:
        """Let go of whatever this owner, who has just begun, had claimed before it ended."""

    def record_inquiry(self, inquiry: Inquiry) -> None:
        """What came of it, unless another run was asked for meanwhile; lets go of the claim."""

    def end_inquiry(self, inquiry: Inquiry) -> None:
        """Nothing waits for it any more."""

    def note_outside_trouble(self, organisation: str, about: str, problem: str) -> bool:
        """True the first time since it was well."""

    def clear_outside_trouble(self, about: str) -> bool:
        """True where there was trouble."""

    # Endpoints, told of what happens. `put` leaves alone how far one has been told; a new one begins at the feed's end.
    def put_endpoint(self, endpoint: Endpoint) -> None: ...
    def drop_endpoint(self, endpoint: Endpoint) -> None: ...
    def keep_endpoint_secret(self, secret: EndpointSecret, *, others_until: datetime) -> None:
        """From now on it signs; the one before does so until then."""

    def endpoint_secrets(self, endpoint: str) -> Sequence[EndpointSecret]: ...
    def note_told(self, told: Told) -> bool:
        """False, and nothing written, where the endpoint is gone."""

    def resume_endpoint(self, endpoint: str) -> None:
        """No longer parked; whatever it has not taken is due now, with all patience."""

    def forget_attempts(self, limit: int) -> int:
        """Remove up to `limit` old attempts, those beyond the newest of an endpoint, and what was given up long ago."""

    # Slack workspaces. `put` writes one whole, new or in place of what was installed there before.
    def installation_in(self, workspace: str) -> Installation | None: ...
    def installations(self, organisation: str | None = None) -> Sequence[Installation]: ...
    def put_installation(self, installation: Installation) -> None: ...
    def oust(self, organisation: str, issuer: str) -> None:
        """Unpin everybody of one workspace, and forget whom it could not map."""

    def wake_deliveries(self, organisation: str) -> None:
        """Whatever is still to be shown there is due now."""

    def show_after_all(self, organisation: str, outlet: str, place: str) -> None:
        """This place can be reached now: what is open and waits to be shown there is due, and what was given up, too."""

    def keep_pass(self, made: Pass) -> bool:
        """False where one with this hash was kept before."""

    def find_pass(self, hashed: str, purpose: str) -> Pass | None:
        """Unless it is used up or too old."""

    def take_pass(self, hashed: str, purpose: str) -> Pass | None:
        """The same, used up by this."""

    # Groups that follow a Slack user group.
    def group(self, organisation: str, id: str) -> Group | None: ...
    def group_by_name(self, organisation: str, name: str) -> Group | None: ...
    def mirrors(self, organisation: str) -> Sequence[Mirror]: ...
    def group_members(self, group: str) -> Sequence[str]: ...
    def mirrored_users(self, group: str) -> Sequence[Mirrored]: ...
    def mirrored_in(self, organisation: str, issuer: str, user: str) -> Sequence[str]: ...
    def follow_users(self, group: str, issuer: str, users: Iterable[str]) -> None:
        """Who is in the user group now; whoever was in it already keeps since when."""

    def note_mirror(self, group: str, looked_at: datetime | None, problem: str | None) -> None: ...
    def stop_following(self, group: str) -> None:
        """Its members stay as they are."""

    def note_unmapped(self, found: Unmapped) -> None: ...
    def forget_unmapped(self, organisation: str, issuer: str, user: str) -> None: ...
    def unmapped_user(self, organisation: str, issuer: str, user: str) -> Unmapped | None: ...

    # Absence, and how members like to be told.
    def delegation(self, organisation: str, id: str) -> Delegation | None: ...
    def delegations(self, organisation: str, member: str | None, now: datetime, limit: int) -> Sequence[Delegation]: ...
    def put_delegation(self, delegation: Delegation) -> None:
        """New, or with its end; nothing else of one ever changes."""

    def takers(self, givers: Iterable[str], project: str) -> Mapping[str, tuple[str, ...]]:
        """Who decides for these now; those who have nobody are left out."""

    def preferences(self, organisation: str, member: str) -> Preferences: ...
    def preferences_of(self, members: Iterable[str]) -> Mapping[str, Preferences]:
        """Of those who have any."""

    def wanting_copies(self, organisation: str, limit: int) -> Sequence[str]:
        """Members who want each card that waits for them as a direct message, too."""

    def put_preferences(self, chosen: Preferences) -> None: ...
    def claim_digests(self, now: datetime, limit: int) -> Sequence[Preferences]:
        """Of members whose digest is due; the rows are this transaction's."""

    def next_digest(self, member: str, due: datetime | None) -> None: ...

    def log(self, organisation: str, word: str, actor: Actor, payload: Mapping[str, Any]) -> None:
        """Append a row to the organisation's own chain in the ledger (its `request` is the organisation's id)."""

    # What couriers need. A claimed row is nobody else's until `until`.
    def hold_lease(self, name: str, owner: str, seconds: float) -> bool:
        """True when `owner` has the named lease now; renews it when it already has.

        One that ends later than it could lasts `seconds` from now: it was given before the clock was set back.
        """

    def follow_clock(self, outlet: str, lease: str, seconds: float, claim: float) -> float:
        """Seconds by which the clock was set back, as far as the named lease of so many seconds tells; 0 where it was not.

        Whatever waits in this outlet waits as much less then, and no claim ends later than one that is made now.
        """

    def due_out(self, outlet: str, limit: int) -> Due:
        """As a reader's."""

    def claim_deliveries(self, ids: Sequence[str], owner: str, seconds: float) -> Sequence[Delivery]:
        """Those of them that are due still and that nobody has claimed, as they are now."""

    def put_off_deliveries(self, later: Sequence[Later]) -> None:
        """Those that are due still as they were seen, and that nobody has claimed; nothing else of them changes."""

    def draw_again(self, organisation: str, outlet: str, address: str) -> int:
        """Whatever open or recent requests show at this address is due anew, though nothing of them changed; how many."""

    def record_delivery(self, delivery: Delivery) -> None:
        """Write state, shown, address, attempts, next try and problem, and let go of the claim.

        Of a batch: of all that stand in its place and are not lost; there `shown` is written where it is 0, for all.
        """

    def record_drawn(self, deliveries: Sequence[Delivery]) -> None:
        """Write the version each of these shows now."""

    def cards_of_batch(self, card: Delivery) -> Sequence[Delivery]:
        """What is drawn as one with this card, itself included; what is lost is none of it."""

    def claim_notices(self, ids: Sequence[str], owner: str, seconds: float) -> Sequence[Notice]: ...
    def put_off_notices(self, later: Sequence[Later]) -> None: ...
    def record_notice(self, notice: Notice) -> None: ...
    def claim_piles(
        self, outlet: str, owner: str, seconds: float, limit: int, busy: Collection[tuple[str, str]] = ()
    ) -> Sequence[Pile]:
        """Up to so many places where something is due, a slice of it claimed each; none while the clock still has to ring.

        `busy` are organisations and places to leave out.
        """

    def claim_more(self, pile: Pile, owner: str) -> bool:
        """One more slice of what is due there; whether there may be yet more. In slices, for people wait meanwhile."""

    def piled(self, pile: Pile, owner: str) -> Piled: ...
    def end_pile(self, ids: Sequence[str], owner: str) -> None:
        """These are told, or never will be; a slice at a time."""

    def put_pile_back(self, ids: Sequence[str], at: datetime) -> None:
        """These are due again then, ended or not; a slice at a time."""

    # What the sealer needs.
    def unsealed(self, organisation: str, limit: int) -> Sequence[tuple[int, str]]:
        """Ids and hashes of ledger rows that no seal covers yet, in the order of their ids."""

    def last_seal(self, organisation: str) -> Seal | None: ...
    def seal(self, seal: Seal, positions: Mapping[int, int]) -> None:
        """Store the seal and give each ledger row (by id) its position."""

    def unsealed_organisations(self) -> Sequence[str]:
        """Organisations with ledger rows that no seal covers yet."""

    # What retention and the chores need.
    def blank(self, request: str, seqs: Iterable[int] | None = None) -> int:
        """Erase the payloads of these ledger rows of a chain (None: all of it); says how many. The chain still verifies."""

    def forget(self, limit: int) -> int:
        """Remove up to `limit` each of replies older than 24 hours, spent login codes, old refusal counts and inquiries."""


Work = Callable[[Transaction], T]


class KeyTaken(Conflict):
    """The idempotency key was used in the same moment; beginning again finds the answer kept under it."""

    code = "idempotency_conflict"


class StaleVersion(Exception):
    """The request was changed by somebody else between load and save; the desk begins again."""


class Store(Protocol):
    """Where everything is kept. One implementation for SQLite and PostgreSQL."""

    async def transact(self, work: Work[T], *, deadline: float | None = None, chore: bool = False) -> T:
        """Run `work` in one transaction. Chores wait behind people.

        `deadline` is a `time.monotonic()` moment after which it is not begun any more (raises `Unavailable`). What
        `work` raises rolls back and comes out.
        """

    async def read(self, work: Callable[[Reader], T]) -> T:
        """Run `work` on a reading connection."""

    async def glance(self, work: Callable[[Reader], T]) -> T:
        """The same for a few rows by their keys, before a command: without a thread where the database is a file."""

    async def next_number(self, organisation: str) -> int:
        """Draw the next `#n`; gaps allowed, repeats not."""

    def subscribe(self, callback: Callable[[frozenset[Changed]], None]) -> Callable[[], None]:
        """Call back on the event loop after each commit that changed requests, here or on another replica.

        Returns what ends it. Nothing is missed for longer than a second; the same change may be told twice.
        """


class Reader(Protocol):
    """Reads outside commands. Work is proportional to what is asked for, never to how much is pending."""

    def now(self) -> datetime:
        """The same clock as a transaction's."""

    def at_one_moment(self) -> AbstractContextManager[None]:
        """What is read within is as it was at one moment, however many pages it takes; outside, each query has its own."""

    def request(self, id: str) -> Request | None: ...
    def due_out(self, outlet: str, limit: int) -> Due:
        """Deliveries whose `wanted` is ahead of `shown`, and due notices, whose next try has come and that nobody has claimed.

        Up to so many of each; those first that have been due the longest.
        """

    def piled(self, pile: Pile, owner: str) -> Piled:
        """What this claim holds by now."""

    def request_by_number(self, organisation: str, number: int) -> Request | None: ...
    def batch(self, organisation: str, id: str) -> Sequence[Request]:
        """What was asked together, in the order of its numbers."""

    def requests(self, organisation: str, filter: Filter, *, cursor: str | None, limit: int) -> Page: ...
    def asked(
        self, organisation: str, *, since: datetime, cursor: str | None, limit: int
    ) -> tuple[Sequence[Asked], str | None]:
        """The newest first, and where the next page starts (None at the end); changes by admins are none of them."""

    def removed_rules(self) -> Sequence[RemovedRule]:
        """Of every organisation: those whose requests have not all been looked at yet."""

    def waited_for(self, organisation: str, *, after: str, limit: int) -> Sequence[str]:
        """The names open requests wait for, each once, in order: one step in the index for each."""

    def hopeless_rules(self, organisation: str) -> Sequence[Hopeless]: ...
    def count(self, organisation: str, filter: Filter, limit: int) -> int: ...
    def ledger(self, request: str, *, after: int, limit: int) -> Sequence[LedgerRow]: ...
    def feed(self, organisation: str, *, after: int, limit: int) -> Sequence[LedgerRow]: ...
    def feed_rows(self, organisation: str, *, after: int, limit: int) -> Sequence[FeedRow]:
        """The same rows with what is asked of their requests."""

    def feed_head(self, organisation: str) -> int:
        """The last position that is sealed."""

    def endpoints(self, organisation: str) -> Sequence[Endpoint]: ...
    def endpoint(self, organisation: str, id: str) -> Endpoint | None: ...
    def endpoint_progress(self, organisation: str) -> Mapping[str, Progress]:
        """By the endpoint's id."""

    def endpoint_secrets(self, endpoint: str) -> Sequence[EndpointSecret]:
        """The newest first."""

    def arrears(self, endpoint: str) -> Sequence[Arrear]:
        """In the order in which they are tried."""

    def attempts(self, endpoint: str, *, before: int | None, limit: int) -> Sequence[Attempt]:
        """The newest first."""

    def attempt(self, endpoint: str, id: int) -> Attempt | None: ...
    def has_endpoints(self) -> bool:
        """Whether any organisation has one."""

    def endpoints_waiting(self, now: datetime) -> Sequence[tuple[str, str]]:
        """(organisation, endpoint) of each that can be told something now."""

    def ledger_head(self, request: str) -> Head:
        """Where the chain of this request, or of the organisation with this id, stands by its own row."""

    def seals(self, organisation: str, *, after: int, limit: int) -> Sequence[Seal]:
        """Seals in the order of their numbers, from `after` on."""

    def last_seal(self, organisation: str) -> Seal | None: ...
    def signing_keys(self) -> Sequence[SigningKey]:
        """All there ever were, the oldest first."""

    def unsealed_count(self, organisation: str, limit: int) -> int: ...
    def versions(self, ids: Iterable[str]) -> Mapping[str, int]: ...
    def due(self, now: datetime, limit: int) -> Sequence[str]: ...
    def next_due(self) -> datetime | None: ...
    def person(self, member: str, project: str) -> Person | None: ...
    def people(self, members: Iterable[str], project: str) -> Mapping[str, Person]: ...
    def roster(self, principal: str, project: str, limit: int, *, by: datetime | None = None) -> frozenset[str]: ...
    def member(self, organisation: str, id: str) -> Member | None: ...
    def member_by_email(self, organisation: str, email: str) -> Member | None: ...
    def members(self, organisation: str, *, cursor: str | None, limit: int) -> Sequence[Member]: ...
    def principals(self, organisation: str, member: str) -> frozenset[str]: ...
    def came(self, organisation: str, member: str) -> Mapping[str, datetime]:
        """Since when they are in those of their mirrored groups that they came into later than it was mirrored."""

    def identity(self, kind: str, issuer: str, user: str) -> Identity | None: ...
    def linked(self, kind: str, issuer: str, user: str) -> tuple[Member, str | None] | None:
        """The member an outside user stands for, and the locale to speak to them in, where that is known."""

    def identities(self, organisation: str, member: str | None) -> Sequence[Identity]: ...
    def group(self, organisation: str, id: str) -> Group | None: ...
    def group_by_name(self, organisation: str, name: str) -> Group | None: ...
    def groups(self, organisation: str) -> Sequence[Group]: ...
    def group_members(self, group: str) -> Sequence[str]: ...
    def grants(self, organisation: str) -> Sequence[Grant]: ...
    def roles(self, organisation: str, member: str, project: str | None) -> frozenset[Role]: ...
    def organisation(self, id: str) -> Organisation | None: ...
    def organisations(self) -> Sequence[Organisation]: ...
    def project(self, id: str) -> Project | None: ...
    def project_by_name(self, organisation: str, name: str) -> Project | None: ...
    def projects(self, organisation: str) -> Sequence[Project]: ...
    def agent(self, id: str) -> Agent | None: ...
    def agents(self, organisation: str) -> Sequence[Agent]: ...
    def keys(self, organisation: str, agent: str) -> Sequence[ApiKey]: ...
    def key_by_hash(self, hashed: str) -> ApiKey | None: ...
    def workloads(self, organisation: str, issuer: str | None = None) -> Sequence[Workload]:
        """All there ever were, the oldest first; of one issuer, those that are not revoked."""

    def tokens(self, organisation: str, member: str) -> Sequence[Token]: ...
    def token_by_hash(self, hashed: str) -> Token | None: ...
    def deliveries(self, request: str) -> Sequence[Delivery]: ...
    def cards_of_batch(self, card: Delivery) -> Sequence[Delivery]:
        """What is drawn as one with this card, itself included; what is lost is none of it."""

    def rulebook_version(self, organisation: str) -> int: ...
    def rulebook(self, organisation: str) -> Rules: ...
    def type_of(self, organisation: str, word: str) -> RequestType | None:
        """The type as the organisation has it; None where it has none of that word."""

    def types(self, organisation: str) -> Mapping[str, RequestType]:
        """Every type there is, by its word: the built-in ones and the organisation's own."""

    def safety(self, organisation: str) -> Safety: ...
    def trusted(self, organisation: str, now: datetime) -> Sequence[Trusted]: ...
    def lease(self, organisation: str, id: str) -> Lease | None: ...
    def leases(self, organisation: str, limit: int) -> Sequence[Lease]:
        """The newest first, whatever became of them."""

    def live_leases(self, agent: str, now: datetime) -> Sequence[Lease]: ...
    def offer_users(self, cause: str, limit: int) -> Sequence[str]:
        """Ids of requests this lease answered for."""

    def owed_review(self, organisation: str, member: str) -> Review | None:
        """What this member's last break-glass still owes."""

    def owed_reviews(self, organisation: str, limit: int) -> Sequence[Review]:
        """The earliest deadline first."""

    def freezes(self, organisation: str, now: datetime) -> Sequence[Freeze]:
        """Those that hold now, the oldest first."""

    def freeze_over(self, organisation: str, project: str, now: datetime) -> Freeze | None:
        """What holds claims in this project now."""

    def policies(self, organisation: str) -> Sequence[Policy]: ...
    def checks(self, organisation: str) -> Sequence[CheckDefinition]: ...
    def check_called(self, organisation: str, name: str) -> CheckDefinition | None: ...
    def inquiries(self, request: str, revision: int) -> Sequence[Inquiry]:
        """What was asked outside about this revision."""

    def next_inquiry(self) -> datetime | None:
        """When the next one is to be asked."""

    def outside_troubles(self, organisation: str) -> Mapping[str, str]:
        """What is wrong with policies and checks that cannot be asked, by their ids."""

    def schedule(self, organisation: str, name: str) -> Schedule | None: ...
    def schedules(self, organisation: str | None) -> Sequence[Schedule]:
        """Of an organisation, or (None) of all of them."""

    def shifts(self, schedule: str) -> Sequence[Shift]:
        """In the order in which they begin."""

    def installations(self, organisation: str | None = None) -> Sequence[Installation]:
        """Of an organisation, or of all of them; the oldest first."""

    def installation_in(self, workspace: str) -> Installation | None:
        """By the team's id, or the Enterprise organisation's."""

    def mirrors(self, organisation: str) -> Sequence[Mirror]:
        """The groups that follow a Slack user group, by name."""

    def mirrored_users(self, group: str) -> Sequence[Mirrored]:
        """Everybody of the Slack user group it follows, linked to a member or not."""

    def mirrored_in(self, organisation: str, issuer: str, user: str) -> Sequence[str]:
        """The groups whose user groups this Slack user is in."""

    def linkable(self, organisation: str, issuer: str, limit: int) -> Sequence[str]:
        """Outside users who could not be linked when they were seen, and whose address is an active member's by now."""

    def unmapped(self, organisation: str, limit: int) -> Sequence[Unmapped]:
        """Whom an admin could help, and who have not said who they are; the newest first."""

    def claims(self, organisation: str, limit: int) -> Sequence[Unmapped]:
        """Those who have said which member they are; the newest first."""

    def unmapped_user(self, organisation: str, issuer: str, user: str) -> Unmapped | None: ...

    def delegation(self, organisation: str, id: str) -> Delegation | None: ...
    def delegations(self, organisation: str, member: str | None, now: datetime, limit: int) -> Sequence[Delegation]:
        """Those not over: of everybody, or to and from one member; the first to end first."""

    def delegations_ever(self, organisation: str, limit: int) -> Sequence[Delegation]:
        """The newest first, whatever became of them."""

    def takers(self, givers: Iterable[str], project: str) -> Mapping[str, tuple[str, ...]]: ...
    def preferences(self, organisation: str, member: str) -> Preferences: ...
    def preferences_of(self, members: Iterable[str]) -> Mapping[str, Preferences]: ...
    def wanting_copies(self, organisation: str, limit: int) -> Sequence[str]: ...

    def rule_versions(self, organisation: str, rule: str) -> Sequence[RuleVersion]:
        """Every version there was, the newest first; also of a rule that was removed."""

    def rule_uses(self, rules: Iterable[str]) -> Mapping[str, int]:
        """How often these rules have decided; those that never did are left out."""
