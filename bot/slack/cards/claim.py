"""Somebody of Slack says which member they are: the message that asks an admin, and the form they fill."""

from __future__ import annotations

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Drawing
from bot.slack.people.vetting import REASONS
from core.model.installation import Unmapped
from core.phrases import phrase

EMAIL = "email"


def key_of(asked: Unmapped) -> str:
    """What a button points at: a Slack user, and what they said when it was drawn."""
    return f"{asked.issuer}/{asked.user}/{asked.wanted or ''}"


def draw(asked: Unmapped) -> Drawing:
    """For an admin. Nothing is linked before they say so."""
    gist = phrase(
        "{asked} says they are the member {wanted}. Only an admin can confirm that.",
        asked=b.cut(asked.name, 80),
        wanted=asked.wanted,
    )
    facts = [
        [
            b.words(phrase("Slack account: "), 40, "bold"),
            b.words(f"{asked.name or phrase('unnamed')} ({asked.user})", 200),
        ],
        [b.words(phrase("Address in Slack: "), 40, "bold"), b.words(asked.email or phrase("none shown"), 200)],
        [b.words(phrase("Says they are: "), 40, "bold"), b.words(asked.wanted or phrase("nobody"), 200)],
        [b.words(phrase("Not linked because: "), 40, "bold"), b.words(REASONS.get(asked.reason, asked.reason), 200)],
    ]
    care = phrase("Ask them in person or by a call before you link them: whoever is linked decides as that member.")
    buttons = [
        b.button(phrase("Link them…"), "link.look", key_of(asked), label=phrase("Link {asked}", asked=asked.name)),
        {
            **b.button(
                phrase("No"),
                "link.dismiss",
                key_of(asked),
                style="danger",
                label=phrase("Refuse to link {asked}", asked=asked.name),
            ),
            "confirm": b.confirm(
                phrase("Refuse?"),
                phrase("They hear that an admin did not confirm it, and stay unlinked."),
                phrase("Refuse"),
            ),
        },
    ]
    blocks = [
        b.section(b.plain(gist, 500), "claim.gist"),
        b.rich("claim.facts", b.bullets(facts)),
        b.context("claim.care", b.plain(care, 300)),
        b.actions("claim.buttons", buttons),
    ]
    return Drawing(b.gist(gist), blocks)


def form() -> Json:
    """For whoever is linked to nobody."""
    said = phrase("You are linked to no member yet. Say which one you are: an admin is asked to confirm it.")
    field = b.field(
        EMAIL, phrase("Your e-mail address here"), b.text_input("text"), hint=phrase("The one an admin knows you by.")
    )
    return b.modal(
        "link.claim",
        phrase("Who are you?"),
        [b.section(b.plain(said), "claim.said"), field],
        submit=phrase("Ask an admin"),
    )


def _sample(name: str, email: str | None, wanted: str) -> Unmapped:
    return Unmapped("org_acme", "T0ACME0001", "U0FRANK006", name, email, "not_member", wanted, samples.AT)


MEMBER = Card(
    "claim",
    {
        "asked": lambda: draw(_sample("Frank Fujita", "frank@acme.example", "f.fujita@acme.example")).as_json(),
        "hostile": lambda: draw(_sample("<!channel> *x*" * 40, None, f"{'a' * 60}@acme.example")).as_json(),
        "form": form,
    },
)
