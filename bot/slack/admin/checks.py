"""Checks by chat: the lists, one in plain words, and its text as a form takes it."""

from __future__ import annotations

from typing import Final

from bot.slack.admin import texts
from bot.slack.cards import rows, sheet, sure, text_form
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.drawing.blocks import Json, field, text_input, utc
from bot.slack.room import Room
from core.administration.checks import SeenCheck
from core.model.check import CheckDefinition
from core.model.people import Actor
from core.phrases import phrase, phrases
from core.rulebook.judges import write_check
from core.rulebook.load import dump
from core.rulebook.read_back import read_back_check

EXAMPLE: Final = """name: change-window
url: https://checks.example.com/change-window
reporter: window-bot
when: type == "deploy"
on_failed: block
"""


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.checks.list(actor)
    page = [Row(one.check.name, _line(one), "checks.show", one.check.id) for one in found[start : start + PAGE]]
    heading = phrase(
        "{counted}. Each must report that it passed.",
        counted=phrases("{count:,} check", "{count:,} checks", len(found)),
    )
    note = phrase("Add one with /countersign checks add.")
    return rows.draw(phrase("Checks"), heading, page, turn="checks", start=start, total=len(found), note=note)


def _line(one: SeenCheck) -> str:
    needed = (
        phrase("needed by every request it is for") if one.check.required else phrase("needed where a rule names it")
    )
    return needed if one.problem is None else f"{needed} · {one.problem}"


async def shown(room: Room, actor: Actor, wanted: str) -> Json:
    return drawn(await room.administration.checks.get(actor, wanted))


def drawn(one: SeenCheck, said: str = "") -> Json:
    """`said` is what has just been done to it."""
    check = one.check
    figures = [
        (phrase("Signed"), phrase("with its secret") if check.sealed_secret else phrase("not called")),
        *([(phrase("Trouble"), one.problem)] if one.problem else []),
        *([(phrase("Changed"), f"{utc(check.changed_at)}, {check.author}")] if check.changed_at else []),
    ]
    acts = [
        Act(phrase("Edit"), "checks.edit", check.id),
        Act(phrase("Remove"), "checks.remove", check.id, "danger"),
    ]
    state = said or phrase("Version {version}", version=check.version)
    words, text = read_back_check(check), to_yaml(check)
    return sheet.draw(Sheet(phrase("Check"), check.name, state, words=words, figures=figures, text=text, acts=acts))


def to_yaml(check: CheckDefinition) -> str:
    """As the form takes it; false is said, since true is what is meant where nothing is."""
    said = write_check(check)
    flags = {name: said[name] for name in ("required", "rerun")}
    return dump({**texts.without_nothing(said), **flags})


async def adding(room: Room, actor: Actor) -> Json:
    await room.administration.must_manage(actor)
    label = phrase("The check as YAML or JSON")
    return text_form.draw("checks.add", phrase("New check"), label, example=EXAMPLE, before=[_secret("")])


async def editor(room: Room, actor: Actor, wanted: str) -> Json:
    await room.administration.must_manage(actor)
    check = (await room.administration.checks.get(actor, wanted)).check
    kept = phrase("Left empty, the one it has is kept.") if check.sealed_secret else ""
    return text_form.draw(
        "checks.edit",
        phrase("Edit a check"),
        phrase("The check as YAML or JSON"),
        initial=to_yaml(check),
        before=[_secret(kept)],
        metadata=texts.reference(check.id, check.version),
    )


def _secret(kept: str) -> Json:
    hint = kept or phrase("Signs the calls to its url: whsec_ and 24 to 64 random bytes in base64. Never shown again.")
    return field("secret", phrase("Secret"), text_input("secret", most=200), optional=True, hint=hint)


async def removing(room: Room, actor: Actor, wanted: str) -> Json:
    await room.administration.must_manage(actor)
    check = (await room.administration.checks.get(actor, wanted)).check
    consequences = [phrase("Requests that wait for it are judged again without it.")]
    question = phrase("Remove the check {name}?", name=check.name)
    return sure.draw(
        "checks.remove",
        phrase("Remove a check"),
        question,
        consequences,
        yes=phrase("Remove"),
        metadata=check.id,
    )
