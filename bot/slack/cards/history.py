"""The story of a request from its ledger, privately: one line per thing that happened, refusals included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from bot.slack.cards.base import Card
from bot.slack.drawing import blocks as b
from bot.slack.drawing import parts, samples
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Drawing
from core.masking import mask_text
from core.model.request import Request
from core.phrases import phrase
from core.ports import LedgerRow
from core.veil import conceal, secrets_of

MOST: Final = 40

WORDS: Final[Mapping[str, str]] = {
    "created": phrase("asked for approval"),
    "judged": phrase("Who must approve was settled"),
    "stage_opened": phrase("A stage opened"),
    "stage_passed": phrase("A stage passed"),
    "decision_recorded": phrase("decided"),
    "approval_withdrawn": phrase("took an approval back"),
    "approval_lapsed": phrase("An approval no longer counts"),
    "edited": phrase("changed it while approving"),
    "revised": phrase("changed what is asked"),
    "question_asked": phrase("asked"),
    "question_answered": phrase("answered"),
    "commented": phrase("commented"),
    "extended": phrase("moved the deadline"),
    "handed_over": phrase("handed over"),
    "lease_granted": phrase("let its like pass for a while"),
    "lease_revoked": phrase("took a lease back"),
    "started_looking": phrase("is looking at it"),
    "reminded": phrase("reminded"),
    "found_impossible": phrase("Too few people could ever approve it"),
    "found_possible": phrase("There were enough people again"),
    "called_anew": phrase("A group that is asked is called otherwise"),
    "escalated": phrase("Nobody had answered, so it went to others"),
    "ended": phrase("The request ended"),
    "superseded": phrase("A newer request took its place"),
    "discarded": phrase("discarded it"),
    "execution_requested": phrase("had it run"),
    "execution_started": phrase("began to execute"),
    "execution_succeeded": phrase("executed"),
    "execution_failed": phrase("failed to execute"),
    "execution_expired": phrase("The window for execution closed"),
    "refused": phrase("was refused"),
}
ENDS: Final[Mapping[str, str]] = {
    "approved": phrase("approved"),
    "approved_with_edits": phrase("approved with edits"),
    "auto_approved": phrase("auto approved"),
    "rejected": phrase("rejected"),
    "auto_rejected": phrase("auto rejected"),
    "expired": phrase("expired"),
    "cancelled": phrase("cancelled"),
}
"""How it ended, by the stored words."""

BY_ITSELF: Final = frozenset(
    {
        "judged",
        "stage_opened",
        "stage_passed",
        "approval_lapsed",
        "found_impossible",
        "found_possible",
        "called_anew",
        "escalated",
        "ended",
        "superseded",
        "execution_expired",
    }
)
"""What follows from what somebody did; nobody is named for it."""


def draw(request: Request, rows: Sequence[LedgerRow], names: Mapping[str, str]) -> Drawing:
    """`names` are actors' names by their key."""
    shown = rows[-MOST:]
    known = secrets_of(request)
    title = f"#{request.number} {mask_text(conceal(request.content.title, known))}"
    left_out = len(rows) - len(shown)
    note = (
        [b.context("history.note", b.plain(phrase("{left_out} earlier lines are left out.", left_out=left_out)))]
        if left_out > 0
        else []
    )
    lines = b.rich("history.lines", b.bullets([_line(row, names, known) for row in shown]))
    return Drawing(b.gist(phrase("History of {title}", title=title)), [b.header(title, "history.title"), *note, lines])


