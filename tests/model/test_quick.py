"""A quick frozen dataclass is in everything what the library's is."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import threading
from abc import ABC, abstractmethod
from dataclasses import FrozenInstanceError, field
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from core.model.quick import dataclass, open_class
from core.model.request import Request
from tests.store.builders import a_request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plain:
    """Two fields that must be given, one with a default, one made for each."""

    name: str
    size: int
    word: ClassVar[str] = "plain"
    note: str | None = None
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Base:
    at: int


@dataclass(frozen=True, slots=True)
class Further(Base):
    more: str = "more"


class Kind(ABC):
    __slots__ = ()

    @property
    @abstractmethod
    def label(self) -> str: ...


@dataclass(frozen=True, slots=True)
class OfAKind(Kind):
    said: str

    @property
    def label(self) -> str:
        return self.said.upper()


@dataclass(frozen=True, slots=True)
class Checked:
    size: int

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("a size is not negative")


@dataclass(frozen=True, slots=True)
class OwnWords:
    """Fields may be called what the making calls its own."""

    self_: int
    noun: int
    opened: int


@dataclass(frozen=True)
class Loose:
    name: str


NOUNS = [
    Plain("a", 1),
    Plain("a", size=1, note="n", words=["w"]),
    Further(3),
    Further(3, "else"),
    OfAKind("a"),
    Checked(2),
    OwnWords(1, 2, 3),
    Loose("a"),
    a_request(),
]


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: type(noun).__name__)
def test_it_is_made_frozen(noun: Any) -> None:
    name = dataclasses.fields(noun)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(noun, name, None)
    with pytest.raises(FrozenInstanceError):
        delattr(noun, name)
    assert type(noun).__name__ in repr(noun)
    assert "making" not in repr(noun)


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: type(noun).__name__)
def test_it_is_equal_to_its_like_and_copied_and_kept(noun: Any) -> None:
    again = type(noun)(*(getattr(noun, each.name) for each in dataclasses.fields(noun)))
    assert again == noun
    assert dataclasses.replace(noun) == noun == copy.copy(noun) == copy.deepcopy(noun)
    assert pickle.loads(pickle.dumps(noun)) == noun  # noqa: S301 (what was just written)
    assert type(again) is type(noun)


def test_what_is_made_for_each_is_not_shared() -> None:
    first, second = Plain("a", 1), Plain("a", 1)
    first.words.append("w")
    assert second.words == []


def test_it_is_hashed_by_its_fields() -> None:
    assert {Further(1), Further(1), Further(2)} == {Further(2), Further(1)}
    with pytest.raises(TypeError):
        hash(Plain("a", 1))


def test_what_it_looks_at_when_it_is_made_is_looked_at() -> None:
    with pytest.raises(ValueError, match="not negative"):
        Checked(-1)


@pytest.mark.parametrize("given", [{}, {"name": "a"}, {"name": "a", "size": 1, "nothing": 2}])
def test_what_is_missing_or_unknown_is_refused_by_its_name(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"size|nothing"):
        Plain(**given)


def test_its_signature_is_told_before_the_first_is_made() -> None:
    @dataclass(frozen=True, slots=True)
    class Never:
        name: str
        size: int = 3

    assert list(inspect.signature(Never).parameters) == ["name", "size"]
    assert open_class(Never) is None


def test_the_first_two_may_be_made_at_once_on_two_threads() -> None:
    @dataclass(frozen=True, slots=True)
    class Late:
        name: str

    ready, made = threading.Barrier(8), []

    def make() -> None:
        ready.wait()
        made.append(Late("a"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [Late("a")] * 8
    assert {type(one) for one in made} == {Late}


def test_the_nouns_of_every_command_are_made_so() -> None:
    """Else it would have been for nothing."""
    assert open_class(Request) is not None
    assert open_class(Further) is not None
    assert open_class(OfAKind) is not None
    assert open_class(Loose) is None


@dataclass(frozen=True, slots=True)
class Bare(Base):
    """Somebody's class beneath, which is not decorated."""


class Beneath(Bare):
    __slots__ = ()


def test_a_class_beneath_it_stays_itself_and_frozen() -> None:
    made = Beneath(3)
    assert (type(made), made.at) == (Beneath, 3)
    with pytest.raises(FrozenInstanceError):
        made.at = 4  # type: ignore[misc]


def test_what_fails_for_one_field_leaves_nothing_open() -> None:
    def fail() -> str:
        raise LookupError

    @dataclass(frozen=True, slots=True)
    class Failing:
        name: str
        made: str = field(default_factory=fail)

    one = Failing("one", "given")
    with pytest.raises(LookupError):
        one.__init__("two")  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        one.name = "three"  # type: ignore[misc]
    assert (one.name, one.made) == ("one", "given")


def test_what_more_the_library_can_do_is_left_to_it() -> None:
    @dataclass(frozen=True, slots=True)
    class Initialised:
        name: str
        length: dataclasses.InitVar[int]
        words: list[str] = field(default_factory=list, init=False)
        only: str = field(default="only", kw_only=True)

        def __post_init__(self, length: int) -> None:
            self.words.extend(self.name for _ in range(length))

    @dataclass(frozen=True, slots=True, init=False)
    class ByItself:
        name: str

        def __init__(self, name: str) -> None:
            object.__setattr__(self, "name", name.upper())

    @dataclass(frozen=True, slots=True)
    class Of(Generic[T]):
        what: T

    assert Initialised("a", 2, only="b") == Initialised("a", 2, only="b")
    assert Initialised("a", 2).words == ["a", "a"]
    assert ByItself("ada").name == "ADA"
    assert Of(3).what == 3
    assert [open_class(one) for one in (Initialised, ByItself, Of)] == [None] * 3
