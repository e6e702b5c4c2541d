"""The floors of the bench stand on the product's own shapes, and fall with a change of those unless they follow."""

from bench.asks import ask
from bench.floors.plain_api import answer
from bot.wire.asking import NewRequest


def test_the_floor_of_a_create_answers_in_the_products_shape() -> None:
    asked = NewRequest.model_validate(ask(1))
    assert answer(asked).title == asked.title
