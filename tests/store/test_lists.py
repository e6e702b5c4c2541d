"""Lists of requests: every filter, pages that stay put, and no list that looks at more than it shows."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone
from operator import methodcaller
from pathlib import Path

import pytest
from sqlalchemy import Executable

from core.errors import Invalid
from core.model.request import Content, Request, Requester, Status, Subject
from core.ports import Filter
from core.store import listing, sqlite
from core.store.driver import Params, Row
from core.store.engine import Engine
from core.store.outbox import BEHIND, DUE_NOTICES
from core.store.reader import DUE, NEXT_DUE
from core.store.sqlite import SqliteSession, connect
from tests.store.builders import (
    ADA,
    CODEC,
    ELSEWHERE,
    HOUR,
    ORG,
    SECOND,
    T0,
    Clock,
    a_request,
    approve,
    remark,
    store_new,
)

pytestmark = pytest.mark.anyio

SUE = Requester("member", "mem_sue", "Sue")


async def listed(store: Engine, wanted: Filter, organisation: str = ORG) -> list[str]:
    page = await store.read(lambda reader: reader.requests(organisation, wanted, cursor=None, limit=100))
    return [request.id for request in page.requests]


async def paged(store: Engine, wanted: Filter, limit: int) -> list[list[str]]:
    pages: list[list[str]] = []
    page = await store.read(lambda reader: reader.requests(ORG, wanted, cursor=None, limit=limit))
    while True:
        pages.append([request.id for request in page.requests])
        if page.next_cursor is None:
            return pages
        page = await store.read(methodcaller("requests", ORG, wanted, cursor=page.next_cursor, limit=limit))


async def save_all(store: Engine, *requests: Request) -> list[str]:
    for request in requests:
        await store.transact(store_new(request))
    return [request.id for request in requests]


async def test_a_list_is_newest_first(store: Engine) -> None:
    """B-56"""
    ids = await save_all(store, *(a_request() for _ in range(4)))
    assert await listed(store, Filter()) == ids[::-1]


def _said(value: object) -> str | None:
    """What a filter narrows by, in an order that is the same in every process (a set's is not)."""
    if not isinstance(value, Filter):
        return None
    given = (
        (each.name, getattr(value, each.name)) for each in fields(value) if getattr(value, each.name) != each.default
    )
    return " ".join(f"{name}={_in_order(said)}" for name, said in given) or "all"


def _in_order(said: object) -> object:
    if isinstance(said, Mapping):
        return {name: _in_order(more) for name, more in sorted(said.items())}
    return sorted(said) if isinstance(said, frozenset) else said


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (Filter(statuses=frozenset({"rejected"})), {"status": Status.REJECTED}),
        (Filter(statuses=frozenset({"rejected", "expired"})), {"status": Status.EXPIRED}),
        (Filter(type="merge"), {"type": "merge"}),
        (Filter(project=SECOND), {"project": SECOND}),
        (Filter(project=SECOND, statuses=frozenset({"pending"})), {"project": SECOND}),
        (Filter(projects=frozenset({SECOND, "prj_none"})), {"project": SECOND}),
        (Filter(agent="agt_cd"), {"requester": Requester("agent", "agt_cd", "cd")}),
        (Filter(team="nightly"), {"requester": Requester("agent", "agt_n", "n", "nightly")}),
        (Filter(requester="member:mem_sue"), {"requester": SUE}),
        (
            Filter(subject_kind="run", subject_id="77"),
            {"content": Content("deploy", "x", Subject("run", "77"))},
        ),
        (Filter(subject_kind="run"), {"content": Content("deploy", "x", Subject("run", "78"))}),
        (Filter(since=T0 + 99 * HOUR), {"created_at": T0 + 99 * HOUR}),
        (Filter(until=T0 - HOUR), {"created_at": T0 - 2 * HOUR}),
        (Filter(waiting_for=frozenset({"member:mem_sue"}), project=SECOND), {"project": SECOND}),
        (Filter(visible_to="member:mem_sue", projects=frozenset()), {"requester": SUE}),
        (Filter(visible_to="member:mem_sue", projects=frozenset()), {"on_behalf_of": "mem_sue"}),
        (Filter(visible_to="member:mem_bob", projects=frozenset({SECOND})), {"project": SECOND}),
    ],
    ids=_said,
)
async def test_a_list_is_narrowed(store: Engine, wanted: Filter, fits: dict[str, object]) -> None:
    """B-51, E-31, E-32, E-33, E-36"""
    principals = ("member:mem_sue",) if wanted.waiting_for else ()
    await save_all(store, a_request(), a_request(status=Status.CANCELLED))
    fitting = await save_all(store, a_request(*principals, **fits))
    assert await listed(store, wanted) == fitting
    assert await store.read(lambda reader: reader.count(ORG, wanted, 1000)) == 1


