"""The manifest as installed by somebody who grants what is optional: then cards can be looked up."""

from pathlib import Path
from typing import Any

import yaml

MANIFEST = Path(__file__).resolve().parents[2] / "manifest.yml"


def with_optional_scopes() -> dict[str, Any]:
    manifest: dict[str, Any] = yaml.safe_load(MANIFEST.read_text())
    scopes = manifest["oauth_config"]["scopes"]
    scopes["bot"] += scopes.pop("bot_optional", [])
    return manifest
