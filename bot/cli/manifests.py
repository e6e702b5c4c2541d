"""`countersign manifest`: the Slack app, to be pasted where one is created."""

from __future__ import annotations

import re

from bot.cli.ending import USAGE, Ending
from bot.manifest import manifest as found
from bot.manifest import written


def manifest(*, workflow: bool = False, threads: bool = False, org: bool = False, url: str | None = None) -> int:
    """Print the Slack app's manifest, for Create New App → From a manifest.

    Parameters
    ----------
    workflow
        With a step for Workflow Builder; such an app is for your own workspace or organisation and cannot be distributed.
    threads
        Let a reply in the thread under a card answer the question there; Slack then sends the app what is written in every
        channel it is in.
    org
        Let an Enterprise organisation install it as a whole, and give it to its workspaces.
    url
        The server's public address: Slack comes over signed HTTP then, else over Socket Mode.
    """
    if url is not None and not re.fullmatch(r"https://[^/\s?#]+(/[^\s?#]*)?", url):
        raise Ending(f"Slack comes to an https address alone; write --url https://{_host(url)}.", USAGE)
    print(written(found(workflow=workflow, threads=threads, org=org, url=url)), end="")
    return 0


def _host(url: str) -> str:
    """As much of what was written as may be the server's name."""
    return re.sub(r"[^\w.:-].*", "", url.rpartition("://")[2]) or "your.host"