async def test_all_given_filters_must_hold(store: Engine) -> None:
    await save_all(store, a_request(type="merge"), a_request(project=SECOND))
    both = await save_all(store, a_request(type="merge", project=SECOND))
    assert await listed(store, Filter(type="merge", project=SECOND, agent="agt_ci", requester="agent:agt_ci")) == both
    assert await listed(store, Filter(agent="agt_ci", requester="member:mem_sue")) == []
    assert await listed(store, Filter(project=SECOND, projects=frozenset({"prj_none"}))) == []
    assert await listed(store, Filter(projects=frozenset())) == []


async def test_an_organisation_sees_only_its_own(store: Engine) -> None:
    """Another organisation's principals, members and projects lead nowhere."""
    mine = await save_all(store, a_request())
    theirs = await save_all(store, a_request(organisation=ELSEWHERE, project="prj_other"))
    await store.transact(approve(theirs[0]))
    for wanted in (
        Filter(),
        Filter(waiting_for=frozenset({"group:grp_platform"})),
        Filter(statuses=frozenset({"pending"})),
        Filter(agent="agt_ci"),
        Filter(order="deadline"),
    ):
        assert await listed(store, wanted) == mine
    assert await listed(store, Filter(decided_by="mem_ada")) == []
    assert await listed(store, Filter(project="prj_other")) == []
    assert await store.read(lambda reader: reader.member(ELSEWHERE, "mem_ada")) is None


async def test_pages_follow_each_other_without_gap_or_repeat(store: Engine) -> None:
    same_moment = [a_request(created_at=T0) for _ in range(3)]
    ids = await save_all(store, *same_moment, *(a_request() for _ in range(4)))
    pages = await paged(store, Filter(), 3)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [id for page in pages for id in page] == ids[::-1]


async def test_a_page_stays_where_it_was_while_new_requests_arrive(store: Engine) -> None:
    ids = await save_all(store, *(a_request() for _ in range(4)))
    first = await store.read(lambda reader: reader.requests(ORG, Filter(), cursor=None, limit=2))
    await save_all(store, *(a_request() for _ in range(3)))
    second = await store.read(lambda reader: reader.requests(ORG, Filter(), cursor=first.next_cursor, limit=2))
    assert [request.id for request in second.requests] == [ids[1], ids[0]]


async def test_the_inbox_merges_everybody_one_is_waited_for_as(store: Engine) -> None:
    """The oldest deadline first, each request once."""
    names = ["member:mem_ada", "group:grp_platform", f"anyone:{SECOND}"]
    requests = [a_request(names[i % 3], names[(i + 1) % 3], expires_at=T0 + (9 - i) * HOUR) for i in range(7)]
    ids = await save_all(store, *requests, a_request("member:mem_bob"))
    wanted = Filter(waiting_for=frozenset(names), order="deadline")
    assert await paged(store, wanted, 3) == [ids[6:3:-1], ids[3:0:-1], ids[:1]]
    assert await listed(store, replace(wanted, order="newest")) == ids[::-1][1:]
    assert await store.read(lambda reader: reader.count(ORG, wanted, 1000)) == 7
    assert await store.read(lambda reader: reader.count(ORG, wanted, 4)) == 4


