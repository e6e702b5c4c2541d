"""Given rules in one line each, when a revision is judged, then this plan follows, for these reasons.

`judged(['add "two" when true require 2 of @platform'], type="deploy", metadata={…})` answers with the judgement; `asks` and
`fates` read it. Names are taken as written, so `@platform` is `group:platform`; a rule's id is `rul_` and its name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core.model.organisation import BUILT_IN_TYPES, Project, Settings
from core.model.request import Content, Judgement, Requester, Stage
from core.model.rule import Rule
from core.rulebook.condition import Conditions
from core.rulebook.given import Given
from core.rulebook.judge import judge, who_ask
from core.rulebook.line import read_line
from core.rulebook.rulebook import Looked, Rulebook
from core.rulebook.source import AsWritten

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONDITIONS = Conditions()
RITA = Requester("member", "mem_rita", "Rita")
BOT = Requester("agent", "bot", "bot", team="data")
PAYMENTS = "payments"


def rule(line: str, **changes: Any) -> Rule:
    """The rule of this line; `add` and the name may be left out."""
    line = line if line.startswith("add") else f'add "a rule" {line}'
    read = read_line(line, AsWritten(), CONDITIONS)
    return replace(read, **{"id": f"rul_{read.name.replace(' ', '_')}", "organisation": "org_acme", **changes})


def rules(lines: Iterable[str]) -> tuple[Rule, ...]:
    """Each older than the next."""
    return tuple(rule(line, order=order) for order, line in enumerate(lines, start=1))


def rulebook(*lines: str) -> Rulebook:
    return Rulebook(1, rules(lines), CONDITIONS)


def project(**settings: Any) -> Project:
    return Project(PAYMENTS, "org_acme", PAYMENTS, Settings(**settings), NINE)


def content(**said: Any) -> Content:
    return Content(**{"type": "deploy", "title": "Deploy 4.2", **said})


def looked(
    book: Rulebook,
    asked: Content,
    requester: Requester = RITA,
    now: datetime = NINE,
    uses: dict[str, int] | None = None,
) -> Looked:
    agent = requester.id if requester.kind == "agent" else None
    candidates = book.candidates(type=asked.type, project=PAYMENTS, agent=agent, team=requester.team, now=now)
    view = CONDITIONS.view(asked, project=PAYMENTS, requester=requester)
    return book.look_at(candidates, view, uses)


def judged(
    lines: Iterable[str] | Rulebook = (),
    *,
    by: Requester = RITA,
    named: tuple[Stage, ...] = (),
    settings: dict[str, Any] | None = None,
    given: Given | None = None,
    now: datetime = NINE,
    uses: dict[str, int] | None = None,
    **said: Any,
) -> Judgement:
    book = lines if isinstance(lines, Rulebook) else rulebook(*lines)
    asked = content(**said)
    return judge(
        asking=who_ask(by, None),
        project=project(**(settings or {})),
        type=BUILT_IN_TYPES["deploy"],
        named=named,
        distinct=False,
        notify=(),
        given=replace(given or Given(), looked=looked(book, asked, by, now, uses)),
    )


def asks(judgement: Judgement) -> list[list[str]]:
    """The requirements' labels, stage by stage."""
    return [[requirement.label for requirement in stage.requirements] for stage in judgement.plan.stages]


def fates(judgement: Judgement) -> dict[str, str]:
    """What became of each rule, by its name."""
    assert judgement.plan.explanation is not None
    return {seen.name: seen.fate for seen in judgement.plan.explanation.rules}


def sentences(judgement: Judgement) -> dict[str, str]:
    assert judgement.plan.explanation is not None
    return {seen.name: seen.sentence for seen in judgement.plan.explanation.rules}


def principals(judgement: Judgement) -> set[str]:
    stages = judgement.plan.stages
    return {source.principal for stage in stages for r in stage.requirements for source in r.sources}
