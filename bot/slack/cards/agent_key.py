"""An agent's new key: what it may do, then its secret, which is shown once, in this window and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from core.phrases import phrase

VERBS: Final = (
    ("ask", phrase("Ask"), phrase("Make requests, change and cancel its own")),
    ("read", phrase("Read"), phrase("See every request of its projects")),
    ("execute", phrase("Execute"), phrase("Claim what was approved, and report how it went")),
    ("report_check", phrase("Report checks"), phrase("Say whether a check passed")),
)


def draw(agent: str, projects: Sequence[str], metadata: str) -> Json:
    options = [b.option(text, word, description) for word, text, description in VERBS]
    verbs: Json = {"type": "checkboxes", "action_id": "verbs", "options": options, "initial_options": options[:1]}
    blocks = [
        b.section(
            b.plain(phrase("A new key for {agent}. It can never decide, whatever it may do.", agent=agent)), "key.for"
        ),
        b.field("label", phrase("Label"), b.text_input("text", most=100, hint="deploys"), optional=True),
        b.field("verbs", phrase("It may"), verbs),
        *_projects(projects),
        b.field(
            "facts",
            phrase("Fixed facts"),
            b.text_input("text", lines=True, hint=phrase("env: production"), most=2_000),
            optional=True,
            hint=phrase("One per line. They stand above whatever the caller says."),
        ),
        b.field("expires", phrase("Ends after"), b.text_input("text", most=40, hint="90d"), optional=True),
    ]
    return b.modal("agents.key", phrase("New key"), blocks, submit=phrase("Make the key"), metadata=metadata)


def _projects(projects: Sequence[str]) -> list[Json]:
    """Only where there is something to choose."""
    if len(projects) < 2:
        return []
    options = [b.option(name, name[:75]) for name in dict.fromkeys(name[:75] for name in projects)][: b.SELECT_OPTIONS]
    chosen: Json = {"type": "multi_static_select", "action_id": "projects", "options": options}
    return [b.field("projects", phrase("Projects"), chosen, optional=True, hint=phrase("None chosen: all of them."))]


def shown(agent: str, key: str, secret: str | None) -> Json:
    """A repeat of the very same wish cannot give the secret again: it is not kept."""
    if secret is None:
        words = phrase(
            "This key of {agent} was made before ({key}); its secret was shown then, and is kept nowhere.",
            agent=agent,
            key=key,
        )
        return b.modal("agents.secret", phrase("Key"), [b.section(b.plain(words), "key.gone")])
    said = phrase(
        "The key of {agent}. It is shown this once: copy it now and put it where the machine keeps its secrets.",
        agent=agent,
    )
    hint = phrase(
        "Only its hash is kept. Whoever has it can ask as {agent}. Revoke it with /countersign agents keys {agent}.",
        agent=agent,
    )
    blocks = [b.rich("key.secret", b.paragraph(b.words(said, 400)), b.code(secret, 200)), b.context("key.id", b.plain(f"{key}. {hint}", 400))]  # fmt: skip
    return b.modal("agents.secret", phrase("Key"), blocks)


MEMBER = Card(
    "agent_key",
    {
        "form": lambda: draw("deploy-bot", ["default", "payments"], "agt_1"),
        "small": lambda: draw("<!here>" * 40, ["default"], "agt_1"),
        "many": lambda: draw("a", [f"project {n}" for n in range(200)], "agt_1"),
        "secret": lambda: shown("deploy-bot", "key_1", "csk_" + "x" * 43),
        "gone": lambda: shown("deploy-bot", "key_1", None),
    },
)
