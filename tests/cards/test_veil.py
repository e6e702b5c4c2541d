"""What a type keeps secret is hidden in every drawing and every sentence, also where somebody has repeated it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.slack.cards import answer, approve, comment, details, edit, hand_over, history, home, listing, reject
from bot.slack.cards import request as card
from bot.slack.drawing import samples
from bot.slack.drawing.drawn import Backdrop
from bot.wire.showing import show, show_decision, show_event, summarise
from core.masking import HIDDEN
from core.model import event as e
from core.model.digest import request_digest
from core.model.request import Content, Execution, ExecutionStatus, Request, Status, Verdict
from core.notices import told
from core.ports import LedgerRow
from core.veil import secrets_of, veil

SECRET = samples.secretive()
BEFORE = replace(SECRET.content, params={**SECRET.content.params, "iban": "GB33BUKB20201555555555"}, title="Before")
DRAWN = {
    "card": lambda: card.draw(SECRET, replace(samples.BACKDROP, previous=BEFORE)).as_json(),
    "minimal": lambda: card.minimal(SECRET, samples.BACKDROP).as_json(),
    "over": lambda: card.draw(ended(), samples.BACKDROP).as_json(),
    "cancelled": lambda: card.draw(cancelled(), samples.BACKDROP).as_json(),
    "discarded": lambda: card.draw(discarded(), samples.BACKDROP).as_json(),
    "cancelled_on_the_wire": lambda: show(cancelled(), {}).model_dump(mode="json"),
    "details": lambda: details.draw(SECRET, replace(samples.BACKDROP, previous=BEFORE)),
    "edit": lambda: edit.draw(SECRET, samples.BACKDROP, samples.REFUND),
    "approve": lambda: approve.draw(SECRET, samples.BACKDROP),
    "reject": lambda: reject.draw(SECRET, samples.BACKDROP),
    "comment": lambda: comment.draw(SECRET, samples.BACKDROP),
    "hand_over": lambda: hand_over.draw(SECRET, samples.BACKDROP),
    "answer": lambda: answer.draw(SECRET, samples.BACKDROP, SECRET.questions[0]),
    "listing": lambda: listing.draw("Some", [SECRET], "").as_json(),
    "history": lambda: history.draw(SECRET, [row({"comment": f"not {samples.SECRETS[0]}"})], {}).as_json(),
    "home": lambda: home.draw(home.Inbox((SECRET,), (SECRET,), (SECRET,), {}, 1)),
    "wire": lambda: show(SECRET, {}).model_dump(mode="json"),
    "summary": lambda: summarise(SECRET, {}).model_dump(mode="json"),
    "decision": lambda: show_decision(SECRET, SECRET.decisions[0]).model_dump(mode="json"),
}


def ended() -> Request:
    said = samples.decision("mem_bob", "Bob Baker", Verdict.REJECTED, comment=f"Wrong: {samples.SECRETS[0]}")
    return replace(SECRET, status=Status.REJECTED, cause="people", decisions=(said,), decided_at=samples.AT)


def cancelled() -> Request:
    why = f"was {samples.SECRETS[0]}"
    return replace(SECRET, status=Status.CANCELLED, cause="admin", ended_by="Root", end_comment=why)


def discarded() -> Request:
    execution = Execution(ExecutionStatus.PENDING)
    return replace(cancelled(), status=Status.APPROVED, cause="people", execution=execution, discarded=True)


def row(payload: dict[str, object]) -> LedgerRow:
    return LedgerRow(1, "org", SECRET.id, 1, samples.AT, "commented", "member:mem_bob", "slack", 1, payload, "", "", "")


@pytest.mark.parametrize("name", DRAWN)
def test_no_drawing_shows_a_secret(name: str) -> None:
    said = json.dumps(DRAWN[name](), ensure_ascii=False)
    assert [secret for secret in (*samples.SECRETS, "GB33BUKB20201555555555") if secret in said] == []


def test_what_is_not_secret_is_shown_as_ever() -> None:
    said = json.dumps(DRAWN["card"](), ensure_ascii=False)
    assert "Refund 48.00 USD to" in said
    assert "A-8812" in said


def test_that_a_secret_changed_is_said_but_not_from_what_to_what() -> None:
    said = json.dumps(DRAWN["card"](), ensure_ascii=False)
    assert "params.iban changed" in said


def test_no_sentence_tells_a_secret() -> None:
    iban = samples.SECRETS[0]
    happened = (
        e.Commented(samples.AT, "mem_bob", "Bob", f"not {iban}"),
        e.QuestionAsked(samples.AT, SECRET.questions[0]),
        e.Edited(samples.AT, "Bob", {"params.iban": iban, "params.usd": 3}, SECRET.content, 2, "d", "a", frozenset()),
        e.Ended(samples.AT, Status.CANCELLED, "requester", f"was {iban}", None),
    )
    said = " ".join(one.sentence for event in happened for one in told(cancelled(), event))
    assert "params.usd to 3" in said
    assert iban not in said


def test_the_whole_is_still_there_for_whoever_may_see_it_and_the_digest_covers_it() -> None:
    shown = show(SECRET, {}, whole=True)
    assert shown.params["iban"] == samples.SECRETS[0]
    assert veil(SECRET).digest == SECRET.digest
    said = {"organisation": "o", "project": "p", "requester": SECRET.requester, "on_behalf_of": None, "revision": 1}
    real, veiled = (request_digest(one.content, **said) for one in (SECRET, veil(SECRET)))  # type: ignore[arg-type]
    assert real != veiled


def test_a_ledger_rows_payload_is_veiled_in_content_and_edits() -> None:
    payload = {
        "content": {"title": f"to {samples.SECRETS[0]}", "params": {"iban": samples.SECRETS[0], "usd": 48}},
        "edits": {"params.iban": "X" * 20, "params.usd": 3},
        "decision": {"edits": {"params.payee.name": "Tilda"}, "comment": samples.SECRETS[0]},
    }
    shown = show_event(row(payload), samples.REFUND.secret).payload
    assert shown == {
        "content": {"title": f"to {HIDDEN}", "params": {"iban": HIDDEN, "usd": 48}},
        "edits": {"params.iban": HIDDEN, "params.usd": 3},
        "decision": {"edits": {"params.payee.name": HIDDEN}, "comment": HIDDEN},
    }


def test_a_request_without_secrets_is_itself() -> None:
    request = samples.pending()
    assert veil(request) is request
    assert secrets_of(request) == ()


def test_a_secret_object_is_hidden_whole_and_one_within_leaves_the_rest() -> None:
    content = Content("refund", "t", params={"payee": {"name": "Tilda"}}, facts={"customer": {"phone": "1", "id": 7}})
    shown = veil(replace(SECRET, content=content, original=content)).content
    assert shown.params == {"payee": HIDDEN}
    assert shown.facts == {"customer": {"phone": HIDDEN, "id": 7}}


def test_a_card_calls_a_type_by_its_title() -> None:
    drawn = card.draw(SECRET, Backdrop("payments", type_title="Refund")).as_json()
    assert "Refund ·" in json.dumps(drawn, ensure_ascii=False)
    assert timedelta(hours=2) == samples.REFUND.reply_window
