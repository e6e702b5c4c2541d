"""Slots are given in order of coming, per place and per lane."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.courier.outlet import Pace, Spot
from core.courier.pace import MOST_BUCKETS, Book, Gate, post_gates, update_gates

PACE = Pace(post_gap=1, posts=240, updates=60, burst=2)


def posting(place: str, lane: str = "one", pace: Pace = PACE) -> tuple[Gate, ...]:
    return post_gates(pace, [Spot(lane, place)])


def updating(lane: str = "one") -> tuple[Gate, ...]:
    return update_gates(PACE, Spot(lane, "C1"))


def test_one_post_a_second_goes_to_a_place() -> None:
    book = Book()
    assert [book.wait(f"card {n}", posting("C1"), 0) for n in range(4)] == [0, 1, 2, 3]


def test_another_place_does_not_wait_behind_a_crowded_one() -> None:
    book = Book()
    for n in range(100):
        book.wait(f"card {n}", posting("C1"), 0)
    assert book.wait("elsewhere", posting("C2"), 0) == 0


def test_a_promised_slot_is_kept_for_whoever_comes_back() -> None:
    book = Book()
    for n in range(3):
        book.wait(f"card {n}", posting("C1"), 0)
    assert book.wait("latecomer", posting("C1"), 2.0) == 1
    assert book.wait("card 2", posting("C1"), 2.0) == 0


def test_when_a_promised_slot_comes_can_be_asked_by_others() -> None:
    book = Book()
    assert book.until("card 1", 0) == 0
    for n in range(3):
        book.wait(f"card {n}", posting("C1"), 0)
    assert [book.until("card 2", now) for now in (0, 1.5, 9)] == [2, 0.5, 0]
    book.done("card 2")
    assert book.until("card 2", 0) == 0


def test_updates_go_at_the_pace_of_the_lane_after_a_burst() -> None:
    book, gates = Book(), updating()
    assert [book.wait(f"card {n}", gates, 0) for n in range(5)] == [0, 0, 1, 2, 3]


def test_another_lane_has_a_pace_of_its_own() -> None:
    book = Book()
    for n in range(50):
        book.wait(f"card {n}", updating(), 0)
    assert book.wait("theirs", updating("other"), 0) == 0


def test_updates_do_not_wait_behind_posts() -> None:
    book = Book()
    for n in range(50):
        book.wait(f"card {n}", posting(f"C{n}"), 0)
    assert book.wait("update", updating(), 0) == 0


def test_when_the_outlet_is_busy_nothing_of_that_kind_goes_and_then_no_burst_follows() -> None:
    book, gates = Book(), updating()
    book.wait("first", gates, 0)
    book.close(gates, 30, 0)
    assert book.wait("second", gates, 1) == 29
    assert [book.wait(f"card {n}", gates, 30) for n in range(3)] == [1, 2, 3]
    assert book.wait("post", posting("C1"), 1) == 0


def test_a_notice_under_many_cards_takes_as_many_slots() -> None:
    book = Book()
    spots = [Spot("one", f"C{n}") for n in range(4)]
    assert book.wait("line", post_gates(PACE, spots), 0) == 0
    assert book.wait("next", posting("C9"), 0) == pytest.approx(0.75)


def test_a_notice_in_two_lanes_passes_both_and_closes_only_the_busy_one() -> None:
    book = Book()
    both = post_gates(PACE, [Spot("one", "C1"), Spot("two", "C2")])
    assert book.wait("line", both, 0) == 0
    book.done("line")
    book.close(both, 30, 0, "one")
    assert book.wait("theirs", posting("C3", "two"), 5) == 0
    assert book.wait("ours", posting("C4", "one"), 5) == 25
    assert book.wait("line", both, 5) > 25


def test_a_place_of_one_name_in_two_lanes_is_two_places() -> None:
    book = Book()
    assert [book.wait(lane, posting("#deploys", lane), 0) for lane in ("one", "two")] == [0, 0]


def test_a_pace_can_be_multiplied() -> None:
    assert PACE.times(10) == Pace(post_gap=0.1, posts=2400, updates=600, burst=20)


def test_places_long_quiet_are_forgotten() -> None:
    book = Book()
    for n in range(2 * MOST_BUCKETS):
        book.wait("card", posting(f"C{n}"), n)
        book.done("card")
    assert len(book._buckets) <= MOST_BUCKETS + 1


@given(st.lists(st.tuples(st.sampled_from(["C1", "C2"]), st.floats(0, 5)), max_size=60))
def test_no_place_ever_gets_two_posts_within_its_gap(coming: list[tuple[str, float]]) -> None:
    book, now = Book(), 0.0
    sent: dict[str, list[float]] = {"C1": [], "C2": []}
    for number, (place, pause) in enumerate(coming):
        now += pause
        sent[place].append(now + book.wait(f"card {number}", posting(place), now))
    for moments in sent.values():
        assert all(later - earlier >= 1 - 1e-6 for earlier, later in pairwise(moments))
