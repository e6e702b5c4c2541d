"""The words cards share: states, money, names, what changed. Plain texts; whoever draws decides how they look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot.slack.drawing.blocks import cut, one_line, utc
from core.masking import HIDDEN, mask, mask_path, mask_text
from core.model.digest import LARGEST_INTEGER, content_json
from core.model.emergency import CAUSE
from core.model.request import Content, Cost, ExecutionStatus, Request, Status, Verdict
from core.notices import how_it_ended, how_it_was_discarded
from core.phrases import listed, phrase
from core.standing import say_waited_for
from core.veil import veil, veil_content

MARKS: Final[Mapping[Status, str]] = {
    Status.PENDING: phrase("⏳ Approval needed"),
    Status.ASKED_QUESTION: phrase("💬 Question open"),
    Status.APPROVED: phrase("✅ Approved"),
    Status.APPROVED_WITH_EDITS: phrase("✅ Approved with edits"),
    Status.AUTO_APPROVED: phrase("✅ Approved without asking"),
    Status.REJECTED: phrase("⛔ Rejected"),
    Status.AUTO_REJECTED: phrase("⛔ Rejected without asking"),
    Status.EXPIRED: phrase("⌛ Expired"),
    Status.CANCELLED: phrase("🚫 Cancelled"),
}

LABELS: Final[Mapping[str, str]] = {
    "cost.usd": phrase("Cost in US dollars"),
    "cost.tokens": phrase("Cost in tokens"),
    "action": phrase("Action"),
    "side_effects": phrase("Side effects"),
    "if_denied": phrase("If refused"),
}


def money(cost: Cost) -> str:
    """`$30.00 and 12,000 tokens`."""
    said = []
    if cost.usd is not None:
        said.append(f"${cost.usd:,.2f}")
    if cost.tokens is not None:
        said.append(phrase("{tokens:,} tokens", tokens=cost.tokens))
    return cut(listed(said), 80) if said else phrase("not declared")


def say(value: Any, limit: int = 200) -> str:
    """A JSON value in one line."""
    match value:
        case None:
            return phrase("nothing")
        case str():
            return cut(one_line(value), limit)
        case bool():
            return phrase("yes") if value else phrase("no")
        case int() | float():
            return cut(_number(value), limit)
        case list() | tuple() if all(isinstance(item, str) for item in value):
            return cut("; ".join(map(one_line, value)), limit) if value else phrase("nothing")
        case _:
            return cut(json.dumps(value, ensure_ascii=False, sort_keys=True), limit)


def _number(value: float) -> str:
    """To its last digit, since that is what is decided; `48` rather than `48.0`."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.0f}" if value.is_integer() and abs(value) <= LARGEST_INTEGER else str(value)


def mark_of(request: Request) -> str:
    """How its status is called; loud where nobody who was asked has said yes."""
    if request.is_yes and request.cause == CAUSE:
        return phrase("🚨 EMERGENCY: approved by break-glass")
    return MARKS[request.status]


def asks(request: Request, behalf: str | None) -> str:
    name = request.requester.name
    match request.is_open, behalf:
        case True, None:
            return phrase("{requester} asks", requester=name)
        case False, None:
            return phrase("{requester} asked", requester=name)
        case True, _:
            return phrase("{requester} asks for {behalf}", requester=name, behalf=behalf)
        case _:
            return phrase("{requester} asked for {behalf}", requester=name, behalf=behalf)


def gist_of(request: Request, project: str) -> str:
    """Everything that matters in two sentences, for those who see or hear only the notification."""
    request = veil(request)
    title = f"#{request.number} {one_line(mask_text(request.content.title))}"
    if not request.is_open:
        return f"{mark_of(request)}: {title}. {one_line(mask_text(how_it_ended(request)))}{_afterwards(request)}"
    said = [
        f"{MARKS[request.status]}: {title}.",
        phrase("{requester} asks in {project}.", requester=request.requester.name, project=project),
    ]
    content = request.content
    if content.cost is not None:
        said.append(phrase("Costs {money}.", money=money(content.cost)))
    if content.side_effects:
        said.append(phrase("Side effects: {effects}.", effects=mask_text(say(list(content.side_effects), 150))))
    if waits := say_waited_for(request):
        said.append(phrase("Waits for {waits}.", waits=waits))
    if request.expires_at is not None:
        said.append(phrase("Expires {utc}.", utc=utc(request.expires_at)))
    return " ".join(said)