def modal(request: Request, rows: Sequence[LedgerRow], names: Mapping[str, str], page: int = 0) -> Json:
    """The same in a window, a page at a time; page 0 holds the newest."""
    known = secrets_of(request)
    last = max(0, (len(rows) - 1) // MOST)
    page = min(max(page, 0), last)
    end = len(rows) - page * MOST
    shown = rows[max(0, end - MOST) : end]
    title = f"#{request.number} {mask_text(conceal(request.content.title, known))}"
    lines = b.rich("history.lines", b.bullets([_line(row, names, known) for row in shown]))
    turns = _turns(str(parts.target_of(request)), page, last)
    return b.modal("history", phrase("History"), [b.header(title, "history.title"), lines, *turns])


def _turns(target: str, page: int, last: int) -> list[Json]:
    offered = []
    if page < last:
        offered.append(b.button(phrase("Earlier"), "request.history.back", f"{target}/{page + 1}"))
    if page:
        offered.append(b.button(phrase("Later"), "request.history.more", f"{target}/{page - 1}"))
    return [b.actions("history.turn", offered)] if offered else []


def _line(row: LedgerRow, names: Mapping[str, str], known: tuple[str, ...]) -> list[Json]:
    name = b.cut(names.get(row.actor, row.actor), 60)
    return [b.moment(row.at), b.words(f"  {_happened(row, name)}", 140), *_detail(row, known)]


def _happened(row: LedgerRow, name: str) -> str:
    match ((row.payload or {}).get("decision") or {}).get("verdict"):
        case "approved":
            return phrase("{name} approved", name=name)
        case "rejected":
            return phrase("{name} rejected", name=name)
        case _:
            return _what(row) if row.word in BY_ITSELF else f"{name} {_what(row)}"


def _what(row: LedgerRow) -> str:
    payload = row.payload or {}
    match row.word, payload.get("stage"):
        case ("stage_opened" | "stage_passed") as word, 0:
            opened = word == "stage_opened"
            return phrase("The checks before people began") if opened else phrase("The checks before people passed")
        case ("stage_opened" | "stage_passed") as word, int() as stage:
            opened = word == "stage_opened"
            return (
                phrase("Stage {stage} opened", stage=stage) if opened else phrase("Stage {stage} passed", stage=stage)
            )
        case word, _:
            return WORDS.get(word, word.replace("_", " "))


def _detail(row: LedgerRow, known: tuple[str, ...]) -> list[Json]:
    said = _said(row.word, row.payload) if row.payload is not None else phrase("(erased)")
    return [b.words(f" – {b.one_line(mask_text(conceal(said, known)))}", 160)] if said else []


def _said(word: str, payload: Mapping[str, Any]) -> str:
    match word:
        case "decision_recorded":
            return str((payload.get("decision") or {}).get("comment") or "")
        case "ended":
            status = str(payload.get("status", ""))
            return ENDS.get(status, status.replace("_", " "))
        case "question_asked":
            return str((payload.get("question") or {}).get("text", ""))
        case "refused":
            return str(payload.get("sentence", ""))
        case _:
            said = (payload.get(name) for name in ("answer", "text", "comment", "reason", "detail"))
            return str(next((text for text in said if isinstance(text, str)), ""))


def _sample(seq: int, word: str, actor: str, payload: Mapping[str, Any]) -> LedgerRow:
    at = samples.AT + timedelta(minutes=seq)
    return LedgerRow(seq, "org_acme", "req_1", seq, at, word, actor, "slack", 1, payload, "", "", "")


def _samples() -> list[LedgerRow]:
    return [
        _sample(1, "created", "agent:agt_deploy", {}),
        _sample(
            2,
            "refused",
            "member:mem_ada",
            {"sentence": phrase("You asked for this yourself, so somebody else must decide.")},
        ),
        _sample(
            3, "decision_recorded", "member:mem_bob", {"decision": {"verdict": "approved", "comment": "<!channel> ok"}}
        ),
        _sample(4, "ended", "member:mem_bob", {"status": "approved"}),
    ]


MEMBER = Card(
    "history",
    {
        "short": lambda: draw(samples.approved(), _samples(), {"member:mem_bob": "Bob Baker"}).as_json(),
        "long": lambda: draw(samples.hostile(), _samples() * 30, {}).as_json(),
        "window": lambda: modal(samples.approved(), _samples(), {"member:mem_bob": "Bob Baker"}),
        "window_long": lambda: modal(samples.hostile(), _samples() * 30, {}, 1),
    },
)
