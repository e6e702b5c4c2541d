"""Whom a token of others stands for: a member, pinned by issuer and subject, or an agent, by what an admin has set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.oidc.keys import IssuerKeys
from bot.oidc.token import Claims, Refused, Unverified, peek, verified
from core.administration import Administration
from core.errors import Conflict, NotAllowed
from core.model.organisation import Identity, Member
from core.model.people import Actor, Proof, Way
from core.model.workload import Workload, audience
from core.phrases import phrase
from core.ports import Reader, Store

KIND: Final = "oidc"
_NOBODY: Final = phrase(
    "Nobody here has set up that tokens of this issuer, made out to this audience, let anybody in; ask an admin."
)


@dataclass(frozen=True, slots=True)
class Company:
    """The single sign-on of the people of one organisation."""

    organisation: str
    issuer: str
    audience: str
    email_claim: str


@dataclass(frozen=True, slots=True)
class Known:
    """Who came, and the name under which their idempotency keys are kept."""

    actor: Actor
    credential: str


class SignOn:
    """`url` is this server's, as tokens of workloads are made out to it; without a `company` no person comes this way."""

    def __init__(
        self, store: Store, administration: Administration, keys: IssuerKeys, url: str, company: Company | None
    ) -> None:
        self._store, self._administration, self._keys = store, administration, keys
        self._url, self._company = url, company

    async def recognise(self, raw: str) -> Known:
        token = peek(raw)
        company = self._company
        if company is not None and token.issuer == company.issuer and company.audience in token.audiences:
            return await self._person(company, await self._verified(token, company.audience))
        return await self._workload(token)

    async def _verified(self, token: Unverified, wanted: str) -> Claims:
        return verified(token, await self._keys.find(token), wanted)

    # People.

    async def _person(self, company: Company, claims: Claims) -> Known:
        email = _email(claims, company.email_claim)
        identity = await self._store.glance(lambda reader: reader.identity(KIND, claims.issuer, claims.subject))
        if identity is None or identity.organisation != company.organisation:
            identity = await self._link(company, claims, email)
        member, now = await self._store.glance(lambda reader: (_member(reader, company, identity), reader.now()))
        if identity.email != email:
            await self._unlink(identity)
            raise Refused(phrase("Your e-mail address has changed since you were linked; sign in once more."))
        actor = Actor(
            kind="member",
            id=member.id,
            name=member.name,
            organisation=member.organisation,
            way=Way.OIDC,
            may_decide=True,
            proof=Proof(Way.OIDC, claims.issuer, claims.subject, now, claims.digest),
        )
        return Known(actor, f"oidc:{identity.id}")

    async def _link(self, company: Company, claims: Claims, email: str) -> Identity:
        """The address proposes, once: from then on issuer and subject are who they are."""

        def look(reader: Reader) -> Member:
            member = reader.member_by_email(company.organisation, email)
            if member is None or not member.active:
                raise Refused(
                    phrase("You are no member here yet, or not active; ask an admin to add {email}.", email=email)
                )
            others = reader.identities(company.organisation, member.id)
            if any((one.kind, one.issuer) == (KIND, claims.issuer) for one in others):
                raise Refused(phrase("Somebody else of your single sign-on is linked to this member; ask an admin."))
            return member

        member = await self._store.read(look)
        office, directory = self._administration.identities, _directory(company.organisation)
        try:
            return await office.pin(directory, KIND, claims.issuer, claims.subject, member.id, email=email)
        except Conflict:  # another call of theirs was quicker
            found = await self._store.read(lambda reader: reader.identity(KIND, claims.issuer, claims.subject))
            if found is None:
                raise
            return found

    async def _unlink(self, identity: Identity) -> None:
        await self._administration.identities.unpin(_directory(identity.organisation), identity.id)

    # Machines.

    async def _workload(self, token: Unverified) -> Known:
        organisation = self._organisation(token)
        set_up = await self._store.glance(lambda reader: reader.workloads(organisation, token.issuer))
        if not set_up:
            raise Refused(_NOBODY)
        claims = await self._verified(token, audience(self._url, organisation))
        fitting = [one for one in set_up if one.fits(claims.issuer, claims.subject)]
        if not fitting:
            raise Refused(
                phrase(
                    "This token's subject ({subject}) stands for no agent here; ask an admin to add a workload for it.",
                    subject=claims.subject[:200],
                )
            )
        if len({one.agent for one in fitting}) > 1:
            raise Refused(phrase("This token's subject stands for several agents; an admin must narrow the patterns."))
        return await self._store.glance(lambda reader: _agent(reader, fitting[0]))

    def _organisation(self, token: Unverified) -> str:
        """From whom it is made out to, so that no organisation's patterns are ever tried on another's tokens."""
        start = audience(self._url, "")
        named = [one.removeprefix(start) for one in token.audiences if one.startswith(start)]
        if len(named) != 1 or not named[0].startswith("org_"):
            raise Refused(_NOBODY)
        return named[0]


def _directory(organisation: str) -> Actor:
    return Actor("system", "oidc", phrase("single sign-on"), organisation, Way.SYSTEM)


def _email(claims: Claims, claim: str) -> str:
    """That of a person who was shown to have it."""
    email, said = claims.said.get(claim), claims.said
    if _is_a_program(claims.subject, said) or not isinstance(email, str) or "@" not in email:
        raise Refused(phrase("This token speaks for a program and not for a person; sign in as yourself."))
    if said.get("email_verified") is not True:
        raise Refused(phrase("Your single sign-on has not verified your e-mail address; ask those who run it."))
    return email.strip().lower()


def _is_a_program(subject: str, said: Mapping[str, Any]) -> bool:
    """As the usual issuers mark what was had without a person: client credentials, app-only, service accounts."""
    clients = {said.get("client_id"), said.get("azp"), said.get("cid")} - {None}
    grant = str(said.get("gty", ""))
    return (
        grant == "client-credentials" or said.get("idtyp") == "app" or subject in clients or "service_account" in said
    )


def _member(reader: Reader, company: Company, identity: Identity) -> Member:
    member = reader.member(company.organisation, identity.member)
    if identity.organisation != company.organisation or member is None or not member.active:
        raise Refused(phrase("Your account here is not active; ask an admin."))
    return member


def _agent(reader: Reader, workload: Workload) -> Known:
    agent = reader.agent(workload.agent)
    if agent is None:
        raise Refused(_NOBODY)
    if agent.suspended:
        raise NotAllowed(
            phrase("Agent {agent} is suspended, so its tokens do nothing; ask an admin.", agent=agent.name)
        )
    actor = Actor(
        kind="agent",
        id=agent.id,
        name=agent.name,
        organisation=agent.organisation,
        way=Way.OIDC,
        team=agent.team,
        verbs=workload.verbs,
        projects=workload.projects,
        facts=dict(workload.facts),
        credential=workload.id,
    )
    return Known(actor, f"workload:{workload.id}")