async def test_what_was_asked_before_somebody_came_does_not_wait_for_them(store: Engine) -> None:
    group, other = "group:grp_platform", "group:grp_other"
    early, late = await save_all(store, a_request(group), a_request(group))
    both = await save_all(store, a_request(group, other, created_at=T0))
    posed = (await store.read(lambda reader: reader.request(late))).created_at  # type: ignore[union-attr]
    mine = Filter(waiting_for=frozenset({group}), came={group: posed}, order="deadline")
    assert await listed(store, mine) == [late]
    assert await store.read(lambda reader: reader.count(ORG, mine, 9)) == 1
    assert await listed(store, replace(mine, waiting_for=frozenset({group, other}))) == [*both, late]
    assert await listed(store, replace(mine, came=None, order="newest")) == [late, early, *both]


async def test_a_stage_that_opens_asks_who_came_by_then(store: Engine) -> None:
    group = "group:grp_platform"
    request = a_request(group)
    await save_all(store, request)
    came = request.created_at + HOUR
    mine = Filter(waiting_for=frozenset({group}), came={group: came}, order="deadline")
    assert await listed(store, mine) == []
    anew = replace(request, stage_opened_at=came, version=2)
    await store.transact(lambda tx: tx.save(tx.request(request.id), anew, [(remark(anew), ADA)]))
    assert await listed(store, mine) == [request.id]


async def test_one_may_be_waited_for_under_hundreds_of_names(store: Engine) -> None:
    ids = await save_all(store, a_request("role:approver:p3"), a_request("role:approver:p140"))
    names = frozenset(f"role:approver:p{i}" for i in range(150))
    assert await listed(store, Filter(waiting_for=names)) == ids[::-1]


async def test_a_request_without_deadline_comes_last(store: Engine) -> None:
    ids = await save_all(store, a_request(expires_at=None), a_request())
    assert await listed(store, Filter(order="deadline")) == ids[::-1]
    assert await paged(store, Filter(waiting_for=frozenset({"group:grp_platform"}), order="deadline"), 1) == [
        [ids[1]],
        [ids[0]],
    ]


async def test_by_deadline_only_open_requests_are_listed(store: Engine) -> None:
    ids = await save_all(store, a_request(status=Status.ASKED_QUESTION), a_request(status=Status.APPROVED))
    assert await listed(store, Filter(order="deadline")) == ids[:1]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%%%",
        "bm9wZQ",
        "WyJuZXdlc3QiLDEsMl0",
        "ä",
        "W1tbW1tb" * 50,
        "\0",
        listing.write_cursor("deadline", (T0, "req_1")),
        listing.write_cursor("newest", (datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), "req_1")),
        listing.write_cursor("newest", (datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))), "req_1")),
    ],
)
async def test_a_cursor_of_another_list_is_refused(store: Engine, cursor: str) -> None:
    with pytest.raises(Invalid):
        await store.read(lambda reader: reader.requests(ORG, Filter(), cursor=cursor, limit=2))


# ------------------------------------------------------------------------------------------------- how SQLite finds them


class Explaining(SqliteSession):
    """Notes SQLite's plan of every statement it runs."""

    def __init__(self, path: Path) -> None:
        self.connection = connect(path)
        self.statements = sqlite.statements()
        super().__init__(self.connection, self.statements, Clock())
        self.steps: list[str] = []

    def rows(self, statement: Executable, params: Params | None = None, *, clock: bool = False) -> list[Row]:
        prepared = self.statements.prepared(statement)
        plan = self.connection.execute(f"EXPLAIN QUERY PLAN {prepared.sql}", prepared.values(params or {}))
        self.steps += [step[3] for step in plan]
        return super().rows(statement, params, clock=clock)

    @property
    def scans(self) -> list[str]:
        """Steps that look at a whole table or index; merged branches and constants are no tables."""
        mine = ("(subquery", "anon_", "CONSTANT")
        return [
            step for step in self.steps if step.startswith("SCAN") and not step.removeprefix("SCAN ").startswith(mine)
        ]


