"""Phrases: English as written, another language while it is spoken, and never a word of what people wrote."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core.phrases import Catalogue, Phrase, again, listed, pack, phrase, phrases, speaking, unpack

PATTERNS = {
    "Approve": "Genehmigen",
    "Waiting for {name}.": "Es wartet auf {name}.",
    "{what}: {mark}": "{mark} – {what}",
    "nobody": "niemand",
}


class Backwards:
    """A language that is easy to learn."""

    def find(self, pattern: str) -> str | None:
        return PATTERNS.get(pattern)

    def find_many(self, one: str, many: str, count: int) -> str | None:
        del many
        return {"{count} day": ("{count} Tag", "{count} Tage")[count != 1]}.get(one)


@pytest.fixture
def backwards() -> Iterator[Catalogue]:
    catalogue = Backwards()
    with speaking(catalogue):
        yield catalogue


def test_english_is_what_is_written() -> None:
    assert phrase("Waiting for {name}.", name="Ada") == "Waiting for Ada."
    assert [phrases("{count} day", "{count} days", count) for count in (0, 1, 2)] == ["0 days", "1 day", "2 days"]


def test_without_values_braces_are_just_braces() -> None:
    assert phrase('Write {"a": 1}.') == 'Write {"a": 1}.'


@pytest.mark.usefixtures("backwards")
def test_another_language_has_its_own_order_and_its_own_plural() -> None:
    assert phrase("{what}: {mark}", what="x", mark=phrase("Approve")) == "Genehmigen – x"
    assert [phrases("{count} day", "{count} days", count) for count in (0, 1, 2)] == ["0 Tage", "1 Tag", "2 Tage"]


@pytest.mark.usefixtures("backwards")
def test_what_no_catalogue_knows_stays_english() -> None:
    assert phrase("Reject {name}", name="x") == "Reject x"


@pytest.mark.usefixtures("backwards")
def test_what_people_wrote_is_never_looked_up() -> None:
    assert phrase("Waiting for {name}.", name="Approve") == "Es wartet auf Approve."
    assert again("Approve") == "Approve"


@pytest.mark.usefixtures("backwards")
def test_braces_in_what_people_wrote_mean_nothing() -> None:
    assert phrase("Waiting for {name}.", name="{name.__class__} {0} {") == "Es wartet auf {name.__class__} {0} {."


def test_what_was_said_in_english_is_said_again_with_everything_in_it() -> None:
    said = phrase("{what}: {mark}", what=phrase("Waiting for {name}.", name=phrase("nobody")), mark="Approve")
    assert said == "Waiting for nobody.: Approve"
    with speaking(Backwards()):
        assert again(said) == "Approve – Es wartet auf niemand."
    assert again(again(said)) == said


@pytest.mark.parametrize(
    ("language", "waiting"), [(None, "Waiting for nobody."), (Backwards(), "Es wartet auf niemand.")]
)
def test_what_is_said_in_the_language_spoken_now_stays_as_it_is(language: Catalogue | None, waiting: str) -> None:
    with speaking(language):
        said = phrase("Waiting for {name}.", name=phrase("nobody"))
        assert again(said) is said
    assert said == waiting
    assert again(said) == "Waiting for nobody."


def test_what_was_changed_since_is_a_plain_text_and_stays_as_it_is() -> None:
    """Or what was masked in it would come back."""
    masked = phrase("Waiting for {name}.", name="secret").replace("secret", "•••")
    assert not isinstance(masked, Phrase)
    with speaking(Backwards()):
        assert again(masked) == "Waiting for •••."


def test_the_language_ends_with_the_block() -> None:
    with speaking(Backwards()), speaking(None):
        assert phrase("Approve") == "Approve"
    assert phrase("Approve") == "Approve"


def test_a_phrase_is_kept_as_json_until_it_is_known_who_hears_it() -> None:
    said = phrase("{what}: {mark}", what=phrase("Waiting for {name}.", name=phrase("nobody")), mark=3)
    kept = json.loads(json.dumps(pack(said)))
    with speaking(Backwards()):
        assert unpack(kept) == "3 – Es wartet auf niemand."
    assert unpack(kept) == said
    counted = pack(phrases("{count} day", "{count} days", 2))
    assert counted is not None
    with speaking(Backwards()):
        assert unpack(counted) == "2 Tage"


def test_what_is_no_phrase_or_holds_what_json_cannot_is_not_kept() -> None:
    assert pack("Approve") is None
    assert pack(phrase("At {at:%H}", at=datetime(2026, 11, 20, 12, tzinfo=UTC))) is None


def test_a_row_of_phrases_can_be_said_again() -> None:
    row = listed([phrase("nobody"), phrase("Approve"), "Ada"])
    packed = pack(row)
    assert row == "nobody, Approve and Ada"
    assert packed is not None
    with speaking(Backwards()):
        assert unpack(packed) == again(row) == "niemand, Genehmigen and Ada"


def test_a_row_of_names_is_a_text() -> None:
    assert type(listed(["Ada"])) is str
    assert listed(["Ada", "Ben", "Cy"]) == "Ada, Ben and Cy"
    assert listed([]) == ""
