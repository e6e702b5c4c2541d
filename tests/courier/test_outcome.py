"""What becomes of a row after each outcome."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.courier import OutletBusy, Patience, outcome
from core.ports import Delivery, Notice

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATIENCE = Patience()
NEW = Delivery("dlv_1", "org", "req_1", "board", "#deploys", wanted=3, shown=0, state="new")


def posted(times: int) -> Delivery:
    delivery = NEW
    for _ in range(times):
        delivery = outcome.about_to_post(delivery, NOW, PATIENCE)
    return delivery


def test_a_post_is_announced_before_it_goes_out_and_left_alone_while_it_may_be_on_its_way() -> None:
    announced = posted(1)
    assert announced.state == "unknown"
    assert announced.next_try_at is not None
    assert announced.next_try_at > NOW + timedelta(seconds=PATIENCE.send)


def test_outlets_never_see_what_the_courier_remembers() -> None:
    announced = replace(posted(1), address={**posted(1).address, "ts": "1.2"})
    assert outcome.bare(announced).address == {"ts": "1.2"}


def test_a_shown_card_forgets_its_troubles() -> None:
    drawn = replace(NEW, address={"ts": "1.2"})
    shown = outcome.now_shown(replace(posted(3), problem="timeout"), drawn, 3)
    assert (shown.state, shown.shown, shown.attempts, shown.problem, shown.next_try_at) == ("shown", 3, 0, None, None)
    assert shown.address == {"ts": "1.2"}


def test_a_second_copy_stays_known_as_one() -> None:
    again = outcome.vanished(outcome.now_shown(posted(1), replace(NEW, address={"ts": "1.2"}), 3), "message_not_found")
    assert (again.state, again.shown, outcome.bare(again).address) == ("new", 0, {})
    shown = outcome.now_shown(outcome.about_to_post(again, NOW, PATIENCE), replace(again, address={"ts": "9.9"}), 4)
    assert outcome.is_second_copy(shown)
    assert not outcome.is_second_copy(posted(1))


def test_a_found_message_is_drawn_anew() -> None:
    card = outcome.found(posted(1), {"ts": "1.2"})
    assert (card.state, card.shown, card.address) == ("shown", 0, {"ts": "1.2"})


@pytest.mark.parametrize(("posts", "seconds"), [(1, 60), (2, 120), (3, 240), (4, 480), (5, 900)])
def test_posts_of_unknown_outcome_are_repeated_with_growing_gaps(posts: int, seconds: int) -> None:
    assert outcome.post_again_at(posted(posts), PATIENCE) == NOW + timedelta(seconds=seconds)


def test_a_post_from_the_future_has_its_patience_anew() -> None:
    before = NOW - timedelta(hours=1)
    known = outcome.posted_by(posted(2), before)
    assert outcome.post_again_at(known, PATIENCE) == before + timedelta(seconds=120)
    assert outcome.posted_by(posted(2), NOW) == posted(2)


def test_posts_of_unknown_outcome_are_not_repeated_for_ever() -> None:
    assert not outcome.was_posted_enough(posted(PATIENCE.posts - 1), PATIENCE)
    assert outcome.was_posted_enough(posted(PATIENCE.posts), PATIENCE)


def test_backoff_grows_to_a_limit() -> None:
    assert [PATIENCE.backoff(tries) for tries in (1, 2, 5, 9, 10_000)] == [2, 4, 32, 300, 300]


def test_a_notice_knows_when_its_event_happened() -> None:
    assert outcome.seq(Notice("ntc_1", "org", "req_1", "req_1:12", "board", "thread", "comment", "hello")) == 12


def test_whoever_is_busy_is_not_asked_again_at_once() -> None:
    assert OutletBusy(0).retry_after > 0