@pytest.fixture
async def explaining(sqlite_database: str, anyio_backend: str) -> AsyncIterator[Explaining]:
    session = Explaining(Path(sqlite_database.removeprefix("sqlite:///")))
    yield session
    session.connection.close()


PENDING = frozenset({"pending"})
ME = frozenset({"member:a", "group:b", "anyone:c"})
HELD = {"member:a": frozenset({"a"}), "group:b": frozenset({"a", "d"}), "anyone:c": frozenset({"a"})}
LISTS = [
    (Filter(waiting_for=ME, unanswered_by="a", order="deadline"), "ix_waiting_by_deadline"),
    (Filter(waiting_for=ME, came={"group:b": T0}, unanswered_by="a", order="deadline"), "ix_waiting_by_deadline"),
    (Filter(waiting_for=ME, held_by=HELD, unanswered_by="a", order="deadline"), "ix_waiting_by_deadline"),
    (Filter(waiting_for=ME, held_by=HELD, unanswered_by="a"), "ix_waiting_newest"),
    (Filter(waiting_for=ME), "ix_waiting_newest"),
    (Filter(waiting_for=ME, project="p", statuses=PENDING), "ix_waiting_newest"),
    (Filter(statuses=frozenset({"pending", "asked_question"})), "ix_requests_by_status"),
    (Filter(statuses=PENDING, project="p"), "ix_requests_by_project"),
    (Filter(statuses=PENDING, agent="a"), "ix_requests_by_requester"),
    (Filter(statuses=PENDING, type="deploy"), "ix_requests_by_type"),
    (Filter(statuses=PENDING, team="t"), "ix_requests_by_team"),
    (Filter(subject_kind="run", subject_id="1"), "ix_requests_by_subject"),
    (Filter(projects=frozenset({"p", "q"})), "ix_requests_by_project"),
    (Filter(projects=frozenset({"p", "q"}), visible_to="member:a"), "ix_requests_newest"),
    (Filter(requester="member:a", since=T0, until=T0 + timedelta(days=1)), "ix_requests_by_requester"),
    (Filter(decided_by="a"), "ix_answered_by"),
    (Filter(order="deadline"), "ix_requests_open_by_deadline"),
    (Filter(), "ix_requests_newest"),
]


@pytest.mark.parametrize(("wanted", "index"), LISTS, ids=_said)
async def test_no_list_scans(explaining: Explaining, wanted: Filter, index: str) -> None:
    """Each branch begins in the middle of its index and stops after a page."""
    cursor = listing.write_cursor(wanted.order, (T0, "req_1"))
    listing.page(explaining, CODEC, ORG, wanted, None, 20)
    listing.page(explaining, CODEC, ORG, wanted, cursor, 20)
    used = {step.split("INDEX ")[1].split(" ")[0] for step in explaining.steps if "INDEX ix_" in step}
    assert used == {index}
    assert explaining.scans == []
    assert _sorted_in_branches(explaining.steps) == []


def _sorted_in_branches(steps: list[str]) -> list[str]:
    """Sorting is only for merging branches, at most a page of each, and of the plan's own last step."""
    return [
        step
        for step, before in zip(steps[1:], steps, strict=False)
        if "ORDER BY" in step and before.startswith("SEARCH")
    ]


@pytest.mark.parametrize(
    "statement", [DUE, NEXT_DUE, BEHIND, DUE_NOTICES], ids=["due", "next", "deliveries", "notices"]
)
async def test_no_queue_scans(explaining: Explaining, statement: Executable) -> None:
    explaining.rows(statement, {"now": T0, "limit": 10, "outlet": "slack"})
    assert explaining.scans == []
    assert not any("ORDER BY" in step for step in explaining.steps)
