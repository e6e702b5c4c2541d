"""Numbers on cards: what is decided is what is read."""

import pytest

from bot.slack.drawing.wording import say


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (123456.78, "123456.78"),
        (0.1234567, "0.1234567"),
        (1234567.0, "1234567"),
        (48.0, "48"),
        (1_234_567, "1,234,567"),
        (2**53 - 1, "9,007,199,254,740,991"),
        (-0.5, "-0.5"),
        (1e300, "1e+300"),
    ],
)
def test_a_number_is_said_to_its_last_digit(value: float, said: str) -> None:
    assert say(value) == said
