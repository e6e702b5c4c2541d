"""What is wrong with a payload, in Slack's way of saying it: `[ERROR] sentence [json-pointer:/blocks/0/text]`."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    problems: list[str] = field(default_factory=list)

    def say(self, where: str, what: str) -> None:
        self.problems.append(f"[ERROR] {what} [json-pointer:{where}]")

    def text_length(self, where: str, value: Any, most: int, least: int = 0) -> None:
        """`value` must be a string of so many characters."""
        if not isinstance(value, str):
            self.say(where, "must be a string")
        elif len(value) < least:
            self.say(where, f"must be more than {least - 1} characters")
        elif len(value) > most:
            self.say(where, f"must be less than {most + 1} characters")

    def optional(self, where: str, given: dict[str, Any], key: str, most: int, least: int = 0) -> None:
        if given.get(key) is not None:
            self.text_length(f"{where}/{key}", given[key], most, least)

    def count(self, where: str, items: Any, most: int, least: int = 1) -> bool:
        """True when `items` is a list of so many things."""
        if not isinstance(items, list):
            self.say(where, "must be an array")
            return False
        if len(items) < least:
            self.say(where, f"no fewer than {least} items allowed")
        elif len(items) > most:
            self.say(where, f"no more than {most} items allowed")
        return True

    def require(self, where: str, given: dict[str, Any], *keys: str) -> bool:
        """True when all keys are there."""
        missing = [key for key in keys if given.get(key) is None]
        for key in missing:
            self.say(where, f"missing required field: {key}")
        return not missing


def kind_of(thing: Any) -> str | None:
    """The `type` of an object; None for whatever is no object or has no proper type."""
    kind = thing.get("type") if isinstance(thing, dict) else None
    return kind if isinstance(kind, str) else None
