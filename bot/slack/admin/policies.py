"""Policies by chat: the lists, one in plain words, and its text as a form takes it."""

from __future__ import annotations

from typing import Final

from bot.slack.admin import texts
from bot.slack.cards import rows, sheet, sure, text_form
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.drawing.blocks import Json, field, text_input, utc
from bot.slack.room import Room
from core.administration.policies import SeenPolicy
from core.model.people import Actor
from core.model.policy import Policy
from core.model.rule import Mode
from core.phrases import phrase, phrases
from core.rulebook.judges import write_policy
from core.rulebook.load import dump
from core.rulebook.read_back import read_back_policy

EXAMPLE: Final = """name: deploys
url: https://opa.example.com/v1/data/deploys/decision
scope: {project: payments}
when: type == "deploy"
on_pass: approve
on_fail: reject
"""
MODES: Final = {Mode.ON: phrase("on"), Mode.SHADOW: phrase("in shadow"), Mode.OFF: phrase("off")}


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.policies.list(actor)
    page = [Row(one.policy.name, _line(one), "policies.show", one.policy.id) for one in found[start : start + PAGE]]
    heading = phrase(
        "{counted}. Each is asked about every request it is for.",
        counted=phrases("{count:,} policy", "{count:,} policies", len(found)),
    )
    note = phrase("Add one with /countersign policies add.")
    return rows.draw(phrase("Policies"), heading, page, turn="policies", start=start, total=len(found), note=note)


def _line(one: SeenPolicy) -> str:
    mode = MODES[one.policy.mode]
    return f"{mode} · {one.policy.url}" if one.problem is None else f"{mode} · {one.problem}"


async def shown(room: Room, actor: Actor, wanted: str) -> Json:
    return drawn(await room.administration.policies.get(actor, wanted))


def drawn(one: SeenPolicy, said: str = "") -> Json:
    """`said` is what has just been done to it."""
    policy = one.policy
    figures = [
        (phrase("Token"), phrase("sent along") if policy.sealed_token else phrase("none")),
        *([(phrase("Trouble"), one.problem)] if one.problem else []),
        *([(phrase("Changed"), _changed(policy))] if policy.changed_at else []),
    ]
    acts = [
        Act(phrase("Edit"), "policies.edit", policy.id),
        Act(phrase("Remove"), "policies.remove", policy.id, "danger"),
    ]
    state = said or phrase("Version {version}, {mode}", version=policy.version, mode=MODES[policy.mode])
    words, text = read_back_policy(policy), to_yaml(policy)
    return sheet.draw(Sheet(phrase("Policy"), policy.name, state, words=words, figures=figures, text=text, acts=acts))


def _changed(policy: Policy) -> str:
    return "" if policy.changed_at is None else f"{utc(policy.changed_at)}, {policy.author}"


def to_yaml(policy: Policy) -> str:
    """As the form takes it."""
    said = write_policy(policy)
    said.pop("engine")
    return dump(texts.without_nothing(said))


async def adding(room: Room, actor: Actor) -> Json:
    await room.administration.must_manage(actor)
    label = phrase("The policy as YAML or JSON")
    return text_form.draw("policies.add", phrase("New policy"), label, example=EXAMPLE, before=[_token("")])


async def editor(room: Room, actor: Actor, wanted: str) -> Json:
    await room.administration.must_manage(actor)
    policy = (await room.administration.policies.get(actor, wanted)).policy
    kept = phrase("Left empty, the one it has is kept, for the same address alone.") if policy.sealed_token else ""
    return text_form.draw(
        "policies.edit",
        phrase("Edit a policy"),
        phrase("The policy as YAML or JSON"),
        initial=to_yaml(policy),
        before=[_token(kept)],
        metadata=texts.reference(policy.id, policy.version),
    )


def _token(kept: str) -> Json:
    hint = kept or phrase("Sent along as a bearer token, kept encrypted, never shown again.")
    return field("token", phrase("Token"), text_input("token", most=3_000), optional=True, hint=hint)


async def removing(room: Room, actor: Actor, wanted: str) -> Json:
    await room.administration.must_manage(actor)
    policy = (await room.administration.policies.get(actor, wanted)).policy
    consequences = [phrase("Requests that wait for it are judged again without it.")]
    question = phrase("Remove the policy {name}?", name=policy.name)
    return sure.draw(
        "policies.remove",
        phrase("Remove a policy"),
        question,
        consequences,
        yes=phrase("Remove"),
        metadata=policy.id,
    )
