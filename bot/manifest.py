"""Where `manifest.yml` is: beside the packages in a checkout, inside `bot` in the wheel; and what can be laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

HERE = Path(__file__).resolve().parent
OPTIONAL: Final = "bot_optional"


def manifest(
    *, workflow: bool = False, threads: bool = False, org: bool = False, url: str | None = None
) -> dict[str, Any]:
    """The Slack app as data. `workflow` adds the step for Workflow Builder, `threads` replies that count.

    `org` lets a whole Enterprise organisation install it; `url` is the server's public address: with it Slack comes over signed HTTP, without over Socket Mode.
    """
    inside, beside = HERE / "manifest.yml", HERE.parent / "manifest.yml"
    whole = _read(inside if inside.exists() else beside)
    for wanted, name in ((workflow, "workflow"), (threads, "threads"), (org, "org")):
        if wanted:
            whole = _laid_over(whole, _read(HERE / "manifests" / f"{name}.yml"))
    scopes = whole["oauth_config"]["scopes"]
    scopes[OPTIONAL] = [scope for scope in scopes[OPTIONAL] if scope not in scopes["bot"]]
    return whole if url is None else _over_http(whole, url.rstrip("/"))


def written(found: Mapping[str, Any]) -> str:
    """As Slack takes it in a paste."""
    import yaml  # noqa: PLC0415 - a server of one workspace never reads the manifest

    text: str = yaml.safe_dump(dict(found), sort_keys=False, allow_unicode=True, width=120)
    return text


def _read(path: Path) -> dict[str, Any]:
    import yaml  # noqa: PLC0415 - see above

    return dict(yaml.safe_load(path.read_text("utf-8")))


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Objects are merged, lists joined, everything else replaced."""
    merged = dict(below)
    for name, value in above.items():
        present = below.get(name)
        if isinstance(present, Mapping) and isinstance(value, Mapping):
            merged[name] = _laid_over(present, value)
        elif isinstance(present, list) and isinstance(value, list):
            merged[name] = [*present, *(one for one in value if one not in present)]
        else:
            merged[name] = value
    return merged


def _over_http(whole: Mapping[str, Any], url: str) -> dict[str, Any]:
    address = {"request_url": f"{url}/slack/events"}
    settings = {"event_subscriptions": address, "interactivity": address, "socket_mode_enabled": False}
    redirects = {"redirect_urls": [f"{url}/slack/oauth_redirect"]}
    merged = _laid_over(whole, {"settings": settings, "oauth_config": redirects})
    commands = [{**one, "url": address["request_url"]} for one in merged["features"]["slash_commands"]]
    return {**merged, "features": {**merged["features"], "slash_commands": commands}}
