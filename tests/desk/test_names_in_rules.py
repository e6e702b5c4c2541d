"""What a rule names is found in the organisation, and nothing of another one."""

from __future__ import annotations

import pytest

from core.errors import Invalid
from core.model.rule import Rule
from core.naming import RuleNames
from core.rulebook.condition import Conditions
from core.rulebook.line import read_line, write_line
from tests.desk.office import ELSEWHERE, ORG, Office

LINE = (
    'add "x" for agent ci for project default when true require 1 of @platform or ada@example.com '
    "then role:admin not from metadata.author notify #deploys, @security"
)


async def read(office: Office, line: str, organisation: str = ORG) -> Rule:
    return await office.store.read(lambda reader: read_line(line, RuleNames(reader, organisation), Conditions()))


@pytest.mark.anyio
async def test_groups_members_agents_and_projects_are_kept_by_id_and_written_by_name(office: Office) -> None:
    rule = await read(office, LINE)
    people = [source.principal for source in rule.stages[0].requirements[0].sources]
    assert [principal.partition(":")[0] for principal in people] == ["group", "member"]
    assert rule.scope.agents[0].id.startswith("agt_")
    assert rule.scope.projects[0].id.startswith("prj_")
    assert await read(office, write_line(rule)) == rule


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["@nobody", "zoe@example.com"])
async def test_a_name_that_stands_for_nobody_is_pointed_at(office: Office, name: str) -> None:
    line = f'add "x" when true require {name}'
    with pytest.raises(Invalid) as caught:
        await read(office, line)
    assert caught.value.fields["position"] == line.index(name)


@pytest.mark.anyio
@pytest.mark.parametrize("place", ["agent nobody", "team nobody", "project nowhere"])
async def test_a_place_that_does_not_exist_is_refused(office: Office, place: str) -> None:
    with pytest.raises(Invalid, match="There is no"):
        await read(office, f'add "x" for {place} when true deny')


@pytest.mark.anyio
async def test_names_of_another_organisation_are_unknown(office: Office) -> None:
    with pytest.raises(Invalid, match="@platform"):
        await read(office, 'add "x" when true require @platform', ELSEWHERE)
