"""Links by chat: what somebody says of themselves, what an admin sees before confirming it, and what comes of it."""

from __future__ import annotations

from bot.slack.answer import Answer, Open, Whisper
from bot.slack.cards import claim, sure, whisper
from bot.slack.drawing.blocks import Json
from bot.slack.entrance.payload import Click, Incoming, Submission
from bot.slack.people.actor import KIND
from bot.slack.room import Room, must_be_mapped
from core.administration.identities import CLAIMABLE
from core.errors import Conflict
from core.model.installation import Unmapped
from core.model.organisation import Member
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Reader


async def asked(room: Room, actor: Actor, incoming: Incoming, email: str) -> Answer:
    """By anybody. Whoever is linked needs nothing; whoever cannot be hears what stands in the way."""
    if actor.is_member:
        member = await room.read(lambda reader: reader.member(actor.organisation, actor.id))
        known = actor.name if member is None else f"{member.name} ({member.email})"
        return _said(
            phrase(
                "You are linked to {known} already; there is nothing to do. If that is not you, tell an admin.",
                known=known,
            )
        )
    if not email:
        await _must_be_claimable(room, actor, incoming)
        return Open(claim.form())
    made = await room.administration.identities.claim(
        actor, room.installation.issuer, incoming.sender.user, email.lower()
    )
    if made.is_new and room.linking is not None:
        room.linking.asked(made.asked)
    if made.is_new:
        return _said(
            phrase(
                "An admin is asked whether you are {wanted}; nothing is changed until they confirm it. "
                "You will get a message then. It helps to tell one of them that it is you.",
                wanted=made.asked.wanted,
            )
        )
    return _said(
        phrase(
            "An admin was asked already whether you are {wanted}; nothing is changed until they confirm it. "
            "It helps to tell one of them that it is you.",
            wanted=made.asked.wanted,
        )
    )


async def _must_be_claimable(room: Room, actor: Actor, incoming: Incoming) -> None:
    issuer, user = room.installation.issuer, incoming.sender.user
    known = await room.read(lambda reader: reader.unmapped_user(actor.organisation, issuer, user))
    if known is None or known.reason not in CLAIMABLE:
        must_be_mapped(actor)


async def looked_at(room: Room, actor: Actor, click: Click) -> Answer:
    """What linking them would mean, before it is done."""
    known = await _the_claim(room, actor, click.value)
    member, others = await room.read(lambda reader: _whose(reader, known))
    if member is None:
        raise Conflict(
            phrase(
                "There is no member with the address {wanted}; add them with /countersign members add, then look again.",
                wanted=known.wanted,
            )
        )
    return Open(_sure(known, member, others))


def _sure(known: Unmapped, member: Member, others: list[str]) -> Json:
    consequences = [
        phrase(
            "Slack account: {known} ({user}), address there: {email}.",
            known=known.name or phrase("unnamed"),
            user=known.user,
            email=known.email or phrase("none shown"),
        ),
        phrase(
            "Member: {member} ({email}){inactive}.",
            member=member.name,
            email=member.email,
            inactive="" if member.active else phrase(", who is not active"),
        ),
        phrase("From then on this Slack account decides as that member, with all their roles and groups."),
        *(
            phrase("The Slack account {user} is linked to {member} now; that link ends.", user=user, member=member.name)
            for user in others
        ),
        phrase("If you are not sure, call them: an address proves nothing here."),
    ]
    question = phrase(
        "Is the Slack account {known} really {member}?", known=known.name or known.user, member=member.name
    )
    return sure.draw(
        "link.confirm",
        phrase("Link somebody"),
        question,
        consequences,
        yes=phrase("Link them"),
        metadata=claim.key_of(known),
    )


async def confirmed(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    known = await _the_claim(room, actor, sent.metadata)
    issuer, wanted = known.issuer, known.wanted or ""
    once = room.once(sent, ("link.confirm", issuer, known.user, wanted))
    identities = room.administration.identities
    await identities.confirm(actor, KIND, issuer, known.user, wanted, once=once)
    return _said(phrase("{known} is linked to {wanted} now.", known=known.name or known.user, wanted=wanted))


async def dismissed(room: Room, actor: Actor, click: Click) -> Answer:
    known = await _the_claim(room, actor, click.value)
    await room.administration.identities.dismiss(actor, known.issuer, known.user)
    return _said(phrase("{known} stays unlinked, and has heard so.", known=known.name or known.user))


async def _the_claim(room: Room, actor: Actor, key: str) -> Unmapped:
    """What the button was about, unless they say something else by now."""
    must_be_mapped(actor)
    issuer, _, rest = key.partition("/")
    user, _, wanted = rest.partition("/")
    known = await room.administration.identities.claimed(actor, issuer, user)
    if known.wanted != wanted:
        raise Conflict(
            phrase(
                "They say now that they are {wanted}; look at the newer message, or at members unmapped.",
                wanted=known.wanted,
            )
        )
    return known


def _whose(reader: Reader, known: Unmapped) -> tuple[Member | None, list[str]]:
    member = reader.member_by_email(known.organisation, known.wanted or "")
    if member is None:
        return None, []
    pinned = reader.identities(known.organisation, member.id)
    return member, [one.user for one in pinned if (one.kind, one.issuer) == (KIND, known.issuer)]


def _said(sentence: str) -> Whisper:
    return Whisper(whisper.draw(sentence), phrase("Who is who"))
