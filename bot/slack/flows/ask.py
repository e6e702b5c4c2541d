"""Ask for approval: the form, from the shortcuts or the command; about a message it starts with its words."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from bot.slack.answer import Answer, FieldErrors, Open, Replace
from bot.slack.asking import Offer, offer
from bot.slack.cards import ask, whisper
from bot.slack.drawing import inputs
from bot.slack.drawing.blocks import cut
from bot.slack.drawing.inputs import Filled
from bot.slack.entrance.payload import Click, Shortcut, Submission
from bot.slack.flows.base import Flow, Form
from bot.slack.people.actor import KIND
from bot.slack.room import Room
from core.desk import Draft
from core.errors import Invalid
from core.lifecycle.facts import Problem
from core.lifecycle.fields import misfits
from core.lifecycle.hints import hints
from core.model.duration import parse_duration
from core.model.organisation import RequestType
from core.model.people import Actor
from core.model.request import Content, Cost, Link, Request
from core.phrases import phrase
from core.ports import Reader
from core.standing import say_waited_for

LINK: Final = "Link"
"""How a link typed into the form is called: kept with the request and in its digest, so in no reader's language."""

_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


async def shortcut(room: Room, actor: Actor, used: Shortcut) -> Answer:
    offered = await offer(room, actor)
    text = _plain(used.text)
    title = cut(text.strip().splitlines()[0], 150) if text.strip() else ""
    return Open(offered.form(offered.first, title=title, description=text))


async def retype(room: Room, actor: Actor, click: Click) -> Answer | None:
    """Another type was chosen: the form is drawn with its inputs; what was typed stays."""
    offered = await offer(room, actor)
    type = offered.named(click.value)
    return None if type is None else Replace(offered.form(type))


def _plain(text: str) -> str:
    """A message's words without Slack's escapes."""
    for written, meant in _ESCAPES:
        text = text.replace(written, meant)
    return text.strip()


async def submit(room: Room, actor: Actor, sent: Submission) -> Answer | None:
    offered = await offer(room, actor)
    type = offered.named(str(sent.values.get("type") or "custom"))
    if type is None:
        return FieldErrors({"type": phrase("This type is not there any more; choose another one.")})
    if any(entry.block not in sent.values for entry in inputs.entries(type)[: inputs.MOST]):
        return Replace(offered.form(type))
    filled, picked = inputs.read(type, sent.values), sent.values.get("approvers") or []
    content = _content(type, filled, sent)
    errors = _errors(type, content, filled, sent)
    approvers = await room.read(lambda reader: _members(reader, room.installation.issuer, picked))
    if len(approvers) < len(picked):
        errors["approvers"] = phrase("Not all of these people are members here; leave out those who are not.")
    if errors:
        return FieldErrors(errors)
    draft = Draft(content, _project(sent, offered), approvers, expires_at=await _expires_at(room, sent))
    try:
        done = await room.create(actor, sent, draft)
    except Invalid as error:
        return FieldErrors({_block(error, sent): error.sentence})
    return Replace(whisper.modal(phrase("Asked"), whisper.draw(_said(done.request))))


def _said(request: Request) -> str:
    waits = say_waited_for(request) or "nobody"
    said = phrase(
        "Request #{number} is open and waits for {waits}. You will be told how it ends.",
        number=request.number,
        waits=waits,
    )
    if not request.is_open:
        said = phrase("Request #{number} is already decided; look at it with /countersign show.", number=request.number)
    return " ".join((said, *hints(request.content, request.named)))


def _errors(type: RequestType, content: Content, filled: Filled, sent: Submission) -> dict[str, str]:
    """Everything that is wrong, each under its input; what has none stands under the title."""
    errors = dict(filled.errors)
    if sent.text("title") is None:
        errors["title"] = phrase("Say in a few words what should be approved.")
    if content.cost is None and sent.values.get("cost"):
        errors["cost"] = phrase("Write the cost as a number, for example 30 or 12.50.")
    for misfit in misfits(type, content):
        block = next((b for b in _blocks(misfit.field) if b in sent.values), "title")
        errors.setdefault(
            block, f"{misfit.sentence[0].upper()}{misfit.sentence[1:]}" if block == "title" else _short(misfit)
        )
    return errors


def _short(misfit: Problem) -> str:
    """`Must be at most 5.` under the very field, which needs no naming again."""
    said = misfit.sentence.removeprefix(misfit.field).strip()
    if said.startswith("is required"):
        return phrase("This is required.")
    return f"{said[:1].upper()}{said[1:]}"


def _blocks(path: str) -> tuple[str, ...]:
    """The input of a path, or the one it lies in: one item of a list is typed with the others."""
    whole = path.partition("[")[0]
    return (f"ask.{path}", f"ask.{whole}")


def _block(error: Invalid, sent: Submission) -> str:
    field = str(error.fields.get("field", ""))
    return next((block for block in (*_blocks(field), field) if block in sent.values), "title")


async def _expires_at(room: Room, sent: Submission) -> datetime | None:
    window = sent.values.get("window")
    if window not in ask.WINDOWS:
        return None
    return await room.read(lambda reader: reader.now() + parse_duration(str(window)))


def _content(type: RequestType, filled: Filled, sent: Submission) -> Content:
    effects = (sent.text("side_effects") or "").splitlines()
    url = sent.text("link")
    return Content(
        type=type.word,
        title=cut(sent.text("title") or "", 200),
        description=sent.text("description"),
        action=sent.text("action"),
        params=filled.params,
        facts=filled.facts,
        cost=_cost(sent.values.get("cost")),
        side_effects=tuple(line.strip() for line in effects if line.strip())[:50],
        if_denied=sent.text("if_denied"),
        links=(Link(LINK, url),) if url else (),
    )


def _cost(typed: Any) -> Cost | None:
    try:
        dollars = float(typed)
    except (TypeError, ValueError):
        return None
    return Cost(usd=dollars) if 0 <= dollars < 1e12 else None


def _project(sent: Submission, offered: Offer) -> str | None:
    """The form asks only where there is something to choose."""
    chosen = sent.values.get("project")
    if isinstance(chosen, str):
        return chosen
    return offered.projects[0].name if len(offered.projects) == 1 else None


def _members(reader: Reader, issuer: str, users: Any) -> tuple[str, ...]:
    """Member ids of the picked Slack users that are pinned here."""
    found = (reader.identity(KIND, issuer, str(user)) for user in users)
    return tuple(identity.member for identity in found if identity is not None)


MEMBER = Flow(
    "ask",
    clicks={ask.CHOOSE: retype},
    forms={"ask": Form(submit, {"title": "title"})},
    shortcuts={"ask_for_approval": shortcut, "ask_about_message": shortcut},
)
