"""What became of rules is kept in English, with the names in it; it is read aloud in the reader's language, old or new."""

from inspect import signature

import pytest

from bot.languages import speaking_to
from core.rulebook import outcomes as o
from core.rulebook.outcomes import said_again

KEPT = {
    "Rule prod deploys denies this.": "Die Regel prod deploys verweigert das.",
    "Rule prod deploys asks for people.": "Die Regel prod deploys verlangt Menschen.",
    "Rule a asks for people. asks for checks.": "Die Regel a asks for people. verlangt Prüfungen.",
    "Nobody was named, so one of anyone in payments suffices.": (
        "Niemand wurde genannt, deshalb genügt eine Freigabe: anyone in payments."
    ),
    "set aside: Rule nights allows this.": "aufgehoben durch: Die Regel nights erlaubt das.",
    "Policy opa passed.": "Richtlinie opa bestanden.",
    "Policy opa rejects this: too big; not now.": "Die Richtlinie opa lehnt das ab: too big; not now.",
    "matches, so its people are asked": "trifft zu, deshalb werden ihre Leute gefragt",
    "Something an older version said.": "Something an older version said.",
}


@pytest.mark.parametrize("kept", KEPT)
def test_a_kept_outcome_is_said_again_in_the_readers_language(kept: str) -> None:
    assert said_again(kept) == kept
    with speaking_to("de-DE"):
        assert said_again(kept) == KEPT[kept]


def test_every_pattern_is_recognised_with_the_names_that_were_in_it() -> None:
    names = {
        name: f"<{name}>" for name in ("rule", "policy", "project", "source", "why", "anyone", "doubt", "waived_by")
    }
    for say in (*o._WHOLE, *o._WITH_REASONS):
        said = say(**{name: names[name] for name in signature(say).parameters})
        said = f"{said}." if say in o._WITH_REASONS else said
        with speaking_to("de-DE"):
            again = said_again(said)
        assert again != said
        assert all(name in again for name in names.values() if name in said), said
