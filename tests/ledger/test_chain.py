"""Rows are chained: nothing about one can change without its hash changing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ledger.chain import canonical, digest, hash_of, link
from core.ports import Head, LedgerRow
from tests.store.builders import T0

ROW = LedgerRow(
    id=0,
    organisation="org_acme",
    request="req_1",
    seq=0,
    at=T0,
    word="commented",
    actor="member:mem_ada",
    way="slack",
    revision=1,
    payload={"text": "fine"},
    payload_digest=digest(canonical({"text": "fine"})),
    previous="",
    hash="",
)


def test_the_first_row_begins_a_chain_and_the_next_one_follows_it() -> None:
    first = link(ROW, Head())
    second = link(ROW, Head(first.seq, first.hash))
    assert (first.seq, first.previous, first.hash) == (1, "", hash_of(first))
    assert (second.seq, second.previous, second.hash) == (2, first.hash, hash_of(second))
    assert first.hash != second.hash


@pytest.mark.parametrize(
    "change",
    [
        {"request": "req_2"},
        {"seq": 2},
        {"at": T0.replace(microsecond=1)},
        {"word": "ended"},
        {"actor": "member:mem_bob"},
        {"way": "token"},
        {"revision": 2},
        {"payload_digest": "0" * 64},
        {"previous": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_fact_of_a_row_is_under_its_hash(change: dict[str, object]) -> None:
    row = link(ROW, Head())
    assert hash_of(replace(row, **change)) != row.hash  # type: ignore[arg-type]


def test_a_row_keeps_its_hash_when_its_payload_is_erased() -> None:
    row = link(ROW, Head())
    assert hash_of(replace(row, payload=None, id=7, position=9)) == row.hash


@given(st.dictionaries(st.text(max_size=5), st.integers(-99, 99), min_size=2, max_size=6))
def test_a_payload_has_one_text_whatever_its_order(payload: dict[str, int]) -> None:
    turned = dict(reversed(payload.items()))
    assert canonical(payload) == canonical(turned)
