"""A webhook's new secret, shown once, in this window and nowhere else."""

from __future__ import annotations

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from core.phrases import phrase


def draw(name: str, secret: str | None, *, rotated: bool = False) -> Json:
    """A repeat of the very same wish cannot give the secret again: it is kept encrypted, for signing alone."""
    if secret is None:
        words = phrase(
            "The secret of {name} was shown when it was made. If it is lost, make a new one: /countersign webhooks rotate {name}.",
            name=name,
        )
        return b.modal("webhooks.secret", phrase("Webhook"), [b.section(b.plain(words), "hook.gone")])
    said = phrase(
        "The secret that signs what {name} is told. It is shown this once: copy it now and give it to the receiver.",
        name=name,
    )
    hint = (
        phrase("The one before signs beside it for 24 hours.")
        if rotated
        else phrase("Try it: /countersign webhooks test {name}.", name=name)
    )
    blocks = [
        b.rich("hook.secret", b.paragraph(b.words(said, 400)), b.code(secret, 200)),
        b.context("hook.hint", b.plain(hint, 400)),
    ]
    return b.modal("webhooks.secret", phrase("Webhook"), blocks)


MEMBER = Card(
    "webhook_secret",
    {
        "new": lambda: draw("deploys", "whsec_" + "x" * 44),
        "rotated": lambda: draw("<!here>" * 30, "whsec_" + "x" * 44, rotated=True),
        "gone": lambda: draw("deploys", None),
    },
)
