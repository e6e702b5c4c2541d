"""`docs/operating.md` names every setting and every command of the host, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from bot.cli.app import COMMANDS, FAMILIES, HERE, NEED_NO_HOST
from bot.settings import PREFIX, Settings

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGE: Final = (DOCS / "operating.md").read_text("utf-8")


def test_every_setting_is_told_and_no_other() -> None:
    names = {name.upper() if name.startswith("slack_") else PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(r"\b(?:COUNTERSIGN|SLACK)_[A-Z_]*[A-Z]\b", PAGE)) == names


def test_every_command_of_the_host_is_told() -> None:
    alone = [name for name, _, group, _ in COMMANDS if group == HERE and name != "sandbox"]
    families = [name for name, _, _ in FAMILIES if name not in NEED_NO_HOST]
    assert [name for name in (*alone, *families) if not re.search(rf"(`|countersign ){name}\b", PAGE)] == []


def test_what_a_family_of_commands_can_do_stands_where_its_users_look() -> None:
    every = "\n".join(page.read_text("utf-8") for page in DOCS.rglob("*.md"))
    told = [f"{name} {word}" for name, _, commands in FAMILIES for word, _, _ in commands if name in NEED_NO_HOST]
    assert [words for words in told if f"countersign {words}" not in every] == []