def _afterwards(request: Request) -> str:
    line = execution_line(request)
    if line is None:
        return ""
    said, at = line
    return phrase(" {said} until {utc}.", said=said, utc=utc(at)) if at is not None else f" {said}"


def ending(request: Request) -> tuple[str, list[str]]:
    """How it ended in one line, and the words people gave with it."""
    request = veil(request)
    rejection = next((d for d in reversed(request.decisions) if d.verdict is Verdict.REJECTED), None)
    if request.status is Status.REJECTED and rejection is not None:
        return phrase("Rejected by {rejection}.", rejection=rejection.name), [
            rejection.comment
        ] if rejection.comment else []
    live = [d for d in request.decisions if d.counts and d.comment]
    return how_it_ended(request), [f"{d.name}: {d.comment}" for d in live]


def execution_line(request: Request) -> tuple[str, datetime | None] | None:
    """How the execution stands, and until when that may last."""
    execution = veil(request).execution
    if execution is None or not request.is_yes:
        return None
    if request.discarded:
        return one_line(mask_text(how_it_was_discarded(veil(request)))), None
    if request.superseded_by is not None:
        return phrase("A newer request took its place: it will not be executed."), None
    detail = f": {one_line(mask_text(execution.detail))}" if execution.detail else "."
    match execution.status:
        case ExecutionStatus.PENDING if execution.requested_by is not None:
            name, asker = execution.requested_by, request.requester.name
            return phrase("{name} had it run; {asker} is to take it", name=name, asker=asker), execution.window_ends_at
        case ExecutionStatus.PENDING if execution.window_ends_at is not None:
            return phrase("Handed over, to be executed"), execution.window_ends_at
        case ExecutionStatus.PENDING:
            return phrase("Handed over, to be executed."), None
        case ExecutionStatus.EXECUTING:
            return phrase("Executing{detail}", detail=detail), None
        case ExecutionStatus.SUCCESS:
            return phrase("Executed{detail}", detail=detail), None
        case ExecutionStatus.FAILED:
            return phrase("Execution failed{detail}", detail=detail), None
        case _:
            return phrase("Nobody executed it within its window; it can no longer be executed."), None


# -------------------------------------------------------------------------------------------------------- what changed


def changes(before: Content, after: Content, secret: tuple[str, ...] = ()) -> list[str]:
    """One line per changed field, old and new value; what is secret (the paths its type says) only says that it changed."""
    old, new = _flat(content_json(before)), _flat(content_json(after))
    paths = sorted(path for path in {*old, *new} if old.get(path) != new.get(path))
    shown = (_flat(content_json(veil_content(content, secret))) for content in (before, after))
    was, now = shown
    return [_change(path, was.get(path), now.get(path)) for path in paths]


def edit_lines(request: Request) -> list[str]:
    """One line per edit an approver made."""
    shown = veil(request)
    old = _flat(content_json(shown.original))
    return [_change(path, old.get(path), value) for path, value in sorted(shown.edits.items())]


def _change(path: str, old: Any, new: Any) -> str:
    before, after = (say(mask_path(path, value), 60) for value in (old, new))
    label = LABELS.get(path, path)
    if HIDDEN in (before, after) or before == after:
        return phrase("{label} changed", label=label)
    return f"{label}: {before} → {after}"


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted paths to leaves; lists are leaves."""
    flat: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            flat |= _flat(inner, f"{prefix}{name}.")
        elif inner not in (None, [], {}, ()):
            flat[f"{prefix}{name}"] = inner
    return flat


def leaves(values: Mapping[str, Any]) -> dict[str, Any]:
    """Names and masked values of what a mapping holds, nested names dotted."""
    return _flat(mask(dict(values)))
