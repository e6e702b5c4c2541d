"""Slots are given in order of coming, per place and per organisation."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.courier.outlet import Pace
from core.courier.pace import MOST_BUCKETS, Book, post_gates, update_gates

PACE = Pace(post_gap=1, posts=240, updates=60, burst=2)


def posting(place: str, organisation: str = "org", pace: Pace = PACE) -> tuple:  # type: ignore[type-arg]
    return post_gates(pace, organisation, [place])


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


def test_updates_go_at_the_pace_of_the_organisation_after_a_burst() -> None:
    book, gates = Book(), update_gates(PACE, "org")
    assert [book.wait(f"card {n}", gates, 0) for n in range(5)] == [0, 0, 1, 2, 3]


def test_another_organisation_has_a_pace_of_its_own() -> None:
    book = Book()
    for n in range(50):
        book.wait(f"card {n}", update_gates(PACE, "org"), 0)
    assert book.wait("theirs", update_gates(PACE, "other"), 0) == 0


def test_updates_do_not_wait_behind_posts() -> None:
    book = Book()
    for n in range(50):
        book.wait(f"card {n}", posting(f"C{n}"), 0)
    assert book.wait("update", update_gates(PACE, "org"), 0) == 0


def test_when_the_outlet_is_busy_nothing_of_that_kind_goes_and_then_no_burst_follows() -> None:
    book, gates = Book(), update_gates(PACE, "org")
    book.wait("first", gates, 0)
    book.close(gates, 30, 0)
    assert book.wait("second", gates, 1) == 29
    assert [book.wait(f"card {n}", gates, 30) for n in range(3)] == [1, 2, 3]
    assert book.wait("post", posting("C1"), 1) == 0


def test_a_notice_under_many_cards_takes_as_many_slots() -> None:
    book = Book()
    places = [f"C{n}" for n in range(4)]
    assert book.wait("line", post_gates(PACE, "org", places), 0) == 0
    assert book.wait("next", posting("C9"), 0) == pytest.approx(0.75)


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
