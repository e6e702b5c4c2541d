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
    "60 of 61 alike approved; $3.00 of $20.00 today.": "60 von 61 ähnlichen freigegeben; heute $3.00 von $20.00.",
    "60 of 65 alike approved, 2 failed afterwards; $3.00 of $20.00 today.": (
        "60 von 65 ähnlichen freigegeben, 2 scheiterten danach; heute $3.00 von $20.00."
    ),
    'Ada leased deploy "a of a b, at most $9" of a run, at most $5.00 to ci from #1: use 2 of 3.': (
        'Ada hat deploy "a of a b, at most $9" zu run, höchstens $5.00 von ci aus #1 auf Zeit freigegeben: Verwendung 2 von 3.'
    ),
    "Somebody must look, says policy opa, which failed.": (
        "Jemand muss hinsehen, sagt Richtlinie opa, die nicht bestanden ist."
    ),
    "Somebody must look, says policy opa.": "Jemand muss hinsehen, sagt Richtlinie opa.",
    "Something an older version said.": "Something an older version said.",
}


@pytest.mark.parametrize("kept", KEPT)
def test_a_kept_outcome_is_said_again_in_the_readers_language(kept: str) -> None:
    assert said_again(kept) == kept
    with speaking_to("de-DE"):
        assert said_again(kept) == KEPT[kept]


def test_every_pattern_is_recognised_with_the_names_that_were_in_it() -> None:
    whole: tuple[o.Sentence, ...] = (*o._WHOLE, *(say for nested in o._OURS.values() for say in nested))
    names = {name: f"<{name}>" for say in (*whole, *o._WITH_REASONS) for name in signature(say).parameters}
    names |= {"usd": "$5.00", "subject_kind": "run"}
    for say in (*whole, *o._WITH_REASONS):
        said = say(**{name: names[name] for name in signature(say).parameters})
        said = f"{said}." if say in o._WITH_REASONS else said
        with speaking_to("de-DE"):
            again = said_again(said, whole)
        assert again != said
        assert all(name in again for name in names.values() if name in said), said
