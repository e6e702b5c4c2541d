"""Where `manifest.yml` is: beside the packages in a checkout, inside `bot` in the wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent


def manifest() -> dict[str, Any]:
    """The Slack app as data."""
    inside, beside = HERE / "manifest.yml", HERE.parent / "manifest.yml"
    found = inside if inside.exists() else beside
    return dict(yaml.safe_load(found.read_text("utf-8")))
