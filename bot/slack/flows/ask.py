"""Ask for approval: the form, from the shortcuts or the command; about a message it starts with its words."""

from __future__ import annotations

from typing import Any

from bot.slack.actor import KIND
from bot.slack.answer import Answer, FieldErrors, Open, Replace
from bot.slack.blocks import cut
from bot.slack.cards import ask, whisper
from bot.slack.flows.base import Flow, Form
from bot.slack.payload import Shortcut, Submission
from bot.slack.room import Room, must_be_mapped
from core.desk import Draft
from core.model.people import Actor
from core.model.request import Content, Cost, Link
from core.ports import Reader
from core.standing import people_waited_for, stand

_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


async def shortcut(room: Room, actor: Actor, used: Shortcut) -> Answer:
    must_be_mapped(actor)
    projects = await room.read(lambda reader: reader.projects(actor.organisation))
    text = _plain(used.text)
    title = cut(text.splitlines()[0], 150) if text.strip() else ""
    return Open(ask.draw([project.name for project in projects], title=title, description=text))


def _plain(text: str) -> str:
    """A message's words without Slack's escapes."""
    for written, meant in _ESCAPES:
        text = text.replace(written, meant)
    return text.strip()


async def submit(room: Room, actor: Actor, sent: Submission) -> Answer | None:
    must_be_mapped(actor)
    title = sent.text("title")
    if title is None:
        return FieldErrors({"title": "Say in a few words what should be approved."})
    cost = _cost(sent.values.get("cost"))
    if cost is None and sent.values.get("cost"):
        return FieldErrors({"cost": "Write the cost as a number, for example 30 or 12.50."})
    picked = sent.values.get("approvers") or []
    approvers = await room.read(lambda reader: _members(reader, room.installation.issuer, picked))
    if len(approvers) < len(picked):
        return FieldErrors({"approvers": "Not all of these people are members here; leave out those who are not."})
    draft = Draft(content=_content(title, cost, sent), project=_project(sent), approvers=approvers)
    done = await room.create(actor, sent, draft)
    waits = people_waited_for(stand(done.request).waiting_on) or "nobody"
    said = f"Request #{done.request.number} is open and waits for {waits}. You will be told how it ends."
    if not done.request.is_open:
        said = f"Request #{done.request.number} is already decided; look at it with /countersign show."
    return Replace(whisper.modal("Asked", whisper.draw(said)))


def _content(title: str, cost: Cost | None, sent: Submission) -> Content:
    effects = (sent.text("side_effects") or "").splitlines()
    url = sent.text("link")
    return Content(
        type=str(sent.values.get("type") or "custom"),
        title=cut(title, 200),
        description=sent.text("description"),
        action=sent.text("action"),
        cost=cost,
        side_effects=tuple(line.strip() for line in effects if line.strip())[:50],
        if_denied=sent.text("if_denied"),
        links=(Link("Link", url),) if url else (),
    )


def _cost(typed: Any) -> Cost | None:
    try:
        dollars = float(typed)
    except (TypeError, ValueError):
        return None
    return Cost(usd=dollars) if 0 <= dollars < 1e12 else None


def _project(sent: Submission) -> str | None:
    chosen = sent.values.get("project")
    return chosen if isinstance(chosen, str) else None


def _members(reader: Reader, issuer: str, users: Any) -> tuple[str, ...]:
    """Member ids of the picked Slack users that are pinned here."""
    found = (reader.identity(KIND, issuer, str(user)) for user in users)
    return tuple(identity.member for identity in found if identity is not None)


_FIELDS = {name: name for name in ("title", "type", "description", "action", "approvers", "project")}

MEMBER = Flow(
    "ask", forms={"ask": Form(submit, _FIELDS)}, shortcuts={"ask_for_approval": shortcut, "ask_about_message": shortcut}
)
