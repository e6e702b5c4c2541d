"""Names we give (stages nobody named, whoever has a role) are kept in English and said in the reader's language."""

from bot.languages import speaking_to
from core.model.request import BEFORE_PEOPLE, Stage
from core.model.requirement import Source
from core.rulebook.document import stage_name


def test_a_stage_nobody_named_is_called_alike_in_every_language() -> None:
    with speaking_to("de"):
        assert stage_name((), 2) == "Stage 2"


def test_a_stage_is_said_in_the_readers_language() -> None:
    stages = [Stage(0, str(BEFORE_PEOPLE), ()), Stage(2, "Stage 2", ()), Stage(2, "Stage 1", ()), Stage(3, "Ops", ())]
    assert [one.said for one in stages] == ["Checks before people", "Stage 2", "Stage 1", "Ops"]
    assert [one.title for one in stages[::3]] == ["the checks before people", "stage 3 (Ops)"]
    with speaking_to("de"):
        assert [one.said for one in stages] == ["Prüfungen vor den Menschen", "Stufe 2", "Stage 1", "Ops"]
        assert stages[3].title == "Stufe 3 (Ops)"


def test_whoever_has_a_role_is_said_in_the_readers_language() -> None:
    ours, theirs = Source("role:admin:prj_1", "any admin"), Source("role:admin:prj_1", "role:admin")
    assert [ours.said, theirs.said] == ["any admin", "role:admin"]
    with speaking_to("de"):
        assert [ours.said, theirs.said] == ["jemand mit der Rolle admin", "role:admin"]
